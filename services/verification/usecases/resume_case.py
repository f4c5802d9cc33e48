"""A verifier takes a returned case back."""

from __future__ import annotations

from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["resume_case"]


async def resume_case(aggregates: Aggregates, key: SubmissionKey, *, reason: str, verifier: str) -> Case:
    """It is open at once; what the agency still answers in time amends it."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, _, now: core.resume(case, reason=reason, by=verifier, now=now),
        actor=verifier,
    )
