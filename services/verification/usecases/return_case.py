"""A verifier returns a case to its agency for correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["return_case"]


async def return_case(
    aggregates: Aggregates,
    key: SubmissionKey,
    *,
    criteria: Sequence[str],
    reason: str,
    reasons: Mapping[str, str],
    due_on: date,
    verifier: str,
    seen: int | None = None,
) -> Case:
    """The agency may answer again until the end of the day `due_on`."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, checklist, now: core.return_case(
            case, checklist, criteria, reason=reason, reasons=reasons, due_on=due_on, by=verifier, now=now, seen=seen
        ),
        actor=verifier,
    )
