"""What a rule set says survives its canonical JSON, types and all: the hash names one document and no other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input
from scoring_runs import fired_ids
from scoring_strategies import rule_sets

import services.scoring
import shared.ruleset.document as document
from shared.kernel.canonical import canonical_json, loads_exact
from shared.ruleset.document import Derive, RuleSet
from shared.ruleset.loader import load_rule_set

OFFICIAL = sorted((Path(services.scoring.__file__).parent / "rulesets").glob("*/*.yaml"))
VALUES = [True, False, 0, 1, 2, "0", "1", "0.5", "1/3", "full", "true"]


def typed(value: Any) -> Any:
    """A value with the types of all it holds: True is not 1 here."""
    if isinstance(value, BaseModel):
        fields = {name: typed(getattr(value, name)) for name in type(value).model_fields}
        return (type(value), fields)
    if isinstance(value, dict):
        return (dict, {key: typed(item) for key, item in value.items()})
    if isinstance(value, tuple):
        return (tuple, [typed(item) for item in value])
    return (type(value), value)


def assert_survives(rule_set: RuleSet) -> None:
    again = RuleSet.model_validate(rule_set.canonical())
    stored = RuleSet.model_validate(loads_exact(canonical_json(rule_set.canonical())))
    for one in (again, stored):
        assert typed(one) == typed(rule_set)
        assert one.content_hash() == rule_set.content_hash()


def deriving(*value: Any) -> RuleSet:
    """Who is late has `derived.late` of a value; from 1 on it is flagged."""
    derive: dict[str, Any] = {"effect": "derive", "fact": "derived.late"}
    if value:
        derive["value"] = value[0]
    return a_rule_set(
        a_section("1", a_criterion("1.1", {"form": "yes_no", "input": "a"}, [an_input("a", "boolean")])),
        rules=[
            a_rule("late", {"fact": "submission.days_late", "above": 0}, derive),
            a_rule("is-one", {"fact": "derived.late", "at_least": 1}),
            a_rule("is-yes", {"fact": "derived.late", "is": True}),
        ],
    )


def test_a_derived_one_is_no_derived_yes() -> None:
    yes, one = deriving(), deriving(1)
    assert one.content_hash() != yes.content_hash()
    for rule_set, fired in ((yes, ["late", "is-yes"]), (one, ["late", "is-one"])):
        assert_survives(rule_set)
        stored = RuleSet.model_validate(rule_set.canonical())
        assert fired_ids(stored, a_submission(stored, {}, days_late=1)) == fired


def test_a_yes_that_is_written_out_is_the_yes_that_is_meant() -> None:
    assert deriving(True).content_hash() == deriving().content_hash() == deriving(None).content_hash()
    assert typed(deriving(True)) == typed(deriving())


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_drawn_document_survives(data: st.DataObject) -> None:
    drawn = data.draw(rule_sets()).model_dump(mode="json", by_alias=True)
    values = st.sampled_from(VALUES)
    answers = {item: data.draw(values) for item in data.draw(st.sets(st.sampled_from(["a", "b", "c"])))}
    rules = [
        a_rule(
            f"more-{number}",
            {"fact": "derived.more", data.draw(st.sampled_from(["is", "is_not"])): data.draw(values)},
            {"effect": "derive", "fact": "derived.more", "value": data.draw(values)},
            {"effect": "deduct", "points": 1, "from": data.draw(st.sampled_from(["total", "1"]))},
        )
        for number in range(2)
    ]
    expect = data.draw(st.sampled_from([{}, {"points": 0}, {"fired": []}, {"excluded": False}, {"criteria": {}}]))
    example = {
        "id": "one",
        "title": {"vi": "Một"},
        "answers": answers,
        "expect": expect,
        **data.draw(st.sampled_from([{}, {"days_late": 0}, {"days_late": 1}, {"missing": False}, {"missing": True}])),
    }
    assert_survives(RuleSet.model_validate({**drawn, "rules": [*drawn["rules"], *rules], "examples": [example]}))


@pytest.mark.parametrize("path", OFFICIAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_official_document_survives(path: Path) -> None:
    assert_survives(load_rule_set(path))


def models() -> Iterator[type[BaseModel]]:
    return (one for one in vars(document).values() if isinstance(one, type) and issubclass(one, BaseModel))


def kinds(annotation: Any) -> set[type]:
    """The plain types that an annotation lets in."""
    inner = get_args(annotation)
    if not inner:
        return {annotation} if isinstance(annotation, type) else set()
    return {kind for one in inner for kind in kinds(one)}


def test_no_default_is_equal_to_another_value_of_its_field() -> None:
    """`exclude_defaults` leaves out what *equals* a default: True, 1 and Fraction(1) must not meet in one field."""
    doubtful = [
        f"{model.__name__}.{name}"
        for model in models()
        for name, field in model.model_fields.items()
        if isinstance(field.default, bool | int | Fraction) and len(kinds(field.annotation) & {bool, int, Fraction}) > 1
    ]
    assert doubtful == []
    assert kinds(Derive.model_fields["value"].annotation) >= {bool, Fraction}  # what the check rests on
