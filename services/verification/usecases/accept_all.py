"""A verifier accepts every criterion of a case that has no finding yet."""

from __future__ import annotations

from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["accept_all"]


async def accept_all(
    aggregates: Aggregates, key: SubmissionKey, *, verifier: str, completing: bool, seen: int | None = None
) -> Case:
    """Accept what is left, and complete the case in the same write if asked to."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, checklist, now: core.accept_all(
            case, checklist, by=verifier, now=now, completing=completing, seen=seen
        ),
        actor=verifier,
    )
