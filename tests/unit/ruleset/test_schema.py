"""The published JSON Schema: as the code says, and of one mind with the loader about a document's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from lint_documents import WIDE
from pydantic import BaseModel

from shared.ruleset import document, schema
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused, load_data
from shared.ruleset.places import Places
from shared.ruleset.reading import read_text
from shared.ruleset.schema_words import FIELDS, PARTS, field_words

RULE_SETS = sorted((schema.ROOT / "services" / "scoring" / "rulesets").glob("*/*.yaml"))
VALIDATOR = Draft202012Validator(schema.rule_set_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def errors(data: Any) -> list[ValidationError]:
    """What the schema refuses."""
    return list(VALIDATOR.iter_errors(data))


def read(text: str | bytes) -> dict[str, Any]:
    """Plain data of a document."""
    return read_text(text, "it.yaml")[0]


# --- the published files -------------------------------------------------------------------------------------------


def test_the_published_files_are_up_to_date() -> None:
    assert schema.differences() == [], "run `python -m shared.ruleset.schema`, review the difference, and commit it"


def test_schema_is_valid_and_complete_in_itself() -> None:
    published = json.loads((schema.ROOT / schema.SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    assert published == schema.rule_set_schema()
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    used = {each["$ref"].removeprefix("#/$defs/") for each in _objects(published) if "$ref" in each}
    assert used == set(published["$defs"])


def test_every_field_has_words_and_no_words_are_left_over() -> None:
    parts = {
        name: [info.alias or field for field, info in model.model_fields.items()]
        for name, model in getmembers(document, isclass)
        if issubclass(model, BaseModel) and model.__module__.startswith(document.__name__) and name in PARTS
    }
    assert set(parts) == set(PARTS)
    assert all(field_words(name, field) for name, fields in parts.items() for field in fields)
    used = {f"{name}.{field}" for name, fields in parts.items() for field in fields}
    plain = {field for name, fields in parts.items() for field in fields if f"{name}.{field}" not in FIELDS}
    assert set(FIELDS) <= used | plain


def test_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--check"], tmp_path) == 1
    assert schema.SCHEMA in capsys.readouterr().err
    assert schema.main([], tmp_path) == 0
    assert schema.main(["--check"], tmp_path) == 0
    capsys.readouterr()
    assert schema.main([], tmp_path) == 0
    assert capsys.readouterr().out == "", "nothing is written where nothing changed"


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(each)


# --- what it accepts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_rule_set_that_ships_validates(path: Path) -> None:
    assert [f"{error.json_path}: {error.message}" for error in errors(read(path.read_bytes()))] == []


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_rule_set_that_ships_names_the_schema_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    start, _, place = first.partition("$schema=")
    assert start == "# yaml-language-server: "
    assert (path.parent / place).resolve() == schema.ROOT / schema.SCHEMA


def test_canonical_form_validates(base: LoadedRuleSet) -> None:
    assert errors(base.rule_set.canonical()) == []


@pytest.mark.parametrize("written", ["12", "0.5", "'12'", "'0.5'", "'1/3'", "-1"])
def test_numbers_may_be_numbers_or_text(base_text: str, written: str) -> None:
    assert errors(read(base_text.replace("unit_points: 2.5", f"unit_points: {written}"))) == []


# --- what it refuses -----------------------------------------------------------------------------------------------

BROKEN = [
    ("programme: it", "programme: ti"),
    ("format: xephang.ruleset/1", "format: xephang.ruleset/2"),
    ("first_year: 2021, ", ""),
    ("first_year: 2021", "first_year: 1999"),
    ("first_year: 2021", "first_year: 2021.5"),
    ("at_least: 4}", "atleast: 4}"),
    ("at_least: 4}", "at_least: 4e0}"),
    ("form: yes_no, input: p", "form: yesno, input: p"),
    ("form: yes_no, input: plan_issued", "form: yes_no"),
    ("form: ratio", "form: bands"),
    ("{form: information}", "{}"),
    ("effect: zero_section", "effect: zero"),
    ("code: '1.3'", "code: '1.3a'"),
    ("code: '1.3'", "code: 1.30"),
    ("id: late\n", "id: Late\n"),
    ("partial: 5", "Partial: 5"),
    ("fact: submission.days_late, above", "fact: days_late, above"),
    ("section: '2'", "section: 'II'"),
    ("version: '2021'", "version: 2021"),
    ("issuer: UBND tỉnh Bắc Giang", "issuer: ' '"),
    ("issuer: UBND tỉnh Bắc Giang", f"issuer: {'x' * 2001}"),
    ("unit_points: 2.5", "unit_points: '2,5'"),
    ("unit_points: 2.5", "unit_points: true"),
    ("days_late: 2", "days_late: -2"),
    ("2020-11-17", "20201117"),
    ("2020-11-17", "17/11/2020"),
    ("2020-11-17", "2020-02-30"),
    ("required: true", "required: maybe"),
    ("then: [{effect: zero_criterion}]", "then: {effect: zero_criterion}"),
    ("then: [{effect: zero_criterion}]", "then: []"),
    ("title: {vi: Chữ ký số}", "title: Chữ ký số"),
    ("when: {fact: submission.missing, is: true}", "when: missing"),
    ("{fact: submission.missing, is: true}", "{any: []}"),
    ("is: none}", "is: 'n/a'}"),
    ("of: meetings", "of: [meetings]"),
    ("plan_issued: true", "plan_issued: [true]"),
    ("state: not_applicable}", "state: na}"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_what_the_loader_refuses_by_shape_the_schema_refuses(base_text: str, old: str, new: str) -> None:
    data = read(base_text.replace(old, new, 1))
    assert data != read(base_text)
    with pytest.raises(RuleSetRefused):
        load_data(data, Places("it.yaml"))
    assert errors(data)


FORGIVEN = [
    ("required: true", "required: yes"),
    ("first_year: 2021", "first_year: '2021'"),
    ("is: none}", "is_: none}"),
]


@pytest.mark.parametrize(("old", "new"), FORGIVEN)
def test_where_the_loader_forgives_the_schema_does_not(base_text: str, old: str, new: str) -> None:
    data = read(base_text.replace(old, new, 1))
    load_data(data, Places("it.yaml"))
    assert errors(data)
    assert all(map(_is_forgiven, _causes(errors(data))))


# --- both ways -----------------------------------------------------------------------------------------------------

VALUES: Any = st.one_of(
    *[st.none(), st.booleans(), st.integers(-2, 3000), st.decimals(-2, 200, places=2), st.text(max_size=5)],
    *[st.sampled_from(["staff", "signing", "1.1", "1", "input.staff", "derived.x", "1/3", "0.5", "this", "x-y"])],
    *[st.sampled_from(["2020-11-17", "2020-02-30", "yes", "12", "xã A", "points", "section.1", "criterion.1.1"])],
    *[st.just([]), st.just({}), st.just({"form": "best", "cases": []}), st.just({"all": []}), st.just({"state": "x"})],
    *[st.just({"fact": "input.x", "is": True}), st.just({"not": {"fact": "input.x"}}), st.just({"vi": "x"})],
    *[st.just({"form": "by", "input": "x", "cases": {"yes": {"form": "information"}}})],
    *[st.just({"form": "average", "of": {"form": "yes_no", "input": "x"}})],
    *[st.just({"units": {"xã A": 1, "xã B": True}})],
    *[st.just({"numerator": "x", "whole": 3}), st.just({"effect": "flag", "flag": "x"})],
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_loader_and_schema_agree(base_text: str, data: st.DataObject) -> None:
    tree = read(data.draw(st.sampled_from([base_text, WIDE])))
    for _ in range(data.draw(st.integers(1, 3))):
        _mutate(tree, data)
    found, codes = errors(tree), set()
    try:
        rule_set = load_data(tree, Places("it.yaml")).rule_set
    except RuleSetRefused as refused:
        codes = {fault.code for fault in refused.faults}
    if codes:
        assert found or codes <= BEYOND_SHAPE
    else:
        assert all(map(_is_forgiven, _causes(found)))
        assert errors(rule_set.canonical()) == []


# The text's faults, which data no longer has, or not in a way that a schema can tell.
BEYOND_SHAPE = {"document.control_character", "document.key_too_long", "document.number_too_long"}


def _mutate(tree: Any, data: st.DataObject) -> None:
    """Replace, remove or add something somewhere."""
    spot = tree
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(spot[key], dict | list) and data.draw(st.integers(0, 5)):
            spot = spot[key]
            continue
        action = data.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "remove":
            del spot[key]
        elif action == "add" and isinstance(spot, dict):
            spot[data.draw(st.sampled_from(sorted(FIELDS)))] = deepcopy(data.draw(VALUES))
        else:
            spot[key] = deepcopy(data.draw(VALUES))
        return


def _causes(found: list[ValidationError]) -> Iterator[ValidationError]:
    """The errors proper: of a union, those of the member that comes nearest."""
    for error in found:
        if not error.context:
            yield error
            continue
        members: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            members.setdefault(inner.schema_path[0], []).append(inner)
        yield from _causes(min(members.values(), key=lambda each: sum(not _is_forgiven(one) for one in _causes(each))))


def _is_forgiven(error: ValidationError) -> bool:
    """Whether the loader takes it all the same: yes for true, '2021' for 2021, `is_` for `is`."""
    if error.validator == "type":
        return error.schema["type"] in ("boolean", "integer")
    return error.validator == "additionalProperties" and "_'" in error.message
