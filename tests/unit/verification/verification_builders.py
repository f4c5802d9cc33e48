"""A tiny rule set, answers and cases for tests of verification: valid by default, override what matters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.verification.core.arrival import open_case
from services.verification.core.checklist import Checklist
from services.verification.core.model import Case
from shared.contracts.common import (
    Agency,
    Answer,
    Answers,
    Campaign,
    Dispatch,
    Evidence,
    Period,
    PinnedRuleSet,
    SubmissionKey,
)
from shared.contracts.intake import Submission
from shared.contracts.scoring import RuleSetRecord
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_text

NOW = datetime(2021, 11, 10, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

_TEXT = """\
format: xephang.ruleset/1
id: tiny
version: '2021'
title: {vi: Bộ tiêu chí thử}
programme: it
group: province
stage: {first_year: 2021, last_year: 2025}
legal_basis: [{number: 2294/QĐ-UBND, issued_on: 2020-11-17, issuer: UBND tỉnh, title: Ban hành}]
result: {form: index, levels: [{id: tot, title: {vi: Tốt}, at_least: 0}]}
sections:
  - code: '1'
    title: {vi: Hạ tầng}
    maximum: 10
    criteria:
      - code: '1.1'
        title: {vi: Tỷ lệ máy tính}
        maximum: 4
        method: {form: ratio, of: {numerator: computers, denominator: staff}}
        inputs:
          - {id: computers, title: {vi: Số máy tính}, type: integer, unit: máy, minimum: 0, maximum: 5000}
          - {id: staff, title: {vi: Số cán bộ}, type: integer, unit: người, minimum: 1, maximum: 5000}
        evidence: {required: true, documents: [Biên bản kiểm kê]}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.2'
        title: {vi: Mạng nội bộ}
        maximum: 3
        method:
          form: sum
          parts:
            - {title: {vi: Có mạng}, maximum: 1, method: {form: yes_no, input: lan}}
            - {title: {vi: Phủ mạng}, maximum: 2, method: {form: ratio, of: {numerator: linked, denominator: staff}}}
        inputs:
          - {id: lan, title: {vi: Có mạng nội bộ}, type: boolean}
          - {id: linked, title: {vi: Số cán bộ dùng mạng}, type: integer, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
        not_applicable: allowed
      - code: '1.3'
        title: {vi: Tỷ lệ chi}
        maximum: 3
        method: {form: bands, of: share, rows: [{points: 3, at_least: 50}, {points: 0, below: 50}]}
        inputs:
          - {id: share, title: {vi: Tỷ lệ}, type: decimal, unit: '%', minimum: 0, maximum: 99.5}
          - id: plan
            title: {vi: Kế hoạch}
            type: choice
            options: [{id: full, title: {vi: Đủ}}, {id: none, title: {vi: Không}}]
          - {id: remark, title: {vi: Ghi chú}, type: text}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.4'
        title: {vi: Kinh phí}
        maximum: 0
        method: {form: information}
        inputs: [{id: spending, title: {vi: Kinh phí}, type: decimal}]
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
"""


def a_rule_set() -> RuleSet:
    """Three scored criteria (1.2 uses `staff`, which 1.1 asks) and one for information."""
    return load_text(_TEXT, "tiny.yaml").rule_set


RULE_SET = a_rule_set()
CHECKLIST = Checklist(RULE_SET)


def a_record(**more: Any) -> RuleSetRecord:
    """The rule set with its life cycle, as scoring tells of it."""
    fields = {"ref": RULE_SET.ref(), "status": "active", "document": RULE_SET.canonical(), "steps": ()}
    return RuleSetRecord.model_validate({**fields, **more})


def a_key(agency: str = "so-noi-vu") -> SubmissionKey:
    return SubmissionKey(campaign="2021", programme="it", agency=agency)


def a_campaign(*agencies: str, **more: Any) -> Campaign:
    """A campaign of 2021 with these agencies."""
    fields: dict[str, Any] = {
        "id": "2021",
        "year": 2021,
        "title": "Đợt 2021",
        "programmes": ("it",),
        "period": Period(first_day=date(2020, 10, 1), last_day=date(2021, 10, 1)),
        "dispatch": Dispatch(number="1/STTTT", issued_on=date(2021, 10, 20)),
        "deadline": datetime(2021, 11, 4, 17, tzinfo=UTC),
        "members": tuple(Agency(id=one, name=f"Cơ quan {one}", group="province") for one in agencies),
        "rule_sets": (PinnedRuleSet(programme="it", group="province", rule_set=RULE_SET.ref()),),
        "status": "open",
    }
    return Campaign.model_validate({**fields, **more})


def an_answer(value: bool | int | str | None = None, state: str = "value") -> Answer:
    return Answer.model_validate({"state": state, "value": value})


def answers(*, evidence: tuple[str, ...] = ("1.1",), **figures: bool | int | str) -> Answers:
    """Full answers; the figures named replace the usual ones."""
    usual: dict[str, bool | int | str] = {
        "computers": 40,
        "staff": 50,
        "lan": True,
        "linked": 30,
        "share": "60.5",
        "plan": "full",
        "spending": "120",
    }
    return Answers(
        figures={name: an_answer(value) for name, value in {**usual, **figures}.items()},
        evidence={code: (Evidence(title=f"Văn bản {code}"),) for code in evidence},
    )


def a_submission(number: int = 1, given: Answers | None = None, **more: Any) -> Submission:
    """An answer in time."""
    key = more.pop("key", a_key())
    fields: dict[str, Any] = {
        "key": key,
        "group": "province",
        "rule_set": RULE_SET.ref(),
        "number": number,
        "event_id": f"e{number}",
        "submitted_at": NOW,
        "received_at": NOW,
        "submitted_by": "can-bo",
        "days_late": 0,
        "answers": given or answers(),
    }
    return Submission.model_validate({**fields, **more})


def a_case(given: Answers | None = None, **more: Any) -> Case:
    """An open case with no findings."""
    case = open_case(a_submission(given=given, **more), NOW).state
    assert case is not None
    return case
