"""A proposed example as text, ready to be pasted below `examples:`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from shared.kernel.exact import exact_text
from shared.ruleset.document import Example, ExampleAnswer, ExampleUnits, Expectation, Text

__all__ = ["example_yaml"]

_LONGEST_NUMBER = 38  # what the reader of rule sets takes without quotes
Notes = Mapping[str, Sequence[str]]


def example_yaml(example: Example, notes: Notes) -> str:
    """The example in YAML; `notes` say of each criterion what the example shows."""
    return "".join(f"  {line}\n" for line in _lines(example, notes))


def _lines(example: Example, notes: Notes) -> Iterator[str]:
    yield f"- id: {example.id}"
    yield f"  title: {_flow(_texts(example.title))}"
    if example.extends is not None:
        yield f"  extends: {example.extends}"
    if example.answers:
        yield "  answers:"
        yield from (f"    {name}: {_answer(said)}" for name, said in example.answers.items())
    if example.group_best:
        yield f"  group_best: {_flow(example.group_best)}"
    for name, codes in (("evidence_missing", example.evidence_missing), ("rejected", example.rejected)):
        if codes:
            yield f"  {name}: [{', '.join(map(_scalar, codes))}]"
    if example.days_late:
        yield f"  days_late: {example.days_late}"
    if example.missing:
        yield "  missing: true"
    yield "  expect:"
    yield from (f"    {line}" for line in _expected(example.expect, notes))


def _expected(expect: Expectation, notes: Notes) -> Iterator[str]:
    for name, number in (("points", expect.points), ("maximum", expect.maximum), ("index", expect.index)):
        if number is not None:
            yield f"{name}: {_scalar(number)}"
    if expect.level is not None:
        yield f"level: {expect.level}"
    if expect.fired is not None:
        yield f"fired: [{', '.join(expect.fired)}]"
    if expect.criteria:
        yield "criteria:"
        yield from (
            f"  {_scalar(code)}: {_noted(points, notes.get(code, ()))}" for code, points in expect.criteria.items()
        )
    if expect.excluded:
        yield "excluded: true"


def _noted(points: Fraction, notes: Sequence[str]) -> str:
    return f"{_scalar(points)}  # {'; '.join(notes)}" if notes else _scalar(points)


def _texts(text: Text) -> dict[str, str]:
    return {name: words for name, words in (("vi", text.vi), ("en", text.en)) if words}


def _answer(said: bool | Fraction | ExampleAnswer | ExampleUnits | str) -> str:
    if isinstance(said, ExampleUnits):
        units = ", ".join(f"{_scalar(unit)}: {_answer(value)}" for unit, value in said.units.items())
        return f"{{ units: {{ {units} }} }}"
    return f"{{ state: {said.state} }}" if isinstance(said, ExampleAnswer) else _scalar(said)


def _flow(pairs: Mapping[str, str] | Mapping[str, Fraction]) -> str:
    return f"{{ {', '.join(f'{_key(name)}: {_scalar(value)}' for name, value in pairs.items())} }}"


def _key(name: str) -> str:
    plain = re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in ("null", "true", "false")
    return name if plain else json.dumps(name)


def _scalar(value: bool | Fraction | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        text = exact_text(value)
        return f'"{text}"' if "/" in text or len(text) > _LONGEST_NUMBER else text
    return json.dumps(value, ensure_ascii=False)
