"""The forms of one ranking table through its amendments, and in which of them an answer was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.core.form_answers import Checked, check_form
from services.intake.core.posted import Posted
from shared.contracts.common import Campaign
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.errors import Conflict, Fault, Invalid
from shared.ruleset.document import Group, Programme, RuleSet, RuleSetRef

__all__ = ["Form", "Forms", "form_refs", "forms_of", "named_form", "read_answers"]

_SCHEMA = "urn:xephang:survey-form:"


@dataclass(frozen=True)
class Form:
    """A rule set's form. `since` and `until`: from when it holds, and until when it may answer what is asked again."""

    ref: RuleSetRef
    rule_set: RuleSet
    since: datetime | None = None
    until: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether what is asked again may be answered at this moment."""
        return self.since is not None and self.until is not None and self.since <= at < self.until


Forms = tuple[Form, ...]  # oldest first; the last one holds now


def named_form(schema: str) -> str:
    """The rule set (`id@version`) of the form that a `dataschema` names; nothing if it names none of ours."""
    return schema.removeprefix(_SCHEMA).partition(":")[0] if schema.startswith(_SCHEMA) else ""


def form_refs(campaign: Campaign, programme: Programme, group: Group) -> tuple[RuleSetRef, ...]:
    """The rule sets that a table has had, oldest first; none if the campaign has no such table."""
    pinned = campaign.pinned(programme, group)
    return (*(one.before for one in campaign.amended(programme, group)), *((pinned,) if pinned else ()))


def forms_of(campaign: Campaign, programme: Programme, group: Group, records: Mapping[str, RuleSetRecord]) -> Forms:
    """The forms of a table; `records` by `id@version`. Raises `Conflict` if another document stands under a name."""
    amendments = (None, *campaign.amended(programme, group))
    return tuple(
        Form(ref, _rule_set(records[ref.key], ref), *((by.amended_at, by.answer_until) if by else ()))
        for ref, by in zip(form_refs(campaign, programme, group), amendments, strict=True)
    )


def _rule_set(record: RuleSetRecord, ref: RuleSetRef) -> RuleSet:
    rule_set = record.rule_set()
    if rule_set.content_hash() != ref.hash:
        raise Conflict(
            f"Bộ tiêu chí {ref.key} ở đây không phải bản mà đợt đánh giá đã chọn "
            f"({rule_set.content_hash()} ≠ {ref.hash})",
            f"the rule set {ref.key} here ({rule_set.content_hash()}) is not the one pinned ({ref.hash})",
            code="submission.rule_set",
        )
    return rule_set


def read_answers(forms: Forms, posted: Posted, known: RuleSetRef | None) -> tuple[Form, Checked]:
    """The answers in the form they were given in: the one they name, else the one that held when they were given.

    Who does not name it may still have an older form at hand: where his answers fit that one only, it is theirs.
    `known` is the form in which the same answer was taken in before. Raises `Invalid` with one fault a field.
    """
    candidates = _candidates(forms, posted, known)
    first: list[Fault] = []
    for form in candidates:
        checked, faults = check_form(form.rule_set, posted.figures, posted.evidence)
        if checked is not None:
            return form, checked
        first = first or faults
    raise Invalid("Phiếu khảo sát chưa hợp lệ", "the submission does not fit the form", first, "submission.invalid")


def _candidates(forms: Forms, posted: Posted, known: RuleSetRef | None) -> Forms:
    if known is not None:
        return tuple(form for form in forms if form.ref == known)
    if not posted.form:
        held = [form for form in forms if form.since is None or form.since <= posted.submitted_at]
        return tuple(reversed(held))
    named = tuple(form for form in forms if form.ref.key == posted.form)
    if named:
        return named
    names = ", ".join(form.ref.key for form in forms)
    fault = Fault(
        "submission.unknown_form",
        "form",
        f"Đợt đánh giá không dùng mẫu phiếu {posted.form!r}",
        f"the campaign has no form {posted.form!r}",
        f"Nêu một trong các mẫu: {names}; hoặc bỏ trống",
        f"name one of {names}, or leave it out",
    )
    raise Invalid.of(fault)
