"""Findings (kết luận thẩm tra) as a verifier writes them, checked against the rule set: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Literal

from services.verification.core.checklist import Checklist
from services.verification.core.refusals import (
    finding_fault,
    nothing_said,
    reason_wrong,
    refused_findings,
    unknown_criterion,
)
from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.figures import read_figure
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import Criterion

__all__ = ["MAX_REASON", "Draft", "accept", "check_findings", "check_reason"]

MAX_REASON = 2000
_SHEETS = 16  # of accepted criteria, remembered: one for each rule set of an act, and a few acts at once


@dataclass(frozen=True)
class Draft:
    """A finding as written down; `adjusted` by input id, values as they came."""

    criterion: str
    finding: Literal["accepted", "adjusted", "rejected"]
    reason: str = ""
    adjusted: Mapping[str, object] = field(default_factory=dict)


def check_findings(
    checklist: Checklist, drafts: Sequence[Draft], verifier: str, now: datetime
) -> tuple[CriterionFinding, ...]:
    """The findings in the order given. Raises `Invalid` with every fault of every draft."""
    if not drafts:
        raise nothing_said("findings", "Chưa có kết luận nào được gửi", "no finding was sent")
    faults: list[Fault] = list(_repeated(drafts))
    findings: list[CriterionFinding] = []
    for draft in drafts:
        criterion = checklist.criteria.get(draft.criterion)
        if criterion is None:
            faults.append(unknown_criterion(draft.criterion))
            continue
        adjusted, more = _adjusted(criterion, draft)
        more += _of_reason(draft)
        faults += more
        if not faults:
            findings.append(
                CriterionFinding(
                    criterion=draft.criterion,
                    finding=draft.finding,
                    reason=draft.reason.strip(),
                    adjusted=adjusted,
                    verifier=verifier,
                    found_at=now,
                )
            )
    if faults:
        raise refused_findings(faults)
    return tuple(findings)


def accept(codes: tuple[str, ...], verifier: str, now: datetime) -> tuple[tuple[CriterionFinding, dict[str, Any]], ...]:
    """A finding "accepted" on each of the criteria, with its plain JSON; the same ones for all cases of one act."""
    return _accepted(codes, verifier, now, now.tzinfo)


@lru_cache(_SHEETS)
def _accepted(
    codes: tuple[str, ...], verifier: str, now: datetime, _: tzinfo | None
) -> tuple[tuple[CriterionFinding, dict[str, Any]], ...]:
    """One moment is written in as many ways as there are time zones, and each of them is another one."""
    findings = [CriterionFinding(criterion=code, finding="accepted", verifier=verifier, found_at=now) for code in codes]
    return tuple((one, one.model_dump(mode="json", by_alias=True, exclude_defaults=True)) for one in findings)


def check_reason(reason: str) -> str:
    """A reason without surrounding space. Raises `Invalid` where there is none, or far too much of one."""
    stripped = reason.strip()
    if not 1 <= len(stripped) <= MAX_REASON:
        fault = reason_wrong(MAX_REASON)
        raise Invalid.of(fault)
    return stripped


def _repeated(drafts: Sequence[Draft]) -> Iterator[Fault]:
    seen: set[str] = set()
    for draft in drafts:
        if draft.criterion in seen:
            yield finding_fault(
                "repeated",
                draft.criterion[:40],
                "có hai kết luận trong một lần gửi",
                "has two findings in one request",
                "Gửi một kết luận cho mỗi tiêu chí",
                "send one finding a criterion",
            )
        seen.add(draft.criterion)


def _of_reason(draft: Draft) -> list[Fault]:
    length = len(draft.reason.strip())
    if length <= MAX_REASON and (length or draft.finding == "accepted"):
        return []
    return [
        finding_fault(
            "reason",
            draft.criterion,
            f"cần lý do, từ 1 đến {MAX_REASON} ký tự, khi điều chỉnh hoặc bác",
            f"needs a reason of 1 to {MAX_REASON} characters when adjusted or rejected",
            "Nêu lý do để cơ quan và công chúng hiểu được",
            "say why, so that the agency and the public understand",
        )
    ]


def _adjusted(criterion: Criterion, draft: Draft) -> tuple[dict[str, Answer], list[Fault]]:
    if (draft.finding == "adjusted") != bool(draft.adjusted):
        return {}, [_misplaced(draft)]
    inputs = {item.id: item for item in criterion.inputs}
    values: dict[str, Answer] = {}
    faults: list[Fault] = []
    for name, given in draft.adjusted.items():
        item = inputs.get(name)
        value = (
            read_figure(criterion, item, given, f"{criterion.code}.{item.id}")
            if item
            else _foreign(criterion, name, list(inputs))
        )
        if isinstance(value, Fault):
            faults.append(value)
        else:
            values[name] = value
    return values, faults


def _misplaced(draft: Draft) -> Fault:
    if draft.finding == "adjusted":
        return finding_fault(
            "nothing_adjusted",
            draft.criterion,
            "kết luận điều chỉnh nhưng không có giá trị nào",
            "is adjusted but no value is given",
            "Ghi giá trị đúng của số liệu, hoặc chọn chấp nhận hay bác",
            "give the right value, or accept or reject",
        )
    return finding_fault(
        "values_not_expected",
        draft.criterion,
        f"có giá trị điều chỉnh nhưng kết luận là {draft.finding}",
        f"has adjusted values but is {draft.finding}",
        "Chọn kết luận điều chỉnh, hoặc bỏ các giá trị",
        "choose adjusted, or leave the values out",
    )


def _foreign(criterion: Criterion, name: str, own: list[str]) -> Fault:
    return finding_fault(
        "foreign_input",
        criterion.code,
        f"không có số liệu {name[:40]!r}",
        f"has no figure {name[:40]!r}",
        f"Chỉ điều chỉnh số liệu của tiêu chí: {', '.join(own)}",
        f"adjust only its own figures: {', '.join(own)}",
    )
