"""What may change in an event type without a new major version, and what may not.

Events outlive the code on both sides: old ones are replayed into new code, new ones reach consumers that run the old.
So within one major version the only change is a new optional field in an object that ignores what it does not know,
and better words. Everything else is a new event type `….v2` beside the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["breaking_changes"]

Schema = Mapping[str, Any]

# For people: they change nothing about which messages are valid.
_WORDS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "deprecated"})
_BY_NAME = frozenset({"properties", "patternProperties"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE = frozenset({"items", "additionalProperties", "propertyNames"})


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What in `new` would leave a producer or consumer of `old` behind, one sentence each; empty if nothing does."""
    return list(dict.fromkeys(_Comparison(old, new).walk(old, new, "data")))


class _Comparison:
    """One walk through two schemas. Definitions are followed; a pair already seen is not walked again."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str]] = set()

    def walk(self, old: Any, new: Any, place: str) -> Iterator[str]:
        """Changes at `place` and below it."""
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            if old != new:
                yield f"{place}: was {old!r}, is {new!r}"
            return
        if "$ref" in old and "$ref" in new:
            pair = (old["$ref"], new["$ref"])
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        yield from self._fields(old, new, place)
        for keyword in sorted((old.keys() | new.keys()) - _WORDS - {"$ref", "properties", "required"}):
            if not keyword.startswith("x-"):
                yield from self._keyword(keyword, old.get(keyword), new.get(keyword), place)

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        closed = old.get("additionalProperties") is False
        for name in sorted(before.keys() | after.keys()):
            where = f"{place}.{name}"
            if name not in after:
                yield f"{where}: the field was removed"
            elif name in before:
                yield from self.walk(before[name], after[name], where)
                if (name in required_before) != (name in required_after):
                    yield f"{where}: is {'now' if name in required_after else 'no longer'} required"
            elif name in required_after:
                yield f"{where}: a new field must be optional"
            elif closed:
                yield f"{where}: a new field in an object that refuses what it does not know"

    def _keyword(self, keyword: str, old: Any, new: Any, place: str) -> Iterator[str]:
        if keyword == "enum" and isinstance(old, list) and isinstance(new, list):
            yield from (f"{place}: the value {value!r} was removed" for value in old if value not in new)
            yield from (f"{place}: the value {value!r} is new" for value in new if value not in old)
        elif keyword in _BY_NAME and isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
            for name in old:
                yield from self.walk(old[name], new[name], f"{place}.*")
        elif keyword in _LISTS and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for before, after in zip(old, new, strict=True):
                yield from self.walk(before, after, place)
        elif keyword in _SINGLE and isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self.walk(old, new, f"{place}[]" if keyword == "items" else place)
        elif old != new:
            yield f"{place}: {keyword} was {_shown(old)}, is {_shown(new)}"


def _resolved(root: Schema, schema: Schema) -> Schema:
    """The schema with its reference into the root's definitions replaced by what stands there."""
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).removeprefix("#/$defs/")
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**root["$defs"][name], **beside}


def _shown(value: Any) -> str:
    return "not given" if value is None else str(value)[:120]
