"""The AsyncAPI document is well formed, complete, and true."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from contract_files import HERE, TYPES, example, example_files, objects
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from shared.contracts.envelope import ATTRIBUTES
from shared.contracts.registry import SERVICES, all_topics, dead_letter_topics, topics
from shared.messaging.messages import POSITION_HEADER

# Fixed fields of AsyncAPI 3.0 that this document uses; anything else must be an extension.
ROOT = {"asyncapi", "id", "info", "defaultContentType", "channels", "operations", "components"}
CHANNEL = {"address", "title", "summary", "description", "messages", "tags", "bindings"}
OPERATION = {"action", "channel", "title", "summary", "description", "messages", "tags", "bindings"}
MESSAGE = {"name", "title", "summary", "description", "contentType", "headers", "payload", "bindings", "tags"}
COMPONENT_NAME = re.compile(r"[a-zA-Z0-9.\-_]+")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "asyncapi.json").read_bytes())
    return found


def resolve(document: dict[str, Any], ref: str) -> Any:
    """What a reference inside the document points at."""
    assert ref.startswith("#/")
    found: Any = document
    for step in ref[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def test_only_fixed_fields_and_extensions_are_used(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    for kind, fields in (("channels", CHANNEL), ("operations", OPERATION)):
        for name, body in document[kind].items():
            assert COMPONENT_NAME.fullmatch(name)
            assert {key for key in body if not key.startswith("x-")} <= fields
    for name, body in document["components"]["messages"].items():
        assert COMPONENT_NAME.fullmatch(name)
        assert {key for key in body if not key.startswith("x-")} <= MESSAGE
    assert document.keys() == ROOT


def test_the_document_reads_as_an_asyncapi_3_application(document: dict[str, Any]) -> None:
    read = ApplicationSchema.model_validate(document)
    assert set(read.channels) == {topic.name for topic in all_topics()}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    refs = [found["$ref"] for found in objects(document) if "$ref" in found]
    assert refs
    for ref in refs:
        if ref.startswith("#"):
            assert resolve(document, ref)
        else:
            assert (HERE / ref).is_file(), ref


def test_every_topic_is_a_channel_as_it_is_created(document: dict[str, Any]) -> None:
    declared = {**topics(), **dead_letter_topics()}
    assert document["channels"].keys() == declared.keys()
    for name, channel in document["channels"].items():
        kafka = channel["bindings"]["kafka"]
        assert channel["address"] == kafka["topic"] == name
        assert kafka["partitions"] == declared[name].partitions
        configuration = {
            key: value[0] if isinstance(value, list) else str(value)
            for key, value in kafka["topicConfiguration"].items()
        }
        assert configuration == declared[name].config()
        assert list(channel["messages"]) == list(declared[name].events)


def test_every_event_type_is_a_message_with_its_schema(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    assert sorted(messages) == TYPES
    for type_, message in messages.items():
        assert message["payload"]["schema"]["$ref"] == f"./schemas/{type_}.json"
        assert (HERE / message["x-examples"]).is_dir()
        assert message["bindings"]["kafka"]["key"]["description"]


def test_operations_are_the_registry_read_by_service(document: dict[str, Any]) -> None:
    told = {
        (operation["tags"][0]["name"], operation["action"], operation["channel"]["$ref"].removeprefix("#/channels/"))
        for operation in document["operations"].values()
    }
    sends = {(s, "send", t.name) for s in SERVICES for t in topics().values() if t.producer in (s, "any")}
    receives = {(s, "receive", t.name) for t in topics().values() for s in t.consumers}
    sets_aside = {(s, "send", t.dlq) for t in topics().values() if t.dlq for s in t.consumers}
    assert told == sends | receives | sets_aside
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_the_headers_are_those_that_are_sent(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["CloudEventHeaders"]
    sent = {"content-type", "ce_specversion", POSITION_HEADER, *(f"ce_{name}" for name in ATTRIBUTES)}
    assert schema["properties"].keys() == sent
    validator = Draft202012Validator({**schema, "additionalProperties": False})
    for path in example_files():
        validator.validate(example(path).headers())
    assert not validator.is_valid({"content-type": "application/json"})
