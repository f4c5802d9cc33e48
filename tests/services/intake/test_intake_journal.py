"""What operators are told of a stream: its events in pages, and what its aggregate waits for."""

from __future__ import annotations

from typing import Any

from intake_service import STRUCTURED, Intake, a_post, an_answer, an_event

from shared.kernel.canonical import canonical_json
from shared.messaging.messages import Record

KEY = "2021/it/so-noi-vu"
STREAM = f"intake/submissions/{KEY}"
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def asked(intake: Intake, **params: Any) -> dict[str, Any]:
    response = await intake.call("GET", "/journal", "operator", params={"stream": STREAM, **params})
    assert response.status_code == 200, response.text
    return response.json()


async def publish(intake: Intake) -> None:
    """As the relay does: into the journal, and out of what waits."""
    for topic in ("submissions", "campaigns"):
        waiting = await intake.store.unpublished(topic)
        await intake.store.append_journal([event.entry for event in waiting])
        await intake.store.published(waiting)


async def answered(intake: Intake, count: int) -> None:
    for number in range(1, count + 1):
        body = an_answer(evidence={"1.1": [{"title": f"Tài liệu {number}"}]})
        await intake.consume(a_post(an_event(f"phieu-{number}", data=body, traceparent=GIVEN)))
    await publish(intake)


async def test_what_waits_is_told_with_what_it_waits_for(newcomer: Intake) -> None:
    nothing = await asked(newcomer)
    assert (nothing["standing"], nothing["events"]) == (None, [])
    await newcomer.consume(a_post(an_event()))
    told = await asked(newcomer)
    assert told["events"] == []
    assert told["standing"]["waits_for"] == "campaigns/2021"
    assert [each["topic"] for each in told["standing"]["parked"]] == ["platform-submissions"]


async def test_events_are_told_in_pages(intake: Intake) -> None:
    await answered(intake, 5)
    whole = await asked(intake)
    assert [event["sequence"] for event in whole["events"]] == [1, 2, 3, 4, 5]
    assert whole["next"] == ""
    assert whole["standing"]["emitted"] == {"submissions": 5}
    after, paged = "", []
    for _ in range(5):
        page = await asked(intake, limit=2, after=after, data="false")
        paged += page["events"]
        after = page["next"]
        if not after:
            break
    assert [event["id"] for event in paged] == [event["id"] for event in whole["events"]]
    assert [event["data"] for event in paged] == [None] * 5
    assert whole["events"][0]["data"]["submission"]["number"] == 1
    assert (await asked(intake, topic="campaigns"))["events"] == []


async def test_a_strange_place_to_go_on_from_is_no_failure(intake: Intake) -> None:
    await answered(intake, 1)
    for after in ("nonsense", "submissions#x", "submissions#²", "submissions#" + "9" * 40, "campaigns#1", "#3", "#"):
        assert len((await asked(intake, after=after))["events"]) <= 1, after


async def test_a_stream_is_found_by_whatever_names_it(intake: Intake) -> None:
    await answered(intake, 2)
    first = (await asked(intake))["events"][0]
    for word in (first["id"], "phieu-1", "phieu-2", "4bf92f3577b34da6a3ce929d0e0e4736"):
        found = await intake.call("GET", "/journal/streams", "operator", params={"of": word})
        assert found.json() == [STREAM], word
    unknown = await intake.call("GET", "/journal/streams", "operator", params={"of": "khong-co"})
    assert unknown.json() == []


async def test_what_is_kept_or_set_aside_is_found_by_the_id_that_the_platform_gave_it(newcomer: Intake) -> None:
    async def found(word: str) -> list[str]:
        response = await newcomer.call("GET", "/journal/streams", "operator", params={"of": word})
        return list(response.json())

    await newcomer.consume(a_post(an_event("cho-dot")), a_post(an_event("sai-dang", data={"agency": "?"})))
    structured = {**an_event("sai-dang-2"), "type": "platform.unknown.v1"}
    headers = {"content-type": STRUCTURED}
    await newcomer.consume(Record("platform-submissions", 0, 1, "k", headers, canonical_json(structured)))
    ids = [letter.message.id for letter in await newcomer.inbox.dead_letters.list()]
    (second,) = await found("sai-dang-2")
    (first,) = await found("sai-dang")
    assert await found("cho-dot") == [STREAM]
    assert sorted([first, second]) == [f"intake/dead_letters/{id_}" for id_ in sorted(ids)]
    await newcomer.inbox.discard(first.rpartition("/")[2], "Sai", "can-bo")
    assert await found("sai-dang") == [first]
    assert await found("sai-dan") == []


async def test_only_operators_are_told_and_only_of_streams_that_there_are(intake: Intake) -> None:
    for who, status in (("", 401), ("platform", 403), ("agency:so-noi-vu", 403), ("verifier", 403)):
        for path in ("/journal?stream=x", "/journal/streams?of=xxxx"):
            assert (await intake.get(path, who)).status_code == status
    for stream in (KEY, "scoring/cards/x", "intake/nope/x", "intake/submissions/", "intake"):
        refused = await intake.call("GET", "/journal", "operator", params={"stream": stream})
        assert refused.status_code == 404
        assert "intake/submissions/…" in refused.json()["detail"]
    assert (await intake.get("/journal?stream=x&limit=0", "operator")).status_code == 422
