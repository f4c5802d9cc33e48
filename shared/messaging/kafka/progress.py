"""How far consumer groups have come: questions to the broker, many of them in one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.access import ANYBODY, Access
from shared.messaging.kafka.broker import ACK_TIMEOUT
from shared.messaging.messages import PublisherUnavailable
from shared.telemetry.situation import lasting

__all__ = ["GroupProgress", "Together"]

Offsets = Mapping[TopicPartition, int]
_GATHERING = 0.005  # seconds in which questions are gathered
_TOGETHER_TIMEOUT = 5.0
_PARTITIONS_AGE = 10_000  # milliseconds until partitions that were added are known


class Together:
    """Questions about partitions that come at about the same time go out as one request, after the last of them.

    Each relay asks every second: asked one by one, an idle service would do little else. If what was asked together
    fails, each asks for itself: a partition without a leader holds up no other topic.
    """

    def __init__(self, ask: Callable[[Sequence[TopicPartition]], Awaitable[Offsets]]) -> None:
        self._ask = ask
        self._gathering: tuple[set[TopicPartition], asyncio.Task[Offsets]] | None = None
        self._asking: set[asyncio.Task[Offsets]] = set()

    async def __call__(self, partitions: Sequence[TopicPartition]) -> dict[int, int]:
        """By partition number, of one topic."""
        if self._gathering is None:
            wanted: set[TopicPartition] = set()
            task = asyncio.create_task(self._soon(wanted))
            self._asking.add(task)
            task.add_done_callback(self._done)
            self._gathering = wanted, task
        wanted, task = self._gathering
        wanted.update(partitions)
        try:
            found = await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():  # it is whoever asks that is cancelled
                raise
            raise PublisherUnavailable("the client was closed") from None
        except (KafkaError, TimeoutError):
            found = await self._ask(partitions)
        return {place.partition: found[place] for place in partitions if place in found}

    def stop(self) -> None:
        """What is under way is given up."""
        for task in self._asking:
            task.cancel()

    async def _soon(self, wanted: set[TopicPartition]) -> Offsets:
        await asyncio.sleep(_GATHERING)
        self._gathering = None
        async with asyncio.timeout(_TOGETHER_TIMEOUT):
            return await self._ask(sorted(wanted))

    def _done(self, task: asyncio.Task[Offsets]) -> None:
        self._asking.discard(task)
        if self._gathering is not None and self._gathering[1] is task:  # it was given up before it asked
            self._gathering = None
        if not task.cancelled():
            task.exception()  # whoever asked has it, if anybody still waits


class GroupProgress:
    """`BrokerProgress`: asks the broker what groups have committed, with clients that never join the groups."""

    def __init__(self, address: str, access: Access = ANYBODY) -> None:
        self._address = address
        self._access = access
        self._clients: dict[str, AIOKafkaConsumer] = {}
        self._lock = asyncio.Lock()
        self._starts = Together(self._asked_starts)
        self._ends = Together(self._asked_ends)
        self._committed: dict[str, Together] = {}

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        if group not in self._committed:
            self._committed[group] = Together(partial(self._asked_committed, group))
        ask = self._committed[group]
        return await self._answer(f"the offsets of {group}", self._of(topic, ask))

    async def starts(self, topic: str) -> dict[int, int]:
        return await self._answer(f"the offsets of {topic}", self._of(topic, self._starts))

    async def ends(self, topic: str) -> dict[int, int]:
        return await self._answer(f"the offsets of {topic}", self._of(topic, self._ends))

    async def close(self) -> None:
        """Let the clients go."""
        for together in (self._starts, self._ends, *self._committed.values()):
            together.stop()
        while self._clients:
            _, client = self._clients.popitem()
            await client.stop()

    async def _of(self, topic: str, ask: Together) -> dict[int, int]:
        return await ask(await self._partitions(topic))

    async def _answer(self, what: str, asking: Coroutine[Any, Any, dict[int, int]]) -> dict[int, int]:
        try:
            async with asyncio.timeout(ACK_TIMEOUT):
                return await asyncio.create_task(asking, context=lasting())
        except (KafkaError, TimeoutError) as error:
            raise PublisherUnavailable(f"asking for {what}: {error!r}") from error

    async def _asked_ends(self, partitions: Sequence[TopicPartition]) -> Offsets:
        return await (await self._client("")).end_offsets(partitions)  # type: ignore[no-any-return]

    async def _asked_starts(self, partitions: Sequence[TopicPartition]) -> Offsets:
        return await (await self._client("")).beginning_offsets(partitions)  # type: ignore[no-any-return]

    async def _asked_committed(self, group: str, partitions: Sequence[TopicPartition]) -> Offsets:
        """0 where the group has not committed. Its public `committed` makes a request for each partition."""
        found = await (await self._client(group))._coordinator.fetch_committed_offsets(list(partitions))
        return {place: found[place].offset if place in found else 0 for place in partitions}

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        """Those that the broker has: an operator may have added some to what the registry says."""
        client = await self._client("")
        numbers = client.partitions_for_topic(topic)
        if not numbers:  # the client learns of a topic by being asked about it, and then hears of it again and again
            await client.end_offsets([TopicPartition(topic, 0)])
            numbers = client.partitions_for_topic(topic)
        if not numbers:
            raise PublisherUnavailable(f"the broker does not tell the partitions of {topic}")
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    async def _client(self, group: str) -> AIOKafkaConsumer:
        async with self._lock:
            if group not in self._clients:
                client = AIOKafkaConsumer(
                    bootstrap_servers=self._address,
                    group_id=group or None,
                    enable_auto_commit=False,
                    metadata_max_age_ms=_PARTITIONS_AGE,
                    **self._access.client_options(),
                )
                try:
                    await client.start()
                except BaseException:
                    await client.stop()
                    raise
                self._clients[group] = client
            return self._clients[group]
