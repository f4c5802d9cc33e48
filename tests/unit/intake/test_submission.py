"""Answers as they come in: in time, late, again, out of order, returned, missing; and which of them counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st
from intake_builders import (
    CAMPAIGN,
    DEADLINE,
    FORMS,
    NOW,
    RULE_SET,
    a_key,
    a_posted,
    a_record,
    a_rule_set,
    closed,
    figures,
    given,
    late_by,
)

from services.intake.core import acceptance
from services.intake.core.forms import forms_of
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from services.intake.core.submission import mark_missing, membership, receive, take_return
from shared.contracts.common import Answer, Answers, Evidence, UnitAnswer
from shared.contracts.intake import SubmissionAmendedV1, SubmissionLateV1
from shared.kernel.errors import Conflict, DomainError, Invalid

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DUE = late_by(20)


def refused(record: SubmissionRecord | None, posted: Posted, campaign: Any = CAMPAIGN) -> str:
    with pytest.raises(DomainError) as error:
        receive(record, posted, campaign, FORMS)
    assert error.value.vi
    assert error.value.en
    return error.value.code


def computers(record: SubmissionRecord) -> Any:
    assert record.current is not None
    return record.current.answers.figures["computers"].value


def returned(record: SubmissionRecord) -> SubmissionRecord:
    state = take_return(record, record.current.number if record.current else 0, DUE).state
    assert state is not None
    return state


# --- the first answer, and amendments ----------------------------------------------------------------------------


def test_a_valid_answer_in_time_is_received() -> None:
    record, told = given(None, a_posted(at=DEADLINE - INSTANT))
    assert (record.status, record.rule_set, told) == ("received", RULE_SET.ref(), ["received"])
    assert record.current is not None
    assert (record.current.number, record.current.days_late) == (1, 0)


def test_the_first_answer_may_be_late_and_says_by_how_much() -> None:
    record, told = given(None, a_posted(at=late_by(2)))
    assert (record.status, told) == ("late", ["late"])
    assert record.current is not None
    assert record.current.days_late == 3


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    wrong = a_posted(given={"computers": -1, "share": "12,5", "la": 1})
    with pytest.raises(Invalid) as error:
        receive(None, wrong, CAMPAIGN, FORMS)
    assert error.value.code == "submission.invalid"
    assert {fault.place for fault in error.value.faults} == {"figures.computers", "figures.share", "figures.la"}
    assert all(fault.vi and fault.en for fault in error.value.faults)


def test_an_answer_is_amended_in_time_and_not_after() -> None:
    record, told = given(None, a_posted(), a_posted("e2", DEADLINE - INSTANT, figures(41)))
    assert (told, computers(record), len(record.versions)) == (["received", "amended"], 41, 2)
    assert refused(record, a_posted("e3", DEADLINE)) == "submission.deadline"


def test_a_late_answer_cannot_be_amended() -> None:
    record, _ = given(None, a_posted(at=late_by(1)))
    assert refused(record, a_posted("e2", late_by(2))) == "submission.deadline"


def test_the_same_answer_again_changes_nothing_even_after_closing() -> None:
    record, _ = given(None, a_posted())
    for campaign in (CAMPAIGN, closed()):
        change = receive(record, a_posted(received_at=late_by(9)), campaign, FORMS)
        assert change.state is record
        assert change.events == ()


def test_one_name_for_two_contents_is_refused() -> None:
    record, _ = given(None, a_posted())
    assert refused(record, a_posted(given=figures(99))) == "submission.name_taken"


def test_an_older_answer_that_arrives_later_is_kept_and_does_not_count() -> None:
    record, told = given(None, a_posted("e2", NOW + HOUR, figures(2)), a_posted("e1", NOW, figures(1)))
    assert (computers(record), len(record.versions), told) == (2, 2, ["received"])


def test_an_answer_from_the_future_is_refused_beyond_what_clocks_differ() -> None:
    ahead = NOW + timedelta(minutes=5)
    given(None, a_posted(at=ahead, received_at=NOW))
    assert refused(None, a_posted(at=ahead + INSTANT, received_at=NOW)) == "submission.future"


def test_an_answer_in_time_takes_the_place_of_a_late_one_that_overtook_it() -> None:
    late, early = a_posted("late", late_by(1), figures(9)), a_posted("early", NOW, figures(1), received_at=late_by(1))
    record, told = given(None, late, early)
    assert (record.status, computers(record), told) == ("received", 1, ["late", "amended"])
    assert record.current is not None
    assert record.current.days_late == 0


def test_of_two_late_answers_the_one_given_first_counts() -> None:
    record, told = given(None, a_posted("b", late_by(3), figures(9)), a_posted("a", late_by(1), figures(1)))
    assert (record.status, computers(record), told) == ("late", 1, ["late", "amended"])


# --- returned for correction -------------------------------------------------------------------------------------


def test_a_returned_answer_is_corrected_until_it_is_due_and_stays_as_late_as_it_was() -> None:
    for at, days in ((NOW, 0), (late_by(1), 2)):
        record, _ = given(None, a_posted(at=at))
        assert refused(returned(record), a_posted("e2", DUE), closed()) == "submission.closed"
        corrected, told = given(returned(record), a_posted("e2", DUE - INSTANT, figures(7)), campaign=closed())
        assert (computers(corrected), told, corrected.returned_until) == (7, ["amended"], None)
        assert corrected.current is not None
        assert (corrected.current.days_late, corrected.status) == (days, "late" if days else "received")
        assert refused(corrected, a_posted("e3", DUE - INSTANT), closed()) == "submission.closed"


def test_a_late_answer_is_corrected_before_closing_too() -> None:
    record, _ = given(None, a_posted(at=late_by(1)))
    corrected, _ = given(returned(record), a_posted("e2", late_by(4), figures(7)))
    assert (computers(corrected), corrected.corrections) == (7, ("e2",))


def test_an_older_answer_that_arrives_while_the_case_is_returned_leaves_the_return_open() -> None:
    record, _ = given(None, a_posted("e2", NOW + HOUR))
    late, told = given(returned(record), a_posted("e1", NOW))
    assert (late.returned_until, told) == (DUE, [])
    corrected, _ = given(late, a_posted("e3", late_by(10), figures(7)), campaign=closed())
    assert computers(corrected) == 7


def test_a_return_of_an_answer_that_is_no_longer_the_newest_changes_nothing() -> None:
    record, _ = given(None, a_posted(), a_posted("e2", NOW + HOUR))
    assert take_return(record, 1, DUE).state is record
    assert take_return(None, 1, DUE).state is None


def test_a_return_may_be_prolonged() -> None:
    record, _ = given(None, a_posted())
    state = take_return(returned(record), 1, DUE + HOUR).state
    assert state is not None
    assert state.returned_until == DUE + HOUR


# --- closed and missing ------------------------------------------------------------------------------------------


def test_a_closed_campaign_takes_no_answer() -> None:
    assert refused(None, a_posted(), closed()) == "submission.closed"


def test_who_has_not_answered_is_marked_missing_once() -> None:
    change = mark_missing(None, a_key(), closed(), DEADLINE)
    assert change.state is not None
    assert (change.state.status, change.state.current) == ("missing", None)
    assert [event.data.type_ for event in change.events] == ["intake.submission.missing.v1"]
    assert mark_missing(change.state, a_key(), closed(), DEADLINE).events == ()


def test_an_answer_that_came_before_the_mark_stands_and_one_after_it_is_refused() -> None:
    answered, _ = given(None, a_posted())
    assert mark_missing(answered, a_key(), closed(), DEADLINE).state is answered
    missing = mark_missing(None, a_key(), closed(), DEADLINE).state
    assert refused(missing, a_posted()) == "submission.closed"  # though it was decided while the campaign was open


def test_who_was_missing_may_answer_when_the_case_is_returned_on_appeal() -> None:
    missing = mark_missing(None, a_key(), closed(), DEADLINE).state
    assert missing is not None
    change = receive(returned(missing), a_posted(at=late_by(9)), closed(), FORMS)
    assert change.state is not None
    assert change.state.status == "late"
    (event,) = change.events
    assert isinstance(event.data, SubmissionLateV1)
    assert event.data.submission.days_late == 10


# --- what does not belong ----------------------------------------------------------------------------------------


def test_who_takes_no_part_is_refused() -> None:
    with pytest.raises(Invalid) as stranger:
        membership(CAMPAIGN, a_key("so-la"))
    with pytest.raises(Invalid) as programme:
        membership(CAMPAIGN, a_key(programme="portal"))
    assert (stranger.value.code, programme.value.code) == ("submission.not_a_member", "submission.no_programme")


def test_other_bytes_under_the_pinned_name_are_refused_with_both_hashes() -> None:
    other = a_rule_set(version="9")
    with pytest.raises(Conflict) as error:
        forms_of(CAMPAIGN, "it", "province", {RULE_SET.key: a_record(other)})
    assert error.value.code == "submission.rule_set"
    assert other.content_hash() in error.value.en
    assert RULE_SET.content_hash() in error.value.en


def test_more_than_a_document_can_hold_is_refused_before_it_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "MAX_ANSWER", 1000)
    monkeypatch.setattr(acceptance, "MAX_KEPT", 1500)
    assert refused(None, a_posted(given=figures(remark="x" * 1000))) == "submission.too_large"
    record, _ = given(None, a_posted(given=figures(remark="x" * 600)))
    assert refused(record, a_posted("e2", given=figures(remark="y" * 600))) == "submission.too_many"


TEXTS = st.text(max_size=30)
VALUES = st.none() | st.booleans() | st.integers(-(2**42), 2**42) | TEXTS


@given_(
    st.dictionaries(TEXTS, st.tuples(VALUES, st.dictionaries(TEXTS, VALUES))),
    st.dictionaries(TEXTS, st.lists(st.tuples(TEXTS, st.none() | st.dates()), max_size=3)),
)
@settings(max_examples=30)
def test_what_is_taken_for_small_enough_without_being_counted_is_never_larger(
    values: dict[str, Any], documents: dict[str, Any]
) -> None:
    figures = {
        name: Answer.model_construct(
            state="value",
            value=value,
            units={unit: UnitAnswer.model_construct(state="value", value=one) for unit, one in units.items()},
        )
        for name, (value, units) in values.items()
    }
    evidence = {
        code: tuple(Evidence.model_construct(title=title, issued_on=day) for title, day in each)
        for code, each in documents.items()
    }
    answers = Answers.model_construct(figures=figures, evidence=evidence)
    plain = answers.model_dump(mode="json", exclude_defaults=True)
    assert acceptance._size(answers) <= acceptance._at_most(plain)


# --- named by content --------------------------------------------------------------------------------------------


def unnamed(computers: int, minutes: int) -> Posted:
    at = NOW + timedelta(minutes=minutes)
    return a_posted(f"can-bo#{computers}", at, figures(computers), named_by_content=True)


def test_going_back_to_an_earlier_content_is_a_new_answer_and_sending_twice_is_not() -> None:
    record: SubmissionRecord | None = None
    told: list[str] = []
    for minute, content in enumerate([1, 1, 2, 2, 1, 1, 2, 1]):
        record, more = given(record, unnamed(content, minute).named_for(record))
        told += more
    assert record is not None
    assert (computers(record), len(record.versions), told) == (1, 5, ["received", *["amended"] * 4])


# --- any order, any repetition -----------------------------------------------------------------------------------

MINUTES = st.integers(0, 15 * 24 * 60)
IN_TIME = st.lists(st.tuples(MINUTES, st.integers(0, 5)), min_size=1, max_size=5)
LATE = st.lists(st.tuples(MINUTES, st.integers(6, 9)), max_size=3)


def effect(answers: list[Posted]) -> tuple[Any, ...]:
    """What counts after these answers, those refused left out; what was told last is what counts."""
    record: SubmissionRecord | None = None
    last: Any = None
    for one in answers:
        try:
            change = receive(record, one, CAMPAIGN, FORMS)
        except Conflict:  # too late beside those there are
            continue
        record = change.state
        for event in change.events:
            assert isinstance(event.data, SubmissionAmendedV1) == (last is not None)
            last = event.data
    assert record is not None
    current = record.current
    assert current is not None
    assert last.submission == current
    return record.status, current.event_id, current.submitted_at, current.days_late, current.answers


@given_(st.data(), IN_TIME, LATE)
def test_any_order_and_repetition_of_the_same_answers_has_the_same_effect(
    data: st.DataObject, in_time: list[tuple[int, int]], late: list[tuple[int, int]]
) -> None:
    far = late_by(30)
    starts = [(NOW, minute, value) for minute, value in in_time] + [(DEADLINE, minute, value) for minute, value in late]
    answers = [
        a_posted(f"e{number}", start + timedelta(minutes=minute), figures(value), received_at=far)
        for number, (start, minute, value) in enumerate(starts)
    ]
    mixed = data.draw(st.permutations([*answers, *data.draw(st.lists(st.sampled_from(answers), max_size=4))]))
    assert effect(mixed) == effect(answers)
    assert effect([one for one in mixed if one.submitted_at < DEADLINE]) == effect(answers)
    onlylate = [one for one in mixed if one.submitted_at >= DEADLINE]
    if onlylate:
        assert effect(onlylate)[2] == min(one.submitted_at for one in onlylate)
