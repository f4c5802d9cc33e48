"""Events travel as CloudEvents 1.0 in the binary mode (ADR 0005): attributes are `ce_` headers, the value is the data.

So the bytes of a published ranking on Kafka are the very bytes that HTTP serves. The structured mode is read as well,
because the provincial platform may send it.

Every event that a service says carries `stream` and `sequence`: the aggregate it comes from and its place among the
events of that aggregate on that topic, 1, 2, 3, … without gaps. Duplicates, reordering and losses are seen by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.kernel.canonical import compact_json, loads_exact

__all__ = [
    "EVENT_TYPES",
    "CloudEvent",
    "Event",
    "EventData",
    "UnreadableEvent",
    "decode",
    "format_time",
    "read_event",
    "too_long",
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
    "dataschema",
)
# Of text attributes, in characters. They travel on, in the headers of every event that follows from this one.
ATTRIBUTE_MAX = 512
# What a stored document can hold as an integer everywhere (RFC 8785, I-JSON).
MAX_SEQUENCE = 2**53 - 1
_DATA = {"data"}
_PLACE = ("stream", "sequence")
_MAX_EXPONENT = 400
_ROOM = 20
_OPENED, _CLOSED = b"[" * _ROOM, b"]" * _ROOM
# Other spellings are not times: pydantic would take 20211015 for seconds since 1970.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


class UnreadableEvent(ValueError):
    """The message is no CloudEvent this project can read; `reason` says at which place and why."""


class EventData(BaseModel):
    """The data of one event type, at one major version. Frozen; unknown fields of later minors are ignored.

    Subclasses say `type_` (`<service>.<subject>.<action>.v<major>`) and `topic`, and are registered by it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type_: ClassVar[str]
    topic: ClassVar[str]

    def plain(self) -> dict[str, Any]:
        """Plain JSON as it travels, defaults left out: its canonical bytes are the message's value."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

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
    dataschema: str = ""
    data: Any = None

    def headers(self) -> dict[str, str]:
        """Kafka headers of the binary mode; attributes that are empty are left out."""
        result = {"content-type": "application/json", "ce_specversion": SPEC_VERSION}
        for name in ATTRIBUTES:
            value = getattr(self, name)
            if value:
                result[f"ce_{name}"] = format_time(value) if isinstance(value, datetime) else str(value)
        return result

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON, which `model_validate` reads back; the data is that already and not gone through."""
        result = self.model_dump(mode="json", exclude_defaults=True, exclude=_DATA)
        return result if self.data is None else {**result, "data": self.data}

    @property
    def foreign_actor(self) -> str:
        """Who acts, where others tell it: they may name anybody, and nobody there is to pass for a person of ours."""
        return f"{self.source}#{self.actor}"[:ATTRIBUTE_MAX]

    def value(self) -> bytes:
        """The message's value: canonical JSON of the data."""
        return compact_json(self.data)


