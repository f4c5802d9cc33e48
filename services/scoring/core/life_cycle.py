"""The life of a rule set: loaded (a draft) → approved by a second person → active from a year → retired.

Once approved it is never edited; an amendment is a new version. Every step records who, when and why.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.scoring import (
    RuleSetActivatedV1,
    RuleSetApprovedV1,
    RuleSetRecord,
    RuleSetRetiredV1,
    Step,
)
from shared.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import RuleSet, RuleSetRef
from shared.ruleset.parsed import parsed_rule_set

__all__ = ["KeptRuleSet", "activate", "approve", "load", "retire"]

Status = Literal["draft", "approved", "active", "retired"]


class KeptRuleSet(BaseModel):
    """A rule set as scoring keeps it, drafts included; `document` is its canonical JSON."""

    model_config = ConfigDict(frozen=True)

    ref: RuleSetRef
    status: Status
    document: dict[str, Any]
    active_from_year: int | None = None
    steps: tuple[Step, ...]

    def record(self) -> RuleSetRecord:
        """As the other services see it; drafts stay inside scoring."""
        return RuleSetRecord.model_validate(self.model_dump())

    def step(
        self, action: Literal["approved", "activated", "retired"], by: str, at: datetime, reason: str
    ) -> tuple[Step, ...]:
        """The steps with one more."""
        return (*self.steps, Step(action=action, by=by, at=at, reason=reason))

    def rule_set(self, ref: RuleSetRef) -> RuleSet:
        """The document read into its class. Raises `Conflict` unless it is, to the byte, the one that `ref` names."""
        rule_set = parsed_rule_set(self.ref.hash, self.document)
        if rule_set.content_hash() != ref.hash:
            raise Conflict(
                f"Bộ tiêu chí {ref.key} ở đây không phải bản được chọn ({rule_set.content_hash()} ≠ {ref.hash})",
                f"the rule set {ref.key} here ({rule_set.content_hash()}) is not the one pinned ({ref.hash})",
                code="ruleset.other_document",
            )
        return rule_set


def load(kept: KeptRuleSet | None, rule_set: RuleSet, by: str, now: datetime) -> Change[KeptRuleSet]:
    """Keep a linted rule set as a draft. The same document again changes nothing; a draft may be replaced."""
    ref = rule_set.ref()
    if kept is not None and kept.ref == ref:
        return Change(kept)
    if kept is not None and kept.status != "draft":
        raise Conflict(
            f"Bộ tiêu chí {ref.key} đã được phê duyệt nên không sửa được; hãy nạp thành phiên bản mới",
            f"{ref.key} was approved and is never edited; load the amendment under a new version",
            code="ruleset.frozen",
        )
    loaded = Step(action="loaded", by=by, at=now)
    return Change(KeptRuleSet(ref=ref, status="draft", document=rule_set.canonical(), steps=(loaded,)))


def approve(
    kept: KeptRuleSet | None, key: str, by: str, now: datetime, reason: str = "", seen: str = ""
) -> Change[KeptRuleSet]:
    """Approve a draft; not by the person who loaded it. Approving twice changes nothing.

    `seen` is the hash of the document that the person has looked at: another one is not approved.
    """
    kept = _found(kept, key)
    if seen and kept.ref.hash != seen:
        raise Conflict(
            f"Bản nháp {key} đã được thay bằng nội dung khác ({kept.ref.hash}); hãy xem lại",
            f"{key} has another content by now ({kept.ref.hash}): look at it again",
            code="ruleset.replaced",
        )
    if kept.status != "draft":
        return Change(kept)
    if kept.steps[-1].by == by:
        raise Forbidden(
            "Người nạp bộ tiêu chí không được tự phê duyệt",
            "whoever loaded a rule set does not approve it",
            code="ruleset.same_person",
        )
    approved = kept.model_copy(update={"status": "approved", "steps": kept.step("approved", by, now, reason)})
    return Change(approved, (Outgoing(RuleSetApprovedV1(record=approved.record()), key),))


def activate(
    kept: KeptRuleSet | None, key: str, from_year: int, by: str, now: datetime, reason: str = ""
) -> Change[KeptRuleSet]:
    """Let campaigns pin it from an assessment year on. The same again changes nothing."""
    kept = _found(kept, key)
    if kept.status == "draft":
        raise Conflict(f"Bộ tiêu chí {key} chưa được phê duyệt", f"{key} is not approved yet", code="ruleset.draft")
    if kept.status == "retired":
        raise Conflict(
            f"Bộ tiêu chí {key} đã ngừng dùng; hãy nạp thành phiên bản mới",
            f"{key} is retired; load it under a new version",
            code="ruleset.retired",
        )
    if kept.status == "active" and kept.active_from_year == from_year:
        return Change(kept)
    stage = parsed_rule_set(kept.ref.hash, kept.document).stage
    if not stage.first_year <= from_year <= stage.last_year:
        raise Invalid(
            f"Bộ tiêu chí {key} chỉ dùng cho các năm {stage.first_year}–{stage.last_year}",
            f"{key} is for {stage.first_year}–{stage.last_year}, not {from_year}",
            code="ruleset.stage",
        )
    steps = kept.step("activated", by, now, reason)
    active = kept.model_copy(update={"status": "active", "active_from_year": from_year, "steps": steps})
    return Change(active, (Outgoing(RuleSetActivatedV1(record=active.record()), key),))


def retire(kept: KeptRuleSet | None, key: str, by: str, now: datetime, reason: str) -> Change[KeptRuleSet]:
    """Let no new campaign pin it; those that did keep it. Retiring twice changes nothing."""
    kept = _found(kept, key)
    if kept.status == "retired":
        return Change(kept)
    if kept.status == "draft":
        raise Conflict(f"Bộ tiêu chí {key} còn là bản nháp", f"{key} is still a draft", code="ruleset.draft")
    retired = kept.model_copy(update={"status": "retired", "steps": kept.step("retired", by, now, reason)})
    return Change(retired, (Outgoing(RuleSetRetiredV1(record=retired.record()), key),))


def _found(kept: KeptRuleSet | None, key: str) -> KeptRuleSet:
    if kept is None:
        raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
    return kept
