"""The page of the rule-set format for people (`docs/reference/rule-set-format.md`), made from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.ruleset.schema_words import PARTS, TYPES

__all__ = ["PAGE", "page_text"]

PAGE = "docs/reference/rule-set-format.md"
_HEAD = """\
# The rule-set format

Every part of a rule-set document (bộ tiêu chí): what may stand in it and what it means. This page and the JSON Schema
([ruleset.schema.json](../../shared/ruleset/ruleset.schema.json)) are made from the same classes by
`python -m shared.ruleset.schema`; do not edit it by hand. How to amend a set:
[amend-criteria.md](../how-to/amend-criteria.md).

## In an editor

An editor that knows JSON Schema completes field names, shows these words and marks what is wrong as one types.
`xephang ruleset schema` prints the schema, and a platform serves it at `GET /scoring/rulesets/schema`. The YAML
extensions of common editors find it by the first line of the file; the path is relative to the file, and comments are
no part of a version's hash:

```yaml
# yaml-language-server: $schema=../../../../shared/ruleset/ruleset.schema.json
format: xephang.ruleset/1
```

## How values are written

- Numbers are exact: `12`, `0.5`, or in quotes `'1/3'`. The decimal sign is a point. Nothing is rounded before it is
  shown. Points may be thirds; figures that agencies report have at most six decimals.
- 90 % is `0.9` where a quotient is compared, and `90` where an input in % is.
- Codes and versions are text: `'1.10'`, in quotes, is not the number 1.1.
- Yes and no are `true` and `false`. A date is `2020-11-17`.
- YAML anchors, tags and second documents in one file are refused, and so is a field written twice.

## What only the loader and lint see

The schema is about shape. Of the text it does not see encoding, size, tabs, anchors, control characters, fields written
twice, or numbers such as `1e3`. Where the loader forgives (`yes` for `true`, `'2021'` for `2021`) it does not. Sums,
bands, rules and examples are checked by `xephang ruleset lint`.
"""


def page_text(schema: dict[str, Any]) -> str:
    """The page; `schema` is the document's schema."""
    parts = [_part(name, schema if name == "RuleSet" else schema["$defs"][name]) for name in _order(schema)]
    return "\n".join([_HEAD, *parts, _types(schema["$defs"])])


def _order(schema: dict[str, Any]) -> list[str]:
    """The parts as a reader meets them, from the set inwards."""
    found = ["RuleSet"]
    for name in found:
        part = schema if name == "RuleSet" else schema["$defs"][name]
        found += [each for each in dict.fromkeys(_parts_in(part, schema["$defs"])) if each not in found]
    return found


def _parts_in(schema: Any, definitions: dict[str, Any]) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _parts_in(each, definitions)
    elif isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name in PARTS:
            yield name
        elif name:
            yield from _parts_in(definitions[name], definitions)
        for value in schema.values():
            yield from _parts_in(value, definitions)


def _part(name: str, schema: dict[str, Any]) -> str:
    vi, en = PARTS[name]
    lines = [f"## {name}: {vi} ({en[0].lower()}{en[1:]})", ""]
    if "description" in schema:
        lines += [schema["description"], ""]
    lines += ["| field | value | |", "|---|---|---|"]
    for field, inner in schema["properties"].items():
        needed = " (required)" if field in schema["required"] else ""
        default = f"; `{_plain(inner['default'])}` unless given" if "default" in inner else ""
        lines.append(f"| `{field}`{needed} | {_value(inner)}{default} | {inner['description']} |")
    return "\n".join([*lines, ""])


def _types(definitions: dict[str, Any]) -> str:
    lines = ["## Plain values", "", "| name | |", "|---|---|"]
    for name in sorted(TYPES):
        pattern = definitions[name].get("pattern", "")
        form = f"; form `{pattern}`".replace("|", "\\|") if pattern and "\\S" not in pattern else ""
        members = ", ".join(_members(definitions[name]))
        lines.append(f"| {name} | {definitions[name]['description']}{form}{f'; one of {members}' if members else ''} |")
    return "\n".join([*lines, ""])


def _members(schema: dict[str, Any]) -> Iterator[str]:
    for each in schema.get("oneOf", schema.get("anyOf", [])):
        yield str(each["$ref"]).rpartition("/")[2]


def _value(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_value(each) for each in schema["anyOf"] if each != {"type": "null"}))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_value(schema['items'])}"
    if schema.get("type") == "object":
        return f"{_value(schema['propertyNames'])} → {_value(schema['additionalProperties'])}"
    return _scalar(schema)


def _scalar(schema: dict[str, Any]) -> str:
    if schema.get("format") == "date":
        return "date"
    bounds = [f"{sign} {schema[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in schema]
    pattern = schema.get("pattern", "").replace("|", "\\|")
    return " ".join([f"`{pattern}`" if pattern else str(schema["type"]), *bounds])


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
