"""A parked message that an operator sets aside becomes a dead letter: found, and taken once, whoever else is at it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from delivery_store import Crash
from delivery_toys import (
    BILLS,
    PRICE_LISTS,
    PRICES,
    SHOPS,
    TAKE_POST,
    Bill,
    DishServedV1,
    OrderPostedV1,
    PriceSetV1,
    Shop,
)
from delivery_world import NOW, ToyService, World, record_of, survive

from shared.kernel.errors import Conflict, DomainError, NotFound
from shared.messaging import aggregate
from shared.messaging.aggregate import Change
from shared.messaging.dead_letter import DeadLetter
from shared.messaging.messages import Record

SHOP = "bills/pho"


def dish(number: int, price_list: str = "menu", shop: str = "pho") -> Record:
    data = DishServedV1(shop=shop, number=number, amount=1, price_list=price_list)
    return record_of(data, stream=f"verification/kitchens/{shop}", sequence=number)


def price(price_list: str = "menu") -> Record:
    data = PriceSetV1(price_list=price_list, price=10)
    return record_of(data, stream=f"intake/price_lists/{price_list}", sequence=1)


async def billed(world: World) -> tuple[int, ...]:
    return (await world.till.aggregates.get(BILLS, "pho") or Bill()).billed


async def ids(service: ToyService, waits_for: str = "") -> list[str]:
    return [message.id for message in await service.inbox.parked.messages(waits_for)]


async def given_up(service: ToyService, id_: str, **more: str) -> DeadLetter:
    return await service.inbox.set_aside(id_, "gõ nhầm", "lan", **more)


async def test_it_tells_who_why_when_and_what_it_waited_for(world: World) -> None:
    await world.till.inbox.consume([dish(1)])
    (id_,) = await ids(world.till)
    letter = await given_up(world.till, id_)
    message = letter.message
    assert (letter.status, message.id, message.attempts, message.last_failed_at) == ("waiting", id_, 1, NOW)
    assert message.reason == "set aside: lan: gõ nhầm (bills/pho chờ – waited for prices/menu)"
    assert message.handler == "delivery_toys.bill"
    (told,) = [each.entry for each in world.stores["scoring"].outgoing()]
    assert (told.topic, told.headers["ce_actor"]) == ("toy-dishes-dlq", "lan")
    assert orjson.loads(told.value)["reason"] == message.reason
    assert await world.till.inbox.waiting() == {}


async def test_what_is_behind_it_goes_on_and_it_is_taken_when_it_is_retried(world: World) -> None:
    await world.till.inbox.consume([price()])
    await world.till.inbox.consume([dish(1, "nope"), dish(2), dish(3)])
    first, *_ = await ids(world.till)
    await given_up(world.till, first)
    assert await billed(world) == (2, 3)
    await world.till.inbox.consume([dish(1, "nope"), price("nope")])
    assert await billed(world) == (2, 3), "it came again, and is a dead letter"
    for _ in range(2):
        await world.till.inbox.retry(first, "op")
    assert await billed(world) == (2, 3, 1)


async def test_one_that_is_behind_another_is_set_aside_alone(world: World) -> None:
    await world.till.inbox.consume([dish(1), dish(2, "nope"), dish(3)])
    _, second, _ = await ids(world.till)
    await given_up(world.till, second)
    assert await world.till.inbox.waiting() == {"prices/menu": [SHOP]}
    await world.till.inbox.consume([price()])
    assert await billed(world) == (1, 3)


async def test_where_there_is_room_again_what_was_left_out_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregate, "_PARKED_MAX", 2)
    await world.till.inbox.consume([dish(1), dish(2), dish(4)])
    first, _ = await ids(world.till)
    assert world.till.asked == []
    await given_up(world.till, first)
    assert [(asked.first_sequence, asked.last_sequence) for asked in world.till.asked] == [(3, 3)]


async def test_what_waits_for_another_reference_then_says_so(world: World) -> None:
    await world.till.inbox.consume([dish(1, "nope"), dish(2, "other")])
    first, second = await ids(world.till)
    await given_up(world.till, first, aggregate=SHOP, waits_for="prices/nope")
    assert await world.till.inbox.waiting() == {"prices/other": [SHOP]}
    with pytest.raises(Conflict) as refused:
        await given_up(world.till, second, waits_for="prices/nope")
    assert refused.value.code == "parked.waits_for_another"
    assert await ids(world.till) == [second]


async def test_a_second_time_is_refused_and_says_what_was_done(world: World) -> None:
    await world.till.inbox.consume([dish(1)])
    (id_,) = await ids(world.till)
    await given_up(world.till, id_)
    with pytest.raises(Conflict, match="lan: gõ nhầm") as refused:
        await given_up(world.till, id_)
    assert refused.value.code == "parked.no_more"
    with pytest.raises(NotFound):
        await given_up(world.till, "nope")
    assert (await world.till.inbox.dead_letters.get(id_)).message.attempts == 1


async def test_what_can_go_on_by_now_is_taken_instead(world: World) -> None:
    """A command wrote the reference, and no sweep has come to it yet."""
    await world.till.inbox.consume([dish(1)])
    (id_,) = await ids(world.till)
    await world.till.aggregates.execute(PRICES, "menu", lambda _: Change(PRICES.state(price=2)))
    with pytest.raises(NotFound):
        await given_up(world.till, id_)
    assert await billed(world) == (1,)
    assert await world.till.inbox.dead_letters.list() == []


async def test_one_that_was_retried_and_is_parked_again_can_be_set_aside_again(world: World) -> None:
    await world.till.inbox.consume([dish(1)])
    (id_,) = await ids(world.till)
    await given_up(world.till, id_)
    retried = await world.till.inbox.retry(id_, "op")
    assert retried is not None
    assert retried.note == "op: parked until prices/menu is there"
    assert await ids(world.till) == [id_]
    assert (await given_up(world.till, id_)).status == "waiting"
    assert await ids(world.till) == []
    await world.till.inbox.consume([price()])
    await world.till.inbox.retry(id_, "op")
    assert await billed(world) == (1,)


async def test_all_are_listed_page_by_page_and_by_what_they_wait_for(world: World) -> None:
    for number in range(45):
        await world.till.inbox.consume([dish(1, f"list-{number % 2}", f"shop-{number:02}")])
    await world.till.inbox.consume([dish(2, "other", "shop-07")])
    found: list[str] = []
    while page := await world.till.inbox.parked.messages(after=found[-1] if found else "", limit=7):
        found += [message.aggregate for message in page]
    assert sorted(found) == sorted([*(f"bills/shop-{number:02}" for number in range(45)), "bills/shop-07"])
    odd = await world.till.inbox.parked.messages("prices/list-1", limit=100)
    assert [message.aggregate for message in odd].count("bills/shop-07") == 2, "and what is behind one"
    assert {message.waits_for for message in odd} == {"prices/list-1"}
    assert await world.till.inbox.parked.messages("prices/nope") == []


@dataclass
class Scene:
    """A message that is parked, in a stream of ours or as others posted it; `other` is a second process."""

    world: World
    service: ToyService
    other: ToyService
    message: Record
    letter: str

    async def refer(self, service: ToyService) -> None:
        """What it waits for comes."""
        if service.name == "scoring":
            await service.inbox.consume([price()])
        else:
            await service.aggregates.execute(PRICE_LISTS, "menu", lambda _: Change(PRICE_LISTS.state(price=1)))
            await service.inbox.sweep()

    async def taken(self) -> int:
        """How often."""
        if self.service.name == "scoring":
            return len(await billed(self.world))
        return len((await self.service.aggregates.get(SHOPS, "pho") or Shop()).orders)

    async def is_parked(self) -> bool:
        return self.letter in await ids(self.other)

    async def in_between(self, act: Callable[[], Awaitable[Any]]) -> None:
        """The act comes after the dead letter was written, and before the aggregate is."""
        whole, pending = self.service.store.put_many, [act]

        async def put_many(writes: Any) -> list[bool]:
            if pending:
                await pending.pop()()
            return await whole(writes)

        self.service.store.put_many = put_many  # type: ignore[method-assign]

    async def at_last_taken_once(self) -> None:
        """The reference comes, and whoever looks into the dead letters retries what waits there."""
        await self.refer(self.other)
        await self.other.inbox.consume([self.message])
        await self.other.inbox.sweep()
        if (letter := await self.other.inbox.dead_letters.find(self.letter)) and letter.status == "waiting":
            await self.other.inbox.retry(self.letter, "op")
        assert not await self.is_parked()
        assert await self.taken() == 1


@pytest.fixture(params=["of our stream", "of others"])
async def scene(request: pytest.FixtureRequest, world: World) -> Scene:
    if request.param == "of others":
        name, message = "intake", record_of(OrderPostedV1(shop="pho", amount=1), id_="p-1", source="//a")
        world.handlers[name] = (replace(TAKE_POST, needs=lambda _: ((PRICE_LISTS.name, "menu"),)),)
    else:
        name, message = "scoring", dish(1)
    service = world.restart(name)
    await service.inbox.consume([message])
    (id_,) = await ids(service)
    return Scene(world, service, ToyService(world, name), message, id_)


class TestAtTheSameMoment:
    async def test_the_reference_comes_and_it_is_taken_not_set_aside(self, scene: Scene) -> None:
        await scene.in_between(lambda: scene.refer(scene.other))
        with pytest.raises(Conflict) as refused:
            await given_up(scene.service, scene.letter)
        assert refused.value.code == "parked.no_more"
        assert await scene.taken() == 1
        letter = await scene.service.inbox.dead_letters.get(scene.letter)
        assert (letter.status, letter.note) == ("retried", "lan: taken up meanwhile")
        await scene.at_last_taken_once()

    async def test_another_operator_sets_it_aside_and_it_waits_as_one_letter(self, scene: Scene) -> None:
        await scene.in_between(lambda: scene.other.inbox.set_aside(scene.letter, "cũng thế", "mai"))
        with pytest.raises(Conflict):
            await given_up(scene.service, scene.letter)
        assert not await scene.is_parked()
        assert (await scene.service.inbox.dead_letters.get(scene.letter)).status == "waiting"
        await scene.at_last_taken_once()

    async def test_another_operator_began_before_and_ends_before(self, scene: Scene) -> None:
        """The letter of the first is there already, when the second begins: nothing says that it was taken."""
        may_write, whole = asyncio.Event(), scene.other.store.put_many

        async def put_many(writes: Any) -> list[bool]:
            await may_write.wait()
            return await whole(writes)

        scene.other.store.put_many = put_many  # type: ignore[method-assign]
        first = asyncio.create_task(given_up(scene.other, scene.letter))
        while not await scene.service.inbox.dead_letters.find(scene.letter):  # noqa: ASYNC110 - in the other task
            await asyncio.sleep(0)

        async def ends() -> None:
            may_write.set()
            await first

        await scene.in_between(ends)
        with pytest.raises(Conflict):
            await given_up(scene.service, scene.letter)
        assert (await scene.service.inbox.dead_letters.get(scene.letter)).status == "waiting"
        await scene.at_last_taken_once()

    async def test_another_operator_retries_the_letter_and_it_is_parked_on(self, scene: Scene) -> None:
        await scene.in_between(lambda: scene.other.inbox.retry(scene.letter, "mai"))
        with pytest.raises(Conflict):
            await given_up(scene.service, scene.letter)
        assert await scene.is_parked()
        assert (await scene.service.inbox.dead_letters.get(scene.letter)).status == "retried"
        await scene.at_last_taken_once()

    async def test_it_was_retried_before_and_is_retried_again_meanwhile(self, scene: Scene) -> None:
        await given_up(scene.other, scene.letter)
        await scene.other.inbox.retry(scene.letter, "mai")
        await scene.in_between(lambda: scene.other.inbox.retry(scene.letter, "mai"))
        letter = await given_up(scene.service, scene.letter)
        assert (letter.status, await scene.is_parked()) == ("waiting", False)
        await scene.at_last_taken_once()

    async def test_a_retry_that_is_not_done_yet_does_not_settle_what_is_set_aside_again(self, scene: Scene) -> None:
        """Between its parking the message and its word that it did, somebody sets that aside."""
        await given_up(scene.service, scene.letter)
        whole, pending = scene.service.inbox.dead_letters.settle, [scene.letter]

        async def settle(*args: Any, **more: Any) -> Any:
            if pending:
                await given_up(scene.other, pending.pop())
            return await whole(*args, **more)

        scene.service.inbox.dead_letters.settle = settle  # type: ignore[method-assign]
        with pytest.raises(DomainError, match="set aside again"):
            await scene.service.inbox.retry(scene.letter, "mai")
        assert (await scene.service.inbox.dead_letters.get(scene.letter)).status == "waiting"
        await scene.at_last_taken_once()

    async def test_it_is_delivered_again_and_changes_nothing(self, scene: Scene) -> None:
        await scene.in_between(lambda: scene.other.inbox.consume([scene.message]))
        assert (await given_up(scene.service, scene.letter)).status == "waiting"
        await scene.at_last_taken_once()


@pytest.mark.parametrize("retried", [False, True])
@pytest.mark.parametrize("after", [False, True])
async def test_cut_off_anywhere_it_is_asked_again_and_nothing_is_lost(scene: Scene, after: bool, retried: bool) -> None:
    """`retried`: somebody retries the letter before it is asked again, whatever the first attempt came to."""
    crashes = 0
    for call in range(1, 40):
        world = World(handlers=scene.world.handlers)
        service = world.services[scene.service.name]
        await service.inbox.consume([scene.message])
        service.fuse.blow_at(call, after=after, error=Crash)
        if await survive(world, service.name, lambda: given_up(service, scene.letter)):  # noqa: B023
            break
        crashes += 1
        service = world.services[service.name]
        cut = Scene(world, service, ToyService(world, service.name), scene.message, scene.letter)
        if retried and await service.inbox.dead_letters.find(scene.letter):
            await service.inbox.retry(scene.letter, "op")
        if await cut.is_parked():
            assert (await given_up(service, scene.letter)).status == "waiting"
            assert not await cut.is_parked()
        await cut.at_last_taken_once()
    assert crashes >= 6
