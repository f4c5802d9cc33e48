"""The survey form (phiếu khảo sát) of a rule set: its JSON Schema and questions for programs, its sheet for people.

Both are derived from the rule set and nothing else, so that what agencies are asked is what the criteria score.
What an agency sends back is checked by `check_answers` (form_answers.py), which is exact where JSON Schema cannot be.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any, Literal

from services.intake.core.form_answers import (
    MAX_EVIDENCE_ITEMS,
    MAX_LINK,
    MAX_NUMBER,
    MAX_PLACES,
    MAX_TEXT,
    check_answers,
)
from services.intake.core.form_sheet import form_paper, form_sheet
from shared.contracts.common import Campaign
from shared.kernel.exact import exact_text
from shared.kernel.paper import to_html, to_markdown
from shared.ruleset.document import Criterion, Input, RuleSet, Text

__all__ = ["check_answers", "form_document", "render_form", "survey_form"]

_NOT_REPORTED = {"type": "object", "properties": {"state": {"const": "not_reported"}}, "required": ["state"]}
_NOT_APPLICABLE = {"type": "object", "properties": {"state": {"const": "not_applicable"}}, "required": ["state"]}
_DECIMAL_TEXT = rf"^-?(0|[1-9][0-9]*)(\.[0-9]{{1,{MAX_PLACES}}})?$"


def survey_form(rule_set: RuleSet) -> dict[str, Any]:
    """JSON Schema (2020-12) of a submission's `figures` and `evidence`.

    JSON Schema numbers are binary in most tools, so a bound that is no integer is rounded outwards here and stated
    exactly in `x-minimum`/`x-maximum`: the schema never refuses what `check_answers` accepts.
    """
    criteria = rule_set.criteria()
    figures = {item.id: _figure(criterion, item) for criterion in criteria for item in criterion.inputs}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:xephang:survey-form:{rule_set.key}:{rule_set.content_hash()}",
        "title": f"Phiếu khảo sát — {rule_set.title.vi}",
        "type": "object",
        "properties": {
            "figures": {
                "title": "Số liệu",
                "type": "object",
                "properties": figures,
                "additionalProperties": False,
            },
            "evidence": {
                "title": "Tài liệu kiểm chứng",
                "type": "object",
                "properties": {criterion.code: _evidence(criterion) for criterion in criteria},
                "additionalProperties": False,
            },
        },
        "required": ["figures"],
        "additionalProperties": False,
        "$defs": {"evidence": _evidence_item()},
    }


def _figure(criterion: Criterion, item: Input) -> dict[str, Any]:
    states: list[dict[str, Any]] = [{"type": "null"}, _NOT_REPORTED]
    if criterion.not_applicable == "allowed":
        states.append(_NOT_APPLICABLE)
    described: dict[str, Any] = {"title": item.title.vi, **_english(item.title), "x-criterion": criterion.code}
    if item.unit is not None:
        described["x-unit"] = item.unit
    if item.minimum is not None:
        described["x-minimum"] = exact_text(item.minimum)
    if item.maximum is not None:
        described["x-maximum"] = exact_text(item.maximum)
    if item.per_unit:
        described["x-per-unit"] = True
        return {**described, "anyOf": [_units([*_values(item), *states]), *states]}
    return {**described, "anyOf": [*_values(item), *states]}


def _units(of_one: list[dict[str, Any]]) -> dict[str, Any]:
    """The answers of the sub-units by name."""
    units = {"type": "object", "additionalProperties": {"anyOf": of_one}, "propertyNames": {"minLength": 1}}
    return {"type": "object", "properties": {"units": units}, "required": ["units"]}


def _values(item: Input) -> list[dict[str, Any]]:
    match item.type:
        case "boolean":
            return [{"type": "boolean"}]
        case "integer":
            return [{"type": "integer", **_bounds(item.minimum, item.maximum)}]
        case "decimal":
            number = {"type": "number", **_bounds(item.minimum, item.maximum)}
            return [number, {"type": "string", "pattern": _DECIMAL_TEXT}]
        case "choice":
            return [{"const": option.id, "title": option.title.vi, **_english(option.title)} for option in item.options]
        case "text":
            return [{"type": "string", "maxLength": MAX_TEXT}]


def _bounds(minimum: Fraction | None, maximum: Fraction | None) -> dict[str, int]:
    bounds = {}
    if minimum is not None:
        bounds["minimum"] = floor(minimum)
    if maximum is not None:
        bounds["maximum"] = ceil(maximum)
    return bounds


def _evidence(criterion: Criterion) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "title": criterion.title.vi,
        "type": "array",
        "items": {"$ref": "#/$defs/evidence"},
        "maxItems": MAX_EVIDENCE_ITEMS,
        "x-required": criterion.evidence.required,
    }
    if criterion.evidence.documents:
        schema["description"] = "; ".join(criterion.evidence.documents)
    return schema


def _evidence_item() -> dict[str, Any]:
    return {
        "title": "Tài liệu kiểm chứng",
        "type": "object",
        "properties": {
            "number": {"title": "Số, ký hiệu", "type": "string", "maxLength": MAX_NUMBER},
            "issued_on": {"title": "Ngày ban hành", "type": ["string", "null"], "format": "date"},
            "title": {"title": "Trích yếu", "type": "string", "minLength": 1, "maxLength": MAX_TEXT},
            "link": {"title": "Đường dẫn", "type": "string", "maxLength": MAX_LINK, "pattern": "^(https?://.*)?$"},
        },
        "required": ["title"],
        "additionalProperties": False,
    }


def _english(text: Text) -> dict[str, str]:
    return {"x-title-en": text.en} if text.en is not None else {}


def render_form(
    rule_set: RuleSet, format: Literal["html", "markdown"] = "markdown", campaign: Campaign | None = None
) -> str:
    """The form for people, in Vietnamese: what is asked, in which unit and bounds, with which documents, until when."""
    paper = form_paper(rule_set, campaign)
    return to_html(paper) if format == "html" else to_markdown(paper)


def form_document(rule_set: RuleSet) -> dict[str, Any]:
    """The form for programs: its questions in order, and the JSON Schema of what is sent back as `answers`."""
    return {**form_sheet(rule_set).model_dump(mode="json"), "answers": survey_form(rule_set)}
