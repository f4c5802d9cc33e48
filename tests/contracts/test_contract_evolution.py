"""The guard against changes that need a new major version: what it lets pass, and that it bites."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from contract_files import TYPES, golden

from shared.contracts.evolution import breaking_changes

Schema = dict[str, Any]

BASE: Schema = {
    "title": "CaseOpenedV1",
    "type": "object",
    "$defs": {
        "Key": {"type": "object", "properties": {"agency": {"type": "string"}}, "required": ["agency"]},
        "Ref": {
            "type": "object",
            "properties": {"id": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9}},
            "required": ["id"],
            "additionalProperties": False,
        },
    },
    "properties": {
        "key": {"$ref": "#/$defs/Key"},
        "rule_set": {"$ref": "#/$defs/Ref"},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "number": {"type": "integer", "minimum": 1},
        "reason": {"type": "string", "default": ""},
        "keys": {"type": "array", "items": {"$ref": "#/$defs/Key"}},
        "by_code": {"type": "object", "patternProperties": {"^[0-9]+$": {"type": "string"}}},
        "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
    },
    "required": ["key", "state"],
}


def _changed(change: Callable[[Schema], object]) -> Schema:
    schema = deepcopy(BASE)
    change(schema)
    return schema


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(title="Other", description="Better words.", **{"x-consumers": ["scoring"]}),
        lambda s: s["properties"]["state"].update(description="Where the case stands."),
        lambda s: s["properties"].update(priority={"type": "integer", "default": 0}),
        lambda s: s["$defs"]["Key"]["properties"].update(ward={"type": "string", "default": ""}),
        lambda s: s["required"].reverse(),
        lambda s: s["$defs"].update(Unused={"type": "string"}),
    ],
    ids=["words", "words of a field", "optional field", "optional field below", "order", "definition"],
)
def test_a_minor_change_is_let_through(change: Callable[[Schema], object]) -> None:
    assert breaking_changes(BASE, _changed(change)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s["properties"].pop("key"), "data.key: the field was removed"),
        (lambda s: s["properties"].pop("reason"), "data.reason: the field was removed"),
        (lambda s: s["required"].remove("state"), "data.state: is no longer required"),
        (lambda s: s["required"].append("number"), "data.number: is now required"),
        (
            lambda s: (s["properties"].update(by={"type": "string"}), s["required"].append("by")),
            "data.by: a new field must be optional",
        ),
        (
            lambda s: s["$defs"]["Ref"]["properties"].update(label={"type": "string", "default": ""}),
            "data.rule_set.label: a new field in an object that refuses what it does not know",
        ),
        (lambda s: s["properties"]["number"].update(type="string"), "data.number: type was integer, is string"),
        (lambda s: s["properties"]["state"]["enum"].remove("closed"), "data.state: the value 'closed' was removed"),
        (lambda s: s["properties"]["state"]["enum"].append("lost"), "data.state: the value 'lost' is new"),
        (lambda s: s["properties"]["state"].pop("enum"), "data.state: enum was ['open', 'closed'], is not given"),
        (lambda s: s["properties"]["number"].update(minimum=2), "data.number: minimum was 1, is 2"),
        (lambda s: s["properties"]["number"].update(maximum=9), "data.number: maximum was not given, is 9"),
        (lambda s: s["properties"]["reason"].update(default="-"), "data.reason: default was , is -"),
        (lambda s: s["$defs"]["Ref"]["properties"]["id"].update(maxLength=5), "rule_set.id: maxLength was 9, is 5"),
        (lambda s: s["$defs"]["Ref"].pop("additionalProperties"), "data.rule_set: additionalProperties was False"),
        (lambda s: s["$defs"]["Key"]["properties"].pop("agency"), "data.key.agency: the field was removed"),
        (lambda s: s["properties"]["keys"].update(items={"type": "string"}), "data.keys[]: type was object, is string"),
        (lambda s: s["properties"]["by_code"]["patternProperties"]["^[0-9]+$"].update(type="null"), "by_code.*: type"),
        (lambda s: s["properties"]["by_code"].update(patternProperties={"^.$": {}}), "data.by_code: patternProperties"),
        (lambda s: s["properties"]["due"]["anyOf"].pop(), "data.due: anyOf was"),
        (lambda s: s["properties"]["due"]["anyOf"][0].update(format="date-time"), "data.due: format was date"),
    ],
)  # fmt: skip
def test_a_change_that_leaves_others_behind_is_named(change: Callable[[Schema], object], said: str) -> None:
    assert said in "\n".join(breaking_changes(BASE, _changed(change)))


def test_definitions_that_refer_to_themselves_are_walked_once() -> None:
    tree = {"$defs": {"N": {"properties": {"kids": {"items": {"$ref": "#/$defs/N"}}}}}, "$ref": "#/$defs/N"}
    other = deepcopy(tree)
    other["$defs"]["N"]["properties"]["kids"]["maxItems"] = 3  # type: ignore[index]
    assert breaking_changes(tree, tree) == []
    assert breaking_changes(tree, other) == ["data.kids: maxItems was not given, is 3"]


@pytest.mark.parametrize("type_", TYPES)
def test_the_guard_bites_on_every_field_of_every_golden_schema(type_: str) -> None:
    schema = golden(type_)
    assert breaking_changes(schema, deepcopy(schema)) == []
    for name in schema["properties"]:
        without = deepcopy(schema)
        del without["properties"][name]
        assert f"data.{name}: the field was removed" in breaking_changes(schema, without)
        other = deepcopy(schema)
        other["properties"][name] = {"type": "number"}
        assert breaking_changes(schema, other)
