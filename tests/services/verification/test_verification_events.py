"""What intake's and scoring's events do to verification, whatever their order and however often they come."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verification_builders import NOW, RULE_SET, a_key, a_record, a_submission, answers
from verification_service import Verification, a_message, opened

from services.verification.app import definition
from services.verification.collections import BY_CAMPAIGN, BY_CAMPAIGN_STATUS, CASES, RULE_SETS
from services.verification.core.model import Case
from shared.contracts.common import AskedAgain
from shared.contracts.envelope import read_event
from shared.contracts.intake import (
    SubmissionAmendedV1,
    SubmissionCarriedV1,
    SubmissionLateV1,
    SubmissionMissingV1,
    SubmissionReceivedV1,
)
from shared.contracts.registry import topics
from shared.contracts.scoring import RuleSetActivatedV1
from shared.kernel.canonical import canonical_json
from shared.messaging.aggregate import AggregateDocument
from shared.messaging.messages import Record
from shared.ruleset.document import RuleSet

STREAM = "intake/submissions/2021/it/so-noi-vu"


def received(sequence: int = 1) -> Record:
    return a_message(SubmissionReceivedV1(submission=a_submission(1)), STREAM, sequence)


def amended(number: int, sequence: int) -> Record:
    submission = a_submission(number, answers(share=str(number)))
    return a_message(SubmissionAmendedV1(submission=submission), STREAM, sequence)


def missing(sequence: int = 1) -> Record:
    event = SubmissionMissingV1(key=a_key(), group="province", rule_set=RULE_SET.ref(), closed_at=NOW)
    return a_message(event, STREAM, sequence)


def test_every_event_type_of_every_topic_it_consumes_has_a_handler() -> None:
    consumed = {topic.name: set(topic.events) for topic in topics().values() if "verification" in topic.consumers}
    consumed.pop("republish-requests")  # served by the skeleton
    handled: dict[str, set[str]] = {}
    for handler in definition().handlers:
        handled.setdefault(handler.event.topic, set()).add(handler.event.type_)
    assert handled == consumed


async def test_a_received_answer_opens_a_case_found_by_campaign_and_status(verification: Verification) -> None:
    await verification.consume(received())
    case = await verification.case(a_key())
    assert case is not None
    assert (case.status, case.number, case.submission) == ("open", 1, a_submission(1))
    assert [event.type for event in await verification.said(a_key())] == ["verification.case.opened.v1"]
    assert await verification.store.count(CASES.name, BY_CAMPAIGN, "2021") == 1
    assert await verification.store.count(CASES.name, BY_CAMPAIGN_STATUS, "2021/open") == 1
    assert await verification.store.count(CASES.name, BY_CAMPAIGN_STATUS, "2021/verified") == 0


async def test_what_is_kept_and_told_is_what_the_whole_is_written_as(verification: Verification) -> None:
    """Parts whose JSON is at hand are not made JSON again; nobody can tell."""
    await verification.consume(received())
    body = {"complete": True}
    assert (await verification.post("/cases/2021/it/so-noi-vu/accept-all", body, "verifier")).status_code == 200
    case, stored = await verification.case(a_key()), await verification.store.get(CASES.name, a_key().text)
    assert case is not None
    assert stored is not None
    assert len(case.findings) > 1
    assert stored.body["state"] == case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told = [read_event(event) for event in await verification.said(a_key())]
    assert len(told) == 3
    for event in told:
        assert event.envelope.data == event.data.plain()
        assert event.envelope.value() == canonical_json(event.data.plain())


@pytest.mark.parametrize("later", [{"said_later": "1"}, {"units": {}}], ids=["unknown", "a default"])
async def test_what_a_later_minor_of_an_answer_says_is_neither_kept_nor_told_on(
    verification: Verification, later: dict[str, object]
) -> None:
    data = SubmissionReceivedV1(submission=a_submission(1)).plain()
    data["submission"]["answers"]["figures"]["lan"] |= later
    await verification.consume(replace(received(), value=canonical_json(data)))
    body = {"complete": True}
    assert (await verification.post("/cases/2021/it/so-noi-vu/accept-all", body, "verifier")).status_code == 200
    case, stored = await verification.case(a_key()), await verification.store.get(CASES.name, a_key().text)
    assert case is not None
    assert stored is not None
    assert stored.body["state"] == case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told = [read_event(event) for event in await verification.said(a_key())]
    assert [event.envelope.data for event in told] == [event.data.plain() for event in told]


async def test_a_late_answer_opens_a_case_with_its_days(verification: Verification) -> None:
    late = SubmissionLateV1(submission=a_submission(1, days_late=3))
    await verification.consume(a_message(late, STREAM, 1))
    case = await verification.case(a_key())
    assert case is not None
    assert case.submission is not None
    assert case.submission.days_late == 3


async def test_a_missing_answer_is_verified_at_once(verification: Verification) -> None:
    await verification.consume(missing())
    (event,) = await verification.said(a_key())
    assert event.type == "verification.submission.verified.v1"
    assert event.data["verified"]["basis"] == "missing"
    assert event.partitionkey == "2021/so-noi-vu"


async def test_an_answer_waits_for_its_rule_set(newcomer: Verification) -> None:
    await newcomer.consume(amended(2, 2), received(1))
    assert newcomer.asked == []  # held and then taken within one batch: nothing is missing
    assert await newcomer.case(a_key()) is None
    assert await newcomer.inbox.waiting() == {"rule_sets/tiny@2021": ["cases/2021/it/so-noi-vu"]}
    await newcomer.knows_rule_set()
    case = await newcomer.case(a_key())
    assert case is not None
    assert case.number == 2
    assert await newcomer.inbox.waiting() == {}


async def test_an_answer_made_for_other_bytes_of_the_rule_set_is_set_aside(verification: Verification) -> None:
    other = RULE_SET.ref().model_copy(update={"hash": "0" * 64})
    event = SubmissionReceivedV1(submission=a_submission(1, rule_set=other))
    await verification.consume(a_message(event, STREAM, 1))
    (letter,) = await verification.inbox.dead_letters.list()
    assert letter.message.handler == "services.verification.handlers.answer_counts"
    assert "rule_set.unknown" in letter.message.reason
    assert await verification.case(a_key()) is None


async def test_a_newer_state_of_a_rule_set_replaces_the_one_before(verification: Verification) -> None:
    retired = RuleSetActivatedV1(record=a_record(active_from_year=2022))
    await verification.consume(a_message(retired, "scoring/rule_sets/tiny@2021", 2))
    record = await verification.service.aggregates.get(RULE_SETS, "tiny@2021")
    assert record is not None
    assert record.active_from_year == 2022


async def test_a_read_copy_without_a_state_lets_nothing_go_on(newcomer: Verification) -> None:
    await newcomer.store.put(AggregateDocument(RULE_SETS, "tiny@2021", consumed={"rulesets|x": 1}).write())
    await newcomer.consume(received())
    await newcomer.inbox.sweep()
    assert await newcomer.case(a_key()) is None
    await newcomer.knows_rule_set()
    assert await newcomer.case(a_key()) is not None


# --- any order, any repetition -----------------------------------------------------------------------------------

NEWS = [received(1), amended(2, 2), amended(4, 3)]  # intake numbers every version, and tells of those that count


async def after(batches: list[list[Record]]) -> tuple[Case | None, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as service:
            await service.knows_rule_set()
            for batch in batches:
                await service.consume(*batch)
            return await service.case(a_key()), [event.id for event in await service.said(a_key())]


@cache
def after_all_in_order() -> tuple[Case | None, list[str]]:
    return asyncio.run(after([NEWS]))


@settings(max_examples=25, deadline=None)
@given(st.permutations(NEWS), st.lists(st.sampled_from(NEWS), max_size=5), st.integers(0, 8))
def test_submission_events_in_any_order_and_repetition_give_the_same_case(
    order: list[Record], again: list[Record], cut: int
) -> None:
    mixed = [*again, *order, *again]
    assert asyncio.run(after([mixed[:cut], mixed[cut:]])) == after_all_in_order()


async def test_a_carried_answer_waits_for_both_versions_of_its_rule_set(verification: Verification) -> None:
    document = {**RULE_SET.canonical(), "version": "2021.1", "mapping": {"version": "2021"}}
    new = RuleSet.model_validate(document)
    carried = a_submission(2, rule_set=new.ref(), carried_from=1)
    event = SubmissionCarriedV1(submission=carried, before=RULE_SET.ref())
    await verification.consume(received(), a_message(event, STREAM, 2))
    parked = await verification.case(a_key())
    assert parked is None or parked.number < 2
    fields = {"ref": new.ref(), "status": "active", "document": new.canonical(), "steps": ()}
    record = a_record().model_validate(fields)
    await verification.consume(a_message(RuleSetActivatedV1(record=record), "scoring/rule_sets/tiny@2021.1", 1))
    case = await verification.case(a_key())
    assert case is not None
    assert (case.number, case.rule_set) == (2, new.ref())
    assert [act.deed for act in case.history] == ["opened", "carried"]


def test_what_a_case_comes_to_does_not_depend_on_the_order_in_which_an_amendment_is_heard() -> None:
    new = RuleSet.model_validate({**RULE_SET.canonical(), "version": "2021.1", "mapping": {"version": "2021"}})
    fields = {"ref": new.ref(), "status": "active", "document": new.canonical(), "steps": ()}
    known = RuleSetActivatedV1(record=a_record().model_validate(fields))
    carried = SubmissionCarriedV1(submission=a_submission(2, rule_set=new.ref(), carried_from=1), before=RULE_SET.ref())
    answered = SubmissionAmendedV1(submission=a_submission(3, answers(share="70"), rule_set=new.ref()))
    records = (
        a_message(known, "scoring/rule_sets/tiny@2021.1", 1),
        received(1),
        a_message(carried, STREAM, 2),
        a_message(answered, STREAM, 3),
    )

    async def case_after(order: tuple[Record, ...]) -> tuple[Case, list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder)) as service:
                await service.knows_rule_set()
                for record in order:
                    await service.consume(record)
                case = await service.case(a_key())
                assert case is not None
                return case, [event.type for event in await service.said(a_key())]

    first, *others = [asyncio.run(case_after(order)) for order in permutations(records)]
    assert all(other == first for other in others)
    assert (first[0].number, [act.deed for act in first[0].history]) == (3, ["opened", "carried", "amended"])


async def test_a_case_says_what_its_agency_is_asked_again_and_is_not_completed_meanwhile(
    verification: Verification,
) -> None:
    new = RuleSet.model_validate({**RULE_SET.canonical(), "version": "2021.1", "mapping": {"version": "2021"}})
    fields = {"ref": new.ref(), "status": "active", "document": new.canonical(), "steps": ()}
    record = a_record().model_validate(fields)
    await verification.consume(a_message(RuleSetActivatedV1(record=record), "scoring/rule_sets/tiny@2021.1", 1))
    until = NOW + timedelta(days=3)
    asked = (AskedAgain(criterion="1.3", reason="figures", figures=("share",)),)
    carried = a_submission(2, rule_set=new.ref(), carried_from=1, asked_again=asked, answer_until=until)
    event = SubmissionCarriedV1(submission=carried, before=RULE_SET.ref())
    await verification.consume(received(), a_message(event, STREAM, 2))
    case = "/cases/2021/it/so-noi-vu"
    summary = (await verification.get(case, "verifier")).json()["summary"]
    assert (summary["asked_again"], summary["answer_until"]) == (["1.3"], "2021-11-13T03:00:00Z")
    refused = await verification.post(f"{case}/accept-all", {"complete": True}, "verifier")
    assert (refused.status_code, refused.json()["faults"][0]["code"]) == (409, "case.asked_again")
    verification.clock.set(until)
    done = await verification.post(f"{case}/accept-all", {"complete": True}, "verifier")
    assert done.json()["summary"]["status"] == "verified"
