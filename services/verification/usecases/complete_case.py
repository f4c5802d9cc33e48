"""A verifier completes a case: scoring counts it from now on."""

from __future__ import annotations

from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["complete_case"]


async def complete_case(aggregates: Aggregates, key: SubmissionKey, *, verifier: str, seen: int | None = None) -> Case:
    """Refused with the list of what is lacking unless every scored criterion has its finding."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, checklist, now: core.complete(case, checklist, by=verifier, now=now, seen=seen),
        actor=verifier,
    )
