"""The topic registry read from `topics.yaml`: who says what to whom, and how long it is kept."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts import delivery, intake, publishing, scoring, verification

__all__ = [
    "DEAD_LETTER_TYPE",
    "SERVICES",
    "Topic",
    "all_topics",
    "dead_letter_topics",
    "largest_value",
    "topic",
    "topics",
]

SERVICES = ("intake", "verification", "scoring", "publishing")
DEAD_LETTER_TYPE = delivery.MessageDeadLetteredV1.type_
# Importing the contract modules registers their event types; naming them here keeps the imports honest.
_CONTRACTS = (delivery, intake, publishing, scoring, verification)

TopicName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=80)]


class Topic(BaseModel):
    """One topic: its contract, owner and keeping."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: TopicName
    description: str = Field(min_length=10)
    key: str
    producer: str
    consumers: tuple[str, ...]
    subscribers: tuple[str, ...] = ()
    events: tuple[str, ...] = Field(min_length=1)
    cleanup: Literal["delete", "compact"]
    retention_hours: int | None = None
    max_message_mib: int = 1
    partitions: int = 4
    dlq: TopicName | None = None

    def config(self, replication: int = 1) -> dict[str, str]:
        """Kafka's topic configuration; with three replicas or more, two must have a message before it counts."""
        result = {"cleanup.policy": self.cleanup, "max.message.bytes": str(self.max_message_mib * 2**20)}
        if self.retention_hours is not None:
            result["retention.ms"] = str(self.retention_hours * 3_600_000)
        if replication >= 3:
            result["min.insync.replicas"] = "2"
        return result


@cache
def topics() -> dict[str, Topic]:
    """All topics by name, in the order of the file."""
    text = files("shared.contracts").joinpath("topics.yaml").read_text(encoding="utf-8")
    return {name: Topic(name=name, **body) for name, body in yaml.safe_load(text)["topics"].items()}


def topic(name: str) -> Topic:
    """The topic, or `KeyError` with what there is."""
    try:
        return topics()[name]
    except KeyError:
        raise KeyError(f"no topic {name!r} in topics.yaml; there are: {', '.join(topics())}") from None


def dead_letter_topics() -> dict[str, Topic]:
    """The dead-letter topic of every topic that has one, by its own name."""
    return {
        source.dlq: Topic(
            name=source.dlq,
            description=f"Messages of {source.name} that could not be handled.",
            key="as the message",
            producer="any",
            consumers=(),
            subscribers=("operators",),
            events=(DEAD_LETTER_TYPE,),
            cleanup="delete",
            retention_hours=24 * 90,
            # The message travels inside in Base64, so its envelope is larger than it.
            max_message_mib=2 * source.max_message_mib,
        )
        for source in topics().values()
        if source.dlq
    }


def largest_value(name: str) -> int:
    """How many bytes a message's value may have on a topic; key, headers and the record itself need the rest."""
    found = topics().get(name) or dead_letter_topics()[name]
    return found.max_message_mib * 2**20 - 64 * 2**10


def all_topics() -> tuple[Topic, ...]:
    """Every topic to create: the declared ones and their dead-letter topics."""
    return (*topics().values(), *dead_letter_topics().values())
