"""An answer as it arrived, whichever way it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.intake.core.model import SubmissionRecord
from shared.contracts.common import SubmissionKey

__all__ = ["Posted"]

_AGAIN = "~"


@dataclass(frozen=True)
class Posted:
    """An answer as it arrived, by HTTP or Kafka. `event_id` names it: the same one again is the same answer.

    `named_by_content`: its sender gave it no name, so that its content has to do. `form`: the rule set (`id@version`)
    whose form was answered, if it says so.
    """

    key: SubmissionKey
    event_id: str
    submitted_at: datetime
    received_at: datetime
    submitted_by: str
    figures: Mapping[str, Any]
    evidence: Mapping[str, Any]
    named_by_content: bool = False
    form: str = ""

    def named_for(self, record: SubmissionRecord | None) -> Posted:
        """The same under the name it has among the answers there are.

        What says the same as the answer that counts is that answer; what says the same as an earlier one takes it up
        again, and is a new answer.
        """
        current = record.answered if record is not None else None
        if record is None or current is None or not self.named_by_content:
            return self
        if current.event_id.partition(_AGAIN)[0] == self.event_id:
            return replace(self, event_id=current.event_id)
        if record.version_of(self.event_id) is None:
            return self
        return replace(self, event_id=f"{self.event_id}{_AGAIN}{len(record.versions) + 1}")
