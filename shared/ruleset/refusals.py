"""From pydantic's complaints to faults that a department's officer can act on: one for each thing wrong.

A union makes pydantic complain once for every member it tried. Here the member that the data was plainly meant to be
is found first (a mapping with `all` is an `all`), and only its complaints are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from shared.kernel.errors import Fault
from shared.kernel.exact import parse_exact
from shared.ruleset import document
from shared.ruleset.look_alikes import odd_character, plain_form
from shared.ruleset.members import fields_at
from shared.ruleset.places import Places, join
from shared.ruleset.wording import fault

__all__ = ["faults_of"]

MAX_FAULTS = 200

_CONDITIONS = {"Comparison", "AllOf", "AnyOf", "Not"}
_OBJECTS = {"Quotient", "ExampleAnswer", "ExampleUnits"}
_SCALAR = re.compile(r"(bool|str|constrained-str|function-.*)\Z")
_LIST_TYPES = {"tuple_type", "list_type"}
_MAPPING_TYPES = {"model_type", "model_attributes_type", "dict_type"}
_DIGITS = re.compile(r"[0-9]+\Z")
_DECIMAL_COMMA = re.compile(r"(-?[0-9]+),([0-9]+)\Z")
_ALIKE = 0.7  # how close a name must be to be taken for a slip of the pen


def _tags(union: Any, field: str) -> tuple[str, ...]:
    members = get_args(get_args(union)[0])  # Annotated[A | B | ..., Field(discriminator=field)]
    return tuple(get_args(member.model_fields[field].annotation)[0] for member in members)


_FORMS = {"form": _tags(document.Method, "form"), "effect": _tags(document.Effect, "effect")}
# What a malformed name should look like, by the pattern it failed.
_SHAPES = (
    (r"^[a-z][a-z0-9]*(-", "`chu-thuong-khong-dau` (a-z, 0-9, -)"),
    (r"^[a-z][a-z0-9_]*(/", "`so_lieu` hoặc `tu_so/mau_so` (a-z, 0-9, _)"),
    (r"^[a-z][a-z0-9_]*$", "`chu_thuong_khong_dau` (a-z, 0-9, _)"),
    (r"^[0-9]+(\.", "'2021.1'"),
    (r"^[0-9]{1,2}$", "'1'"),
    (r"^[0-9]{1,2}\.", "'1.2'"),
    (r"^(submission", "`submission.days_late`, `input.x`, `state.x`, `criterion.state`, `derived.x`"),
    (r"^derived", "`derived.x`"),
    (r"^(points", "`points`, `index`, `section.1`, `criterion.1.2`"),
)


@dataclass(frozen=True)
class _Found:
    """Where a complaint points: the path, the value there, and whether it is about the union member that was meant.

    `holder` is what the value stands in.
    """

    path: str
    value: Any
    meant: bool
    scalar_union: bool
    holder: Any = None


def faults_of(error: ValidationError, data: Any, places: Places) -> tuple[Fault, ...]:
    """One fault for each thing wrong, in the order of the document, at most `MAX_FAULTS` and a count of the rest."""
    faults: dict[Fault, None] = {}
    complaints = _without_echoes(list(_complaints(error.errors(include_url=False, include_input=False), data)))
    for done, (detail, found) in enumerate(complaints, 1):
        faults[_translate(detail, found, places)] = None
        if len(faults) == MAX_FAULTS and done < len(complaints):
            return (*faults, fault("document.more", places.name, count=len(complaints) - done))
    return tuple(faults)


def _without_echoes(complaints: list[tuple[Any, _Found]]) -> list[tuple[Any, _Found]]:
    """One cause, one fault: a misspelled field is not missing too, and a malformed key says nothing of its value."""
    unknown = [(detail, found) for detail, found in complaints if detail["type"] == "extra_forbidden"][:MAX_FAULTS]
    meant = {(detail["loc"][:-1], _meant_field(detail["loc"])) for detail, _ in unknown}
    keys = {found.path for detail, found in complaints if "[key]" in detail["loc"]}
    return [
        (detail, found)
        for detail, found in complaints
        if not (detail["type"] == "missing" and (detail["loc"][:-1], detail["loc"][-1]) in meant)
        and not (found.path in keys and "[key]" not in detail["loc"])
    ]


def _complaints(details: Iterable[Any], data: Any) -> Iterator[tuple[Any, _Found]]:
    for detail in details:
        found = _locate(data, detail["loc"])
        if found.meant and not _echo(detail, found):
            yield detail, found


def _echo(detail: Any, found: _Found) -> bool:
    """A list whose items were all refused is then called too short: that is no second fault."""
    return detail["type"] == "too_short" and isinstance(found.value, list) and len(found.value) > 0


# --- where it points ---------------------------------------------------------------------------------------------


def _locate(data: Any, steps: tuple[int | str, ...]) -> _Found:
    path, node, holder, scalar = "", data, None, False
    tag = ""
    for number, step in enumerate(steps):
        if step == "[key]":
            continue
        if tag and step == tag:  # which form or effect was tried: no step of the document
            tag = ""
            continue
        if _is_inside(node, step):
            path, node, holder = join(path, step), node[step], node
            tag = _tag(node)
        elif isinstance(step, str) and step in _CONDITIONS | _OBJECTS:
            if not _meant(node, step):
                return _Found(path, node, meant=False, scalar_union=False)
        elif isinstance(step, str) and _SCALAR.match(step):
            scalar = True
            if isinstance(node, dict) and _may_be_object(steps[:number]):
                return _Found(path, node, meant=False, scalar_union=True)
        else:
            return _Found(path, node, meant=True, scalar_union=scalar, holder=holder)
    return _Found(path, node, meant=True, scalar_union=scalar, holder=holder)


def _is_inside(node: Any, step: int | str) -> bool:
    if isinstance(step, int):
        return isinstance(node, list) and step < len(node)
    return isinstance(node, dict) and step in node


def _tag(node: Any) -> str:
    """The form of a method, or the effect, that a mapping names; a result has a form too, but no union."""
    tags = [node.get(field) for field in _FORMS] if isinstance(node, dict) else []
    return next((tag for tag in tags if isinstance(tag, str)), "")


def _may_be_object(steps: tuple[int | str, ...]) -> bool:
    """Whether a mapping may stand here as well as a plain value: then its own class says what is wrong with it."""
    return steps[-1:] in (("of",), ("input",)) or steps[-2:-1] in (("answers",), ("units",))


def _meant(node: Any, member: str) -> bool:
    if member in _OBJECTS:
        return isinstance(node, dict) and member != ("ExampleAnswer" if "units" in node else "ExampleUnits")
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
        return _unknown(detail["loc"], found, place)
    if kind == "union_tag_not_found" or kind == "union_tag_invalid":
        return _form(kind, context, found, places)
    if found.scalar_union and "[key]" not in detail["loc"]:
        comma = _comma_in_braces(str(detail["loc"][-2]), found)
        if comma:
            return _decimal_comma(comma, place)
        code = "field.not_measure" if found.path.endswith((".of", ".input")) else "field.not_value"
        return fault(code, place, value=value)
    if kind == "string_pattern_mismatch":
        return _malformed(detail["loc"], str(context.get("pattern", "")), found, place)
    if kind == "literal_error":
        allowed = tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
        return _not_allowed(found.value, allowed, place)
    if kind == "value_error":
        return _not_exact(found.value, place)
    return _plain(kind, context, detail["msg"], place, value)


def _plain(kind: str, context: dict[str, Any], message: str, place: str, value: str) -> Fault:
    if kind in _LIST_TYPES:
        return fault("field.not_list", place)
    if kind in _MAPPING_TYPES:
        return fault("field.not_mapping", place, value=value)
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


def _unknown(steps: tuple[int | str, ...], found: _Found, place: str) -> Fault:
    """A field that the part does not have: a slip of the pen, a decimal comma, or one that stands elsewhere."""
    name, allowed = str(steps[-1])[:80], fields_at(steps[:-1])
    if comma := _comma_in_braces(name, found):
        return _decimal_comma(comma, place)
    if plain_form(name) in allowed:
        return _looks_alike(name, place)
    meant = _meant_field(steps)
    hint_vi, hint_en = (f"Có phải `{meant}`? ", f"Did you mean `{meant}`? ") if meant else ("", "")
    listed = ", ".join(f"`{each}`" for each in allowed)
    return fault("field.unknown", place, field=name, hint_vi=hint_vi, hint_en=hint_en, fields=listed)


def _meant_field(steps: tuple[int | str, ...]) -> str:
    """The field that an unknown one was plainly meant to be, or the empty text."""
    name, allowed = str(steps[-1])[:80], fields_at(steps[:-1])
    if plain_form(name) in allowed:
        return plain_form(name)
    close = get_close_matches(name, allowed, n=1, cutoff=_ALIKE)
    return close[0] if close else ""


def _comma_in_braces(name: str, found: _Found) -> str:
    """`{at_least: 0,95}` is read as `at_least: 0` and a field `95` without a value: the number that was meant."""
    if found.value is not None or not _DIGITS.match(name) or not isinstance(found.holder, dict):
        return ""
    before = [value for key, value in found.holder.items() if key != name][: list(found.holder).index(name)]
    whole = before[-1] if before else None
    return f"{whole},{name}" if isinstance(whole, int) and not isinstance(whole, bool) else ""


def _decimal_comma(written: str, place: str) -> Fault:
    return fault("field.decimal_comma", place, written=written, meant=written.replace(",", "."))


def _malformed(steps: tuple[int | str, ...], pattern: str, found: _Found, place: str) -> Fault:
    is_key = "[key]" in steps
    wrong = str(steps[-1] if steps[-1] != "[key]" else steps[-2])[:80] if is_key else found.value
    comma = _comma_in_braces(wrong, found) if is_key else ""
    if comma:
        return _decimal_comma(comma, place)
    if isinstance(wrong, str) and re.search(pattern, plain_form(wrong)):
        return _looks_alike(wrong, place)
    return fault("field.malformed", place, value=_shown(wrong), expected=_shape(pattern))


def _not_exact(value: Any, place: str) -> Fault:
    if isinstance(value, str):
        comma = _DECIMAL_COMMA.match(value)
        if comma:
            return _decimal_comma(value[:60], place)
        try:
            parse_exact(plain_form(value))
        except ValueError:
            pass
        else:
            return _looks_alike(value, place)
    return fault("field.not_exact", place, value=_shown(value))


def _looks_alike(text: str, place: str) -> Fault:
    plain = plain_form(text)[:60]
    return fault("field.look_alike", place, value=_shown(text), plain=plain, character=odd_character(text))


def _form(kind: str, context: dict[str, Any], found: _Found, places: Places) -> Fault:
    field = str(context.get("discriminator", "")).strip("'")
    place = places.at(join(found.path, field))
    expected = _FORMS.get(field, ())
    if kind == "union_tag_not_found":
        return fault("field.form_missing", place, field=field, expected=", ".join(expected))
    return _not_allowed(found.value.get(field) if isinstance(found.value, dict) else found.value, expected, place)


def _not_allowed(value: Any, expected: tuple[str, ...], place: str) -> Fault:
    """One of few words is needed; all of them are listed, a slip of the pen is named besides."""
    text = str(value)[:80]
    if isinstance(value, str) and plain_form(text) in expected:
        return _looks_alike(text, place)
    close = get_close_matches(text, expected, n=1, cutoff=_ALIKE)
    hint_vi, hint_en = (f"Có phải `{close[0]}`? ", f"Did you mean `{close[0]}`? ") if close else ("", "")
    shown = ", ".join(expected)
    return fault("field.not_allowed", place, value=_shown(value), expected=shown, hint_vi=hint_vi, hint_en=hint_en)


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
