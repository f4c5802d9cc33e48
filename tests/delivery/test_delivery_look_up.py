"""A handler may look up more than references for each event; what that raises is raised when the event's turn comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from delivery_toys import SHOPS, TAKE_POST, OrderPostedV1, Shop, place
from delivery_world import World, record_of

from shared.contracts.envelope import Event
from shared.kernel.errors import Conflict
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates
from shared.messaging.handlers import Context
from shared.messaging.messages import Record
from shared.storage.port import StoreUnavailable

LookUp = Callable[[Aggregates, Event[OrderPostedV1]], Awaitable[Any]]


def post(id_: str, amount: int) -> Record:
    return record_of(OrderPostedV1(shop="pho", amount=amount), id_=id_, source="//a")


def looking(world: World, look_up: LookUp) -> None:
    """Posts are kept with what was looked up for them."""

    def take(state: Shop | None, event: Event[OrderPostedV1], context: Context) -> Change[Shop]:
        before = state or Shop()
        return Change(before.model_copy(update={"posts": (*before.posts, str(context.found(event)))}))

    world.handlers["intake"] = (replace(TAKE_POST, apply=take, look_up=look_up),)
    world.restart("intake")


async def posts(world: World) -> tuple[str, ...]:
    return (await world.intake.aggregates.get(SHOPS, "pho") or Shop()).posts


async def test_each_event_gets_what_was_looked_up_for_it_whatever_others_call_theirs(world: World) -> None:
    async def double(_: Aggregates, event: Event[OrderPostedV1]) -> int:
        return int(event.data.amount) * 2

    looking(world, double)
    await world.intake.inbox.consume([post("same", 1), post("same", 2), post("other", 3)])
    assert await posts(world) == ("2", "4", "6")


async def test_it_reads_what_is_in_the_store(world: World) -> None:
    async def orders(aggregates: Aggregates, _: Event[OrderPostedV1]) -> int:
        return len((await aggregates.get(SHOPS, "pho") or Shop()).orders)

    await world.intake.aggregates.execute(SHOPS, "pho", place("pho", 1))
    looking(world, orders)
    await world.intake.inbox.consume([post("a", 1)])
    assert await posts(world) == ("1",)


@pytest.mark.parametrize(("error", "attempts"), [(Conflict("Không", "no"), 1), (RuntimeError("broken"), 3)])
async def test_one_that_cannot_be_looked_up_is_set_aside_and_the_others_go_on(
    world: World, error: Exception, attempts: int
) -> None:
    async def fail_on_one(_: Aggregates, event: Event[OrderPostedV1]) -> str:
        if event.data.amount == 1:
            raise error
        return "fine"

    looking(world, fail_on_one)
    await world.intake.inbox.consume([post("a", 1), post("b", 2)])
    assert await posts(world) == ("fine",)
    (letter,) = await world.intake.inbox.dead_letters.list()
    assert letter.message.attempts == attempts
    assert str(error) in letter.message.reason


async def test_a_store_that_does_not_answer_stops_the_batch(world: World) -> None:
    async def silent(_: Aggregates, __: Event[OrderPostedV1]) -> None:
        raise StoreUnavailable("silent")

    looking(world, silent)
    with pytest.raises(StoreUnavailable):
        await world.intake.inbox.consume([post("a", 1)])
    assert await posts(world) == ()
