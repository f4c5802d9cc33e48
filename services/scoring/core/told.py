"""A scorecard as other services are told of it, together with the plain JSON that the event and our state hold of it.

Most of what criteria give is what the same criterion gave on many cards before: it is made, and written, once.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from services.scoring.core.remembered import Remembered
from services.scoring.core.scorecard import CriterionResult, Scorecard, fired_rules
from shared.contracts.common import SubmissionKey
from shared.contracts.scoring import CriterionPoints, ScorecardSummary, SectionPoints
from shared.kernel.exact import exact_text
from shared.ruleset.document import Group

__all__ = ["Told", "told"]

_KEPT = 4_000

_Of = tuple[str, str, int, int, int, int]


class Told(NamedTuple):
    """A summary, and the plain JSON of it: what `model_dump` gives, without defaults. Nobody changes either."""

    summary: ScorecardSummary
    plain: dict[str, Any]


_criteria = Remembered[_Of, tuple[CriterionPoints, dict[str, str]]](_KEPT)


def told(
    card: Scorecard, key: SubmissionKey, group: Group, stage: Literal["provisional", "final"], basis_hash: str
) -> Told:
    """The summary of a scorecard with this basis."""
    criteria = [_criterion(one) for one in card.criteria]
    summary = ScorecardSummary(
        key=key,
        group=group,
        rule_set=card.rule_set,
        stage=stage,
        basis_hash=basis_hash,
        points=card.points,
        maximum=card.maximum,
        index=card.index,
        level=card.level,
        excluded=card.excluded,
        flags=tuple(sorted(card.effects.flags)),
        sections=tuple(SectionPoints(code=one.code, points=one.points, maximum=one.maximum) for one in card.sections),
        criteria=tuple(one for one, _ in criteria),
        fired=fired_rules(card.firings),
    )
    return Told(summary, _plain(summary, [plain for _, plain in criteria]))


def _criterion(result: CriterionResult) -> tuple[CriterionPoints, dict[str, str]]:
    points, maximum = result.points, result.maximum
    of = (result.code, result.state, *points.as_integer_ratio(), *maximum.as_integer_ratio())
    found = _criteria.get(of)
    if found is None:
        one = CriterionPoints(code=result.code, points=points, maximum=maximum, state=result.state)
        found = (one, {"code": one.code, "state": one.state, **_exact(one)})
        _criteria.keep(of, found)
    return found


def _plain(summary: ScorecardSummary, criteria: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "key": summary.key.model_dump(mode="json"),
        "group": summary.group,
        "rule_set": summary.rule_set.model_dump(mode="json"),
        "stage": summary.stage,
        "basis_hash": summary.basis_hash,
        **_exact(summary),
        "index": exact_text(summary.index),
        "level": summary.level,
        "excluded": summary.excluded,
        "flags": list(summary.flags),
        "sections": [{"code": one.code, **_exact(one)} for one in summary.sections],
        "criteria": criteria,
        "fired": [one.model_dump(mode="json", exclude_defaults=True) for one in summary.fired],
    }


def _exact(one: ScorecardSummary | SectionPoints | CriterionPoints) -> dict[str, str]:
    return {"points": exact_text(one.points), "maximum": exact_text(one.maximum)}
