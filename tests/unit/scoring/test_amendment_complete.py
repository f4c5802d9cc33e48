"""Nothing changes without being told: every field of a document, altered, removed or moved, is in the amendment."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lengths import at_length
from pydantic import ValidationError
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input
from scoring_strategies import rule_sets

from services.scoring.core.amendment import Amendment, amend
from shared.ruleset.document import RuleSet

Path = tuple[str | int, ...]
TEXT = {"vi": "Lời", "en": "Words"}
PARTS = [
    {"title": TEXT, "maximum": 2, "method": {"form": "yes_no", "input": "plan", "yes": 2, "no": 1}},
    {"title": TEXT, "maximum": 8, "method": {"form": "count", "input": "n", "unit_points": "0.5"}},
]
SHARE = {"numerator": "done", "denominator": "all", "zero_denominator": "full"}
ROWS = [
    {"points": 10, "at_least": "0.9"},
    {"points": 5, "above": "0.5", "below": "0.9"},
    {"points": 0, "at_most": "0.5"},
]
WHEN = {
    "all": [
        {"fact": "submission.days_late", "above": 0},
        {"any": [{"fact": "input.kind", "is": "big"}, {"not": {"fact": "state.n", "is_not": "value"}}]},
    ]
}


def everything() -> RuleSet:
    """A rule set that uses every field of the language."""
    choice = an_input("kind", "choice", options=("big", "small"))
    first = a_section(
        "1",
        a_criterion(
            "1.1",
            {"form": "sum", "parts": PARTS},
            [an_input("plan", "boolean"), an_input("n", minimum=0, maximum=90, unit="lớp")],
            evidence={"required": True, "documents": ["Kế hoạch", "Biên bản"], "without": "0.5"},
            article="Điều 5",
            message=TEXT,
            not_applicable="allowed",
        ),
        a_criterion("1.2", {"form": "best", "cases": PARTS}, []),
        a_criterion("1.3", {"form": "bands", "of": SHARE, "rows": ROWS}, [an_input("done"), an_input("all")]),
        a_criterion("1.4", {"form": "ratio", "of": {"numerator": "done", "whole": 7}}, []),
        a_criterion("1.5", {"form": "choice", "input": "kind", "points": {"big": 10, "small": 5}}, [choice]),
    )
    cases = {"big": {"form": "relative", "input": SHARE, "zero_best": "full"}, "small": {"form": "information"}}
    mean = {"form": "average", "of": {"form": "count", "input": "served", "unit_points": 1}, "total": "n"}
    asked = {"asked_if": {"when": {"fact": "input.plan", "is": True}, "otherwise": "zero"}}
    second = a_section(
        "2",
        a_criterion("2.1", {"form": "by", "input": "kind", "cases": cases}, [], bonus=True, **asked),
        a_criterion("2.2", mean, [an_input("served", per_unit=True)]),
    )
    effects = [
        {"effect": "derive", "fact": "derived.a", "value": 3},
        {"effect": "deduct", "points": 1, "from": "1", "times": "submission.days_late", "at_most": 5},
        {"effect": "cap_section", "section": "1", "at_most": 5},
        {"effect": "zero_section", "section": "2"},
        {"effect": "exclude_criterion", "criterion": "1.2"},
        {"effect": "exclude_from_ranking"},
        {"effect": "flag", "flag": "late"},
    ]
    rules = [
        a_rule("late", WHEN, *effects, article="Điều 6", origin="decision"),
        a_rule("bare", {"fact": "criterion.scored", "is": True}, {"effect": "zero_criterion"}, for_each="criterion"),
    ]
    expect = {"points": 9, "maximum": 20, "index": "0.45", "level": "yeu", "fired": ["late"], "excluded": True}
    example = {
        "id": "base",
        "title": TEXT,
        "answers": {"n": {"state": "not_reported"}, "served": {"units": {"Xã A": 3}}, "plan": True},
        "evidence_missing": ["1.1"],
        "rejected": ["1.2"],
        "days_late": 2,
        "group_best": {"done/all": 1},
        "expect": {**expect, "criteria": {"1.1": 3}},
    }
    made = a_rule_set(
        {**first, "weight": 2},
        {**second, "weight": 1},
        rules=rules,
        examples=[example, {**example, "id": "gone", "extends": "base", "missing": True}],
        mapping={"version": "0", "entries": [{"kind": "renamed", "before": ["1.9"], "after": ["1.1"], "note": TEXT}]},
    )
    document = made.canonical()
    document["result"] |= {
        "display": {"points_places": 3, "index_places": 3, "rounding": "half_even"},
        "mean": "geometric",
        "tie_breakers": [{"of": "section.1", "first": "lowest"}, {"of": "criterion.1.1"}],
    }
    document["title"] |= {"en": "Trial"}
    return RuleSet.model_validate(document)


BASE = everything()
WORDS = [
    *("zero", "full", "not_applicable", "allowed", "decision", "illustrative", "index", "total", "portal", "district"),
    *(
        "integer",
        "decimal",
        "boolean",
        "text",
        "highest",
        "arithmetic",
        "half_up",
        "not_reported",
        "value",
        "2020-01-02",
    ),
    *(
        "kept",
        "new",
        "points",
        "2",
        "1.3",
        "input.done",
        "state.all",
        "derived.b",
        "submission.missing",
        "small",
        "done",
    ),
]


def paths(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field of plain JSON, containers included."""
    yield path, data
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from paths(value, (*path, key))


