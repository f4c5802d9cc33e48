"""Rule sets by Kafka: what HTTP does with the same checks, once however often it is delivered; else a dead letter."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from scoring_documents import DRAFT, EXAMPLE, as_yaml, keep, rehearsed
from scoring_messages import FIRST, NOW, RULE_SET
from scoring_service import ScoringApi

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet
from shared.contracts.envelope import CloudEvent
from shared.messaging.messages import Record

KEY = RULE_SET.key
SOURCE = "/bac-giang/phan-mem"
HASH = "0" * 64
_numbers = count(1)


def a_request(type_: str, actor: str, data: dict[str, Any], id_: str = "") -> Record:
    """A request as the platform posts it."""
    envelope = CloudEvent(
        id=id_ or f"yeu-cau-{next(_numbers)}",
        source=SOURCE,
        type=f"platform.ruleset.{type_}.v1",
        time=NOW,
        actor=actor,
        data={"rule_set": KEY, **data},
    )
    return Record("ruleset-requests", 0, next(_numbers), KEY, envelope.headers(), envelope.value())


def posted(actor: str = "an", content: bytes | None = None, **more: Any) -> Record:
    text = (as_yaml() if content is None else content).decode()
    return a_request("posted", actor, {"content": text, "name": "bo.yaml"}, **more)


async def kept(api: ScoringApi, key: str = KEY) -> KeptRuleSet | None:
    return await api.aggregates.get(RULE_SETS, key)


async def letters(api: ScoringApi) -> list[str]:
    return [letter.message.reason for letter in await api.inbox.dead_letters.list()]


async def hash_of(api: ScoringApi) -> str:
    state = await kept(api)
    assert state is not None
    return state.ref.hash


async def test_a_rule_set_is_loaded_approved_and_activated_by_events_of_one_batch(api: ScoringApi) -> None:
    draft = (await api.post("/rulesets/lint?name=bo.yaml", as_yaml())).json()["ref"]
    await api.consume(
        posted(),
        a_request("approvalrequested", "binh", {"hash": draft["hash"], "reason": "Đã thẩm định"}),
        a_request("activationrequested", "binh", {"from_year": 2021}),
    )
    state = await kept(api)
    assert state is not None
    assert (state.status, state.active_from_year, await letters(api)) == ("active", 2021, [])
    assert [(step.action, step.by) for step in state.steps] == [
        ("loaded", f"{SOURCE}#an"),
        ("linted", f"{SOURCE}#an"),
        ("approved", f"{SOURCE}#binh"),
        ("activated", f"{SOURCE}#binh"),
    ]
    said = await api.said(RULE_SETS.name, KEY)
    assert {event.actor for event in said} == {f"{SOURCE}#an", f"{SOURCE}#binh"}
    assert all(event.causationid.startswith("yeu-cau-") for event in said)


async def test_a_request_is_done_once_however_often_it_is_delivered(api: ScoringApi) -> None:
    first = posted(id_="mot")
    await api.consume(first)
    other = as_yaml(title={"vi": "Bản sau"})
    await api.consume(posted(content=other))
    replaced = await hash_of(api)
    await api.consume(first)
    assert await hash_of(api) == replaced, "what was delivered late again does not undo what came after it"


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (posted(content=b"id: a\n"), ("ruleset.refused", "field.missing")),
        (posted(content=as_yaml(examples=[{**EXAMPLE, "expect": {"points": 1}}])), ("example.", "bo.yaml:")),
        (posted(content=as_yaml(version="7")), ("ruleset.other_key",)),
        (posted(actor=""), ("ruleset.no_actor",)),
        (a_request("posted", "an", {"content": "x", "rule_set": "Sai@1"}), ("unreadable", "rule_set")),
        (a_request("posted", "an", {"content": "x", "more": 1}), ("unreadable", "more")),
        (a_request("approvalrequested", "binh", {"hash": HASH}), ("there is no rule set",)),
        (a_request("approvalrequested", "binh", {}), ("unreadable", "hash")),
        (a_request("activationrequested", "binh", {"from_year": 2021}), ("there is no rule set",)),
        (a_request("retired", "binh", {}), ("unreadable", "no handler")),
    ],
)
async def test_what_is_refused_is_a_dead_letter_with_its_faults(
    api: ScoringApi, record: Record, reasons: tuple[str, ...]
) -> None:
    await api.consume(record)
    (reason,) = await letters(api)
    assert reason.startswith(("refused", "unreadable"))
    if "ruleset.refused" not in reasons:
        assert all(each in reason for each in reasons), reason
    assert await kept(api) is None
    await api.consume(posted())
    assert await kept(api) is not None, "what comes after it goes on"


@pytest.mark.parametrize("loader", ["an", "/he-thong-khac#an", "An"])
async def test_the_second_person_is_another_one_wherever_they_act(api: ScoringApi, loader: str) -> None:
    """Loaded over HTTP by `an`, or told by anybody in that name."""
    await keep(api, RULE_SET, loader)
    await api.consume(a_request("approvalrequested", "an", {"hash": RULE_SET.content_hash()}))
    (reason,) = await letters(api)
    assert "Người nạp" in reason
    state = await kept(api)
    assert state is not None
    assert state.status == "draft"


async def test_approval_by_event_needs_an_acknowledged_rehearsal_too(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    await api.ranked(*FIRST)
    await keep(api, DRAFT)
    approval = a_request("approvalrequested", "binh", {"rule_set": DRAFT.key, "hash": DRAFT.content_hash()})
    await api.consume(approval)
    (reason,) = await letters(api)
    assert "ruleset.not_rehearsed" in reason
    state = await rehearsed(api)
    seen = {"rule_set": DRAFT.key, "campaign": "2021", "basis_hash": state["report"]["basis_hash"]}
    await api.consume(a_request("acknowledgementrequested", "binh", seen))
    (letter,) = await api.inbox.dead_letters.list()
    assert DRAFT.examples == ()
    await api.inbox.retry(letter.message.id, "dieu-hanh")
    draft = await kept(api, DRAFT.key)
    assert draft is not None
    assert (draft.status, draft.steps[-1].by) == ("approved", f"{SOURCE}#binh")
