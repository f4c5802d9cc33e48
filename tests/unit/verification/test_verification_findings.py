"""What a verifier may write down, and what is refused with the place, the reason and the remedy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from verification_builders import CHECKLIST, NOW, a_case, an_answer

from services.verification.core.case import accept_all, complete, record_findings
from services.verification.core.findings import MAX_REASON, Draft, accept
from services.verification.core.model import Case
from shared.contracts.common import Answer
from shared.contracts.verification import FindingRecordedV1, SubmissionVerifiedV1
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, DomainError, Invalid
from shared.messaging.aggregate import Change


def record(case: Case, *drafts: Draft, seen: int | None = None) -> Change[Case]:
    return record_findings(case, CHECKLIST, drafts, by="tham-tra", now=NOW, seen=seen)


def adjust(criterion: str, **values: object) -> Draft:
    return Draft(criterion, "adjusted", "Theo biên bản kiểm kê", values)


def codes(error: DomainError) -> set[tuple[str, str]]:
    return {(fault.place, fault.code) for fault in error.faults}


def test_a_finding_names_its_verifier_and_moment() -> None:
    change = record(a_case(), Draft("1.2", "rejected", " Không có minh chứng "), Draft("1.1", "accepted"))
    assert change.state is not None
    finding = change.state.findings["1.2"]
    assert (finding.verifier, finding.found_at, finding.reason) == ("tham-tra", NOW, "Không có minh chứng")
    (event,) = change.events
    assert isinstance(event.data, FindingRecordedV1)
    assert [one.criterion for one in event.data.findings] == ["1.2", "1.1"]
    assert event.key == "2021/so-noi-vu"
    act = change.state.history[-1]
    assert (act.deed, act.by, act.criteria, act.submission_number) == ("findings", "tham-tra", ("1.2", "1.1"), 1)


@pytest.mark.parametrize(
    ("criterion", "name", "given", "expected"),
    [
        ("1.1", "computers", 0, an_answer(0)),
        ("1.1", "computers", 5000, an_answer(5000)),
        ("1.1", "computers", Decimal("12.0"), an_answer(12)),
        ("1.1", "computers", {"state": "value", "value": 7}, an_answer(7)),
        ("1.1", "computers", None, an_answer(state="not_reported")),
        ("1.1", "computers", {"state": "not_reported"}, an_answer(state="not_reported")),
        ("1.2", "lan", False, an_answer(False)),
        ("1.2", "lan", {"state": "not_applicable"}, an_answer(state="not_applicable")),
        ("1.3", "share", Decimal("99.50"), an_answer("99.5")),
        ("1.3", "share", "12.500000", an_answer("12.5")),
        ("1.3", "share", 3, an_answer("3")),
        ("1.3", "plan", "none", an_answer("none")),
        ("1.3", "remark", " ghi chú ", an_answer("ghi chú")),
        ("1.3", "remark", " ", Answer(state="not_reported")),  # blank text says nothing, as in an agency's answer
    ],
)
def test_adjusted_values_are_kept_exact_and_canonical(criterion: str, name: str, given: object, expected: Any) -> None:
    state = record(a_case(), adjust(criterion, **{name: given})).state
    assert state is not None
    assert state.findings[criterion].adjusted == {name: expected}


@pytest.mark.parametrize(
    ("criterion", "name", "given", "code"),
    [
        ("1.1", "computers", -1, "answer.out_of_bounds"),
        ("1.1", "computers", 5001, "answer.out_of_bounds"),
        ("1.1", "staff", 0, "answer.out_of_bounds"),
        ("1.1", "computers", "12", "answer.not_integer"),
        ("1.1", "computers", True, "answer.not_integer"),
        ("1.1", "computers", Decimal("1.5"), "answer.not_integer"),
        ("1.1", "computers", 1.0, "answer.not_integer"),
        ("1.2", "linked", 10**30, "answer.too_large"),
        ("1.1", "computers", Decimal("1e999999"), "answer.not_integer"),
        ("1.1", "computers", {"state": "not_applicable"}, "answer.not_applicable_refused"),
        ("1.1", "computers", {"state": "rejected"}, "answer.malformed_state"),
        ("1.1", "computers", {"state": "not_reported", "value": 3}, "answer.malformed_state"),
        ("1.1", "computers", {"value": 3}, "answer.malformed_state"),
        ("1.1", "computers", {"state": "value", "value": {"state": "value", "value": 1}}, "answer.not_integer"),
        ("1.1", "computers", [], "answer.not_integer"),
        ("1.2", "lan", 1, "answer.not_boolean"),
        ("1.2", "lan", "true", "answer.not_boolean"),
        ("1.3", "share", "99.500001", "answer.out_of_bounds"),
        ("1.3", "share", "1/3", "answer.not_decimal"),
        ("1.3", "share", "12,5", "answer.decimal_comma"),
        ("1.3", "share", "NaN", "answer.not_decimal"),
        ("1.3", "share", "1.0000001", "answer.too_many_decimals"),
        ("1.3", "share", 1.5, "answer.not_decimal"),
        ("1.3", "plan", "half", "answer.unknown_option"),
        ("1.3", "plan", 1, "answer.unknown_option"),
        ("1.3", "remark", "a\x00b", "answer.control_character"),
        ("1.3", "remark", "a" * 2001, "answer.text_too_long"),
    ],
)
def test_an_adjusted_value_that_does_not_fit_is_refused_by_name(
    criterion: str, name: str, given: object, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        record(a_case(), adjust(criterion, **{name: given}))
    assert codes(refused.value) == {(f"{criterion}.{name}", code)}
    assert all(fault.remedy_vi and fault.remedy_en for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (Draft("9.9", "accepted"), ("9.9", "finding.unknown_criterion")),
        (Draft("1.1", "rejected"), ("1.1", "finding.reason")),
        (Draft("1.1", "rejected", "  "), ("1.1", "finding.reason")),
        (Draft("1.1", "accepted", "x" * (MAX_REASON + 1)), ("1.1", "finding.reason")),
        (Draft("1.1", "adjusted", "", {"staff": 3}), ("1.1", "finding.reason")),
        (Draft("1.1", "adjusted", "vì"), ("1.1", "finding.nothing_adjusted")),
        (Draft("1.1", "accepted", "", {"staff": 3}), ("1.1", "finding.values_not_expected")),
        (Draft("1.1", "rejected", "vì", {"staff": 3}), ("1.1", "finding.values_not_expected")),
        (Draft("1.2", "adjusted", "vì", {"staff": 3}), ("1.2", "finding.foreign_input")),
        (Draft("1.1", "adjusted", "vì", {"nothing": 3}), ("1.1", "finding.foreign_input")),
    ],
)
def test_a_finding_out_of_place_is_refused(draft: Draft, fault: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        record(a_case(), draft)
    assert codes(refused.value) == {fault}


def test_every_fault_of_a_request_is_told_at_once_and_nothing_is_taken() -> None:
    with pytest.raises(Invalid) as refused:
        record(a_case(), Draft("1.1", "accepted"), Draft("1.1", "rejected"), adjust("1.3", plan="x", share="x"))
    assert {code for _, code in codes(refused.value)} == {
        "finding.repeated",
        "finding.reason",
        "answer.unknown_option",
        "answer.not_decimal",
    }


def test_no_findings_at_all_is_refused() -> None:
    with pytest.raises(Invalid):
        record(a_case())


def test_the_same_findings_again_change_nothing() -> None:
    once = record(a_case(), Draft("1.1", "accepted"), adjust("1.3", plan="none")).state
    assert once is not None
    again = record_findings(
        once, CHECKLIST, [Draft("1.1", "accepted"), adjust("1.3", plan="none")], by="tham-tra", now=NOW
    )
    assert again.state is once
    assert again.events == ()
    other = record_findings(once, CHECKLIST, [Draft("1.1", "accepted")], by="nguoi-khac", now=NOW)
    assert other.state is not once


def test_findings_on_an_answer_that_no_longer_counts_are_refused() -> None:
    case = a_case(number=2)
    with pytest.raises(Conflict) as refused:
        record(case, Draft("1.1", "accepted"), seen=1)
    assert refused.value.code == "case.newer_submission"
    assert record(case, Draft("1.1", "accepted"), seen=2).events


def test_completion_is_refused_with_every_criterion_that_lacks_a_finding() -> None:
    case = record(a_case(), Draft("1.2", "accepted")).state
    assert case is not None
    with pytest.raises(Conflict) as refused:
        complete(case, CHECKLIST, by="tham-tra", now=NOW)
    assert codes(refused.value) == {("1.1", "finding.lacking"), ("1.3", "finding.lacking")}


def test_completion_needs_no_finding_on_what_is_information_only() -> None:
    drafts = [Draft(code, "accepted") for code in ("1.3", "1.2", "1.1")]
    case = record(a_case(days_late=2), *drafts).state
    assert case is not None
    done = complete(case, CHECKLIST, by="tham-tra", now=NOW)
    assert done.state is not None
    assert (done.state.status, done.state.revision) == ("verified", 1)
    (event,) = done.events
    assert isinstance(event.data, SubmissionVerifiedV1)
    verified = event.data.verified
    assert [finding.criterion for finding in verified.findings] == ["1.1", "1.2", "1.3"]
    assert (verified.basis, verified.submission_number, verified.days_late) == ("answered", 1, 2)
    assert verified.answers == case.answers
    assert (event.data.verified_by, event.data.verified_at) == ("tham-tra", NOW)


def test_accepting_all_leaves_findings_that_stand() -> None:
    case = record(a_case(), Draft("1.2", "rejected", "vì")).state
    assert case is not None
    change = accept_all(case, CHECKLIST, by="khac", now=NOW, completing=True)
    assert change.state is not None
    assert {code: one.finding for code, one in change.state.findings.items()} == {
        "1.1": "accepted",
        "1.2": "rejected",
        "1.3": "accepted",
    }
    assert change.state.findings["1.2"].verifier == "tham-tra"
    assert [event.data.type_ for event in change.events] == [
        "verification.finding.recorded.v1",
        "verification.submission.verified.v1",
    ]


def test_accepting_all_of_a_case_where_nothing_is_left_changes_nothing() -> None:
    case = accept_all(a_case(), CHECKLIST, by="a", now=NOW).state
    assert case is not None
    assert case.status == "open"
    again = accept_all(case, CHECKLIST, by="a", now=NOW)
    assert again.state is case
    assert again.events == ()


def test_a_moment_is_written_in_the_zone_it_was_told_in_whichever_came_first() -> None:
    for now in (NOW, NOW.astimezone(LOCAL_ZONE), NOW):
        for finding, plain in accept(("1.1", "1.2"), "tham-tra", now):
            assert plain == finding.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            assert plain["found_at"] == finding.model_copy(update={"found_at": now}).model_dump(mode="json")["found_at"]
