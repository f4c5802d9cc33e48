"""The JSON Schema (2020-12) of the rule-set document, for editors: they complete field names and check as one types.

    python -m shared.ruleset.schema            writes the schema, and the page of the format in docs/reference
    python -m shared.ruleset.schema --check    writes nothing; exits with 1 if one of them is not as the code says

It is made from the classes of `document.py` and says of a document's shape what the loader says, except that

- it is stricter where the loader forgives: `yes` for `true`, `'2021'` for `2021`, `is_` for `is`;
- it cannot see what stands in the text and not in the data: encoding, size, tabs, anchors, tags, fields written
  twice, control characters, numbers of over 40 digits, and numbers as `1e3` (text to the loader, not to an editor);
- a date is held to its form; that 30 February is none, only those see that check `format`.

What takes more than shape (sums, bands, rules, examples) is lint's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from shared.kernel.exact import MAX_LENGTH, Exact
from shared.ruleset import document
from shared.ruleset.document import RuleSet
from shared.ruleset.schema_words import PARTS, TYPES, field_words

__all__ = ["ROOT", "SCHEMA", "differences", "main", "rendered", "rule_set_schema", "schema_text"]

ROOT = Path(__file__).parents[2]
SCHEMA = "shared/ruleset/ruleset.schema.json"
_EXAMPLES = """examples:
  python -m shared.ruleset.schema            write the schema and docs/reference/rule-set-format.md
  python -m shared.ruleset.schema --check    write nothing; list what is not as the code says and exit with 1"""

_PLAIN = ("Slug", "InputId", "Version", "SectionCode", "CriterionCode", "FactName", "BestKey", "Sentence", "UnitName")
_UNIONS = {"form": "Method", "effect": "Effect"}
_CONDITION = "Condition"
_NOISE = {"title", "description", "default", "discriminator"}


@cache
def rule_set_schema() -> dict[str, Any]:
    """The schema as plain data; treat it as read-only."""
    generated = RuleSet.model_json_schema(by_alias=True)
    parts = {**generated["$defs"], "RuleSet": generated}
    definitions = {name: _part(name, parts[name]) for name in parts if name != "RuleSet"}
    definitions |= {name: _named(name, schema) for name, schema in _types(generated["$defs"]).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:xephang:ruleset:1",
        **_part("RuleSet", generated),
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(rule_set_schema(), ensure_ascii=False, indent=1) + "\n"


# --- parts and their fields ----------------------------------------------------------------------------------------


def _part(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    vi, en = PARTS[name]
    described = {"title": f"{vi} ({en})"}
    if "description" in schema:
        described["description"] = schema["description"]
    return {
        **described,
        "type": "object",
        "additionalProperties": False,
        "required": schema.get("required", []),
        "properties": {field: _field(name, field, inner) for field, inner in schema["properties"].items()},
    }


def _field(part: str, field: str, schema: dict[str, Any]) -> dict[str, Any]:
    vi, en = field_words(part, field)
    default = schema.get("default")
    said = {} if default is None or isinstance(default, dict | list) else {"default": default}
    return {"description": f"{vi}. ({en}.)", **_simple(schema), **said}


def _simple(schema: Any) -> Any:
    """The schema with what has a name referred to by it, and without pydantic's titles."""
    if isinstance(schema, list):
        return [_simple(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if name := _name_of(schema):
        return {"$ref": f"#/$defs/{name}"}
    if "patternProperties" in schema or isinstance(schema.get("additionalProperties"), dict):
        return _by_name(schema)
    kept = {key: _simple(value) for key, value in schema.items() if key not in _NOISE}
    if kept.get("format") == "date":
        kept["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    if "anyOf" in kept:
        kept["anyOf"] = _without_doubles(kept["anyOf"])
    return kept


def _by_name(schema: dict[str, Any]) -> dict[str, Any]:
    """A mapping whose keys are data: what a key looks like, and what stands under it."""
    keys = dict(schema.get("propertyNames", {}))
    values = schema.get("additionalProperties")
    if "patternProperties" in schema:
        ((keys["pattern"], values),) = schema["patternProperties"].items()
    return {
        "type": "object",
        "propertyNames": _simple({**keys, "type": "string"}),
        "additionalProperties": _simple(values),
    }


def _without_doubles(members: list[Any]) -> list[Any]:
    return [member for index, member in enumerate(members) if member not in members[:index]]


# --- what has a name -----------------------------------------------------------------------------------------------


@cache
def _plain() -> dict[str, dict[str, Any]]:
    """Named plain types, as pydantic writes them."""
    types: dict[str, Any] = {name: getattr(document, name) for name in _PLAIN} | {"Exact": Exact}
    return {name: _bare(TypeAdapter(type_).json_schema()) for name, type_ in types.items()}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _NOISE}


def _name_of(schema: dict[str, Any]) -> str:
    """The name under which a schema is defined, or the empty text."""
    if "discriminator" in schema:
        return _UNIONS[schema["discriminator"]["propertyName"]]
    if _is_condition(schema):
        return _CONDITION
    return next((name for name, plain in _plain().items() if plain == _bare(schema)), "")


def _is_condition(schema: dict[str, Any]) -> bool:
    return {"$ref": "#/$defs/AllOf"} in schema.get("anyOf", [])


def _types(parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The definitions of all named types."""
    found = dict(_plain())
    found["Exact"] = {**found["Exact"], "type": ["number", "string"], "maxLength": MAX_LENGTH}
    found["Sentence"], found["UnitName"] = _trimmed(2000), _trimmed(200)
    found["Method"] = _union(parts["Criterion"]["properties"]["method"], "form")
    found["Effect"] = _union(parts["Rule"]["properties"]["then"]["items"], "effect")
    found[_CONDITION] = {"type": "object", "anyOf": parts["Rule"]["properties"]["when"]["anyOf"]}
    return found


def _trimmed(limit: int) -> dict[str, Any]:
    """Text that is not empty and not too long once the space around it is cut off, as the loader does."""
    return {"type": "string", "pattern": rf"^\s*\S(?:[\s\S]{{0,{limit - 2}}}\S)?\s*$"}


def _union(schema: dict[str, Any], tag: str) -> dict[str, Any]:
    tags = list(schema["discriminator"]["mapping"])
    return {"type": "object", "required": [tag], "properties": {tag: {"enum": tags}}, "oneOf": schema["oneOf"]}


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    vi, en = TYPES[name]
    return {"description": f"{vi}. ({en}.)", **schema}


# --- the command ---------------------------------------------------------------------------------------------------


def rendered() -> dict[str, str]:
    """Every generated file: its path in the project and its text."""
    from shared.ruleset.schema_page import PAGE, page_text

    return {SCHEMA: schema_text(), PAGE: page_text(rule_set_schema())}


def differences(root: Path = ROOT) -> list[str]:
    """The generated files below `root` that are missing or not as the code says."""
    return [name for name, text in rendered().items() if _content(root / name) != text.encode()]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m shared.ruleset.schema",
        description="Generates the JSON Schema of the rule-set document, and its page, from the code.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing, list what differs, exit with 1 if any")
    stale = differences(root)
    if parser.parse_args(arguments).check:
        for name in stale:
            print(f"{name} is not as the code says; run python -m shared.ruleset.schema", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rendered()[name].encode())
        print(f"wrote {path}")
    return 0


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
