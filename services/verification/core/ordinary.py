"""An ordinary case accepted as a whole, on its plain JSON: answered, open, nothing found yet, nothing asked again.

Nearly all of thousands that are accepted in one act are such, and reading each into its class and writing it back would
be most of the work. What becomes of them is what `case.accept_all` makes of them, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.verification.core.checklist import Checklist
from services.verification.core.findings import accept
from services.verification.core.model import Act
from shared.contracts.common import SubmissionKey
from shared.contracts.verification import FindingRecordedV1, SubmissionVerifiedV1
from shared.messaging.aggregate import PlainOutgoing

__all__ = ["accept_ordinary", "is_ordinary"]

Plain = dict[str, Any]


def is_ordinary(case: Mapping[str, Any], checklist: Checklist) -> bool:
    """Whether nothing in the case, and nothing answered in it, matters to what accepting it comes to."""
    return (
        (case["status"], case["basis"]) == ("open", "answered")
        and not any(case.get(name) for name in ("findings", "returned"))
        and not case["submission"].get("asked_again")
        and checklist.asks_everybody
        and bool(checklist.scored)  # of nothing to be found no finding is told
    )


def accept_ordinary(
    case: Plain, checklist: Checklist, *, by: str, now: datetime
) -> tuple[Plain, tuple[PlainOutgoing, ...]]:
    """The ordinary case with every scored criterion accepted, and completed; and the events that tell of it."""
    submission = case["submission"]
    number = submission["number"]
    accepted = [plain for _, plain in accept(checklist.scored, by, now)]
    found = Act(deed="findings", by=by, at=now, submission_number=number, criteria=checklist.scored)
    completed = Act(deed="completed", by=by, at=now, submission_number=number)
    acts = [act.model_dump(mode="json", exclude_defaults=True) for act in (found, completed)]
    done = {
        **case,
        "status": "verified",
        "findings": {finding["criterion"]: finding for finding in accepted},
        "revision": case.get("revision", 0) + 1,
        "history": [*case.get("history", ()), *acts],
    }
    verified = {
        "key": case["key"],
        "group": case["group"],
        "rule_set": case["rule_set"],
        "revision": done["revision"],
        "basis": case["basis"],
        "submission_number": number,
        "days_late": submission["days_late"],
        "answers": submission["answers"],
        "findings": accepted,
    }
    recorded = {"key": case["key"], "submission_number": number, "findings": accepted}
    told = {"verified": verified, "verified_by": by, "verified_at": acts[-1]["at"]}
    key = SubmissionKey.model_validate(case["key"]).partition_key
    return done, (PlainOutgoing(FindingRecordedV1, recorded, key), PlainOutgoing(SubmissionVerifiedV1, told, key))
