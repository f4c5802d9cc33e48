"""An operator opens a completed case again."""

from __future__ import annotations

from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["reopen_case"]


async def reopen_case(aggregates: Aggregates, key: SubmissionKey, *, reason: str, operator: str) -> Case:
    """Its scorecard no longer counts until it is completed anew."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, _, now: core.reopen(case, reason=reason, by=operator, now=now),
        actor=operator,
    )