class Event(BaseModel, Generic[D]):
    """An event whose data has been read into its class: what handlers get."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    envelope: CloudEvent
    data: D


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`, microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode(headers: Mapping[str, str], value: bytes | None, *, foreign: bool = False, ours: bool = False) -> CloudEvent:
    """Read a CloudEvent from a message in either mode. Raises `UnreadableEvent`.

    Streams are ours: what others (`foreign`) mean by `stream` and `sequence` neither helps nor harms. `headers` have
    lower-case names with the prefix `ce_` (Kafka) or `ce-` (HTTP). In canonical bytes that we sent (`ours`) there is no
    decimal, and none is looked for.
    """
    if not value:
        raise UnreadableEvent("the message has no value (an empty value or a tombstone)")
    body = _read_json(value, ours)
    if headers.get("content-type", "").startswith(STRUCTURED):
        if not isinstance(body, dict):
            raise UnreadableEvent("a structured CloudEvent is a JSON object")
        attributes, data = {k: v for k, v in body.items() if k != "data"}, body.get("data")
    else:
        attributes = {k[3:]: v for k, v in headers.items() if k.startswith(("ce_", "ce-"))}
        data = body
    if attributes.get("specversion") != SPEC_VERSION:
        raise UnreadableEvent(f"specversion is {attributes.get('specversion')!r}, must be '{SPEC_VERSION}'")
    names = [name for name in ATTRIBUTES if not (foreign and name in _PLACE)]
    known = {name: attributes[name] for name in names if attributes.get(name) is not None}
    if long := too_long(known):
        raise UnreadableEvent(f"CloudEvent attribute {long}: more than {ATTRIBUTE_MAX} characters")
    try:
        event = CloudEvent.model_validate({**known, "data": data})
    except ValidationError as error:
        first = error.errors()[0]
        raise UnreadableEvent(f"CloudEvent attribute {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    _check_attributes(event, known)
    return event


def too_long(attributes: Mapping[str, Any]) -> str:
    """The first of the attributes that is longer than any may be, or nothing."""
    texts = ((name, value) for name, value in attributes.items() if isinstance(value, str))
    return next((name for name, value in texts if len(value) > ATTRIBUTE_MAX), "")


def _read_json(value: bytes, ours: bool) -> Any:
    """The value as plain JSON that can be kept: what has no canonical bytes could be neither parked nor stored."""
    canonical = _read_canonical(value, ours)
    return _read_any(value) if canonical is None else canonical


def _read_canonical(value: bytes, ours: bool) -> Any:
    """The value if it stands in canonical bytes, as all that we send does: then there is nothing more to look for.

    None for anything else: doubled keys and numbers that are too large give other bytes, or none; and for decimals.
    """
    try:
        body = orjson.loads(value)
        same = compact_json(_wrapped(body)) == _OPENED + value + _CLOSED
    except (ValueError, TypeError, RecursionError):
        return None
    return body if same and (ours or not _has_decimals(body)) else None


def _has_decimals(body: Any) -> bool:
    pending = [[body]]
    while pending:
        for value in pending.pop():
            kind = type(value)
            if kind is dict:
                pending.append(list(value.values()))
            elif kind is list:
                pending.append(value)
            elif kind is float:
                return True
    return False


def _read_any(value: bytes) -> Any:
    try:
        body = loads_exact(value)
        try:
            compact_json(_wrapped(body))
        except TypeError:
            body = _plain(body)
            compact_json(_wrapped(body))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise UnreadableEvent(f"the value is not JSON that can be kept: {error}") from error
    return body


def _wrapped(body: Any) -> Any:
    """As deep as a document may hold it: canonical JSON has a bound on nesting."""
    for _ in range(_ROOM):
        body = [body]
    return body


def _plain(value: Any) -> Any:
    """Decimals as what they are, so that an event means the same whether it was parked or not: 5.0 is 5, 0.5 "0.5"."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Decimal):
        return value
    if abs(int(value.as_tuple().exponent)) > _MAX_EXPONENT:
        return str(value)  # no figure of anybody's, and not to be written out
    return int(value) if value == value.to_integral_value() else format(value, "f")


def _check_attributes(event: CloudEvent, given: Mapping[str, Any]) -> None:
    if not event.id or not event.source or not event.type:
        raise UnreadableEvent("a CloudEvent needs id, source and type")
    if not 0 <= event.sequence <= MAX_SEQUENCE:
        raise UnreadableEvent(f"CloudEvent attribute sequence: must be 0 to {MAX_SEQUENCE}")
    if not isinstance(given["time"], str) or not _TIME.fullmatch(given["time"]):
        raise UnreadableEvent("CloudEvent attribute time: must be RFC 3339 with a time zone")
    try:
        compact_json(event.headers())
    except (TypeError, OverflowError) as error:
        raise UnreadableEvent(f"CloudEvent attributes that cannot be kept: {error}") from error


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
