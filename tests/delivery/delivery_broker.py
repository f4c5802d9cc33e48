"""A broker in memory: partitions with offsets, groups that commit, and every way to lose messages that Kafka has."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from delivery_store import Fuse

from shared.contracts.registry import dead_letter_topics, topics
from shared.messaging.messages import Message, Placed, PublisherUnavailable, Record


@dataclass
class Partition:
    log: list[Record] = field(default_factory=list)
    end: int = 0
    size: int = 0

    @property
    def start(self) -> int:
        return self.log[0].offset if self.log else self.end


class FakeBroker:
    """`Publisher` (by `publisher`) and `BrokerProgress`. With `ring`, a partition keeps no more than so many bytes."""

    def __init__(self, ring: int | None = None) -> None:
        self.ring = ring
        self.dropped = 0  # messages that the ring pushed out before every group had them
        self.silent = False
        self.untold: set[tuple[str, int]] = set()  # partitions that were added and are not told of yet
        self._partitions: dict[str, list[Partition]] = {}
        self._committed: dict[tuple[str, str], dict[int, int]] = {}

    def publisher(self, fuse: Fuse) -> FakePublisher:
        """One process's producer."""
        return FakePublisher(self, fuse)

    def partitions(self, topic: str) -> list[Partition]:
        number = topics()[topic].partitions if topic in topics() else dead_letter_topics()[topic].partitions
        return self._partitions.setdefault(topic, [Partition() for _ in range(number)])

    def append(self, message: Message) -> Placed:
        number = crc32(message.key.encode()) % len(self.partitions(message.topic))
        partition = self.partitions(message.topic)[number]
        place = Placed(number, partition.end)
        headers = dict(message.headers)
        partition.log.append(Record(message.topic, number, partition.end, message.key, headers, message.value))
        partition.end += 1
        partition.size += message.size
        while self.ring is not None and partition.size > self.ring and len(partition.log) > 1:
            self._drop_oldest(message.topic, number, partition)
        return place

    def add_partitions(self, topic: str, number: int) -> None:
        """As an operator may; producers hear of it before the others do (`untold`)."""
        before = len(self.partitions(topic))
        self.partitions(topic).extend(Partition() for _ in range(number))
        self.untold |= {(topic, before + each) for each in range(number)}

    def read(self, topic: str, partition: int, offset: int, limit: int = 10**9) -> list[Record]:
        """From an offset on; if it is gone, from the earliest that is there, and not a word of it."""
        return [record for record in self.partitions(topic)[partition].log if record.offset >= offset][:limit]

    def commit(self, group: str, topic: str, partition: int, offset: int) -> None:
        self._committed.setdefault((group, topic), {})[partition] = offset

    def position(self, group: str, topic: str, partition: int) -> int:
        offset = self._committed.get((group, topic), {}).get(partition, 0)
        return 0 if offset > self.partitions(topic)[partition].end else offset  # out of range: from the earliest

    def lose(self, which: Callable[[Record], bool]) -> int:
        """Delete messages wherever they stand."""
        count = 0
        for partitions in self._partitions.values():
            for partition in partitions:
                kept = [record for record in partition.log if not which(record)]
                count += len(partition.log) - len(kept)
                partition.log = kept
        return count

    def lose_everything(self, *, commits: bool = True) -> None:
        """A broker in memory that was started again."""
        self._partitions.clear()
        if commits:
            self._committed.clear()

    def records(self, topic: str) -> list[Record]:
        return [record for partition in self.partitions(topic) for record in partition.log]

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        self.check()
        commits = self._committed.get((group, topic), {})
        return {number: commits.get(number, 0) for number, _ in self._told(topic)}

    async def starts(self, topic: str) -> dict[int, int]:
        self.check()
        return {number: partition.start for number, partition in self._told(topic)}

    async def ends(self, topic: str) -> dict[int, int]:
        self.check()
        return {number: partition.end for number, partition in self._told(topic)}

    def check(self) -> None:
        if self.silent:
            raise PublisherUnavailable("the broker does not answer")

    def _told(self, topic: str) -> list[tuple[int, Partition]]:
        return [(n, p) for n, p in enumerate(self.partitions(topic)) if (topic, n) not in self.untold]

    def _drop_oldest(self, topic: str, number: int, partition: Partition) -> None:
        gone = partition.log.pop(0)
        partition.size -= Message(topic, gone.key, gone.headers, gone.value).size
        groups = topics()[topic].consumers if topic in topics() else ()
        self.dropped += any(self.position(group, topic, number) <= gone.offset for group in groups)


class FakePublisher:
    """Publishes one by one, so that a crash or a silence may leave some of a batch on the broker."""

    def __init__(self, broker: FakeBroker, fuse: Fuse) -> None:
        self._broker = broker
        self._fuse = fuse
        self.silent_after: int | None = None  # so many messages get through, then no acknowledgement comes

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        places = []
        for message in messages:
            self._broker.check()
            if self.silent_after is not None:
                if self.silent_after == 0:
                    self.silent_after = None
                    raise PublisherUnavailable("no acknowledgement came")
                self.silent_after -= 1
            self._fuse.burn(done=False)
            places.append(self._broker.append(message))
            self._fuse.burn(done=True)
        return places
