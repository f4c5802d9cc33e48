"""Whatever is published on Kafka: a dead letter with its reason, or parked until it can be taken up; nothing stops."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from serving import Serving
from small_year import SMALL
from told import Told

from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR
from shared.contracts.registry import topics
from shared.kernel.canonical import canonical_json

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOPIC = "platform-submissions"
STRUCTURED = {"content-type": "application/cloudevents+json"}


def binary(serving: Serving, **changes: str) -> dict[str, str]:
    """Headers of a CloudEvent in binary mode; one given as empty is left out."""
    attributes = {name: value for name, value in serving.event({}).items() if name != "data"} | changes
    return {"content-type": "application/json", **{f"ce_{k}": v for k, v in attributes.items() if v}}


async def check_set_aside(serving: Serving, value: bytes, headers: dict[str, str], reason: str) -> None:
    """It becomes a dead letter of intake for this reason, and a good answer behind it on the same key gets through."""
    await serving.publish(TOPIC, value, headers)
    letter = await serving.dead_letter("intake", value)
    assert reason in letter["reason"]
    assert (letter["topic_name"], letter["consumer"], letter["key"]) == (TOPIC, "intake", "thu")
    await check_taken(serving)


async def check_taken(serving: Serving, **attributes: Any) -> None:
    """A good answer published now is taken in."""
    agency = SMALL[serving.made % len(SMALL)]  # each in turn, because all its answers are kept
    event = serving.event(serving.answer(agency), **attributes)
    await serving.publish(TOPIC, canonical_json(event), STRUCTURED)
    await wait_for("the good answer is taken in", lambda: is_taken(serving, agency, event["id"]), seconds=30)


async def is_taken(serving: Serving, agency: str, event_id: str, campaign: str = "2021") -> bool:
    versions = await serving.versions(agency, campaign=campaign)
    return any(version["event_id"].endswith(f"#{event_id}") for version in versions)


@pytest.mark.slow  # each waits for a round of its own; what decides is under test by itself
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\x00\x01\xff", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1, "a": 2}', "not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b"[" * 5000 + b"]" * 5000, "not JSON"),
        (b"", "no value"),
        (b"5", "specversion"),
        (b"{}", "specversion"),
    ],
)
async def test_garbage_is_set_aside(serving: Serving, value: bytes, reason: str):
    await check_set_aside(serving, value, {}, reason)


@pytest.mark.slow  # each waits for a round of its own; what decides is under test by itself
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, "id"),
        ({"source": ""}, "source"),
        ({"type": ""}, "type"),
        ({"time": ""}, "time"),
        ({"time": "hôm qua"}, "time"),
        ({"type": "platform.weather.changed.v1"}, "no handler for the event type"),
        ({"specversion": "2.0"}, "specversion"),
    ],
)
async def test_event_is_set_aside_when_its_attributes_do_not_hold(serving: Serving, changes: dict, reason: str):
    await check_set_aside(serving, canonical_json(serving.answer("so-y-te")), binary(serving, **changes), reason)


WRONG: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "of an agency nobody registered": (lambda answer: {**answer, "agency": "so-khong-co"}, "refused"),
    "of an impossible agency": (lambda answer: {**answer, "agency": "../etc"}, "agency"),
    "without figures": (lambda answer: {"campaign": "2021", "programme": "it", "agency": "so-y-te"}, "figures"),
    "with a figure of the wrong type": (
        lambda answer: {**answer, "figures": {name: [] for name in answer["figures"]}},
        "refused",
    ),
    "to a closed campaign": (lambda answer: {**answer, "campaign": "2020-dong"}, "closed"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_answer_is_set_aside_when_it_cannot_be_taken(serving: Serving, name: str):
    change, reason = WRONG[name]
    value = canonical_json(change(serving.answer("so-y-te")))
    await check_set_aside(serving, value, binary(serving), reason)


async def test_answer_is_taken_whatever_place_in_a_stream_it_claims(serving: Serving):
    """Streams are the services' own: nobody can make intake wait for what was never sent, or drop what was."""
    for claimed in (("intake/submissions/2021/it/so-y-te", 999_999), ("platform", 2), ("platform", 1)):
        await check_taken(serving, stream=claimed[0], sequence=claimed[1])
    await check_taken(serving)


