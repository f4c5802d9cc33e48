"""Plain JSON put together from known parts is what the whole would be written as."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.contracts.envelope import STRUCTURED, decode, read_event
from shared.contracts.generate import HERE
from shared.kernel.exact import Exact
from shared.messaging.parts import Parts

EXAMPLES = sorted((HERE / "examples").glob("*/*.json"))


class Figure(BaseModel):
    model_config = ConfigDict(frozen=True)

    value: Exact
    note: str = ""


class Sheet(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    figures: dict[str, Figure]
    first: Figure | None = None


class Upcast(BaseModel):
    """Read otherwise than it is written."""

    words: str

    @field_validator("words", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value


class Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    sheets: tuple[Sheet, ...] = ()
    newest: Sheet | None = None
    standard: Figure = Figure(value=Fraction(1))
    renamed: Sheet | None = Field(default=None, serialization_alias="again")
    older: Upcast | None = None
    count: int = 0


class Told(BaseModel):
    sheet: Sheet
    all_of_them: tuple[Sheet, ...] = ()


def a_sheet(name: str) -> Sheet:
    half = Figure(value=Fraction(1, 2))
    return Sheet(name=name, figures={"a": half}, first=half)


def dumped(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def test_parts_that_are_known_are_taken_as_they_are() -> None:
    parts, sheet = Parts(), a_sheet("one")
    state = Kept(sheets=(sheet,), newest=sheet)
    plain = parts.plain(state)
    parts.learn(state, plain)
    told = parts.plain(Told(sheet=sheet, all_of_them=(sheet, sheet)))
    assert told == dumped(Told(sheet=sheet, all_of_them=(sheet, sheet)))
    assert told["sheet"] is plain["newest"]
    assert told["all_of_them"][0] is plain["sheets"][0] or told["all_of_them"][0] is plain["newest"]


@pytest.mark.parametrize(
    "update",
    [
        {"newest": a_sheet("other")},
        {"newest": None},
        {"sheets": ()},
        {"standard": Figure(value=Fraction(1))},
        {"standard": Figure(value=Fraction(2))},
        {"renamed": a_sheet("renamed")},
        {"older": Upcast(words="a b")},
        {"count": 3},
    ],
)
def test_a_changed_state_is_written_as_a_whole_would_be(update: dict[str, Any]) -> None:
    stored = {**dumped(Kept(sheets=(a_sheet("one"), a_sheet("two")), newest=a_sheet("two"))), "older": {"words": ["a"]}}
    state, parts = Kept.model_validate(stored), Parts()
    parts.learn(state, stored)
    changed = state.model_copy(update=update)
    assert parts.plain(changed) == dumped(changed)
    parts.learn(changed, parts.plain(changed))
    again = changed.model_copy(update={"sheets": (*changed.sheets, a_sheet("three"))})
    assert parts.plain(again) == dumped(again)


def test_many_parts_are_taken_where_each_is_known_and_written_where_one_is_not() -> None:
    parts, figures = Parts(), {f"f{number}": Figure(value=Fraction(number, 3)) for number in range(1, 30)}
    sheet = Sheet(name="many", figures=figures)
    known = {name: dumped(figure) for name, figure in figures.items()}
    for name, figure in figures.items():
        parts.learn(figure, known[name])
    plain = parts.plain(sheet)
    assert plain == dumped(sheet)
    assert all(plain["figures"][name] is known[name] for name in figures)
    other = sheet.model_copy(update={"figures": {**figures, "f30": Figure(value=Fraction(30))}})
    assert parts.plain(other) == dumped(other)
    assert parts.plain(sheet.model_copy(update={"figures": {}})) == {"name": "many", "figures": {}}


def test_of_some_parts_that_are_partly_known_each_is_put_together() -> None:
    parts, known = Parts(), Figure(value=Fraction(1, 3))
    parts.learn(known, dumped(known))
    sheets = tuple(Sheet(name=name, figures={}, first=known) for name in ("one", "two"))
    plain = parts.plain(Kept(sheets=sheets))
    assert plain == dumped(Kept(sheets=sheets))
    assert plain["sheets"][0]["first"] is plain["sheets"][1]["first"]
    with_another = Kept(sheets=(*sheets, a_sheet("three")))
    assert parts.plain(with_another) == dumped(with_another)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_event_is_written_as_before_whatever_is_known_of_it(path: Path) -> None:
    data = read_event(decode({"content-type": STRUCTURED}, path.read_bytes())).data
    parts = Parts()
    for part in (value for _, value in data if isinstance(value, BaseModel)):
        parts.learn(part, dumped(part))
    assert parts.plain(data) == data.plain()
    parts.learn(data, data.plain())
    assert parts.plain(data.model_copy()) == data.plain()
