"""Whom an amendment moves: the published year worked out again under the amended sets, nothing being kept.

New criteria were not asked in that year, so they count as not reported for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import OPERATOR
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.amendment import amend, render_text
from services.scoring.core.ranking import Entry, rank
from services.scoring.scorer import Scorer
from shared.contracts.common import Answer, Answers
from shared.contracts.scoring import Ranking
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import show, vietnamese
from shared.ruleset.document import RuleSet

__all__ = ["Moved", "amendment_text", "moved"]


@dataclass(frozen=True)
class Moved:
    """An agency before and after: rank, points and level."""

    name: str
    rank: tuple[int, int]
    points: tuple[str, str]
    level: tuple[str, str]


def amendment_text(old: RuleSet, new: RuleSet) -> str:
    """The amendment in the department's words."""
    return render_text(amend(old, new))


async def moved(office: Office, ranking: Ranking, new: RuleSet) -> list[Moved]:
    """Agencies whose rank or level would have been another under `new`, in the order of the published table."""
    after = await _worked_out(office, ranking, new)
    places = {row.agency: row for row in after.rows}
    titles = {level.id: level.title.vi for level in new.result.levels}
    result = []
    for row in ranking.rows:
        then = places.get(row.agency)
        if then is None or (then.rank, then.level) == (row.rank, row.level):
            continue
        shown = (vietnamese(show(row.points, 2)), vietnamese(show(then.points, 2)))
        result.append(Moved(row.name, (row.rank, then.rank), shown, (titles[row.level], titles[then.level])))
    return result


async def _worked_out(office: Office, ranking: Ranking, rule_set: RuleSet) -> Ranking:
    key = ranking.key
    names = {row.agency: row.name for row in ranking.rows} | {row.agency: row.name for row in ranking.unranked}
    verified = []
    for agency in names:
        path = f"/scoring/scorecards/{key.campaign}/{key.programme}/{agency}/verified"
        verified.append(_fitted(VerifiedSubmission.model_validate(await office.get(path, OPERATOR)), rule_set))
    scorer = Scorer(DurableEngine())
    cards = scorer.score(rule_set, verified, scorer.group_best(rule_set, verified))
    entries = [
        Entry(one.key.agency, names[one.key.agency], card.summary(one.key, one.group, "final", ""))
        for one, card in zip(verified, cards, strict=True)
    ]
    return rank(key, ranking.year, rule_set, 1, entries)


def _fitted(verified: VerifiedSubmission, rule_set: RuleSet) -> VerifiedSubmission:
    """The answers that the rule set knows; what it asks and was not asked then is not reported."""
    inputs = rule_set.inputs()
    figures = {name: verified.answers.figures.get(name, Answer(state="not_reported")) for name in inputs}
    codes = {criterion.code for criterion in rule_set.criteria()}
    evidence = {code: documents for code, documents in verified.answers.evidence.items() if code in codes}
    return verified.model_copy(
        update={
            "rule_set": rule_set.ref(),
            "answers": Answers(figures=figures, evidence=evidence),
            "findings": tuple(finding for finding in verified.findings if finding.criterion in codes),
        }
    )