def instead(value: Any) -> Iterator[Any]:
    """Other values for a field."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield from (f"{value}9", f"{value}x", "9", *WORDS)
    elif isinstance(value, list):
        yield value[::-1]


def altered(document: dict[str, Any], path: Path, value: Any = None, *, remove: bool = False) -> RuleSet | None:
    """The document with one field altered or removed, if it still is one and another one."""
    changed = copy.deepcopy(document)
    spot: Any = changed
    for key in path[:-1]:
        spot = spot[key]
    if remove:
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    try:
        found = RuleSet.model_validate(changed)
    except ValidationError:
        return None
    return None if found.canonical() == document else found


def mutants(rule_set: RuleSet) -> Iterator[tuple[str, RuleSet]]:
    document = rule_set.canonical()
    for path, value in paths(document):
        if path in ((), ("version",)):
            continue
        name = ".".join(map(str, path))
        one = next((found for other in instead(value) if (found := altered(document, path, other))), None)
        if one is not None:
            yield f"{name} altered", one
        without = altered(document, path, remove=True)
        if without is not None:
            yield f"{name} removed", without


def test_a_document_is_no_amendment_of_itself() -> None:
    assert amend(BASE, BASE).is_empty()


@cache
def told() -> dict[str, tuple[RuleSet, Amendment]]:
    """Every mutant, and what is told of it."""
    return {name: (other, amend(BASE, other)) for name, other in mutants(BASE)}


@pytest.mark.slow
def test_every_field_that_changes_is_told() -> None:
    assert [name for name, (_, amendment) in told().items() if amendment.is_empty()] == []
    fields = {name.rsplit(" ", 1)[0].rsplit(".", 1)[-1] for name in told()}
    assert {"weight", "without", "zero_best", "asked_if", "per_unit", "mean", "of", "first", "flag", "en"} <= fields


@pytest.mark.slow
def test_only_a_change_of_points_claims_one() -> None:
    for name, (other, amendment) in told().items():
        maxima = [
            {one.code: one.maximum for one in (*version.sections, *version.criteria())} for version in (BASE, other)
        ]
        assert all(maxima[0][moved.code] != maxima[1][moved.code] for moved in amendment.points_moved), name


@pytest.mark.parametrize("part", ["sections", "rules", "examples"])
def test_another_order_is_told_as_such_and_moves_nothing(part: str) -> None:
    found = amend(BASE, BASE.model_copy(update={part: getattr(BASE, part)[::-1]}))
    assert found.order_changed
    assert [name for name in found.kinds() if getattr(found, name)] == ["order_changed"]


def test_another_order_of_criteria_is_told_as_such_and_moves_nothing() -> None:
    sections = (BASE.sections[0].model_copy(update={"criteria": BASE.sections[0].criteria[::-1]}), BASE.sections[1])
    found = amend(BASE, BASE.model_copy(update={"sections": sections}))
    assert [name for name in found.kinds() if getattr(found, name)] == ["order_changed"]


def test_a_criterion_in_another_section_is_told() -> None:
    one, two = BASE.sections
    moved = one.criteria[-1]
    sections = (
        one.model_copy(update={"criteria": one.criteria[:-1]}),
        two.model_copy(update={"criteria": (moved, *two.criteria)}),
    )
    (change,) = amend(BASE, BASE.model_copy(update={"sections": sections})).criteria_changed
    assert (change.before, change.after) == (("thuộc hạng mục 1",), ("thuộc hạng mục 2",))


@pytest.mark.slow
@settings(max_examples=at_length(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(rule_sets(), st.randoms())
def test_any_field_of_any_rule_set_that_changes_is_told(rule_set: RuleSet, random: Any) -> None:
    assert amend(rule_set, rule_set).is_empty()
    found = list(mutants(rule_set))
    for name, other in random.sample(found, min(20, len(found))):
        assert not amend(rule_set, other).is_empty(), name
