"""What the API takes: bodies read exactly and bounded, with every fault named, and shown in the OpenAPI document.

FastAPI's own reading of a body would make binary floats of the decimals a verifier writes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from services.verification.core.case import MAX_DAYS_TO_CORRECT
from services.verification.core.findings import MAX_REASON, Draft
from shared.contracts.common import AgencyId, CampaignId
from shared.http.problems import exact_body
from shared.kernel.complaints import complaint_vi
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import Programme

__all__ = [
    "AcceptAllBody",
    "AcceptManyBody",
    "CompleteBody",
    "FindingsBody",
    "ReopenBody",
    "ResumeBody",
    "ReturnBody",
    "documented",
    "read_body",
]

M = TypeVar("M", bound=BaseModel)


def _day(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 10:
        return value
    raise ValueError("a day is written as 2021-10-31")


Day = Annotated[date, BeforeValidator(_day)]
Seen = Annotated[
    StrictInt | None,
    Field(ge=0, description="Number of the answer that was looked at; refused if a newer one counts by now."),
]


# A bounded length also makes pydantic refuse halves of surrogate pairs, which no store and no reply could hold.
Reason = Annotated[str, Field(max_length=2 * MAX_REASON)]
Code = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(max_length=80)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FindingBody(_Body):
    """One finding. `adjusted` by input id: a plain value, null (not reported) or {"state": "not_applicable"}."""

    criterion: Code
    finding: Literal["accepted", "adjusted", "rejected"]
    reason: Reason = Field("", description=f"Required unless accepted; at most {MAX_REASON} characters.")
    adjusted: dict[Name, Any] = Field({}, description='Exact values: true, 12, "12.5", an option\'s id.')

    def draft(self) -> Draft:
        """As the core takes it."""
        return Draft(self.criterion, self.finding, self.reason, self.adjusted)


class FindingsBody(_Body):
    """Findings on some criteria, taken all or none."""

    findings: tuple[FindingBody, ...] = Field(max_length=500)
    submission_number: Seen = None


class AcceptAllBody(_Body):
    """Accept what has no finding yet; `complete` completes the case in the same write."""

    complete: StrictBool = False
    submission_number: Seen = None


class CompleteBody(_Body):
    """Complete the case."""

    submission_number: Seen = None


class ReturnBody(_Body):
    """Return the case for correction until the end of the day `due_on`, Vietnam time."""

    criteria: tuple[Code, ...] = Field((), max_length=500)
    reason: Reason
    reasons: dict[Code, Reason] = Field({}, max_length=500, description="By criterion, what is wrong with just that.")
    due_on: Day = Field(description=f"From today to {MAX_DAYS_TO_CORRECT} days from now.")
    submission_number: Seen = None


class ReopenBody(_Body):
    """Open a completed case again."""

    reason: Reason


class ResumeBody(_Body):
    """Take a returned case back."""

    reason: Reason


class AcceptManyBody(_Body):
    """Accept and complete every open case of a campaign (and programme), or those of the agencies named."""

    campaign: CampaignId
    programme: Programme | None = None
    agencies: tuple[AgencyId, ...] | None = Field(None, max_length=5000)


async def read_body(request: Request, model: type[M]) -> M:
    """The body as its class. Raises `Invalid` with a fault for each field that is wrong."""
    raw = await exact_body(request)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid("Yêu cầu không hợp lệ", "the request is malformed", _faults(error), "malformed") from error


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """The part of the OpenAPI document that FastAPI cannot know when the body is read by hand."""
    schema = model.model_json_schema()
    content = {"application/json": {"schema": _inlined(schema, schema.pop("$defs", {}))}}
    return {"requestBody": {"required": True, "content": content}}


def _faults(error: ValidationError) -> list[Fault]:
    return [
        Fault(
            "request.malformed",
            ".".join(str(part) for part in item["loc"])[:200],
            complaint_vi(item),
            item["msg"],
            "Xem mô tả nội dung yêu cầu trong tài liệu API (/docs)",
            "see the body's description in the API's documentation (/docs)",
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A reference into the model's own schema would point nowhere in the OpenAPI document."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: _inlined(value, definitions) for name, value in schema.items()}
