"""The AsyncAPI 3.0 document: channels from the topic registry, messages from the event classes, operations from both.

Payloads refer to the golden schemas beside the document, so that every schema stands in one place only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.contracts.envelope import ATTRIBUTES, EVENT_TYPES, SPEC_VERSION, EventData
from shared.contracts.registry import DEAD_LETTER_TYPE, SERVICES, Topic, dead_letter_topics, topics
from shared.contracts.upcast import UPCASTS, said_types

__all__ = ["asyncapi_document", "docstring"]

_BINDING = "0.5.0"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_REQUIRED = ("id", "source", "type", "time")
_HEADERS = {
    "id": "Names the event; unique with `ce_source`.",
    "source": "Who says it: `/xephang/<service>`, or the platform's own name.",
    "type": "`<service>.<subject>.<action>.v<major>`.",
    "subject": "What it is about: the key of the aggregate.",
    "time": "When it was said: RFC 3339, in UTC with `Z`.",
    "stream": "The aggregate it comes from: `<service>/<collection>/<key>`. Absent in what the platform posts.",
    "sequence": "Its place among the events of that stream on this topic: 1, 2, 3, … without gaps.",
    "partitionkey": "The Kafka key, as text.",
    "correlationid": "The id of the event with which the chain of causes began.",
    "causationid": "The id of the event that caused this one.",
    "actor": "The person who acted.",
    "traceparent": "W3C Trace Context.",
    "dataschema": "The survey form that was answered, by its `$id`; only where the platform tells it.",
}


def docstring(cls: type[EventData]) -> str:
    """The class's own words, as people wrote them; an inherited docstring does not count."""
    words = cls.__dict__.get("__doc__")
    if not words:
        raise ValueError(f"{cls.__name__} needs a docstring: it is what the schema says of the event")
    first, *rest = words.strip().splitlines()
    return "\n".join([first, *(line.strip() for line in rest)])


def asyncapi_document() -> dict[str, Any]:
    """The whole document, in a fixed order."""
    channels = {**topics(), **dead_letter_topics()}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:xephang:events",
        "info": {
            "title": "Xephang events",
            # The document's own; every event type carries its major version in its name.
            "version": "1.0.0",
            "description": "What the four services say to each other and to subscribers, as CloudEvents 1.0 on Kafka "
            "in the binary mode. Made by `make contracts` from the event classes and topics.yaml.",
            "tags": [{"name": service} for service in SERVICES],
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in channels.items()},
        "operations": dict(_operations()),
        "components": {
            "messages": {type_: _message(EVENT_TYPES[type_]) for type_ in sorted(EVENT_TYPES)},
            "schemas": {"CloudEventHeaders": _cloud_event_headers()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "cleanup.policy": [topic.cleanup],
        "max.message.bytes": int(topic.config()["max.message.bytes"]),
    }
    if topic.retention_hours is not None:
        configuration["retention.ms"] = int(topic.config()["retention.ms"])
    return {
        "address": topic.name,
        "description": f"{topic.description}\n\nKey: {topic.key}.",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in topic.events},
        "tags": [{"name": service} for service in SERVICES if service == topic.producer or service in topic.consumers],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": _BINDING,
            }
        },
        "x-key": topic.key,
        "x-producer": topic.producer,
        "x-consumers": list(topic.consumers),
        "x-subscribers": list(topic.subscribers),
        "x-dead-letters": topic.dlq,
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """What each service sends and receives; what it cannot handle it sends to the dead-letter topic."""
    for service in SERVICES:
        for topic in topics().values():
            if topic.producer in (service, "any"):
                yield f"{service}.send.{topic.name}", _operation("send", service, topic)
            if service in topic.consumers:
                yield f"{service}.receive.{topic.name}", _operation("receive", service, topic)
                if topic.dlq:
                    yield f"{service}.send.{topic.dlq}", _operation("send", service, dead_letter_topics()[topic.dlq])


def _operation(action: str, service: str, topic: Topic) -> dict[str, Any]:
    types = said_types(topic.events) if action == "send" else topic.events
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{service} {action}s: {topic.description}",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{type_}"} for type_ in types],
    }
    if action == "receive":
        group = {"type": "string", "enum": [service]}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": _BINDING}}
    return operation


def _message(cls: type[EventData]) -> dict[str, Any]:
    words = docstring(cls)
    return {
        "name": cls.type_,
        "title": cls.__name__,
        "summary": words.splitlines()[0],
        "description": words,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}],
            "properties": {"ce_type": {"type": "string", "const": cls.type_}},
        },
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./schemas/{cls.type_}.json"}},
        "bindings": {"kafka": {"key": {"type": "string", "description": _key(cls)}, "bindingVersion": _BINDING}},
        "x-examples": f"./examples/{cls.type_}/",
        **({"x-deprecated": True, "x-superseded-by": UPCASTS[cls.type_].new.type_} if cls.type_ in UPCASTS else {}),
    }


def _key(cls: type[EventData]) -> str:
    if cls.type_ == DEAD_LETTER_TYPE:
        return "The key of the message that was set aside."
    return topics()[cls.topic].key


def _cloud_event_headers() -> dict[str, Any]:
    """The headers of every message: `CloudEvent.headers`, and the producer's place in its journal."""
    properties: dict[str, Any] = {
        "content-type": {"type": "string", "const": "application/json"},
        "ce_specversion": {"type": "string", "const": SPEC_VERSION},
    }
    for name in ATTRIBUTES:
        properties[f"ce_{name}"] = {"type": "string", "minLength": 1, "description": _HEADERS[name]}
    properties["ce_time"]["format"] = "date-time"
    properties["ce_sequence"]["pattern"] = "^[1-9][0-9]*$"
    properties["x-journal-position"] = {
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "Its place in the producer's journal, by which a consumer names a range that it misses.",
    }
    return {
        "type": "object",
        "description": "Context attributes of CloudEvents 1.0 in the binary mode; those that are empty are left out.",
        "required": ["content-type", "ce_specversion", *(f"ce_{name}" for name in _REQUIRED)],
        "properties": properties,
    }
