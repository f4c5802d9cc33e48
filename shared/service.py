"""The skeleton all four services share: store, aggregates, inbox, relay, reconcilers, broker, HTTP — wired once.

A service's `app.py` says what is its own (collections, handlers, reconcilers, routes); everything else is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import SpanProcessor

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent
from shared.contracts.registry import topics
from shared.http.api import build_api
from shared.http.auth import TokenVerifier
from shared.kernel.clock import Clock
from shared.messaging.access import Access
from shared.messaging.aggregate import AggregateDocument, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.handlers import Handler
from shared.messaging.inbox import PASSED, Inbox
from shared.messaging.kafka.broker import build_broker
from shared.messaging.kafka.progress import GroupProgress
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.kafka.subscriber import subscribe
from shared.messaging.losses import Losses
from shared.messaging.marks import Process
from shared.messaging.messages import REPUBLISH_REQUESTS, Message, PublisherUnavailable
from shared.messaging.reconcile import Reconciler, Reconcilers
from shared.messaging.relay import RELAY_COLLECTION, Relay, RelayLimits
from shared.messaging.story import Stories
from shared.messaging.watchdog import Watchdog
from shared.stopping import StoppingTime
from shared.storage.port import DocumentStore, StoreUnavailable
from shared.storage.timed import timed
from shared.telemetry import situation
from shared.telemetry.metrics import Figures, Metrics
from shared.telemetry.spans import Spans

__all__ = ["Definition", "Parts", "Service", "store_indexes"]

log = logging.getLogger(__name__)

_SWEEP_EVERY = 3.0  # seconds
_ANSWER_SECONDS = 3.0  # for store and broker to be called well
_STATUS_SECONDS = 5.0  # for the broker to tell what was consumed
_STOP_SECONDS = 6.0  # for all of these together:
_BATCH_SECONDS = 3.0  # until the batch in hand is stored and committed
_PUBLISH_SECONDS = 1.5  # until what was stored is published


@dataclass(frozen=True)
class Parts:
    """The real things a service is built on."""

    store: DocumentStore
    broker_address: str
    clock: Clock
    tokens: TokenVerifier
    limits: RelayLimits = field(default_factory=RelayLimits)
    access: Access = field(default_factory=Access)
    spans: SpanProcessor | None = None  # where spans go, if anybody wants them
    alone: bool = False  # no other process will ever share this service's consumer group


@dataclass(frozen=True)
class Definition:
    """What is a service's own. `reconcilers` and `router` are built over the service's aggregates."""

    name: str
    title: str
    collections: tuple[Collection[Any], ...]
    handlers: tuple[Handler, ...]
    router: Callable[[Aggregates], APIRouter]
    reconcilers: Callable[[Aggregates], list[Reconciler]] = lambda _: []


def store_indexes(collections: Sequence[Collection[Any]]) -> dict[str, tuple[str, ...]]:
    """What to declare to a store for a service with these collections."""
    indexes = {collection.name: collection.declared_indexes() for collection in (*collections, DEAD_LETTERS, PASSED)}
    return {**indexes, RELAY_COLLECTION: ()}


class Service:
    """One running service. `start` after the topics exist; `stop` leaves nothing half done."""

    def __init__(self, definition: Definition, parts: Parts) -> None:
        self.name = definition.name
        self._parts = parts
        self.metrics = Metrics(definition.name)
        self.spans = self._spans = Spans(definition.name, parts.spans)
        collections = (*definition.collections, DEAD_LETTERS)
        store = timed(parts.store, self.metrics.stored)
        self.aggregates = Aggregates(definition.name, store, parts.clock, self._written)
        self._broker = build_broker(parts.broker_address, definition.name, parts.access)
        self._publisher = FastStreamPublisher(self._broker)
        self._progress = GroupProgress(parts.broker_address, parts.access)
        self.relay = Relay(
            definition.name,
            store,
            collections,
            self._publisher,
            self._progress,
            parts.limits,
            Process("", parts.clock) if parts.alone else Process.new(parts.clock),
            self._told,
        )
        self.inbox = Inbox(self.aggregates, definition.handlers, collections, self._request, self.metrics)
        self._reconcilers = Reconcilers.apart(definition.reconcilers(self.aggregates))
        self._losses = Losses(definition.name, self._ask_topic)
        self.stories = Stories(definition.name, store, collections)
        self._consumer = subscribe(
            self._broker,
            definition.name,
            self.inbox,
            self.relay,
            self._losses,
            self.metrics,
            self._spans,
            alone=parts.alone,
        )
        self._watchdog = Watchdog(
            definition.name, self.inbox.topics, self._progress, self._restarting(self._consumer.restart)
        )
        self.api: FastAPI = build_api(self, definition.title, definition.router(self.aggregates), parts.tokens)
        self._tasks: list[asyncio.Task[None]] = []
        self._references = {collection.name for collection in collections if collection.reference}
        self._sweep_soon = asyncio.Event()

    async def start(self) -> None:
        """Connect, publish again what a lost broker needs, and begin to consume."""
        await asyncio.create_task(self._start(), context=situation.lasting(self.name))

    async def _start(self) -> None:
        await self._broker.start()
        self._tasks = [
            asyncio.create_task(self.relay.run(), name=f"{self.name} relay"),
            *(asyncio.create_task(some.run(), name=f"{self.name} reconcilers") for some in self._reconcilers),
            asyncio.create_task(self._sweep(), name=f"{self.name} sweep"),
            asyncio.create_task(self._watchdog.run(), name=f"{self.name} watchdog"),
        ]
        log.info("%s started", self.name)

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Leave nothing half done, in at most so many seconds, whatever does not answer.

        The batch in hand is finished and committed, or comes again; what is published is cleared, or published again.
        """
        with situation.being(service=self.name):  # whoever asks for it is no service
            await self._stop(seconds)

    async def _stop(self, seconds: float) -> None:
        time_left = StoppingTime(seconds)
        relay, others = self._tasks[:1], self._tasks[1:]
        await self._end(others, time_left)  # before the consumer, which the watchdog would start again
        await time_left.step(f"{self.name}'s batch in hand", self._consumer.finish(), min(_BATCH_SECONDS, seconds / 2))
        if relay and not self._parts.limits.volatile:  # a broker that ends with us need not have it
            publishing = min(_PUBLISH_SECONDS, seconds / 4)
            await time_left.step(f"{self.name}'s publishing", self._all_published(), publishing)
        await self._end(relay, time_left)
        self._tasks = []
        await time_left.step(f"{self.name}'s broker client", self._broker.stop(), seconds)
        await time_left.step(f"{self.name}'s look at other groups", self._progress.close(), seconds)
        # Whoever takes traces may be away; its exporter waits without asking the loop.
        await time_left.step(f"{self.name}'s traces", asyncio.to_thread(self._spans.stop), seconds)
        log.info("%s stopped", self.name)

    async def _end(self, tasks: Sequence[asyncio.Task[None]], time_left: StoppingTime) -> None:
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        done, late = await asyncio.wait(tasks, timeout=time_left.left)
        for task in late:
            log.warning("%s takes too long to stop and is left as it is", task.get_name())
        for task in done:
            if not task.cancelled() and task.exception():
                log.error("%s had failed", task.get_name(), exc_info=task.exception())

    async def _all_published(self) -> None:
        """Nobody waits for it beyond the bound: consumers may stand still, or the broker be away."""
        while await self.relay.owes():  # noqa: ASYNC110 - what is looked at is what the store holds
            await asyncio.sleep(0.05)

    @property
    def running(self) -> bool:
        """Started, and none of its tasks has ended."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def ready(self) -> bool:
        """Whether the store and the broker answer and all tasks run."""
        return bool((await self.health())["status"] == "ready")

    async def health(self) -> dict[str, Any]:
        """Whether it can work and what is in its way, and how far behind it is, as of seconds ago; nothing personal."""
        store, broker = await asyncio.gather(self._store_answers(), self._broker_answers())
        return {
            "status": "ready" if self.running and store and broker else "not ready",
            "running": self.running,
            "store": store,
            "broker": broker,
            "lag": self._watchdog.lag(),
            "oldest_seconds": round(self._watchdog.oldest(), 1),
            "stuck": self._stuck(),
        }

    async def _store_answers(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._parts.store.count(DEAD_LETTERS.name, "status", "waiting")
        except (TimeoutError, StoreUnavailable):
            return False
        return True

    async def _broker_answers(self) -> bool:
        if not self.running:
            return False
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                ping = self._broker.ping(timeout=_ANSWER_SECONDS)  # may connect, for all who ask later
                return await asyncio.create_task(ping, context=situation.lasting(self.name))
        except (TimeoutError, PublisherUnavailable):
            return False

    def _stuck(self) -> list[str]:
        return [f"{topic}[{partition}]" for topic, partition in self._watchdog.stuck()]

    async def status(self) -> dict[str, Any]:
        """What was consumed, what is pending, parked and dead-lettered; plain JSON. `consumed` needs the broker.

        All is asked at once: where much is worked off, each answer waits for a batch to be done.
        """
        consumed, unpublished, parked, parked_aggregates, letters = await asyncio.gather(
            self._consumed_if_known(),
            self.relay.pending(),
            self.inbox.waiting(),
            self.inbox.count_waiting(),
            self._parts.store.count(DEAD_LETTERS.name, "status", "waiting"),
        )
        return {
            "service": self.name,
            "running": self.running,
            "consumed": consumed,
            "stuck": self._stuck(),
            "unpublished": unpublished,
            "parked": parked,
            "parked_aggregates": parked_aggregates,
            "dead_letters": letters,
        }

    async def figures(self) -> Figures:
        """What only metrics tell."""
        return Figures(await self.inbox.held(), self.relay.ahead(), self._parts.limits.max_ahead)

    async def _consumed_if_known(self) -> dict[str, Any]:
        names = [topic.name for topic in topics().values() if self.name in topic.consumers]
        names = [name for name in names if name != REPUBLISH_REQUESTS]
        try:
            async with asyncio.timeout(_STATUS_SECONDS):
                counts = await asyncio.gather(*map(self._consumed, names))
        except (TimeoutError, PublisherUnavailable) as error:
            log.warning("%s status without the broker: %r", self.name, error)
            return {}
        return dict(zip(names, counts, strict=True))

    async def _consumed(self, topic: str) -> dict[str, Any]:
        committed, ends = await asyncio.gather(self._progress.committed(self.name, topic), self._progress.ends(topic))
        known = committed.keys() & ends.keys()
        done, end = sum(committed[p] for p in known), sum(ends[p] for p in known)
        return {
            "consumed": done,
            "end": end,
            "lag": max(end - done, 0),
            "waiting_seconds": round(self._watchdog.waiting(topic), 1),
            "oldest_seconds": round(self._watchdog.oldest(topic), 1),
        }

    def _restarting(self, restart: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def counted() -> None:
            self.metrics.restarted()
            await restart()

        return counted

    def _told(self, messages: Sequence[Message], began: int) -> None:
        """Events of one topic were acknowledged; `began` in nanoseconds since 1970."""
        self.metrics.published(messages[0].topic, len(messages))
        self.metrics.sent((time.time_ns() - began) / 1e9)
        if self._spans.on:
            ended = time.time_ns()
            for message in messages:
                self._spans.published(message, began, ended)

    def _written(self, document: AggregateDocument[Any]) -> None:
        collection = document.collection.name
        self.relay.wrote(document.outgoing)
        for some in self._reconcilers:
            some.written(collection, document.key)
        if collection in self._references:  # a command may have written what messages wait for
            self._sweep_soon.set()

    async def _sweep(self) -> None:
        """At start, and now and then: events left parked or held when a process ended at the wrong moment."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._sweep_soon.clear()
            try:
                await self.inbox.sweep()
                await self._losses.look(self.inbox.topics, self._progress)
            except (StoreUnavailable, PublisherUnavailable) as error:
                log.warning("%s sweep: %s; trying again", self.name, error)
            except Exception:
                log.exception("%s sweep failed; trying again", self.name)
            # Where much waits, a sweep takes long: it must not become all that is done.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sweep_soon.wait(), max(_SWEEP_EVERY, 10 * (loop.time() - began)))

    async def _request(self, request: RepublishRequestedV1) -> None:
        """Ask the owner of a topic for missing events of a stream. If this is lost, the sweep asks again."""
        try:
            await self._publish_request(request)
        except PublisherUnavailable as error:
            log.warning("%s could not ask for missing events: %s", self.name, error)

    async def _ask_topic(self, topic: str) -> None:
        """Ask for all of a topic. Raises `PublisherUnavailable`: nobody would ask again."""
        await self._publish_request(RepublishRequestedV1(requested_topic=topic, requested_by=self.name))

    async def _publish_request(self, request: RepublishRequestedV1) -> None:
        key = request.requested_topic
        self.metrics.asked(key)
        envelope = CloudEvent(
            id=f"{self.name}/{key}/{request.stream}/{request.first_sequence}/{request.after_position}",
            source=f"/xephang/{self.name}",
            type=request.type_,
            time=self._parts.clock.now(),
            subject=key,
            partitionkey=key,
            data=request.model_dump(mode="json"),
        )
        await self._publisher.publish([Message(REPUBLISH_REQUESTS, key, envelope.headers(), envelope.value())])
