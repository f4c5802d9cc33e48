"""Where a rule set stands, worked out from its steps alone: now, or as it was known at any moment before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from shared.contracts.scoring import RuleSetStep

__all__ = ["UNKNOWN", "Standing", "Status", "after_step", "standing_at"]

Status = Literal["draft", "approved", "active", "retired"]


class Standing(NamedTuple):
    """Status, and the assessment years campaigns may pin it for (None: no bound but the years it is made for)."""

    status: Status
    active_from_year: int | None = None
    active_until_year: int | None = None


UNKNOWN = Standing("draft")


def after_step(standing: Standing, step: RuleSetStep) -> Standing:
    """Where a set stands after one more step."""
    match step.action:
        case "approved":
            return Standing("approved")
        case "activated":
            return Standing("active", step.year)
        case "retired":
            return standing._replace(status="retired")
        case "rolled_back":
            return _without(standing, step.year or 0)
        case "reinstated":
            still = standing.status == "active"  # for the years before a rollback of its own
            return Standing("active", standing.active_from_year if still else step.year)
        case _:
            return standing


def standing_at(steps: Iterable[RuleSetStep], moment: datetime) -> Standing:
    """Where a set stood after all that was recorded until a moment, that moment included."""
    standing = UNKNOWN
    for step in steps:
        if step.at <= moment:
            standing = after_step(standing, step)
    return standing


def _without(standing: Standing, year: int) -> Standing:
    """For the years before the rollback it stays; if there are none, it is approved and no more."""
    first = standing.active_from_year
    return standing._replace(active_until_year=year - 1) if first is not None and first < year else Standing("approved")
