"""From pydantic's complaints to faults that a department's officer can act on: one for each thing wrong.

A union makes pydantic complain once for every member it tried. Here the member that the data was plainly meant to be
is found first (a mapping with `all` is an `all`), and only its complaints are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import getmembers, isclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from shared.kernel.errors import Fault
from shared.ruleset import document
from shared.ruleset.places import Places, join
from shared.ruleset.wording import fault

__all__ = ["faults_of"]

MAX_FAULTS = 200

_CONDITIONS = {"Comparison", "AllOf", "AnyOf", "Not"}
_OBJECTS = {"Quotient", "ExampleAnswer"}
_SCALAR = re.compile(r"(bool|str|constrained-str|function-.*)\Z")
_LIST_TYPES = {"tuple_type", "list_type"}
_MAPPING_TYPES = {"model_type", "model_attributes_type", "dict_type"}


def _field_names() -> tuple[str, ...]:
    models = [model for _, model in getmembers(document, isclass) if issubclass(model, BaseModel)]
    return tuple(sorted({info.alias or name for model in models for name, info in model.model_fields.items()}))


_FIELDS = _field_names()


def _tags(union: Any, field: str) -> tuple[str, ...]:
    members = get_args(get_args(union)[0])  # Annotated[A | B | ..., Field(discriminator=field)]
    return tuple(get_args(member.model_fields[field].annotation)[0] for member in members)


_FORMS = {"form": _tags(document.Method, "form"), "effect": _tags(document.Effect, "effect")}
# What a malformed name should look like, by the pattern it failed.
_SHAPES = (
    (r"^[a-z][a-z0-9]*(-", "`chu-thuong-khong-dau` (a-z, 0-9, -)"),
    (r"^[a-z][a-z0-9_]*$", "`chu_thuong_khong_dau` (a-z, 0-9, _)"),
    (r"^[0-9]+(\.", "'2021.1'"),
    (r"^[0-9]{1,2}$", "'1'"),
    (r"^[0-9]{1,2}\.", "'1.2'"),
    (r"^(submission", "`submission.days_late`, `input.x`, `state.x`, `criterion.state`, `derived.x`"),
    (r"^derived", "`derived.x`"),
)


@dataclass(frozen=True)
class _Found:
    """Where a complaint points: the path, the value there, and whether it is about the union member that was meant."""

    path: str
    value: Any
    meant: bool
    scalar_union: bool


def faults_of(error: ValidationError, data: Any, places: Places) -> tuple[Fault, ...]:
    """One fault for each thing wrong, in the order of the document, at most `MAX_FAULTS` and a count of the rest."""
    faults = list(dict.fromkeys(_faults(error.errors(include_url=False, include_input=False), data, places)))
    if len(faults) > MAX_FAULTS:
        rest = len(faults) - MAX_FAULTS
        return (*faults[:MAX_FAULTS], fault("document.more", places.name, count=rest))
    return tuple(faults)


def _faults(details: Iterable[Any], data: Any, places: Places) -> Iterator[Fault]:
    for detail in details:
        found = _locate(data, detail["loc"])
        if not found.meant or _echo(detail, found):
            continue
        yield _translate(detail, found, places)


def _echo(detail: Any, found: _Found) -> bool:
    """A list whose items were all refused is then called too short: that is no second fault."""
    return detail["type"] == "too_short" and isinstance(found.value, list) and len(found.value) > 0


# --- where it points ---------------------------------------------------------------------------------------------


def _locate(data: Any, steps: tuple[int | str, ...]) -> _Found:
    path, node, scalar = "", data, False
    discriminator = ""
    for number, step in enumerate(steps):
        if step == "[key]":
            continue
        if discriminator and isinstance(node, dict) and node.get(discriminator) == step:
            discriminator = ""
            continue
        if _is_inside(node, step):
            path, node = join(path, step), node[step]
            discriminator = _discriminator(steps[: number + 1])
        elif isinstance(step, str) and step in _CONDITIONS | _OBJECTS:
            if not _meant(node, step):
                return _Found(path, node, meant=False, scalar_union=False)
        elif isinstance(step, str) and _SCALAR.match(step):
            scalar = True
            if isinstance(node, dict) and _may_be_object(steps[:number]):
                return _Found(path, node, meant=False, scalar_union=True)
        else:
            return _Found(path, node, meant=True, scalar_union=scalar)
    return _Found(path, node, meant=True, scalar_union=scalar)


def _is_inside(node: Any, step: int | str) -> bool:
    if isinstance(step, int):
        return isinstance(node, list) and step < len(node)
    return isinstance(node, dict) and step in node


def _discriminator(steps: tuple[int | str, ...]) -> str:
    if steps[-1] == "method":
        return "form"
    return "effect" if len(steps) > 1 and steps[-2] == "then" else ""


def _may_be_object(steps: tuple[int | str, ...]) -> bool:
    """Whether a mapping may stand here as well as a plain value: then its own class says what is wrong with it."""
    return steps[-1:] == ("of",) or steps[-2:-1] == ("answers",)


def _meant(node: Any, member: str) -> bool:
    if member in _OBJECTS:
        return isinstance(node, dict)
    if isinstance(node, dict):
        for key, name in (("all", "AllOf"), ("any", "AnyOf"), ("not", "Not"), ("not_", "Not")):
            if key in node:
                return member == name
    return member == "Comparison"


# --- what it says ------------------------------------------------------------------------------------------------


def _translate(detail: Any, found: _Found, places: Places) -> Fault:
    kind, context = detail["type"], detail.get("ctx", {})
    last = str(detail["loc"][-1])[:80] if detail["loc"] else ""
    place, value = places.at(found.path), _shown(found.value)
    if kind == "missing":
        return fault("field.missing", place, field=last)
    if kind == "extra_forbidden":
        return _unknown(place, last)
    if kind == "union_tag_not_found" or kind == "union_tag_invalid":
        return _form(kind, context, found, places)
    if found.scalar_union and "[key]" not in detail["loc"]:
        code = "field.not_measure" if found.path.endswith(".of") else "field.not_value"
        return fault(code, place, value=value)
    if kind == "string_pattern_mismatch":
        wrong = last if last != "[key]" else str(detail["loc"][-2])[:80]
        value = _shown(wrong) if "[key]" in detail["loc"] else value
        return fault("field.malformed", place, value=value, expected=_shape(str(context.get("pattern", ""))))
    return _plain(kind, context, detail["msg"], place, value)


def _plain(kind: str, context: dict[str, Any], message: str, place: str, value: str) -> Fault:
    if kind == "literal_error":
        return fault(
            "field.not_allowed", place, value=value, expected=str(context.get("expected", "")).replace(" or ", ", ")
        )
    if kind in _LIST_TYPES:
        return fault("field.not_list", place)
    if kind in _MAPPING_TYPES:
        return fault("field.not_mapping", place, value=value)
    if kind == "value_error":
        return fault("field.not_exact", place, value=value)
    if kind == "string_too_short":
        return fault("field.empty", place)
    if kind == "string_too_long":
        return fault("field.too_long", place, limit=context.get("max_length", ""))
    if kind == "too_short":
        return fault("field.no_items", place)
    if kind.startswith(("greater_than", "less_than")):
        return fault("field.out_of_range", place, value=value, expected=_bound(context))
    for prefix, code in (
        ("string_", "not_text"),
        ("int_", "not_whole"),
        ("date", "not_date"),
        ("bool_", "not_boolean"),
    ):
        if kind.startswith(prefix):
            return fault(f"field.{code}", place, value=value)
    return fault("field.invalid", place, value=value, problem=message[:200])


def _unknown(place: str, name: str) -> Fault:
    close = get_close_matches(name, _FIELDS, n=1)
    if close and close[0] != name:
        vi, en = f"Có phải là `{close[0]}`?", f"Did you mean `{close[0]}`?"
    else:
        vi, en = "Bỏ trường này, hoặc kiểm tra thụt lề.", "Remove it, or check the indentation."
    return fault("field.unknown", place, field=name, hint_vi=vi, hint_en=en)


def _form(kind: str, context: dict[str, Any], found: _Found, places: Places) -> Fault:
    field = str(context.get("discriminator", "")).strip("'")
    place = places.at(join(found.path, field))
    expected = ", ".join(_FORMS.get(field, ()))
    if kind == "union_tag_not_found":
        return fault("field.form_missing", place, field=field, expected=expected)
    given = found.value.get(field) if isinstance(found.value, dict) else found.value
    close = get_close_matches(str(given)[:80], _FORMS.get(field, ()), n=1)
    return fault("field.not_allowed", place, value=_shown(given), expected=close[0] if close else expected)


def _shape(pattern: str) -> str:
    return next((words for start, words in _SHAPES if pattern.startswith(start)), pattern)


def _bound(context: dict[str, Any]) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return " ".join(f"{sign} {context[key]}" for key, sign in signs.items() if key in context)


def _shown(value: Any) -> str:
    if value is None:
        return "giá trị trống (null)"
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"`{text[:60]}{'…' if len(text) > 60 else ''}`"
