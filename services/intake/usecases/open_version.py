"""Open one version of a submission in the form it was given in, whatever has been amended since."""

from __future__ import annotations

from services.intake.collections import RULE_SETS, SUBMISSIONS
from services.intake.core.model import SubmissionRecord
from shared.contracts.common import SubmissionKey
from shared.contracts.intake import Submission
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet

__all__ = ["open_version"]


async def open_version(
    aggregates: Aggregates, key: SubmissionKey, number: int | None = None
) -> tuple[SubmissionRecord, Submission, RuleSet]:
    """The submission, the version `number` (from 1; without it the one that counts) and its rule set.

    Raises `NotFound`.
    """
    record = await aggregates.get(SUBMISSIONS, key.text)
    if number is None:
        number = record.current.number if record is not None and record.current is not None else 0
    if record is None or not 1 <= number <= len(record.versions):
        raise NotFound(
            f"Phiếu {key.text} không có phiên bản {number}", f"the submission {key.text} has no version {number}"
        )
    version = record.versions[number - 1]
    kept = await aggregates.get(RULE_SETS, version.rule_set.key)
    assert kept is not None, "a campaign has only rule sets that intake has"
    return record, version, kept.rule_set()
