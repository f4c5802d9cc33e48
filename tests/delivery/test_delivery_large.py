"""Messages beyond all measure: a broker bounds what is compressed, so nearly nothing to it may be very much to us."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from delivery_toys import KITCHENS, SHOPS, Kitchen, OrderPlacedV1, OrderPostedV1, Shop
from delivery_world import World, record_of

from shared.contracts.envelope import decode, read_event
from shared.contracts.registry import largest_value
from shared.kernel.canonical import compact_json
from shared.kernel.errors import Conflict, DomainError, Invalid
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.dead_letter import DeadLetter
from shared.messaging.incoming import read_incoming
from shared.messaging.messages import Message, Record
from shared.storage.declared import MAX_BODY_BYTES

MIB = 2**20
DLQ = "toy-posts-dlq"


def post(id_: str = "1", amount: Any = 1) -> Record:
    return record_of(OrderPostedV1(shop="pho", amount=amount), id_=id_, source="//a")


def order(number: int, amount: int = 1) -> Record:
    data = OrderPlacedV1(shop="pho", number=number, amount=amount)
    return record_of(data, stream="intake/shops/pho", sequence=number, offset=number)


def with_headers(record: Record, **headers: str) -> Record:
    return replace(record, headers={**record.headers, **headers})


MONSTERS = {
    "12 MiB of JSON": replace(post(), value=b'{"a":"' + b"x" * (12 * MIB) + b'"}'),
    "8 MiB to the byte": replace(post(), value=b'{"a":"' + b"x" * (8 * MIB - 8) + b'"}'),
    "8 MiB and worst headers": replace(
        post(), value=b" " * (8 * MIB), headers={f"{n:0500}": "\x01" * MIB for n in range(70)}, key="\x01" * MIB
    ),
    "3 MiB and worst headers": replace(
        post(), value=b" " * (3 * MIB), headers={f"{n:0500}": "\x01" * MIB for n in range(70)}, key="\x01" * MIB
    ),
    "8 MiB in one header": with_headers(replace(post(), value=b"no JSON"), junk="y" * (8 * MIB)),
    "a thousand headers": with_headers(replace(post(), value=b"no JSON"), **{f"junk-{n}": "y" for n in range(1000)}),
    "12 MiB of key": replace(post(), value=b"no JSON", key="k" * (12 * MIB)),
    "half a letter everywhere": replace(
        post(), value=b"no JSON", key="\ud800", headers={"ce_id": "\ud800", "ce_source": "\udfff", "\ud800": "x"}
    ),
    "8 MiB of poison": post(amount=["poison" * MIB]),
}


async def the_letter(world: World, service: str = "intake") -> DeadLetter:
    letters = world.services[service].inbox.dead_letters
    (found,) = await letters.list()
    return await letters.get(found.message.id)


@pytest.mark.parametrize("record", MONSTERS.values(), ids=MONSTERS.keys())
async def test_is_set_aside_and_told_and_the_partition_goes_on(world: World, record: Record) -> None:
    def refuse(*_: Any) -> Any:
        raise DomainError("Không", "no")

    world.handlers["intake"] = (replace(world.handlers["intake"][0], apply=refuse),)
    world.restart("intake")
    await world.intake.inbox.consume([record])
    world.handlers["intake"] = World().handlers["intake"]
    world.restart("intake")
    await world.intake.inbox.consume([post("2")])
    assert (await world.intake.aggregates.get(SHOPS, "pho") or Shop()).posts == ("//a#2",)

    message = (await the_letter(world)).message
    assert (message.value_size, message.value_sha256) == (len(record.value), hashlib.sha256(record.value).hexdigest())
    assert len(message.headers) <= 64
    assert max(len(text) for text in message.headers.values()) <= 4096
    await world.intake.publish()
    (told,) = world.broker.records(DLQ)
    sent = Message(DLQ, told.key, told.headers, told.value)
    assert sent.size <= largest_value(DLQ)
    assert read_event(decode(told.headers, told.value)).data.id == message.id
    assert len(json.dumps(world.stores["intake"].bodies()[("dead_letters", message.id)])) < MAX_BODY_BYTES


async def test_of_a_value_too_large_for_a_document_the_beginning_is_kept(world: World) -> None:
    record = MONSTERS["12 MiB of JSON"]
    await world.intake.inbox.consume([record, record])
    letter = await the_letter(world)
    assert letter.message.truncated
    assert base64.b64decode(letter.message.value_base64) == record.value[: 64 * 1024]
    with pytest.raises(Conflict, match="too large to be kept"):
        await world.intake.inbox.retry(letter.message.id, "op")
    settled = await world.intake.inbox.dead_letters.settle(letter.message.id, "discarded", "too large", "op")
    assert settled is not None
    assert settled.status == "discarded"


async def test_what_just_fits_is_kept_whole_and_not_told(world: World) -> None:
    record = MONSTERS["8 MiB to the byte"]
    await world.intake.inbox.consume([record])
    letter = await the_letter(world)
    assert (letter.message.truncated, letter.record().value) == (False, record.value)
    await world.intake.publish()
    (told,) = world.broker.records(DLQ)
    body = json.loads(told.value)
    assert (body["value_base64"], body["truncated"], body["value_size"]) == ("", True, 8 * MIB)


async def test_what_is_larger_than_its_own_dead_letter_topic_takes_is_told_without_value(world: World) -> None:
    await world.intake.inbox.consume([replace(post(), value=b" " * (3 * MIB // 2))])
    assert not (await the_letter(world)).message.truncated
    await world.intake.publish()
    (told,) = world.broker.records(DLQ)
    assert json.loads(told.value)["value_base64"] == ""


async def test_a_message_among_a_thousand_headers_can_be_handled_later(world: World) -> None:
    junk = {f"junk-{n}": "y" for n in range(1000)}
    poison = replace(post(amount="poison"), headers={**junk, **post().headers})
    await world.intake.inbox.consume([poison])
    letter = await the_letter(world)
    assert letter.record().headers.items() >= post().headers.items()
    with pytest.raises(DomainError, match="failed again"):
        await world.intake.inbox.retry(letter.message.id, "op")


@pytest.mark.parametrize("name", ["ce_id", "ce_correlationid", "ce_actor"])
async def test_an_attribute_without_end_is_set_aside_and_blocks_no_topic(world: World, name: str) -> None:
    await world.intake.inbox.consume([with_headers(post(), **{name: "i" * (3 * MIB // 2)}), post("2")])
    await world.intake.publish()
    assert len(world.broker.records("toy-orders")) == 1
    assert f"attribute {name[3:]}" in (await the_letter(world)).message.reason


async def test_a_stream_without_end_is_no_place(world: World) -> None:
    await world.kitchen.inbox.consume([with_headers(order(1), ce_stream="s" * MIB)])
    assert not [place for place in world.stores["verification"].bodies() if place[0] == "passed"]


@pytest.mark.parametrize("mode", ["binary", "structured"])
async def test_a_foreign_event_nested_deeply_is_set_aside(world: World, mode: str) -> None:
    value = b'{"shop":"pho","amount":' + b"[" * 700 + b"]" * 700 + b"}"
    record = replace(post(), value=value)
    if mode == "structured":
        told = {name[3:]: text for name, text in record.headers.items() if name.startswith("ce_")}
        whole = json.dumps({**told, "sequence": "x"}).encode()[:-1] + b', "data": ' + value + b"}"
        record = replace(record, value=whole, headers={"content-type": "application/cloudevents+json"})
    await world.intake.inbox.consume([record])
    assert "unreadable" in (await the_letter(world)).message.reason


def _fits_as_a_value() -> int:
    bare = len(compact_json(OrderPlacedV1(shop="pho", number=1, amount=1, note="x").model_dump(mode="json"))) - 1
    return largest_value("toy-orders") - bare


@pytest.mark.parametrize("odd", ["key", "actor", "value", "value with key and headers"])
async def test_no_event_is_said_that_its_topic_or_its_readers_do_not_take(world: World, odd: str) -> None:
    note = {"value": MIB, "value with key and headers": _fits_as_a_value()}.get(odd, 0)
    data = OrderPlacedV1(shop="pho", number=1, amount=1, note="x" * note)
    change = Change(Shop(), (Outgoing(data, "k" * (513 if odd == "key" else 1)),))
    with pytest.raises(Invalid) as refused:
        await world.intake.aggregates.execute(
            SHOPS, "pho", lambda _: change, actor="a" * (513 if odd == "actor" else 1)
        )
    assert refused.value.code == "event.too_large"
    assert await world.intake.aggregates.get(SHOPS, "pho") is None


@pytest.mark.parametrize("limit", [1, 3, 20, 45, 46, 100])
async def test_a_list_comes_in_pages_and_without_what_may_be_large(world: World, limit: int) -> None:
    letters = world.intake.inbox.dead_letters
    await world.intake.inbox.consume([replace(post(), value=b"no JSON %d" % number) for number in range(46)])
    found: list[str] = []
    while page := await letters.list(after=found[-1] if found else "", limit=limit):
        assert len(page) <= limit
        found += [letter.message.id for letter in page]
    assert len(found) == 46
    assert found == sorted(set(found))
    whole = await letters.get(found[0])
    summary = (await letters.list(limit=1))[0].model_dump()
    wanted = whole.message.model_dump(exclude={"headers", "value_base64"})
    assert summary["message"] == {**wanted, "origin": whole.message.headers["ce_source"]}


async def test_reading_that_fails_in_an_unforeseen_way_sets_the_message_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(record: Record, *others: Any) -> Any:
        if record.offset == 1:
            raise RecursionError("too deep")
        return read_incoming(record, *others)

    monkeypatch.setattr("shared.messaging.inbox.read_incoming", odd)
    await world.kitchen.inbox.consume([order(1), order(2)])
    assert (await world.kitchen.aggregates.get(KITCHENS, "pho") or Kitchen()).cooked == (2,)
    assert "RecursionError" in (await the_letter(world, "verification")).message.reason


async def test_an_aggregate_that_cannot_be_stored_any_more_stops_nothing(world: World) -> None:
    """Only its place in a stream would move on: it is left as it is, until a sweep finds that it can be stored."""
    kitchen = world.kitchen
    await kitchen.inbox.consume([order(1), order(3)])
    whole = kitchen.store.put_many

    async def put_many(writes: Any) -> list[bool]:
        if any(write.collection == "kitchens" and write.key == "pho" for write in writes):
            raise ValueError("too large")
        return await whole(writes)

    kitchen.store.put_many = put_many  # type: ignore[method-assign]
    bad = with_headers(order(2), ce_type="toy.unknown.v1")
    other = replace(order(1), value=order(1).value.replace(b"pho", b"bun"))
    stream = {"ce_stream": "intake/shops/bun"}
    await kitchen.inbox.consume([bad, with_headers(other, **stream)])
    assert await kitchen.aggregates.get(KITCHENS, "bun") == Kitchen(cooked=(1,))
    await kitchen.inbox.sweep()
    del kitchen.store.put_many
    await kitchen.inbox.sweep()
    assert await kitchen.aggregates.get(KITCHENS, "pho") == Kitchen(cooked=(1, 3))
