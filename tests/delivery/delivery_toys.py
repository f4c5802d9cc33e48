"""Three toy services: intake takes orders and sets prices, verification cooks, scoring bills by the price list.

They bear real names because a topic's producer must be a service of ours for its streams to be relied on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from shared.contracts import registry
from shared.contracts.envelope import EVENT_TYPES, Event, EventData
from shared.kernel.errors import Invalid
from shared.messaging.aggregate import Change, Collection, Outgoing
from shared.messaging.handlers import Context, Handler

PRICE_LIST = "menu"


class OrderPlacedV1(EventData):
    type_: ClassVar[str] = "toy.order.placed.v1"
    topic: ClassVar[str] = "toy-orders"

    shop: str
    number: int
    amount: int
    note: str = ""


class DishServedV1(EventData):
    type_: ClassVar[str] = "toy.dish.served.v1"
    topic: ClassVar[str] = "toy-dishes"

    shop: str
    number: int
    amount: int
    price_list: str = PRICE_LIST


class PriceSetV1(EventData):
    type_: ClassVar[str] = "toy.price.set.v1"
    topic: ClassVar[str] = "toy-prices"

    price_list: str
    price: int


class OrderPostedV1(EventData):
    type_: ClassVar[str] = "toy.order.posted.v1"
    topic: ClassVar[str] = "toy-posts"

    shop: str
    amount: Any


TOY_EVENTS = (OrderPlacedV1, DishServedV1, PriceSetV1, OrderPostedV1)
for _event in TOY_EVENTS:  # they are known only while a test says so: other tests look at all event types there are
    del EVENT_TYPES[_event.type_]


@contextmanager
def toy_registry() -> Iterator[None]:
    """The toy topics and events in place of the real ones."""
    folder = Path(__file__).parent

    class Files:
        def joinpath(self, _: str) -> Path:
            return folder / "toy_topics.yaml"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "files", lambda _: Files())
        for event in TOY_EVENTS:
            patch.setitem(EVENT_TYPES, event.type_, event)
        registry.topics.cache_clear()
        yield
    registry.topics.cache_clear()


class State(BaseModel):
    model_config = ConfigDict(frozen=True)


class Shop(State):
    orders: tuple[int, ...] = ()
    posts: tuple[str, ...] = ()


class Price(State):
    price: int


class Kitchen(State):
    cooked: tuple[int, ...] = ()


class Bill(State):
    billed: tuple[int, ...] = ()
    total: int = 0


SHOPS: Collection[Shop] = Collection("shops", Shop)
PRICE_LISTS: Collection[Price] = Collection("price_lists", Price)
KITCHENS: Collection[Kitchen] = Collection("kitchens", Kitchen)
BILLS: Collection[Bill] = Collection("bills", Bill)
PRICES: Collection[Price] = Collection("prices", Price, reference=True)


def place(shop: str, number: int, amount: int = 1) -> Any:
    """The command: the same number again is the same order."""

    def decide(state: Shop | None) -> Change[Shop]:
        orders = state.orders if state else ()
        if number in orders:
            return Change(state)
        after = (state or Shop()).model_copy(update={"orders": (*orders, number)})
        return Change(after, (Outgoing(OrderPlacedV1(shop=shop, number=number, amount=amount), shop),))

    return decide


def set_price(price: int, price_list: str = PRICE_LIST) -> Any:
    def decide(state: Price | None) -> Change[Price]:
        if state is not None and state.price == price:
            return Change(state)
        return Change(Price(price=price), (Outgoing(PriceSetV1(price_list=price_list, price=price), price_list),))

    return decide


def take_post(state: Shop | None, event: Event[OrderPostedV1], _: Context) -> Change[Shop]:
    id_ = f"{event.envelope.source}#{event.envelope.id}"
    before = state or Shop()
    if id_ in before.posts:
        return Change(state)
    if event.data.amount == "poison":
        raise RuntimeError("this post spoils every attempt")
    number = 1000 + len(before.posts)
    after = before.model_copy(update={"posts": (*before.posts, id_), "orders": (*before.orders, number)})
    return Change(after, (Outgoing(OrderPlacedV1(shop=event.data.shop, number=number, amount=1), event.data.shop),))


def cook(state: Kitchen | None, event: Event[OrderPlacedV1], _: Context) -> Change[Kitchen]:
    order = event.data
    if order.amount == 0:
        raise RuntimeError("nothing to cook")
    if order.amount < 0:
        raise Invalid("Không nấu được", "less than nothing cannot be cooked")
    after = Kitchen(cooked=(*(state.cooked if state else ()), order.number))
    return Change(
        after, (Outgoing(DishServedV1(shop=order.shop, number=order.number, amount=order.amount), order.shop),)
    )


def bill(state: Bill | None, event: Event[DishServedV1], context: Context) -> Change[Bill]:
    dish, before = event.data, state or Bill()
    price = context.get(PRICES, dish.price_list).price
    return Change(Bill(billed=(*before.billed, dish.number), total=before.total + dish.amount * price))


def keep_price(_: Price | None, event: Event[PriceSetV1], __: Context) -> Change[Price]:
    return Change(Price(price=event.data.price))


TAKE_POST = Handler(OrderPostedV1, SHOPS, lambda data: data.shop, take_post)
COOK = Handler(OrderPlacedV1, KITCHENS, lambda data: data.shop, cook)
BILL = Handler(DishServedV1, BILLS, lambda data: data.shop, bill, needs=lambda data: ((PRICES.name, data.price_list),))
KEEP_PRICE = Handler(PriceSetV1, PRICES, lambda data: data.price_list, keep_price)

COLLECTIONS: dict[str, tuple[Collection[Any], ...]] = {
    "intake": (SHOPS, PRICE_LISTS),
    "verification": (KITCHENS,),
    "scoring": (BILLS, PRICES),
}
HANDLERS: dict[str, tuple[Handler, ...]] = {
    "intake": (TAKE_POST,),
    "verification": (COOK,),
    "scoring": (BILL, KEEP_PRICE),
}
