"""Messages that cannot be handled: set aside with their reason, while everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from delivery_toys import (
    BILL,
    BILLS,
    COOK,
    KEEP_PRICE,
    KITCHENS,
    SHOPS,
    TAKE_POST,
    Bill,
    DishServedV1,
    Kitchen,
    OrderPlacedV1,
    OrderPostedV1,
    PriceSetV1,
    Shop,
    cook,
    place,
)
from delivery_world import ToyService, World, record_of

from shared.contracts.envelope import Event
from shared.kernel.errors import Conflict, DomainError, NotFound
from shared.messaging.aggregate import Change
from shared.messaging.dead_letter import DeadLetter
from shared.messaging.handlers import Context
from shared.messaging.messages import Record
from shared.storage.port import StoreUnavailable
from shared.telemetry import situation

STREAM = "intake/shops/pho"
POISON, REFUSED = 0, -1  # amounts


def order(number: int, amount: int = 1, shop: str = "pho") -> Record:
    data = OrderPlacedV1(shop=shop, number=number, amount=amount)
    return record_of(data, stream=f"intake/shops/{shop}", sequence=number, offset=number)


def post(id_: str, amount: Any = 1, *, source: str = "//a", shop: str = "pho") -> Record:
    return record_of(OrderPostedV1(shop=shop, amount=amount), id_=id_, source=source)


def with_headers(record: Record, **headers: str) -> Record:
    return replace(record, headers={**record.headers, **headers})


async def cooked(world: World) -> tuple[int, ...]:
    return (await world.kitchen.aggregates.get(KITCHENS, "pho") or Kitchen()).cooked


async def letters(world: World, service: str = "verification") -> list[DeadLetter]:
    kept = world.services[service].inbox.dead_letters
    return [await kept.get(letter.message.id) for letter in await kept.list()]


class TestPoison:
    async def test_tried_a_few_times_then_set_aside_and_the_stream_goes_on(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1), order(2, POISON), order(3)])
        assert await cooked(world) == (1, 3)
        (letter,) = await letters(world)
        message = letter.message
        assert (message.attempts, message.handler) == (3, "delivery_toys.cook")
        assert (message.topic_name, message.offset, message.consumer) == ("toy-orders", 2, "verification")
        assert message.reason == "RuntimeError: nothing to cook"

    async def test_refused_at_once(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1, REFUSED), order(2)])
        assert await cooked(world) == (2,)
        (letter,) = await letters(world)
        assert letter.message.attempts == 1
        assert "cannot be cooked" in letter.message.reason

    async def test_told_on_the_dead_letter_topic_once(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1, POISON)])
        await world.kitchen.inbox.consume([order(1, POISON)])
        await world.kitchen.publish()
        (record,) = world.broker.records("toy-orders-dlq")
        assert record.headers["ce_type"] == "delivery.message.deadlettered.v1"

    async def test_held_or_parked_poison_is_set_aside_too(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(2, POISON), order(3)])
        await world.kitchen.inbox.consume([order(1)])
        assert await cooked(world) == (1, 3)
        (letter,) = await letters(world)
        assert letter.record().value == order(2, POISON).value

    async def test_other_aggregates_of_the_batch_are_not_held_up(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1, POISON, shop="bad"), order(1), order(1, POISON, shop="worse")])
        assert await cooked(world) == (1,)
        assert len(await letters(world)) == 2

    async def test_same_id_from_another_source_is_another_message(self, world: World) -> None:
        await world.intake.inbox.consume([post("1", "poison"), post("1", source="//b"), post("2")])
        shop = await world.intake.aggregates.get(SHOPS, "pho")
        assert shop is not None
        assert shop.posts == ("//b#1", "//a#2")
        assert len(await letters(world, "intake")) == 1

    async def test_same_message_from_two_sources_is_set_aside_twice(self, world: World) -> None:
        await world.intake.inbox.consume([post("1", "poison"), post("1", "poison", source="//b")])
        assert {letter.message.headers["ce_source"] for letter in await letters(world, "intake")} == {"//a", "//b"}

    async def test_same_id_with_another_content_is_not_set_aside_with_it(self, world: World) -> None:
        await world.intake.inbox.consume([post("1", "poison"), post("1", 5)])
        assert (await world.intake.aggregates.get(SHOPS, "pho") or Shop()).posts == ("//a#1",)

    async def test_same_id_for_another_aggregate_is_not_set_aside_with_it(self, world: World) -> None:
        await world.intake.inbox.consume([post("1", "poison"), post("1", "poison", shop="bun"), post("1", shop="com")])
        assert len(await letters(world, "intake")) == 2
        assert (await world.intake.aggregates.get(SHOPS, "com") or Shop()).posts == ("//a#1",)

    async def test_handler_whose_needs_fail_takes_only_its_event_with_it(self, world: World) -> None:
        def needs(data: Any) -> list[Any]:
            if data.amount == POISON:
                raise KeyError("no such campaign")
            return []

        world.handlers["verification"] = (replace(COOK, needs=needs, apply=_cook_all),)
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1), order(2, POISON), order(3), order(1, shop="bun")])
        assert await cooked(world) == (1, 3)
        (letter,) = await letters(world)
        assert letter.message.attempts == 3

    async def test_prepare_that_fails_for_one_event_leaves_each_to_itself(self, world: World) -> None:
        def prepare(events: Any, _: Context) -> dict[str, Any]:
            return {event.envelope.id: 1 // event.data.amount for event in events}

        world.handlers["verification"] = (replace(COOK, prepare=prepare),)
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1), order(2, POISON), order(3)])
        assert await cooked(world) == (1, 3)

    async def test_prepared_work_reaches_the_handler(self, world: World) -> None:
        def use(state: Kitchen | None, event: Event[OrderPlacedV1], context: Context) -> Change[Kitchen]:
            return Change(Kitchen(cooked=(*(state or Kitchen()).cooked, context.prepared[event.envelope.id])))

        world.handlers["verification"] = (
            replace(COOK, prepare=lambda events, _: {e.envelope.id: e.data.number * 10 for e in events}, apply=use),
        )
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1), order(2)])
        assert await cooked(world) == (10, 20)

    async def test_event_that_makes_the_document_unstorable_is_found_and_set_aside(self, world: World) -> None:
        def hoard(state: Kitchen | None, event: Event[OrderPlacedV1], _: Context) -> Change[Kitchen]:
            number = 2**60 if event.data.amount == 5 else event.data.number  # no canonical JSON has such an integer
            return Change(Kitchen(cooked=(*(state or Kitchen()).cooked, number)))

        world.handlers["verification"] = (replace(COOK, apply=hoard),)
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1), order(2, 5), order(3), order(1, shop="bun")])
        assert await cooked(world) == (1, 3)
        assert await world.kitchen.aggregates.get(KITCHENS, "bun") == Kitchen(cooked=(1,))
        (letter,) = await letters(world)
        assert letter.message.handler == "storing"

    async def test_parked_event_that_makes_the_document_unstorable_takes_no_other_with_it(self, world: World) -> None:
        def hoard(state: Bill | None, event: Event[DishServedV1], _: Context) -> Change[Bill]:
            dish = event.data
            return Change(Bill(billed=(*(state or Bill()).billed, 2**60 if dish.amount == 5 else dish.number)))

        def dish(number: int, price_list: str, amount: int = 1) -> Record:
            data = DishServedV1(shop="pho", number=number, amount=amount, price_list=price_list)
            return record_of(data, stream="verification/kitchens/pho", sequence=number)

        world.handlers["scoring"] = (replace(BILL, apply=hoard), KEEP_PRICE)
        world.restart("scoring")
        await world.till.inbox.consume([dish(1, "x", 5), dish(2, "y"), dish(3, "x"), dish(4, "x", 5), dish(5, "x")])
        for price_list in ("x", "y"):
            price = PriceSetV1(price_list=price_list, price=1)
            await world.till.inbox.consume([record_of(price, stream=f"intake/price_lists/{price_list}", sequence=1)])
        assert await world.till.aggregates.get(BILLS, "pho") == Bill(billed=(2, 3, 5))
        assert len(await letters(world, "scoring")) == 2


class TestUnreadable:
    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param(with_headers(order(2), ce_type="toy.unknown.v1"), id="unknown type"),
            pytest.param(with_headers(order(2), ce_type="toy.price.set.v1"), id="type of another topic"),
            pytest.param(replace(order(2), value=b"{"), id="no JSON"),
            pytest.param(replace(order(2), value=b"\xff\xfe"), id="no UTF-8"),
            pytest.param(replace(order(2), value=b'{"shop": "pho"}'), id="fields missing"),
            pytest.param(replace(order(2), value=b""), id="tombstone"),
            pytest.param(replace(order(2), value=b"[" * 100_000), id="nested too deeply"),
            pytest.param(replace(order(2), value=b'{"shop":"\\ud800","number":2,"amount":1}'), id="half a letter"),
            pytest.param(replace(order(2), value=b'{"shop":"pho","number":2,"amount":1e400}'), id="huge number"),
            pytest.param(replace(order(2), value=b'{"amount":0.5,"number":2,"shop":"pho"}'), id="a decimal"),
            pytest.param(with_headers(order(2), ce_specversion="0.3"), id="specversion"),
            pytest.param(with_headers(order(2), ce_time="yesterday"), id="time"),
        ],
    )
    async def test_set_aside_at_once_and_the_stream_goes_on(self, world: World, bad: Record) -> None:
        await world.kitchen.inbox.consume([order(1), bad, order(3)])
        assert await cooked(world) == (1, 3)
        (letter,) = await letters(world)
        assert letter.message.reason.startswith("unreadable: ")
        assert letter.record().value == bad.value
        assert world.kitchen.asked == []

    async def test_that_is_retried_says_what_to_do_and_counts_the_attempt(self, world: World) -> None:
        await world.kitchen.inbox.consume([replace(order(1), value=b"no json")])
        (letter,) = await letters(world)
        with pytest.raises(DomainError, match="still unreadable") as refused:
            await world.kitchen.inbox.retry(letter.message.id, "op")
        assert "xephang dlq discard" in refused.value.faults[0].remedy_en
        (again,) = await letters(world)
        assert (again.status, again.message.attempts) == ("waiting", 2)

    async def test_log_line_names_the_letter(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        told: list[object] = []
        caplog.handler.addFilter(lambda line: told.append(situation.now().get("letter")) is None)
        await world.kitchen.inbox.consume([replace(order(1), value=b"no json")])
        (letter,) = await letters(world)
        assert letter.message.id in told

    @pytest.mark.parametrize("sequence", ["-5", "0", "x", "", "99999999999999999999999", "1.5"])
    async def test_wrong_sequence_is_set_aside_and_stops_nothing(self, world: World, sequence: str) -> None:
        await world.kitchen.inbox.consume([with_headers(order(2), ce_sequence=sequence), order(1), order(2)])
        assert await cooked(world) == (1, 2)
        assert len(await letters(world)) == 1

    async def test_event_of_ours_without_a_stream_is_unreadable(self, world: World) -> None:
        await world.kitchen.inbox.consume([with_headers(order(1), ce_stream="")])
        assert len(await letters(world)) == 1

    async def test_key_that_cannot_be_told_is_unreadable(self, world: World) -> None:
        world.handlers["verification"] = (replace(COOK, key=lambda data: {"pho": "pho"}[data.shop]),)
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1, shop="bun"), order(1)])
        assert await cooked(world) == (1,)
        assert len(await letters(world)) == 1

    async def test_stream_goes_on_when_the_unreadable_comes_only_later(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1), order(3)])
        await world.kitchen.inbox.consume([with_headers(order(2), ce_type="toy.unknown.v1")])
        await world.kitchen.inbox.sweep()
        assert await cooked(world) == (1, 3)

    async def test_unknown_type_can_be_retried_once_there_is_a_handler(self, world: World) -> None:
        world.handlers["verification"] = ()
        world.restart("verification")
        await world.kitchen.inbox.consume([order(1)])
        (letter,) = await letters(world)
        world.handlers["verification"] = (COOK,)
        world.restart("verification")
        await world.kitchen.inbox.consume([order(2)])
        await world.kitchen.inbox.retry(letter.message.id, "op")
        assert await cooked(world) == (2, 1)
        await world.kitchen.inbox.consume([order(1)])  # it comes once more, and can be read now
        assert await cooked(world) == (2, 1)

    async def test_message_too_large_to_tell_of_is_kept_here_only(self, world: World) -> None:
        large = replace(order(1), value=b" " * (8 * 2**20))
        await world.kitchen.inbox.consume([large])
        await world.kitchen.publish()
        (letter,) = await letters(world)
        assert letter.record().value == large.value
        (told,) = world.broker.records("toy-orders-dlq")
        assert json.loads(told.value)["value_base64"] == ""


class TestForeignEvents:
    """Topics whose producer is none of our services."""

    async def test_place_in_a_stream_is_ignored(self, world: World) -> None:
        spoof = with_headers(post("1"), ce_stream=STREAM, ce_sequence="7")
        await world.intake.inbox.consume([spoof, with_headers(post("2"), ce_sequence="00012-b", ce_stream="theirs")])
        shop = await world.intake.aggregates.get(SHOPS, "pho")
        assert shop is not None
        assert shop.posts == ("//a#1", "//a#2")
        assert world.intake.asked == []
        assert world.intake.kept("held") + world.intake.kept("parked") == []

    async def test_place_in_a_structured_event_is_ignored(self, world: World) -> None:
        event = {
            "specversion": "1.0",
            "id": "1",
            "source": "//a",
            "type": OrderPostedV1.type_,
            "time": "2026-01-01T00:00:00Z",
            "sequence": "abc",
            "stream": STREAM,
            "data": {"shop": "pho", "amount": 1},
        }
        headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
        record = Record("toy-posts", 0, 0, "", headers, json.dumps(event).encode())
        await world.intake.inbox.consume([record])
        assert (await world.intake.aggregates.get(SHOPS, "pho") or Shop()).posts == ("//a#1",)

    async def test_unreadable_post_does_not_skip_a_place_of_ours(self, world: World) -> None:
        await world.intake.inbox.consume([with_headers(post("1"), ce_type="x", ce_stream=STREAM, ce_sequence="1")])
        assert not [place for place in world.stores["intake"].bodies() if place[0] == "passed"]

    async def test_repeated_post_is_parked_once(self, world: World) -> None:
        world.handlers["intake"] = (replace(TAKE_POST, needs=lambda _: (("price_lists", "menu"),)),)
        world.restart("intake")
        for _ in range(3):
            await world.intake.inbox.consume([post("1"), post("2")])
        assert len(world.stores["intake"].bodies()[("shops", "pho")]["parked"]) == 2

    async def test_post_that_finds_no_room_to_wait_is_set_aside(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.messaging.aggregate._PARKED_MAX", 2)
        world.handlers["intake"] = (replace(TAKE_POST, needs=lambda _: (("price_lists", "menu"),)),)
        world.restart("intake")
        await world.intake.inbox.consume([post("1"), post("2"), post("3")])
        (letter,) = await letters(world, "intake")
        assert "too many messages wait for price_lists/menu" in letter.message.reason


class TestDeadLetters:
    async def test_retried_exactly_once_however_often_it_is_asked(self, world: World) -> None:
        id_ = await self._poisoned(world)
        self._heal(world)
        for _ in range(3):
            letter = await world.kitchen.inbox.retry(id_, "op")
            assert letter is not None
            assert (letter.status, letter.note) == ("retried", "op: handled")
        assert await cooked(world) == (1, 3, 2)
        await world.kitchen.inbox.consume([order(2, POISON)])
        assert await cooked(world) == (1, 3, 2)

    async def test_crash_between_effect_and_settling_does_not_apply_it_twice(self, world: World) -> None:
        id_ = await self._poisoned(world)
        self._heal(world)
        world.kitchen.store.put_many = _then_fail(world.kitchen.store.put_many)  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            await world.kitchen.inbox.retry(id_, "op")
        world.restart("verification")
        assert (await letters(world))[0].status == "waiting"
        await world.kitchen.inbox.retry(id_, "op")
        assert await cooked(world) == (1, 3, 2)

    async def test_that_fails_again_keeps_waiting_and_may_succeed_later(self, world: World) -> None:
        id_ = await self._poisoned(world)
        for _ in range(2):
            with pytest.raises(DomainError, match="failed again") as refused:
                await world.kitchen.inbox.retry(id_, "op")
            assert "vẫn không xử lý được: " in refused.value.vi  # with the reason
        (letter,) = await letters(world)
        assert (letter.status, letter.message.attempts, letter.message.offset) == ("waiting", 9, 2)
        self._heal(world)
        await world.kitchen.inbox.retry(id_, "op")
        assert await cooked(world) == (1, 3, 2)
        assert await letters(world) == []

    async def test_discarded_stays_discarded(self, world: World) -> None:
        id_ = await self._poisoned(world)
        await world.kitchen.inbox.dead_letters.settle(id_, "discarded", "not needed", "op")
        with pytest.raises(Conflict):
            await world.kitchen.inbox.retry(id_, "op")
        self._heal(world)
        await world.kitchen.inbox.consume([order(2, POISON)])
        assert await cooked(world) == (1, 3)
        assert (await world.kitchen.inbox.dead_letters.get(id_)).status == "discarded"

    async def test_retried_cannot_be_discarded(self, world: World) -> None:
        id_ = await self._poisoned(world)
        self._heal(world)
        await world.kitchen.inbox.retry(id_, "op")
        with pytest.raises(Conflict):
            await world.kitchen.inbox.dead_letters.settle(id_, "discarded", "too late", "op")

    async def test_unknown_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound):
            await world.kitchen.inbox.retry("no-such", "op")

    async def test_retry_that_must_wait_says_so_and_comes_back_if_it_fails_then(self, world: World) -> None:
        id_ = await self._poisoned(world)
        needs_price = replace(COOK, needs=lambda _: (("kitchens", "price"),))
        world.handlers["verification"] = (needs_price,)
        world.restart("verification")
        letter = await world.kitchen.inbox.retry(id_, "op")
        assert letter is not None
        assert "parked until kitchens/price" in letter.note
        await self._reference(world)
        (waiting,) = await letters(world)  # still poison: it failed when its turn came
        assert waiting.message.id == id_
        world.handlers["verification"] = (replace(needs_price, apply=_cook_all),)
        world.restart("verification")
        await world.kitchen.inbox.retry(id_, "op")
        assert await cooked(world) == (1, 3, 2)

    async def test_set_aside_before_a_crash_and_retried_before_it_comes_again_is_taken_once(self, world: World) -> None:
        """The dead letter is written before the aggregate: in between, the message is still to come."""
        world.kitchen.store.put_many = _silent  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            await world.kitchen.inbox.consume([order(1, POISON), order(2)])
        (letter,) = await letters(world)
        self._heal(world)
        await world.kitchen.inbox.retry(letter.message.id, "op")
        await world.kitchen.inbox.consume([order(1, POISON), order(2)])
        assert await cooked(world) == (1, 2)

    async def _poisoned(self, world: World) -> str:
        await world.kitchen.inbox.consume([order(1), order(2, POISON), order(3)])
        (letter,) = await letters(world)
        return letter.message.id

    def _heal(self, world: World) -> None:
        world.handlers["verification"] = (replace(COOK, apply=_cook_all),)
        world.restart("verification")

    async def _reference(self, world: World) -> None:
        await world.kitchen.aggregates.execute(KITCHENS, "price", lambda _: Change(Kitchen()))
        await world.kitchen.inbox.sweep()


class TestStore:
    async def test_that_does_not_answer_raises_and_nothing_is_lost(self, world: World) -> None:
        world.kitchen.store.silent = True
        with pytest.raises(StoreUnavailable):
            await world.kitchen.inbox.consume([order(1)])
        world.kitchen.store.silent = False
        await world.kitchen.inbox.consume([order(1)])
        assert await cooked(world) == (1,)

    async def test_commands_on_the_same_aggregate_at_the_same_time(self, world: World) -> None:
        """A command comes between reading and writing, three times over."""
        other = ToyService(world, "verification")
        whole = world.kitchen.store.put_many
        left = [1, 2, 3]

        async def put_many(writes: Any) -> list[bool]:
            if left and any(write.collection == "kitchens" for write in writes):
                extra = 100 + left.pop()
                await other.aggregates.execute(KITCHENS, "pho", lambda state: _add(state, extra))
            return await whole(writes)

        world.kitchen.store.put_many = put_many  # type: ignore[method-assign]
        await world.kitchen.inbox.consume([order(1), order(2)])
        assert await cooked(world) == (103, 102, 101, 1, 2)
        assert len(world.stores["verification"].outgoing()) == 2

    async def test_conflict_without_end_is_given_up_for_later(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def at_once(_: int) -> None:
            return None

        monkeypatch.setattr("shared.messaging.advance.wait_for_others", at_once)
        monkeypatch.setattr("shared.messaging.commands.wait_for_others", at_once)

        async def put_many(writes: Any) -> list[bool]:
            return [False for _ in writes]

        world.kitchen.store.put_many = put_many  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable, match="changed by others"):
            await world.kitchen.inbox.consume([order(1)])

    async def test_many_decisions_meet_with_conflicts_and_each_is_done(self, world: World) -> None:
        await world.order("pho", 1)
        whole = world.intake.store.put_many
        conflicts = ["pho"]

        async def put_many(writes: Any) -> list[bool]:
            if conflicts:
                conflicts.pop()
                await world.stores["intake"].put(
                    replace(writes[0], body=world.stores["intake"].bodies()[("shops", "pho")], indexes={})
                )
            return await whole(writes)

        world.intake.store.put_many = put_many  # type: ignore[method-assign]
        await world.intake.aggregates.execute_many(SHOPS, {"pho": place("pho", 2), "bun": place("bun", 1)})
        assert {k: v.orders for k, v in (await world.intake.aggregates.all(SHOPS)).items()} == {
            "pho": (1, 2),
            "bun": (1,),
        }


def _cook_all(state: Kitchen | None, event: Event[OrderPlacedV1], context: Context) -> Change[Kitchen]:
    healed = event.model_copy(update={"data": event.data.model_copy(update={"amount": 1})})
    return cook(state, healed, context)


def _add(state: Kitchen | None, number: int) -> Change[Kitchen]:
    return Change(Kitchen(cooked=(*(state or Kitchen()).cooked, number)))


def _then_fail(put_many: Callable[[Any], Awaitable[list[bool]]]) -> Callable[[Any], Awaitable[list[bool]]]:
    async def written_but_not_said(writes: Any) -> list[bool]:
        await put_many(writes)
        raise StoreUnavailable("written, but the answer did not come")

    return written_but_not_said


async def _silent(_: Any) -> list[bool]:
    raise StoreUnavailable("the store does not answer")
