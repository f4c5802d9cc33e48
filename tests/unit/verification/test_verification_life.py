"""The life of a case: amended, returned, verified, reopened, missing — whatever comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verification_builders import CHECKLIST, LATER, NOW, RULE_SET, a_case, a_key, a_submission, answers

from services.verification.core.arrival import BY_ITSELF, take_missing, take_submission
from services.verification.core.case import accept_all, complete, record_findings, reopen, resume, return_case
from services.verification.core.findings import Draft
from services.verification.core.model import Case
from shared.contracts.common import Answers
from shared.contracts.intake import Submission
from shared.contracts.verification import CaseReopenedV1, CaseReturnedV2, SubmissionVerifiedV1
from shared.kernel.errors import Conflict, Invalid
from shared.messaging.aggregate import Change


def state(change: Change[Case]) -> Case:
    assert change.state is not None
    return change.state


def verified(given: Answers | None = None) -> Case:
    return state(accept_all(a_case(given), CHECKLIST, by="tham-tra", now=NOW, completing=True))


def missing() -> Case:
    return state(take_missing(None, a_key(), "province", RULE_SET.ref(), NOW))


def take(case: Case | None, submission: Submission) -> Change[Case]:
    return take_submission(case, submission, CHECKLIST, LATER)


def returned(case: Case, due_on: date = date(2021, 11, 12), **more: object) -> Change[Case]:
    wanted = {"criteria": ["1.3", "1.1"], "reason": "Thiếu biên bản", "by": "tham-tra", "now": NOW, **more}
    return return_case(case, CHECKLIST, wanted.pop("criteria"), due_on=due_on, **wanted)  # type: ignore[arg-type]


def types(change: Change[Case]) -> list[str]:
    return [event.data.type_ for event in change.events]


# --- a newer answer ----------------------------------------------------------------------------------------------


def test_a_newer_answer_keeps_only_findings_whose_figures_and_evidence_are_the_same() -> None:
    case = state(accept_all(a_case(), CHECKLIST, by="tham-tra", now=NOW))
    amended = state(take(case, a_submission(2, answers(share="70"))))
    assert set(amended.findings) == {"1.1", "1.2"}
    assert amended.findings["1.1"] == case.findings["1.1"]
    assert amended.history[-1].criteria == ("1.3",)


def test_a_figure_that_another_criterion_asks_counts_for_the_criterion_that_uses_it() -> None:
    case = state(accept_all(a_case(), CHECKLIST, by="tham-tra", now=NOW))
    amended = state(take(case, a_submission(2, answers(staff=51))))
    assert set(amended.findings) == {"1.3"}  # 1.2 is worked out with the staff that 1.1 asks for


def test_new_evidence_drops_the_finding_that_rested_on_the_old() -> None:
    case = state(accept_all(a_case(), CHECKLIST, by="tham-tra", now=NOW))
    amended = state(take(case, a_submission(2, answers(evidence=("1.1", "1.2")))))
    assert set(amended.findings) == {"1.1", "1.3"}


def test_a_figure_left_out_is_the_same_as_one_not_reported() -> None:
    full = answers()
    without = Answers(
        figures={name: answer for name, answer in full.figures.items() if name != "remark"}, evidence=full.evidence
    )
    case = state(accept_all(a_case(without), CHECKLIST, by="tham-tra", now=NOW))
    again = Answers.model_validate(
        {"figures": {**without.figures, "remark": {"state": "not_reported"}}, "evidence": full.evidence}
    )
    assert set(state(take(case, a_submission(2, again))).findings) == {"1.1", "1.2", "1.3"}


@pytest.mark.parametrize("number", [1, 2])
def test_an_older_or_equal_answer_changes_nothing(number: int) -> None:
    case = a_case(number=2)
    change = take(case, a_submission(number, answers(share="1")))
    assert change.state is case
    assert change.events == ()


def test_a_newer_answer_to_a_verified_case_opens_it_again_so_that_its_scorecard_drops() -> None:
    case = verified()
    change = take(case, a_submission(2, answers(share="1")))
    assert types(change) == ["verification.case.reopened.v1", "verification.case.opened.v1"]
    event = change.events[0].data
    assert isinstance(event, CaseReopenedV1)
    assert (event.revision, event.group, event.reopened_by) == (1, "province", "can-bo")
    assert state(change).status == "open"
    again = state(accept_all(state(change), CHECKLIST, by="tham-tra", now=LATER, completing=True))
    assert again.revision == 2


# --- returned for correction -------------------------------------------------------------------------------------


def test_a_returned_case_is_with_its_agency_until_the_end_of_the_day_in_vietnam() -> None:
    change = returned(a_case())
    assert types(change) == ["verification.case.returned.v2"]
    event = change.events[0].data
    assert isinstance(event, CaseReturnedV2)
    assert [each.criterion for each in event.corrections] == ["1.1", "1.3"]
    assert event.due_at == datetime(2021, 11, 12, 17, tzinfo=UTC)  # midnight in Vietnam
    case = state(change)
    with pytest.raises(Conflict) as refused:
        accept_all(case, CHECKLIST, by="a", now=event.due_at - timedelta(microseconds=1))
    assert refused.value.code == "case.returned"
    assert "00:00 13/11/2021" in refused.value.faults[0].vi or "00:00 13/11/2021" in refused.value.vi
    worked = state(accept_all(case, CHECKLIST, by="a", now=event.due_at))
    assert (worked.status, worked.returned) == ("open", None)


def test_each_criterion_is_told_what_is_wrong_with_it() -> None:
    (event,) = returned(a_case(), criteria=["1.3"], reasons={"1.1": " Sai số "}).events
    assert isinstance(event.data, CaseReturnedV2)
    told = [(each.criterion, each.reason) for each in event.data.corrections]
    assert told == [("1.1", "Sai số"), ("1.3", "Thiếu biên bản")]
    assert (event.data.reason, event.data.returned_at) == ("Thiếu biên bản", NOW)
    assert event.data.rule_set == a_case().rule_set


@pytest.mark.parametrize("reasons", [{"9.9": "Sai"}, {"1.1": " "}])
def test_a_reason_for_no_criterion_or_without_words_is_refused(reasons: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        returned(a_case(), reasons=reasons)


def test_the_agencys_correction_brings_a_returned_case_back() -> None:
    case = state(take(state(returned(a_case())), a_submission(2)))
    assert (case.status, case.returned, case.number) == ("open", None, 2)


@pytest.mark.parametrize(
    ("due_on", "more", "code"),
    [
        (date(2021, 11, 9), {}, "return.due_date"),
        (date(2022, 11, 12), {}, "return.due_date"),
        (date.max, {}, "return.due_date"),
        (date(2021, 11, 12), {"reason": " "}, "reason.wrong"),
        (date(2021, 11, 12), {"criteria": []}, "request.empty"),
        (date(2021, 11, 12), {"criteria": ["1.1", "7.7"]}, "finding.unknown_criterion"),
    ],
)
def test_a_return_without_reason_criteria_or_sensible_day_is_refused(
    due_on: date, more: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        returned(a_case(), due_on, **more)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_today_is_a_possible_due_day_as_vietnam_counts_it() -> None:
    late_evening = datetime(2021, 11, 10, 18, tzinfo=UTC)  # already the 11th in Vietnam
    with pytest.raises(Invalid):
        returned(a_case(), date(2021, 11, 10), now=late_evening)
    assert returned(a_case(), date(2021, 11, 11), now=late_evening).events


def test_a_case_returned_by_mistake_is_taken_back_at_once() -> None:
    change = resume(state(returned(a_case())), reason="  Trả nhầm ", by="tham-tra", now=NOW)
    assert types(change) == ["verification.case.opened.v1"]
    case = state(change)
    assert (case.status, case.returned) == ("open", None)
    act = case.history[-1]
    assert (act.deed, act.by, act.note, act.criteria) == ("resumed", "tham-tra", "Trả nhầm", ("1.1", "1.3"))
    done = state(accept_all(case, CHECKLIST, by="tham-tra", now=NOW, completing=True))
    assert done.status == "verified"


def test_what_the_agency_answers_after_all_amends_a_case_that_was_taken_back() -> None:
    taken_back = state(resume(state(returned(a_case())), reason="Trả nhầm", by="tham-tra", now=NOW))
    amended = take(taken_back, a_submission(2))
    assert types(amended) == ["verification.case.opened.v1"]
    done = state(accept_all(taken_back, CHECKLIST, by="tham-tra", now=NOW, completing=True))
    again = take(done, a_submission(2))
    assert types(again) == ["verification.case.reopened.v1", "verification.case.opened.v1"]


@pytest.mark.parametrize("case", [a_case(), verified(), missing()], ids=["open", "verified", "missing"])
def test_a_case_that_is_not_with_its_agency_cannot_be_taken_back(case: Case) -> None:
    with pytest.raises(Conflict) as refused:
        resume(case, reason="Trả nhầm", by="tham-tra", now=NOW)
    assert refused.value.code == "case.not_returned"


def test_taking_a_case_back_needs_a_reason() -> None:
    with pytest.raises(Invalid):
        resume(state(returned(a_case())), reason=" ", by="tham-tra", now=NOW)


# --- verified and reopened ---------------------------------------------------------------------------------------


def test_a_verified_case_takes_no_act_but_reopening() -> None:
    case = verified()
    for act in (
        lambda: record_findings(case, CHECKLIST, [Draft("1.1", "accepted")], by="a", now=LATER),
        lambda: accept_all(case, CHECKLIST, by="a", now=LATER),
        lambda: complete(case, CHECKLIST, by="a", now=LATER),
        lambda: returned(case),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "case.verified"
        assert refused.value.faults[0].remedy_vi


def test_reopening_keeps_the_findings_and_the_next_completion_is_a_new_revision() -> None:
    change = reopen(verified(), reason="Có khiếu nại", by="dieu-hanh", now=LATER)
    event = change.events[0].data
    assert isinstance(event, CaseReopenedV1)
    assert (event.revision, event.reason, event.reopened_by) == (1, "Có khiếu nại", "dieu-hanh")
    opened = state(change)
    assert (opened.status, set(opened.findings)) == ("open", {"1.1", "1.2", "1.3"})
    done = complete(opened, CHECKLIST, by="tham-tra", now=LATER)
    (event2,) = done.events
    assert isinstance(event2.data, SubmissionVerifiedV1)
    assert event2.data.verified.revision == 2
    assert [act.deed for act in state(done).history] == ["opened", "findings", "completed", "reopened", "completed"]


def test_reopening_is_refused_without_a_reason_or_where_nothing_was_verified() -> None:
    with pytest.raises(Invalid):
        reopen(verified(), reason="", by="a", now=LATER)
    with pytest.raises(Conflict) as refused:
        reopen(a_case(), reason="vì", by="a", now=LATER)
    assert refused.value.code == "case.not_verified"


# --- nobody answered ---------------------------------------------------------------------------------------------


def test_a_missing_answer_is_verified_by_itself_at_once() -> None:
    change = take_missing(None, a_key(), "province", RULE_SET.ref(), NOW)
    assert state(change).status == "verified"
    (event,) = change.events
    assert isinstance(event.data, SubmissionVerifiedV1)
    told = event.data.verified
    assert (told.basis, told.revision, told.submission_number, told.findings) == ("missing", 1, 0, ())
    assert told.answers.figures == {}
    assert event.data.verified_by == BY_ITSELF


@pytest.mark.parametrize("case", [a_case(), verified(), missing()], ids=["open", "verified", "missing"])
def test_word_that_nobody_answered_changes_no_case_that_is_there(case: Case) -> None:
    change = take_missing(case, a_key(), "province", RULE_SET.ref(), LATER)
    assert change.state is case
    assert change.events == ()


def test_an_answer_after_all_counts_more_than_word_that_there_is_none() -> None:
    change = take(missing(), a_submission())
    assert types(change) == ["verification.case.reopened.v1", "verification.case.opened.v1"]
    assert (state(change).basis, state(change).status) == ("answered", "open")


def test_a_reopened_missing_case_takes_no_findings_and_completes_without() -> None:
    opened = state(reopen(missing(), reason="Xem lại", by="dieu-hanh", now=LATER))
    with pytest.raises(Conflict) as refused:
        record_findings(opened, CHECKLIST, [Draft("1.1", "accepted")], by="a", now=LATER)
    assert refused.value.code == "case.missing"
    done = accept_all(opened, CHECKLIST, by="a", now=LATER, completing=True)
    assert types(done) == ["verification.submission.verified.v1"]
    assert state(done).revision == 2


def test_who_did_not_answer_may_do_so_when_an_appeal_is_heard() -> None:
    opened = state(reopen(missing(), reason="Khiếu nại", by="dieu-hanh", now=NOW))
    change = returned(opened)
    (event,) = change.events
    assert isinstance(event.data, CaseReturnedV2)
    assert (event.data.submission_number, [each.criterion for each in event.data.corrections]) == (0, ["1.1", "1.3"])
    answered = take(state(change), a_submission())
    assert types(answered) == ["verification.case.opened.v1"]
    case = state(answered)
    assert (case.status, case.basis, case.number, case.returned) == ("open", "answered", 1, None)
    done = state(accept_all(case, CHECKLIST, by="tham-tra", now=LATER, completing=True))
    assert (done.status, done.revision) == ("verified", 2)


def test_who_does_not_answer_in_spite_of_an_appeal_is_verified_as_missing() -> None:
    case = state(returned(state(reopen(missing(), reason="Khiếu nại", by="dieu-hanh", now=NOW))))
    assert case.returned is not None
    with pytest.raises(Conflict):
        complete(case, CHECKLIST, by="tham-tra", now=case.returned.due_at - timedelta(seconds=1))
    done = state(complete(case, CHECKLIST, by="tham-tra", now=case.returned.due_at))
    assert (done.status, done.basis, done.revision, done.returned) == ("verified", "missing", 2, None)


# --- any order of arrival ----------------------------------------------------------------------------------------

VERSIONS = [a_submission(number, answers(share=str(number))) for number in range(1, 6)]


@given(st.lists(st.sampled_from(VERSIONS), max_size=12), st.permutations(VERSIONS))
def test_answers_in_any_order_and_repetition_give_the_same_case(
    noise: list[Submission], order: list[Submission]
) -> None:
    case: Case | None = None
    for submission in [*noise, *order, *noise]:
        case = state(take(case, submission))
    straight: Case | None = None
    for submission in VERSIONS:
        straight = state(take(straight, submission))
    assert case is not None
    assert straight is not None
    assert case.model_copy(update={"history": ()}) == straight.model_copy(update={"history": ()})
