"""Take in a submission over HTTP."""

from __future__ import annotations

from services.intake.collections import CAMPAIGNS, SUBMISSIONS
from services.intake.core import submission
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from services.intake.usecases.carry_submissions import load_forms
from shared.contracts.intake import Submission
from shared.kernel.errors import NotFound
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates

__all__ = ["receive_submission"]


async def receive_submission(aggregates: Aggregates, posted: Posted) -> tuple[Submission, bool]:
    """Take it in; returns the version it led to and whether it is new. Raises `NotFound`, `Invalid` or `Conflict`."""
    record = await aggregates.get(CAMPAIGNS, posted.key.campaign)
    if record is None:
        raise NotFound(f"Không có đợt đánh giá {posted.key.campaign}", f"there is no campaign {posted.key.campaign}")
    group, _ = submission.membership(record.campaign, posted.key)
    forms = await load_forms(aggregates, record.campaign, posted.key.programme, group)
    named, known = posted, False

    def decide(old: SubmissionRecord | None) -> Change[SubmissionRecord]:
        nonlocal named, known
        named = posted.named_for(old)
        known = old is not None and old.version_of(named.event_id) is not None
        return submission.receive(old, named, record.campaign, forms, record.closed_at)

    after = await aggregates.execute(SUBMISSIONS, posted.key.text, decide, actor=posted.submitted_by)
    assert after is not None
    version = after.version_of(named.event_id)
    assert version is not None
    return version, not known
