"""What stands on the broker, read record by record with a plain Kafka client that belongs to no service."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException, TopicPartition

from shared.contracts.registry import all_topics, topics
from tests.faults.campaign import PATIENCE, SILENT

_TIMEOUT = 10.0


T = TypeVar("T")


def patiently(ask: Callable[[], T]) -> T:
    """What the broker answers, however often it has to be asked: it may be what is struck at this moment."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


@dataclass(frozen=True)
class Raw:
    """A record as the broker has it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None

    def header(self, name: str) -> str:
        """A header as text, or nothing."""
        return next((value.decode("utf-8", "replace") for key, value in self.headers if key == name), "")


class TopicReader:
    """Keeps all that it has read of all topics; `read` goes on to the present end of each."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._next: dict[tuple[str, int], int] = {}
        self.records: dict[str, list[Raw]] = defaultdict(list)

    def forget(self) -> None:
        """The broker's logs began anew."""
        self._next.clear()
        self.records.clear()

    def read(self) -> None:
        """Everything that stands there now. Tries again while the broker does not answer."""
        patiently(self._read)

    def behind(self) -> dict[str, int]:
        """How many records each consumer group has still to consume: `group topic` → count, where there are any."""
        result: dict[str, int] = {}
        groups: dict[str, list[str]] = defaultdict(list)
        for topic in topics().values():
            for group in topic.consumers:
                groups[group].append(topic.name)
        for group, names in sorted(groups.items()):
            with _client(self._kafka, group) as client:
                places = _places(client, names)
                for place in client.committed(places, timeout=_TIMEOUT):
                    start, end = client.get_watermark_offsets(place, timeout=_TIMEOUT)
                    waiting = end - max(place.offset, start)
                    if waiting > 0:
                        name = f"{group} {place.topic}"
                        result[name] = result.get(name, 0) + waiting
        return result

    def _read(self) -> None:
        with _client(self._kafka, "faults-ledger") as client:
            places = _places(client, [topic.name for topic in all_topics()])
            ends: dict[tuple[str, int], int] = {}
            for place in places:
                start, end = client.get_watermark_offsets(place, timeout=_TIMEOUT)
                at = (place.topic, place.partition)
                place.offset = max(self._next.get(at, 0), start)
                if place.offset < end:
                    ends[at] = end
            wanted = [place for place in places if (place.topic, place.partition) in ends]
            if wanted:
                client.assign(wanted)
            until = time.monotonic() + PATIENCE
            while ends:
                for message in client.consume(500, timeout=1):
                    if message.error():
                        raise KafkaException(message.error())
                    at = (message.topic(), message.partition())
                    if message.offset() < self._next.get(at, 0):
                        continue
                    self._next[at] = message.offset() + 1
                    headers = tuple((name, value or b"") for name, value in message.headers() or ())
                    self.records[at[0]].append(Raw(*at, message.offset(), message.key(), headers, message.value()))
                for place in client.position(wanted):
                    at = (place.topic, place.partition)
                    if at in ends and place.offset >= ends[at]:
                        self._next[at] = max(self._next.get(at, 0), ends[at])
                        del ends[at]
                if time.monotonic() > until:
                    raise AssertionError(f"the ledger cannot read {sorted(ends)} to their ends")


class _client:  # noqa: N801 - used as a function is
    """A client that is closed again."""

    def __init__(self, kafka: str, group: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "max.partition.fetch.bytes": 32 * 2**20,
                "fetch.message.max.bytes": 32 * 2**20,
                "logger": SILENT,
            }
        )

    def __enter__(self) -> Consumer:
        return self._consumer

    def __exit__(self, *_: object) -> None:
        self._consumer.close()


def _places(client: Consumer, names: list[str]) -> list[TopicPartition]:
    known = client.list_topics(timeout=_TIMEOUT).topics
    return [TopicPartition(name, number) for name in names if name in known for number in known[name].partitions]
