"""A verifier records findings on some criteria of a case."""

from __future__ import annotations

from collections.abc import Sequence

from services.verification.core import case as core
from services.verification.core.findings import Draft
from services.verification.core.model import Case
from services.verification.usecases.act_on_case import act_on_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["record_findings"]


async def record_findings(
    aggregates: Aggregates, key: SubmissionKey, drafts: Sequence[Draft], *, verifier: str, seen: int | None = None
) -> Case:
    """All of them, or none; `seen` is the number of the answer that was looked at."""
    return await act_on_case(
        aggregates,
        key,
        lambda case, checklist, now: core.record_findings(case, checklist, drafts, by=verifier, now=now, seen=seen),
        actor=verifier,
    )
