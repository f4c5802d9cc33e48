"""Who may do what on the broker: the least that each needs, worked out from the topic registry alone.

A service writes the topics it owns and the dead letters of what it reads, reads what it consumes, and looks at how far
the consumers of its own topics are (the relay's bound). Whoever is outside reads or writes only what the registry
names them for. Everything else is refused by the broker (`allow.everyone.if.no.acl.found=false`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.contracts.registry import SERVICES, Topic, topics

__all__ = ["MONITOR", "Grant", "grants", "users"]

Kind = Literal["topic", "group"]
Operation = Literal["read", "write", "describe"]

# People look at dead letters through the services' API; the public reads HTTP. Neither is a Kafka user.
_NO_USERS = frozenset({"operators", "public", "any"})
# Sees how far groups have come, and nothing of what is in the topics: for scaling and for dashboards.
MONITOR = "monitor"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """`user` may `operation` the topic or group `name`; `prefix` means every name that begins with it."""

    user: str
    kind: Kind
    name: str
    operation: Operation
    prefix: bool = False


def users() -> tuple[str, ...]:
    """Every Kafka user: the services, whom the registry names as producer or subscriber, and the monitor."""
    named = {name for topic in topics().values() for name in (topic.producer, *topic.subscribers)}
    return (*SERVICES, *sorted(named - {*SERVICES} - _NO_USERS), MONITOR)


def grants() -> tuple[Grant, ...]:
    """All rights there are, each once, in order."""
    found = {grant for topic in topics().values() for grant in _of_topic(topic)}
    found |= {Grant(service, "group", service, "read") for service in SERVICES}
    outside = set(users()) - {*SERVICES, MONITOR}
    found |= {Grant(user, "group", user, "read", prefix=True) for user in outside}
    found |= {Grant(MONITOR, "topic", name, "describe") for name in topics()}
    found |= {Grant(MONITOR, "group", service, "describe") for service in SERVICES}
    return tuple(sorted(found))


def _of_topic(topic: Topic) -> Iterator[Grant]:
    writers = SERVICES if topic.producer == "any" else (topic.producer,)
    readers = {*topic.consumers, *topic.subscribers} - _NO_USERS
    for writer in writers:
        yield from _may(writer, topic.name, "write")
        for reader in {*topic.consumers} - {writer} if writer in SERVICES else ():
            yield Grant(writer, "group", reader, "describe")
    for reader in readers:
        yield from _may(reader, topic.name, "read")
    if topic.dlq:
        for consumer in topic.consumers:
            yield from _may(consumer, topic.dlq, "write")


def _may(user: str, topic: str, operation: Operation) -> Iterator[Grant]:
    yield Grant(user, "topic", topic, operation)
    yield Grant(user, "topic", topic, "describe")
