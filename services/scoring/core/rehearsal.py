"""The rehearsal (chấm thử): a campaign's verified data scored again under a draft; what it would change, and why.

Nothing is touched. Before is the version the campaign pins, after is the draft; both are worked out from the same
verified submissions, answers carried along the mappings. The report and its rows follow from these alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.scoring.core.scorecard import Scorecard
from shared.contracts.common import AgencyId, CampaignId
from shared.contracts.scoring import FiredRule
from shared.kernel.canonical import canonical_json, compact_json, sha256_hex
from shared.kernel.exact import Exact
from shared.ruleset.document import CriterionCode, Display, Group, Programme, RuleSet, RuleSetRef

__all__ = [
    "MovedCriterion",
    "Names",
    "Report",
    "Row",
    "Standing",
    "basis_of",
    "compared",
    "names_of",
    "placed",
    "scored_hash",
    "tally",
]

_ZERO = Fraction(0)
_SCORED = ("key", "group", "basis", "days_late", "answers")
_FOUND = ("criterion", "finding", "adjusted")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Standing(_Model):
    """Where an agency stands under one version; `rank` None: a rule excludes it from the ranking."""

    points: Exact
    maximum: Exact
    index: Exact
    level: str
    rank: int | None = None
    deducted: Exact = _ZERO
    cut: Exact = _ZERO


class MovedCriterion(_Model):
    """Criteria that belong together, and what they gave; `before` empty: new, `after` empty: dropped."""

    before: tuple[CriterionCode, ...]
    after: tuple[CriterionCode, ...]
    points: tuple[Exact, Exact]
    maximum: tuple[Exact, Exact]


class Row(_Model):
    """One agency, before and after, and what drove the change.

    `fires` and `no_longer`: rules that newly fire or no longer do (for these criteria). `asked_again`: criteria whose
    answer would have to be asked, and that count as not reported until then.
    """

    agency: AgencyId
    name: str
    before: Standing
    after: Standing
    criteria: tuple[MovedCriterion, ...] = ()
    fires: tuple[FiredRule, ...] = ()
    no_longer: tuple[FiredRule, ...] = ()
    asked_again: tuple[CriterionCode, ...] = ()


class Names(_Model):
    """What the codes of one version are called, so that a row can be told in words for ever."""

    criteria: dict[CriterionCode, str]
    rules: dict[str, str]
    levels: dict[str, str]
    by_index: bool
    display: Display = Display()


class Report(_Model):
    """The whole of a rehearsal but its rows, of which there are so many pages; `basis_hash` names what it was made of.

    `path`: the versions that answers were carried along. `tally`: how many agencies cross a level (`level_up`,
    `level_down`), change their rank, their points, or nothing. `asked_again`: of how many agencies, by criterion.
    `left_out`: members that are not verified.
    """

    rule_set: RuleSetRef
    compared_with: RuleSetRef
    campaign: CampaignId
    programme: Programme
    group: Group
    basis_hash: str
    path: tuple[str, ...]
    agencies: int
    pages: int
    tally: dict[str, int]
    asked_again: dict[CriterionCode, int]
    left_out: tuple[AgencyId, ...]
    names: tuple[Names, Names]


def names_of(rule_set: RuleSet) -> Names:
    """The names of one version."""
    return Names(
        criteria={criterion.code: criterion.title.vi for criterion in rule_set.criteria()},
        rules={rule.id: rule.title.vi for rule in rule_set.rules},
        levels={level.id: level.title.vi for level in rule_set.result.levels},
        by_index=rule_set.result.form == "index",
        display=rule_set.result.display,
    )


def basis_of(path: Sequence[RuleSet], campaign: str, hashes: Mapping[str, str], names: Mapping[str, str]) -> str:
    """SHA-256 of what a rehearsal is made of: the versions, and what was verified (a hash for each agency)."""
    basis = {
        "path": [one.ref().model_dump(mode="json") for one in path],
        "campaign": campaign,
        "agencies": dict(hashes),
        "names": dict(names),
    }
    return sha256_hex(canonical_json(basis))


def scored_hash(verified: Mapping[str, Any]) -> str:
    """SHA-256 of what is scored of a verified submission, given as the plain JSON that is kept of it.

    As in `scorecard.basis_hash`: who found it, when and why change no point.
    """
    scored = {name: verified[name] for name in _SCORED if name in verified}
    findings = [{name: one[name] for name in _FOUND if name in one} for one in verified.get("findings", ())]
    findings.sort(key=lambda finding: str(finding["criterion"]))
    return sha256_hex(compact_json({**scored, "findings": findings}))


def compared(
    agency: str,
    name: str,
    scored: tuple[Scorecard, Scorecard],
    moved: Iterable[MovedCriterion],
    renamed: Mapping[str, str],
    asked_again: Iterable[str] = (),
) -> Row:
    """One agency before and after; ranks come later, when everybody is known. `renamed`: new codes by the old ones."""
    before, after = scored
    fired_before, fired_after = _fired(before, renamed), _fired(after, {})
    return Row(
        agency=agency,
        name=name,
        before=_standing(before),
        after=_standing(after),
        criteria=tuple(moved),
        fires=_only(fired_after, fired_before),
        no_longer=_only(fired_before, fired_after),
        asked_again=tuple(sorted(asked_again)),
    )


def placed(row: Row, before: Mapping[str, int], after: Mapping[str, int]) -> Row:
    """The row with its ranks, by agency; those that are not ranked have none."""
    return row.model_copy(
        update={
            "before": row.before.model_copy(update={"rank": before.get(row.agency)}),
            "after": row.after.model_copy(update={"rank": after.get(row.agency)}),
        }
    )


def tally(rows: Iterable[Row], names: tuple[Names, Names]) -> Counter[str]:
    """How many agencies are concerned, and how (`Report.tally`)."""
    counted: Counter[str] = Counter()
    for row in rows:
        counted.update(_kinds(row, names) or ["unchanged"])
    return counted


def _kinds(row: Row, names: tuple[Names, Names]) -> list[str]:
    before, after = row.before, row.after
    kinds = []
    if before.level != after.level:
        better = _height(after.level, names[1]) > _height(before.level, names[0])
        kinds.append("level_up" if better else "level_down")
    if before.rank != after.rank:
        kinds.append("rank_moved")
    if before.points != after.points:
        kinds.append("points_up" if after.points > before.points else "points_down")
    elif before.index != after.index:
        kinds.append("index_moved")
    return kinds


def _height(level: str, names: Names) -> Fraction:
    """How high a level stands among those of its version, 0 to 1: they are given from high to low."""
    order = list(names.levels)
    return 1 - Fraction(order.index(level), max(len(order) - 1, 1))


def _standing(card: Scorecard) -> Standing:
    caps = card.effects.caps  # what sections gave is only worked out where something was cut
    capped = [section for section in card.sections if section.cap is not None] if caps else []
    return Standing(
        points=card.points,
        maximum=card.maximum,
        index=card.index,
        level=card.level,
        deducted=sum((one.points for one in card.effects.deductions), _ZERO),
        cut=sum((max(section.sum - (section.cap or _ZERO), _ZERO) for section in capped), _ZERO),
    )


def _fired(card: Scorecard, renamed: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The criteria each rule fired for, by their new codes; the empty code where it fired for the whole card."""
    fired: dict[str, set[str]] = {}
    for firing in card.firings:
        code = firing.criterion or ""
        fired.setdefault(firing.rule_id, set()).add(renamed.get(code, code))
    return {rule: frozenset(codes) for rule, codes in fired.items()}


def _only(these: Mapping[str, frozenset[str]], not_those: Mapping[str, frozenset[str]]) -> tuple[FiredRule, ...]:
    """Firings of `these` that are not among the others, by rule."""
    only = {rule: codes - not_those.get(rule, frozenset()) for rule, codes in these.items()}
    return tuple(
        FiredRule(rule=rule, criteria=tuple(sorted(code for code in codes if code)))
        for rule, codes in sorted(only.items())
        if codes
    )
