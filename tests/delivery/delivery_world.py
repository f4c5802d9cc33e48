"""The toy services on fakes, moved step by step: what Kafka, the clock and fate do elsewhere, the test does here."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from delivery_broker import FakeBroker
from delivery_store import Crash, Fuse, FusedStore, MemoryStore
from delivery_toys import COLLECTIONS, HANDLERS, PRICE_LIST, PRICE_LISTS, SHOPS, place, set_price

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, EventData, decode, read_event
from shared.contracts.registry import topics
from shared.kernel.clock import SettableClock
from shared.messaging.aggregate import AggregateDocument
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.handlers import Handler
from shared.messaging.inbox import Inbox
from shared.messaging.losses import Losses
from shared.messaging.marks import Process
from shared.messaging.messages import Message, PublisherUnavailable, Record
from shared.messaging.relay import Relay, RelayLimits
from shared.service import store_indexes
from shared.storage.port import StoreUnavailable

REQUESTS = "republish-requests"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LIMITS = RelayLimits(idle=0.01, leave=0.0, mark_every=0.0, retry_after=0.01, look_for_room=0.001)


class ToyService:
    """One process of a service; `World.restart` makes another on the same store."""

    def __init__(self, world: World, name: str, process: str = "") -> None:
        self.name = name
        self.world = world
        self.fuse = Fuse()
        self.store = FusedStore(world.stores[name], self.fuse)
        self.publisher = world.broker.publisher(self.fuse)
        self.asked: list[RepublishRequestedV1] = []
        collections = (*COLLECTIONS[name], DEAD_LETTERS)
        self.aggregates = Aggregates(name, self.store, world.clock, self._written)
        self.inbox = Inbox(self.aggregates, world.handlers[name], collections, self._request, attempts=3, backoff=0.0)
        who = Process(process, world.clock, lambda: world.seconds)
        self.relay = Relay(name, self.store, collections, self.publisher, world.broker, world.limits, who)  # type: ignore[arg-type]
        self.losses = Losses(name, self._ask_topic)

    async def deliver(
        self,
        topic: str,
        *,
        limit: int = 10**9,
        arrange: Callable[[list[Record]], list[Record]] = lambda batch: batch,
        commit: bool = True,
    ) -> int:
        """One batch of a topic through the inbox, and its commit, as the consumer does it."""
        broker = self.world.broker
        positions = {p: broker.position(self.name, topic, p) for p in range(len(broker.partitions(topic)))}
        batch = [record for p, offset in positions.items() for record in broker.read(topic, p, offset, limit)]
        if not batch:
            return 0

        async def committed(name: str, partition: int) -> int:
            return broker.position(self.name, name, partition)

        try:
            await self.losses.notice(batch, committed)
            if topic == REQUESTS:
                for record in batch:
                    await self.relay.take_request(read_event(decode(record.headers, record.value)).data)
            else:
                await self.inbox.consume(arrange(batch))
        except (StoreUnavailable, PublisherUnavailable):
            self.losses.forget()
            return 0
        if commit:
            for record in batch:
                broker.commit(self.name, topic, record.partition, record.offset + 1)
            self.world.consumed[(self.name, topic)].update(_place(record) for record in batch)
        return len(batch)

    async def publish(self) -> bool:
        """One round of the relay."""
        try:
            return await self.relay.turn()
        except (StoreUnavailable, PublisherUnavailable):
            return False

    async def look_after(self) -> None:
        """What a service does now and then."""
        await self.inbox.sweep()
        await self.losses.look(self.inbox.topics, self.world.broker)

    def kept(self, what: str) -> list[str]:
        """Documents that hold something: held, parked; or `outbox`: events that wait to be published."""
        if what == "outbox":
            return sorted({f"{event.collection}/{event.key}" for event in self.world.stores[self.name].outgoing()})
        return [f"{c}/{k}" for (c, k), body in self.world.stores[self.name].bodies().items() if body.get(what)]

    def _written(self, document: AggregateDocument[Any]) -> None:
        self.relay.wrote(document.outgoing)

    async def _request(self, request: RepublishRequestedV1) -> None:
        self.asked.append(request)
        await self._publish(request)

    async def _ask_topic(self, topic: str) -> None:
        await self._request(RepublishRequestedV1(requested_topic=topic, requested_by=self.name))

    async def _publish(self, request: RepublishRequestedV1) -> None:
        event = CloudEvent(
            id="request", source=f"/xephang/{self.name}", type=request.type_, time=NOW, data=request.model_dump()
        )
        await self.publisher.publish([Message(REQUESTS, request.requested_topic, event.headers(), event.value())])


class World:
    """Stores and the broker outlive the services. Use inside `toy_registry()`."""

    def __init__(
        self,
        *,
        ring: int | None = None,
        limits: RelayLimits = LIMITS,
        handlers: dict[str, tuple[Handler, ...]] = HANDLERS,
        journals_at_once: bool = True,
    ) -> None:
        self.clock = SettableClock(NOW)
        self.seconds = 0.0  # as a clock that never goes back tells them
        self.limits = limits
        self.handlers = dict(handlers)
        self.broker = FakeBroker(ring)
        self.stores = {
            name: MemoryStore(store_indexes(collections), journals_at_once=journals_at_once)
            for name, collections in COLLECTIONS.items()
        }
        self.consumed: defaultdict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
        self.services = {name: ToyService(self, name) for name in COLLECTIONS}

    @property
    def intake(self) -> ToyService:
        return self.services["intake"]

    @property
    def kitchen(self) -> ToyService:
        return self.services["verification"]

    @property
    def till(self) -> ToyService:
        return self.services["scoring"]

    def restart(self, name: str) -> ToyService:
        self.services[name] = ToyService(self, name)
        return self.services[name]

    async def order(self, shop: str, number: int, amount: int = 1) -> None:
        await self.intake.aggregates.execute(SHOPS, shop, place(shop, number, amount))

    async def set_price(self, price: int, price_list: str = PRICE_LIST) -> None:
        await self.intake.aggregates.execute(PRICE_LISTS, price_list, set_price(price, price_list))

    async def finish(self, rounds: int = 60) -> None:
        """Go on, undisturbed, until nothing moves any more."""
        for _ in range(rounds):
            moved = False
            for service in self.services.values():
                await service.look_after()
                moved = await service.publish() or moved
                for topic in (*service.inbox.topics, REQUESTS):
                    moved = await service.deliver(topic) > 0 or moved
            if not moved and not any(s.kept("held") + s.kept("ahead") for s in self.services.values()):
                return
        left = {name: (s.kept("outbox"), s.kept("ahead"), s.kept("parked")) for name, s in self.services.items()}
        raise AssertionError(f"it does not come to rest: {left}")

    def states(self) -> dict[str, Any]:
        """The state of every aggregate of every service."""
        return {
            f"{name}/{collection}/{key}": body["state"]
            for name, store in self.stores.items()
            for (collection, key), body in store.bodies().items()
            if "state" in body and collection not in ("relay", "passed", DEAD_LETTERS.name)
        }

    def assert_nothing_left(self) -> None:
        for service in self.services.values():
            for what in ("outbox", "held", "ahead", "parked", "waits_for"):
                assert service.kept(what) == [], f"{service.name} still has {what}"

    def assert_watermarks_hold(self) -> None:
        """Whatever stands at or below a stored watermark was consumed by every group, or is still in an outbox."""
        for name, store in self.stores.items():
            bodies = store.bodies()
            unpublished = {(e.entry.topic, e.entry.stream, e.entry.sequence) for e in store.outgoing()}
            for topic in topics().values():
                if topic.producer != name or topic.cleanup == "compact":
                    continue
                marks = [
                    body
                    for (collection, key), body in bodies.items()
                    if collection == "relay" and (key == topic.name or key.startswith(f"{topic.name}/"))
                ]
                watermark = min((mark["watermark"] for mark in marks), default=0)
                for entry in store.journal(topic.name):
                    if entry.position > watermark or (topic.name, entry.stream, entry.sequence) in unpublished:
                        continue
                    for group in topic.consumers:
                        event = (entry.stream, entry.sequence)
                        seen = self.consumed[(group, topic.name)]
                        assert event in seen, (
                            f"{topic.name}: {event} is below the watermark, but {group} has not had it"
                        )


def _place(record: Record) -> tuple[str, int]:
    return record.headers.get("ce_stream", ""), int(record.headers.get("ce_sequence", 0))


def shuffled(seed: int, earlier: Sequence[Record] = ()) -> Callable[[list[Record]], list[Record]]:
    """Any order, some twice, and some that were there long ago."""

    def arrange(batch: list[Record]) -> list[Record]:
        chance = random.Random(seed)
        again = [record for record in (*batch, *earlier) if chance.random() < 0.3]
        mixed = [*batch, *again]
        chance.shuffle(mixed)
        return mixed

    return arrange


def record_of(
    data: EventData,
    *,
    stream: str = "",
    sequence: int = 0,
    id_: str = "",
    source: str = "/xephang/test",
    key: str = "k",
    offset: int = 0,
) -> Record:
    """A message as its producer would send it."""
    event = CloudEvent(
        id=id_ or f"{stream}#{sequence}",
        source=source,
        type=data.type_,
        time=NOW,
        stream=stream,
        sequence=sequence,
        partitionkey=key,
        data=data.model_dump(mode="json"),
    )
    return Record(data.topic, 0, offset, key, event.headers(), event.value())


async def survive(world: World, name: str, act: Callable[[], Any]) -> bool:
    """Let a service act; if it crashes, start it again. Whether it got through."""
    try:
        await act()
    except Crash:
        world.restart(name)
        return False
    return True
