"""What one agency is asked again after an amendment: which criteria, why, until when, and the part of the form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.intake.core.form import survey_form
from shared.contracts.common import AskedAgain
from shared.contracts.intake import Submission
from shared.kernel.clock import LOCAL_ZONE
from shared.ruleset.document import Criterion, RuleSet

__all__ = ["AskedCriterion", "AskedSheet", "asked_sheet"]

_WHY = {
    "new": ("Tiêu chí mới, chưa được hỏi", "a new criterion, which nobody was asked"),
    "figures": ("Số liệu được hỏi khác trước", "what is asked has changed"),
    "bounds": ("Giá trị đã nộp nằm ngoài giới hạn mới", "the value given lies outside the new bounds"),
    "not_applicable": ("Không còn được trả lời «không áp dụng»", "«not applicable» may no longer be answered"),
    "evidence": ("Cần thêm tài liệu kiểm chứng", "further documents are wanted"),
    "asked_if": ("Nay cơ quan thuộc diện phải trả lời", "it was not asked of this agency, and is now"),
}


class AskedCriterion(BaseModel):
    """One criterion to answer again; `figures` by id with their titles, none where only evidence is wanted."""

    model_config = ConfigDict(frozen=True)

    criterion: str
    title: str
    reason: str
    why_vi: str
    why_en: str
    figures: dict[str, str]


class AskedSheet(BaseModel):
    """All that an agency is asked again; empty where it is asked nothing. `text` is Markdown, `form` JSON Schema."""

    model_config = ConfigDict(frozen=True)

    rule_set: str
    until: datetime | None
    criteria: tuple[AskedCriterion, ...]
    form: dict[str, Any]
    text: str


def asked_sheet(version: Submission, rule_set: RuleSet) -> AskedSheet:
    """The sheet of the version that counts, in the rule set it stands in."""
    by_code = {criterion.code: criterion for criterion in rule_set.criteria()}
    criteria = tuple(_criterion(by_code[one.criterion], one) for one in version.asked_again)
    return AskedSheet(
        rule_set=rule_set.key,
        until=version.answer_until,
        criteria=criteria,
        form=_part(survey_form(rule_set), {one.criterion for one in criteria}),
        text=_text(rule_set, version.answer_until, criteria, by_code),
    )


def _criterion(criterion: Criterion, asked: AskedAgain) -> AskedCriterion:
    why_vi, why_en = _WHY[asked.reason]
    return AskedCriterion(
        criterion=criterion.code,
        title=criterion.title.vi,
        reason=asked.reason,
        why_vi=why_vi,
        why_en=why_en,
        figures={item.id: item.title.vi for item in criterion.inputs if item.id in asked.figures},
    )


def _part(form: dict[str, Any], codes: set[str]) -> dict[str, Any]:
    """The form with the questions of these criteria; the others may be repeated as they stand, and need not be."""
    asked = form["properties"]
    figures, evidence = asked["figures"], asked["evidence"]
    kept = {name: one for name, one in figures["properties"].items() if one["x-criterion"] in codes}
    documents = {code: one for code, one in evidence["properties"].items() if code in codes}
    properties = {
        "figures": {**figures, "properties": kept},
        "evidence": {**evidence, "properties": documents},
    }
    return {**form, "properties": {**asked, **properties}}


def _text(
    rule_set: RuleSet,
    until: datetime | None,
    criteria: tuple[AskedCriterion, ...],
    by_code: dict[str, Criterion],
) -> str:
    lines = [f"# Nội dung hỏi lại: {rule_set.title.vi}, phiên bản {rule_set.version}", ""]
    if until is None or not criteria:
        return "\n".join([*lines, "Cơ quan không phải trả lời lại nội dung nào.", ""])
    last = (until - timedelta(seconds=1)).astimezone(LOCAL_ZONE)
    lines += [f"Trả lời đến hết ngày {last:%d/%m/%Y}. Số liệu khác được giữ nguyên.", ""]
    for one in criteria:
        lines.append(f"- {one.criterion} {one.title} — {one.why_vi}.")
        lines += [f"  - `{name}`: {title}" for name, title in one.figures.items()]
        documents = by_code[one.criterion].evidence.documents
        lines += [f"  - Tài liệu kiểm chứng: {'; '.join(documents)}."] if documents else []
    return "\n".join([*lines, ""])
