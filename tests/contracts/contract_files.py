"""Where the contract files are, and the examples as messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts import registry
from shared.contracts.envelope import EVENT_TYPES, STRUCTURED, CloudEvent, decode
from shared.contracts.generate import HERE

__all__ = ["EXAMPLES", "HERE", "SCHEMAS", "TYPES", "example", "example_files", "golden", "objects"]

assert registry.topics(), "importing the registry registers every event type"
TYPES = sorted(EVENT_TYPES)
SCHEMAS = HERE / "schemas"
EXAMPLES = HERE / "examples"


def golden(type_: str) -> dict[str, Any]:
    """The committed schema of an event type."""
    path = SCHEMAS / f"{type_}.json"
    assert path.exists(), f"{path} is missing: run `make contracts`"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def example_files() -> list[Path]:
    """Every example, of every event type."""
    return sorted(EXAMPLES.glob("*/*.json"))


def example(path: Path) -> CloudEvent:
    """An example as it would be read: they are written in the structured mode."""
    return decode({"content-type": STRUCTURED}, path.read_bytes())


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every schema object inside a schema, itself included."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for item in schema.values() for found in objects(item))]
