"""Events travel as CloudEvents 1.0 in the binary mode (ADR 0005): attributes are `ce_` headers, the value is the data.

So the bytes of a published ranking on Kafka are the very bytes that HTTP serves. The structured mode is read as well,
because the provincial platform may send it.

Every event that a service says carries `stream` and `sequence`: the aggregate it comes from and its place among the
events of that aggregate on that topic, 1, 2, 3, … without gaps. Duplicates, reordering and losses are seen by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.kernel.canonical import canonical_json, loads_exact

__all__ = [
    "EVENT_TYPES",
    "CloudEvent",
    "Event",
    "EventData",
    "UnreadableEvent",
    "decode",
    "format_time",
    "read_event",
]

STRUCTURED = "application/cloudevents+json"
SPEC_VERSION = "1.0"
# Context attributes and extensions this project sends; others that arrive are ignored.
ATTRIBUTES = (
    "id",
    "source",
    "type",
    "subject",
    "time",
    "stream",
    "sequence",
    "partitionkey",
    "correlationid",
    "causationid",
    "actor",
    "traceparent",
)


class UnreadableEvent(ValueError):
    """The message is no CloudEvent this project can read; `reason` says at which place and why."""


class EventData(BaseModel):
    """The data of one event type, at one major version. Frozen; unknown fields of later minors are ignored.

    Subclasses say `type_` (`<service>.<subject>.<action>.v<major>`) and `topic`, and are registered by it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type_: ClassVar[str]
    topic: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type_" in cls.__dict__:
            if cls.type_ in EVENT_TYPES:
                raise TypeError(f"two classes for the event type {cls.type_}")
            EVENT_TYPES[cls.type_] = cls


EVENT_TYPES: dict[str, type[EventData]] = {}
D = TypeVar("D", bound=EventData)


class CloudEvent(BaseModel):
    """The envelope as read or about to be sent; `data` is plain JSON."""

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    type: str
    time: datetime
    subject: str = ""
    stream: str = ""
    sequence: int = 0
    partitionkey: str = ""
    correlationid: str = ""
    causationid: str = ""
    actor: str = ""
    traceparent: str = ""
    data: Any = None

    def headers(self) -> dict[str, str]:
        """Kafka headers of the binary mode; attributes that are empty are left out."""
        result = {"content-type": "application/json", "ce_specversion": SPEC_VERSION}
        for name in ATTRIBUTES:
            value = getattr(self, name)
            if value:
                result[f"ce_{name}"] = format_time(value) if isinstance(value, datetime) else str(value)
        return result

    def value(self) -> bytes:
        """The message's value: canonical JSON of the data."""
        return canonical_json(self.data)


class Event(BaseModel, Generic[D]):
    """An event whose data has been read into its class: what handlers get."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    envelope: CloudEvent
    data: D


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`, microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode(headers: Mapping[str, str], value: bytes | None) -> CloudEvent:
    """Read a CloudEvent from a message in either mode. Raises `UnreadableEvent`.

    `headers` have lower-case names with the prefix `ce_` (Kafka) or `ce-` (HTTP).
    """
    if not value:
        raise UnreadableEvent("the message has no value (an empty value or a tombstone)")
    try:
        body = loads_exact(value)
    except ValueError as error:
        raise UnreadableEvent(f"the value is not JSON: {error}") from error
    if headers.get("content-type", "").startswith(STRUCTURED):
        if not isinstance(body, dict):
            raise UnreadableEvent("a structured CloudEvent is a JSON object")
        attributes, data = {k: v for k, v in body.items() if k != "data"}, body.get("data")
    else:
        attributes = {k[3:]: v for k, v in headers.items() if k.startswith(("ce_", "ce-"))}
        data = body
    if attributes.get("specversion") != SPEC_VERSION:
        raise UnreadableEvent(f"specversion is {attributes.get('specversion')!r}, must be '{SPEC_VERSION}'")
    known = {name: attributes[name] for name in ATTRIBUTES if attributes.get(name) is not None}
    try:
        event = CloudEvent.model_validate({**known, "data": data})
    except ValidationError as error:
        first = error.errors()[0]
        raise UnreadableEvent(f"CloudEvent attribute {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not event.id or not event.source or not event.type:
        raise UnreadableEvent("a CloudEvent needs id, source and type")
    if event.time.tzinfo is None:
        raise UnreadableEvent("CloudEvent attribute time: a time zone is missing")
    return event


def read_event(envelope: CloudEvent) -> Event[Any]:
    """The event with its data validated by the class of its type. Raises `UnreadableEvent`."""
    cls = EVENT_TYPES.get(envelope.type)
    if cls is None:
        raise UnreadableEvent(f"unknown event type {envelope.type!r}")
    try:
        data = cls.model_validate(envelope.data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UnreadableEvent(f"data.{place}: {first['msg']} ({error.error_count()} faults in all)") from error
    return Event(envelope=envelope, data=data)
