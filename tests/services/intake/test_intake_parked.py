"""Answers that wait for a campaign, over HTTP: operators list them, look at one, and give it up."""

from __future__ import annotations

import base64
import json

import pytest
from intake_service import Intake, a_post, an_answer, an_event, places

AGGREGATE = "submissions/2021/it/so-noi-vu"
REASON = "Gõ nhầm năm"


async def parked(intake: Intake) -> str:
    """The id of an answer that waits for its campaign."""
    await intake.consume(a_post(an_event()), a_post(an_event("khac", data=an_answer("so-y-te"))))
    listed = (await intake.get("/parked?limit=1", "operator")).json()
    assert [message["aggregate"] for message in listed] == [AGGREGATE]
    return str(listed[0]["id"])


async def test_it_is_listed_and_shown_with_what_it_waits_for(newcomer: Intake) -> None:
    id_ = await parked(newcomer)
    rest = await newcomer.get(f"/parked?after={AGGREGATE}&waits_for=campaigns/2021", "operator")
    assert [message["aggregate"] for message in rest.json()] == ["submissions/2021/it/so-y-te"]
    for where in ("", f"?aggregate={AGGREGATE}"):
        shown = (await newcomer.get(f"/parked/{id_}{where}", "operator")).json()
        assert (shown["waits_for"], shown["topic_name"]) == ("campaigns/2021", "platform-submissions")
        assert json.loads(base64.b64decode(shown["value_base64"]))["campaign"] == "2021"
        assert shown["headers"]["ce_id"] == shown["event_id"]
    assert places(await newcomer.get(f"/parked/{id_}?aggregate=submissions/2021/it/so-y-te", "operator")) == {
        (id_, "parked.unknown")
    }


async def test_one_that_is_set_aside_is_a_dead_letter_from_then_on(newcomer: Intake) -> None:
    id_ = await parked(newcomer)
    path = f"/parked/{id_}/set-aside"
    another = {"reason": REASON, "aggregate": AGGREGATE, "waits_for": "campaigns/2022"}
    refused = await newcomer.post(path, another, "operator")
    assert (refused.status_code, places(refused)) == (409, {(AGGREGATE, "parked.waits_for_another")})
    letter = (await newcomer.post(path, {**another, "waits_for": "campaigns/2021"}, "operator")).json()
    assert (letter["status"], letter["message"]["id"]) == ("waiting", id_)
    assert letter["message"]["reason"].startswith(f"set aside: operator-1: {REASON} (")
    again = await newcomer.post(path, {"reason": REASON}, "operator")
    for refused in (again, await newcomer.get(f"/parked/{id_}", "operator")):
        assert (refused.status_code, places(refused)) == (409, {(id_, "parked.no_more")})
    assert REASON in again.json()["title"]
    discarded = await newcomer.post(f"/dead-letters/{id_}/discard", {"reason": REASON}, "operator")
    assert (discarded.json()["status"], discarded.json()["note"]) == ("discarded", f"operator-1: {REASON}")


async def test_one_that_was_set_aside_is_taken_when_its_campaign_came_after_all(newcomer: Intake) -> None:
    id_ = await parked(newcomer)
    await newcomer.post(f"/parked/{id_}/set-aside", {"reason": REASON}, "operator")
    await newcomer.opened("so-noi-vu")
    await newcomer.inbox.sweep()
    assert await newcomer.record() is None
    for _ in range(2):
        await newcomer.post(f"/dead-letters/{id_}/retry", {}, "operator")
    record = await newcomer.record()
    assert record is not None
    assert len(record.versions) == 1


@pytest.mark.parametrize("who", ["", "platform", "agency:so-noi-vu", "verifier", "rules_admin", "chairman"])
async def test_only_operators_see_and_settle_what_is_parked(newcomer: Intake, who: str) -> None:
    expected = 403 if who else 401
    assert (await newcomer.get("/parked", who)).status_code == expected
    assert (await newcomer.get("/parked/x", who)).status_code == expected
    assert (await newcomer.post("/parked/x/set-aside", {"reason": REASON}, who)).status_code == expected


@pytest.mark.parametrize(
    "body", [{}, {"reason": "x"}, {"reason": "x" * 501}, {"reason": REASON, "waitsfor": "campaigns/2021"}]
)
async def test_a_reason_is_asked_for_and_nothing_else_is_taken(newcomer: Intake, body: dict[str, str]) -> None:
    assert (await newcomer.post("/parked/x/set-aside", body, "operator")).status_code == 422
