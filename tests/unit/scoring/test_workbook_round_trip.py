"""A workbook says all that a rule set says: what comes back has the same hash, and every cell's place is known."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel
from scoring_builders import a_criterion, a_rule_set, a_section, an_input
from scoring_strategies import rule_sets
from workbook_builders import EVERYTHING, book_of, reread, rich_rule_sets

import services.scoring
from services.scoring.core.workbook import rule_set_book
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Invalid
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set, load_text

OFFICIAL = sorted((Path(services.scoring.__file__).parent / "rulesets").glob("*/*.yaml"))
SOME = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("path", OFFICIAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_official_set_comes_back_exactly(path: Path) -> None:
    rule_set = load_rule_set(path)
    again = reread(rule_set).rule_set
    assert again.canonical() == rule_set.canonical()
    assert again.content_hash() == rule_set.content_hash()


def test_every_form_and_field_comes_back() -> None:
    assert reread(EVERYTHING).rule_set.canonical() == EVERYTHING.canonical()


@SOME
@given(rule_set=rule_sets())
def test_every_drawn_rule_set_comes_back(rule_set: RuleSet) -> None:
    assert reread(rule_set).rule_set.content_hash() == rule_set.content_hash()


@SOME
@given(rule_set=rich_rule_sets())
def test_text_and_numbers_that_excel_would_change_come_back(rule_set: RuleSet) -> None:
    assert reread(rule_set).rule_set.canonical() == rule_set.canonical()


def _said(value: Any, found: set[str]) -> None:
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            found.add(f"{type(value).__name__}.{name}")
            _said(getattr(value, name), found)
    elif isinstance(value, dict | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            _said(each, found)


def _models(annotation: Any, found: set[type[BaseModel]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in found:
            found.add(annotation)
            for field in annotation.model_fields.values():
                _models(field.annotation, found)
    elif get_origin(annotation) in (Union, UnionType) or get_args(annotation):
        for inner in get_args(annotation):
            _models(inner, found)


def test_no_field_of_the_format_is_left_out_of_what_is_tried_here() -> None:
    """A field that is new in the format has to come back too: give `EVERYTHING` or an official set one."""
    models: set[type[BaseModel]] = set()
    _models(RuleSet, models)
    said: set[str] = set()
    for rule_set in (EVERYTHING, *map(load_rule_set, OFFICIAL)):
        _said(rule_set, said)
    known = {f"{model.__name__}.{name}" for model in models for name in model.model_fields}
    assert known - said == set()


def test_every_value_has_a_cell() -> None:
    loaded = reread(EVERYTHING)
    for path in (
        "version",
        "legal_basis[0].issued_on",
        "result.levels[1].at_least",
        "result.tie_breakers[1].of",
        "sections[0].weight",
        "sections[0].criteria[2].method.of",
        "sections[0].criteria[2].method.rows[1].below",
        "sections[0].criteria[3].method.unit_points",
        "sections[0].criteria[4].method.points.large",
        "sections[0].criteria[7].method.cases[0].method.parts[0].maximum",
        "sections[0].criteria[9].method.cases.large",
        "sections[0].criteria[9].evidence.without",
        "sections[0].criteria[9].asked_if.when",
        "sections[0].criteria[0].inputs[0].options[1].title",
        "rules[0].when.all[1]",
        "rules[0].then[0].points",
        "examples[0].answers.u.units",
        'examples[0].expect.criteria["1.4"]',
        "mapping.entries[0].after",
    ):
        label = loaded.places.label(path)
        sheet, cell = label.split("!")[1:]
        assert cell, path
        values = {each.name: each.values for each in book_of(EVERYTHING).sheets}[sheet]
        assert values, path


def test_the_same_set_gives_the_same_cells_in_whatever_order_it_was_written() -> None:
    for rule_set in (EVERYTHING, load_rule_set(OFFICIAL[0])):
        in_order = load_text(canonical_json(rule_set.canonical()), "bo.json").rule_set
        assert rule_set_book(in_order) == rule_set_book(rule_set)


def test_parts_nested_beyond_all_measure_are_not_written() -> None:
    method: dict[str, Any] = {"form": "yes_no", "input": "a"}
    for _ in range(14):
        method = {"form": "sum", "parts": [{"title": {"vi": "Phần"}, "maximum": 1, "method": method}]}
    deep = a_rule_set(a_section("1", a_criterion("1.1", method, [an_input("a", "boolean")])))
    with pytest.raises(Invalid, match="too_deep"):
        rule_set_book(deep)


def test_what_would_not_come_back_is_not_written() -> None:
    criteria = EVERYTHING.sections[0].criteria
    twice = EVERYTHING.sections[0].model_copy(update={"criteria": (*criteria, criteria[0])})
    with pytest.raises(Invalid) as caught:
        rule_set_book(EVERYTHING.model_copy(update={"sections": (twice,)}))
    assert caught.value.code == "workbook.not_exportable"
    assert "1.1" in caught.value.faults[0].vi
