"""What arrives over Kafka, in whatever order and however often."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_builders import CAMPAIGN, DEADLINE, NOW, RULE_SET, a_record, a_rule_set, figures, late_by, opened
from intake_builders import a_plan as plan_of
from intake_service import Intake, a_message, a_post, an_answer, an_event
from intake_service import opened as service_in

from services.intake.app import definition
from services.intake.collections import CAMPAIGNS, RULE_SETS
from services.intake.handlers import HANDLERS
from shared.contracts.envelope import CloudEvent, Event
from shared.contracts.intake import PlatformSubmissionV1
from shared.contracts.registry import topics
from shared.contracts.scoring import RuleSetActivatedV1
from shared.contracts.upcast import said_types
from shared.kernel.errors import DomainError
from shared.messaging.handlers import Context
from shared.messaging.messages import Record

KEY = "2021/it/so-noi-vu"
STREAM = f"scoring/rule_sets/{RULE_SET.key}"


def test_every_event_type_of_every_topic_it_consumes_has_a_handler() -> None:
    heard = [topic for topic in topics().values() if "intake" in topic.consumers and topic.dlq]
    consumed = {(topic.name, event) for topic in heard for event in said_types(topic.events)}
    assert {(handler.event.topic, handler.event.type_) for handler in definition().handlers} == consumed


async def test_answers_wait_for_their_campaign_and_are_taken_up_when_it_is_opened(newcomer: Intake) -> None:
    await newcomer.consume(a_post(an_event()), a_post(an_event()))
    assert await newcomer.inbox.waiting() == {"campaigns/2021": [f"submissions/{KEY}"]}
    await newcomer.opened("so-noi-vu")
    await newcomer.inbox.sweep()
    record = await newcomer.record()
    assert record is not None
    assert (len(record.versions), record.status) == (1, "received")
    assert await newcomer.inbox.waiting() == {}


async def test_what_waited_is_judged_by_when_it_was_given(newcomer: Intake) -> None:
    await newcomer.consume(a_post(an_event(at=DEADLINE - timedelta(microseconds=1))))
    newcomer.clock.set(late_by(1))
    await newcomer.opened("so-noi-vu")
    await newcomer.inbox.sweep()
    record = await newcomer.record()
    assert record is not None
    assert record.status == "received"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (an_event(data=an_answer("so-la")), "not a member"),
        (an_event(data=an_answer(programme="portal")), "no programme"),
        (an_event(data=an_answer(figures={"computers": -1})), "answer.out_of_bounds"),
        (an_event(at=late_by(9)), "lies in the future"),
        (an_event(data={"campaign": "2021"}), "unreadable"),
        (an_event(type="platform.unknown.v1"), "no handler"),
    ],
)
async def test_what_can_never_be_taken_becomes_a_dead_letter(
    intake: Intake, event: dict[str, Any], reason: str
) -> None:
    await intake.consume(a_post(event), a_post(an_event("good")))
    (letter,) = await intake.inbox.dead_letters.list()
    assert reason in letter.message.reason
    assert letter.message.attempts == 1
    assert await intake.record() is not None


async def test_a_dead_letter_that_fits_later_is_handled_once(intake: Intake) -> None:
    await intake.consume(a_post(an_event(at=late_by(1))))
    (letter,) = await intake.inbox.dead_letters.list()
    intake.clock.set(late_by(1))
    for _ in range(2):
        await intake.inbox.retry(letter.message.id, "dieu-hanh")
    record = await intake.record()
    assert record is not None
    assert len(record.versions) == 1


async def test_one_event_over_kafka_and_http_is_one_answer(intake: Intake) -> None:
    await intake.consume(a_post(an_event()))
    assert (await intake.submit(an_event(), kind="application/cloudevents+json")).status_code == 200


@pytest.mark.parametrize("actor", ["dieu-hanh", ""])
async def test_nobody_of_the_platform_passes_for_a_person_of_ours(intake: Intake, actor: str) -> None:
    await intake.consume(a_post(an_event(actor=actor)))
    record = await intake.record()
    assert record is not None
    assert record.current is not None
    assert record.current.submitted_by == f"/nen-tang#{actor}"
    assert [event.actor for event in await intake.said(KEY)] == [f"/nen-tang#{actor}"]


async def test_other_bytes_under_the_pinned_name_are_set_aside_with_both_hashes(intake: Intake) -> None:
    tampered = a_record().model_copy(update={"document": a_rule_set(version="9").canonical()})
    other = tampered.model_copy(update={"ref": RULE_SET.ref().model_copy(update={"hash": "0" * 64})})
    await intake.consume(a_message(RuleSetActivatedV1(record=other), STREAM, 2))
    await intake.consume(a_post(an_event()))
    (letter,) = await intake.inbox.dead_letters.list()
    assert RULE_SET.content_hash() in letter.message.reason
    assert a_rule_set(version="9").content_hash() in letter.message.reason


# --- any order, any repetition -----------------------------------------------------------------------------------

MINUTES = (0, 5, 5, 17)
POSTED = [
    an_event(f"e{number}", NOW + timedelta(minutes=minute), data=an_answer(figures=figures(number)))
    for number, minute in enumerate(MINUTES)
]


async def counted(batches: list[list[Record]], *, campaign_after: int) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        async with service_in(Path(folder)) as service:
            await service.knows_rule_set()
            service.clock.set(late_by(5))
            for number, batch in enumerate(batches):
                if number == campaign_after:
                    await service.opened("so-noi-vu")
                    await service.inbox.sweep()
                await service.consume(*batch)
            record = await service.record()
            assert record is not None
            current = record.current
            assert current is not None
            last = (await service.said(KEY))[-1].data["submission"]
            assert last == current.model_dump(mode="json", exclude_defaults=True)
            return record.status, current.event_id, current.answers, {version.event_id for version in record.versions}


@settings(max_examples=15, deadline=None)
@given(st.permutations(POSTED), st.lists(st.sampled_from(POSTED), max_size=4), st.integers(0, 8), st.integers(0, 1))
def test_any_order_and_repetition_of_posted_answers_gives_the_same_submission(
    order: list[Any], again: list[Any], cut: int, campaign_after: int
) -> None:
    mixed = [a_post(event) for event in (*again, *order, *again)]
    result = asyncio.run(counted([mixed[:cut], mixed[cut:]], campaign_after=campaign_after))
    assert result[1] == "/nen-tang#e3"
    assert result[3] == {f"/nen-tang#e{number}" for number in range(len(POSTED))}
    assert (result[0], result[2].figures["computers"].value) == ("received", 3)


# --- under fire --------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["computers", "staff", "share", "remark", "la", ""]) | st.text(max_size=5)
STATES = st.fixed_dictionaries({"state": st.sampled_from(["value", "not_applicable", "rejected"]), "value": JSON})
DOCUMENTS = st.lists(
    JSON | st.fixed_dictionaries({"title": JSON}, optional={"link": JSON, "issued_on": JSON, "number": JSON}),
    max_size=3,
)
DATA = st.builds(
    PlatformSubmissionV1,
    campaign=st.just("2021"),
    programme=st.sampled_from(["it", "portal"]),
    agency=st.sampled_from(["so-noi-vu", "so-y-te", "so-la"]),
    figures=st.dictionaries(NAMES, st.integers(0, 60) | JSON | STATES, max_size=4),
    evidence=st.dictionaries(st.sampled_from(["1.1", "9.9"]) | st.text(max_size=4), JSON | DOCUMENTS, max_size=2),
)
TIMES = st.datetimes(timezones=st.timezones())
CONTEXT = Context(
    NOW,
    {
        (CAMPAIGNS.name, "2021"): opened(plan_of()).model_copy(update={"campaign": CAMPAIGN}),
        (RULE_SETS.name, RULE_SET.key): a_record(),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(DATA, min_size=1, max_size=3), TIMES)
def test_no_answer_makes_a_handler_fail_in_any_way_but_by_refusing(posted: list[PlatformSubmissionV1], at: Any) -> None:
    (handler,) = (one for one in HANDLERS if one.event is PlatformSubmissionV1)
    record: Any = None
    for number, data in enumerate(posted):
        envelope = CloudEvent(id=str(number % 2), source="/s", type=data.type_, time=at)
        try:
            assert handler.key(data).startswith("2021/")
            assert handler.missing(data, CONTEXT) is None
            record = handler.apply(record, Event(envelope=envelope, data=data), CONTEXT).state
        except DomainError:
            continue


async def test_dead_letters_over_http_come_in_pages_and_one_as_a_whole(intake: Intake) -> None:
    await intake.consume(*(a_post(an_event(f"e{number}", data={"campaign": "2021"})) for number in range(3)))
    first = (await intake.get("/dead-letters?limit=2", "operator")).json()
    rest = (await intake.get(f"/dead-letters?limit=2&after={first[-1]['message']['id']}", "operator")).json()
    assert (len(first), len(rest)) == (2, 1)
    assert not [name for each in (*first, *rest) for name in ("value_base64", "headers") if name in each["message"]]
    whole = (await intake.get(f"/dead-letters/{rest[0]['message']['id']}", "operator")).json()
    assert base64.b64decode(whole["message"]["value_base64"]) == b'{"campaign":"2021"}'
    origin = rest[0]["message"].pop("origin")
    assert origin == whole["message"]["headers"]["ce_source"] == "/nen-tang"
    assert rest[0]["message"].items() <= whole["message"].items()
    for wrong in ("limit=0", "limit=501", "limit=x", "status=lost"):
        assert (await intake.get(f"/dead-letters?{wrong}", "operator")).status_code == 422, wrong


async def test_a_dead_letter_too_large_to_be_kept_cannot_be_retried(intake: Intake) -> None:
    good = a_post(an_event())
    large = Record(good.topic, 0, 0, "k", good.headers, b'{"campaign":"' + b"x" * 12 * 2**20 + b'"}')
    await intake.consume(large, good)
    assert await intake.record() is not None
    (letter,) = (await intake.get("/dead-letters", "operator")).json()
    assert (letter["message"]["truncated"], letter["message"]["value_size"]) == (True, len(large.value))
    refused = await intake.post(f"/dead-letters/{letter['message']['id']}/retry", {}, "operator")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:xephang:problem:dead_letter.truncated")
