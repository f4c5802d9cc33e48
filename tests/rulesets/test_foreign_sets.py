"""Criteria of other bodies as rule sets: what was found of them stands there, and the format is not in the way."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from services.intake.core.form import check_answers, render_form, survey_form
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.lint import lint
from services.scoring.usecases.try_examples import try_examples
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import Method, RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_file, load_text
from shared.ruleset.uses import best_keys, inner_methods

FOLDER = Path(__file__).parents[2] / "services" / "scoring" / "rulesets"
# Folder: what was found of the set in public documents (the head of its file says where).
FOUND: dict[str, dict[str, Any]] = {
    "dak-lak-dti-district": {
        "basis": ("2425/QĐ-UBND", "2021-09-01", "Ủy ban nhân dân tỉnh Đắk Lắk"),
        "sections": {"Chính quyền số": 200, "Kinh tế số": 95, "Xã hội số": 125},
        "articles": {},
    },
    "mic-it-ministries": {
        "basis": ("62/QĐ-BTTTT", "2017-01-19", "Bộ Thông tin và Truyền thông"),
        "sections": {"Hạ tầng kỹ thuật công nghệ thông tin": 200},
        "articles": {"1.1": 20, "1.2": 20, "1.3": 40, "1.4": 50},  # rows of annex 1B that were found, with their points
    },
}
FORMS = {"average", "by", "relative", "sum", "best", "bands", "count", "choice", "ratio", "yes_no", "information"}
FILES = sorted(path for name in FOUND for path in (FOLDER / name).glob("*.yaml"))
LOADED: dict[Path, LoadedRuleSet] = {path: load_file(path) for path in FILES}

each_file = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])


def forms_of(method: Method) -> Iterator[str]:
    """The form of a method and of those inside it."""
    yield method.form
    for _, inner, _ in inner_methods(method):
        yield from forms_of(inner)


def forms(rule_set: RuleSet) -> set[str]:
    """All forms that a set uses."""
    return {form for criterion in rule_set.criteria() for form in forms_of(criterion.method)}


def test_every_foreign_set_has_a_file() -> None:
    assert {path.parent.name for path in FILES} == set(FOUND)


@each_file
def test_set_lints_clean(path: Path) -> None:
    assert [str(finding) for finding in lint(LOADED[path])] == []


@each_file
def test_hand_worked_examples_come_out_and_leave_nothing_untried(path: Path) -> None:
    tried = try_examples(path.read_bytes(), path.name, DurableEngine())
    assert [str(fault) for fault in tried.faults] == []
    assert [str(lack.mark) for lack in tried.coverage.lacks] == []
    assert list(tried.coverage.unconfirmed) == []
    assert tried.coverage.is_full


@each_file
def test_what_was_found_stands_there(path: Path) -> None:
    rule_set, found = LOADED[path].rule_set, FOUND[path.parent.name]
    basis = [(one.number, one.issued_on.isoformat(), one.issuer) for one in rule_set.legal_basis]
    assert found["basis"] in basis
    told = {one.title.vi: one.maximum for one in rule_set.sections if one.origin == "decision"}
    assert told == found["sections"]
    assert {one.code: one.maximum for one in rule_set.criteria() if one.origin == "decision"} == found["articles"]


def test_bandwidth_per_head_is_compared_with_the_highest() -> None:
    """The row of the ministry's annex that the form `relative` is there for."""
    (loaded,) = (loaded for path, loaded in LOADED.items() if path.parent.name == "mic-it-ministries")
    (method,) = (one.method for one in loaded.rule_set.criteria() if one.code == "1.3")
    assert best_keys(method) == ("bandwidth/staff_total",)


def test_the_sets_use_what_the_language_has() -> None:
    sets = [loaded.rule_set for loaded in LOADED.values()]
    assert set().union(*(forms(rule_set) for rule_set in sets)) == FORMS
    criteria = [criterion for rule_set in sets for criterion in rule_set.criteria()]
    assert any(criterion.bonus for criterion in criteria)
    assert {one.asked_if.otherwise for one in criteria if one.asked_if} == {"not_applicable", "zero"}
    assert {one.evidence.without for one in criteria if one.evidence.required} >= {Fraction(0), Fraction(1, 3)}
    assert any(rule_set.result.mean and rule_set.result.tie_breakers for rule_set in sets)


@each_file
def test_head_says_what_is_fact_and_what_is_made_up(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("format: ")[0]
    assert "Sự thật, lấy từ nguồn công khai (facts, and where they come from):" in head
    assert "Minh họa (made up for this project" in head
    for one in LOADED[path].rule_set.legal_basis:
        assert one.number in head, f"the head does not say where {one.number} was found"


@each_file
def test_hash_survives_canonical_json(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    assert load_text(canonical_json(rule_set.canonical()), "wire.json").rule_set.ref() == rule_set.ref()


@each_file
def test_agencies_can_be_asked_and_their_answers_taken(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    assert set(survey_form(rule_set)["properties"]["figures"]["properties"]) == set(rule_set.inputs())
    assert all(f"(mã: {name})" in render_form(rule_set) for name in rule_set.inputs())
    full = next(example for example in rule_set.examples if example.id == "full-marks")
    whole = {name for name, item in rule_set.inputs().items() if item.type == "integer"}
    figures = {
        name: _written(answer, name in whole) for name, answer in full.model_dump(mode="json")["answers"].items()
    }
    answers, faults = check_answers(rule_set, figures, {})
    assert faults == []
    assert answers is not None


def _written(answer: object, whole: bool) -> object:
    """An example's answer as an agency writes it."""
    if isinstance(answer, dict):
        return {key: _written(value, whole) for key, value in answer.items()}
    return int(answer) if whole and isinstance(answer, str) and Fraction(answer).denominator == 1 else answer