async def test_answer_waits_for_its_campaign_and_is_taken_when_that_opens(serving: Serving):
    agency, campaign = "so-xay-dung", "2021-thu"
    event = serving.event(serving.answer(agency, campaign=campaign))
    await serving.publish(TOPIC, canonical_json(event), STRUCTURED)

    async def parked() -> bool:
        status = await serving.year.stage.office.get("/intake/status", OPERATOR)
        return status["parked"] == {f"campaigns/{campaign}": [f"submissions/{campaign}/it/{agency}"]}

    await wait_for("the answer is parked", parked, seconds=30)
    await check_taken(serving)
    dispatch = {"number": "2/STTTT", "issued_on": "2021-10-01"}
    plan = {"id": campaign, "year": 2021, "title": "Đợt mở sau", "dispatch": dispatch, "members": [agency]}
    await serving.year.stage.office.post("/intake/campaigns", OPERATOR, plan)
    await wait_for("it is taken in", lambda: is_taken(serving, agency, event["id"], campaign), seconds=30)
    assert (await serving.year.stage.office.get("/intake/status", OPERATOR))["parked"] == {}


async def test_answer_to_a_campaign_that_never_comes_is_set_aside_and_stays_found(serving: Serving, tell: Told):
    agency, campaign, office = "so-xay-dung", "2012", serving.year.stage.office
    event = serving.event(serving.answer(agency, campaign=campaign))
    await serving.publish(TOPIC, canonical_json(event), STRUCTURED)
    found: list[dict[str, Any]] = []

    async def parked() -> bool:
        found[:] = await office.get(f"/intake/parked?waits_for=campaigns/{campaign}", OPERATOR)
        return bool(found)

    await wait_for("the answer is parked", parked, seconds=30)
    assert [(one["aggregate"], one["event_id"]) for one in found] == [
        (f"submissions/{campaign}/it/{agency}", event["id"])
    ]
    id_ = found[0]["id"]
    await office.post(f"/intake/parked/{id_}/set-aside", OPERATOR, {"reason": "Gõ nhầm năm"})
    assert (await office.get("/intake/status", OPERATOR))["parked"] == {}
    letter = await office.get(f"/intake/dead-letters/{id_}", OPERATOR)
    assert "Gõ nhầm năm" in letter["message"]["reason"]
    _, story = await tell(serving.year.platform, f"{campaign}/it/{agency}")
    (waits,) = story["now"]
    assert waits["code"] == "dead_letter"
    assert id_ in waits["vi"]
    await office.post(f"/intake/dead-letters/{id_}/discard", OPERATOR, {"reason": "Gõ nhầm năm"})
    await check_taken(serving)


async def test_garbage_on_any_topic_is_set_aside_by_every_service_that_reads_it(serving: Serving):
    read = {name: topic for name, topic in topics().items() if topic.consumers and name != "republish-requests"}
    assert len(read) >= 8
    for name in read:
        await serving.publish(name, b"garbage on " + name.encode(), {})
    await serving.publish("republish-requests", b"garbage", {})
    await serving.publish("republish-requests", None, {})
    for name, topic in read.items():
        for service in topic.consumers:
            letter = await serving.dead_letter(service, b"garbage on " + name.encode())
            assert "not JSON" in letter["reason"]
    await check_taken(serving)


async def test_dead_letter_is_told_on_its_topic_and_in_the_store(serving: Serving):
    value = json.dumps({"broken": serving.made}).encode()
    await serving.publish(TOPIC, value, {"ce_specversion": "1.0"})
    letter = await serving.dead_letter("intake", value)
    path = f"/intake/dead-letters/{letter['id']}"
    assert (await serving.year.stage.office.get(path, OPERATOR))["status"] == "waiting"
    retried = await serving.post(f"{path}/retry", {}, serving.token("operator"))
    assert retried.status_code == 422, retried.text
    discarded = await serving.post(f"{path}/discard", {"reason": "Không phải của chúng ta"}, serving.token("operator"))
    assert discarded.json()["status"] == "discarded"
