"""A scorecard as other services are told of it: as the plain JSON that the event and our state hold of it.

No model of it is made: nobody here reads what is only told. Its words are those that the model would write.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from services.scoring.core.scorecard import CriterionResult, Scorecard, SectionResult, fired_rules
from shared.contracts.common import SubmissionKey
from shared.contracts.scoring import ScorecardSummary
from shared.kernel.exact import exact_text
from shared.ruleset.document import Group, RuleSetRef

__all__ = ["Told", "told"]


@dataclass(frozen=True, slots=True)
class Told:
    """A summary as plain JSON: what `model_dump` gives, without defaults. Nobody changes it."""

    plain: dict[str, Any]

    @property
    def summary(self) -> ScorecardSummary:
        """The same, read into its class."""
        return ScorecardSummary.model_validate(self.plain)


def told(
    card: Scorecard, key: SubmissionKey, group: Group, stage: Literal["provisional", "final"], basis_hash: str
) -> Told:
    """The summary of a scorecard with this basis."""
    return Told(
        {
            "key": {"campaign": key.campaign, "programme": key.programme, "agency": key.agency},
            "group": group,
            "rule_set": _reference(card.rule_set),
            "stage": stage,
            "basis_hash": basis_hash,
            "points": exact_text(card.points),
            "maximum": exact_text(card.maximum),
            "index": exact_text(card.index),
            "level": card.level,
            "excluded": card.excluded,
            "flags": sorted(card.effects.flags),
            "sections": [_section(one) for one in card.sections],
            "criteria": [_criterion(one) for one in card.criteria],
            "fired": [one.model_dump(mode="json", exclude_defaults=True) for one in fired_rules(card.firings)],
        }
    )


@lru_cache(64)
def _reference(ref: RuleSetRef) -> dict[str, str]:
    return ref.model_dump(mode="json")


def _section(one: SectionResult) -> dict[str, str]:
    return {"code": one.code, "points": exact_text(one.points), "maximum": exact_text(one.maximum)}


def _criterion(one: CriterionResult) -> dict[str, str]:
    return {
        "code": one.code,
        "state": one.state,
        "points": exact_text(one.points),
        "maximum": exact_text(one.maximum),
    }
