"""No binary float anywhere between an answer and a scorecard."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from math import gcd
from pathlib import Path

import pytest
from pydantic import BaseModel
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input
from scoring_runs import run, summary

import services.scoring.core as core
from services.scoring.adapters import durable_facts
from services.scoring.core.lint import lint
from services.scoring.core.points import compile_rule_set
from shared.contracts.scoring import ScorecardSummary
from shared.kernel.exact import exact_text
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet

CORE = sorted(Path(core.__file__).parent.rglob("*.py"))
ADAPTERS = [*Path(durable_facts.__file__).parent.glob("rule_*.py"), Path(durable_facts.__file__)]


def everything(value: object) -> Iterator[object]:
    """A value and all it holds."""
    yield value
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        yield from (inner for pair in value.items() for one in pair for inner in everything(one))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (inner for one in value for inner in everything(one))


def thirds(form: str) -> RuleSet:
    """Nine criteria worth a ninth of the whole each: no float sum of their thirds is exact."""
    criteria = []
    for number in range(1, 10):
        method = {"form": "ratio", "of": {"numerator": f"a{number}", "denominator": f"b{number}"}}
        inputs = [an_input(f"a{number}"), an_input(f"b{number}")]
        criteria.append(a_criterion(f"1.{number}", method, inputs, "100/9" if form == "total" else "0.1"))
    late = a_rule("late", {"fact": "submission.days_late", "at_least": 1}, {"effect": "deduct", "points": "0.1"})
    return a_rule_set(a_section("1", *criteria), rules=[late], form=form)


@pytest.mark.parametrize("form", ["index", "total"])
def test_thirds_sum_exactly_to_the_threshold(form: str) -> None:
    rule_set = thirds(form)
    # 18 thirds of 27, then 7.2 ninths: exactly two thirds, and exactly the threshold of "tot".
    uneven = {f"a{n}": third for n, third in enumerate((1, 2, 3, 2, 2, 2, 2, 1, 3), start=1)}
    scorecard = run(rule_set, a_submission(rule_set, uneven | {f"b{n}": 3 for n in range(1, 10)}))
    assert scorecard.index == Fraction(2, 3)
    ninths = {f"a{n}": int(n <= 8) for n in range(1, 10)} | {f"b{n}": 1 for n in range(1, 10)} | {"b8": 5}
    scorecard = run(rule_set, a_submission(rule_set, ninths))
    assert (scorecard.index, scorecard.level) == (Fraction(4, 5), "tot")
    assert scorecard.points in (80, Fraction(18, 25))


@pytest.mark.parametrize("form", ["index", "total"])
def test_no_scorecard_holds_a_float(form: str) -> None:
    rule_set = thirds(form)
    verified = a_submission(rule_set, {"a1": 1, "b1": 3}, days_late=1)
    scorecard = run(rule_set, verified)
    held = [*everything(scorecard), *everything(summary(scorecard, verified)), *everything(compile_rule_set(rule_set))]
    assert not [value for value in held if isinstance(value, float)]
    assert all(isinstance(one.points, Fraction) for one in (*scorecard.criteria, *scorecard.sections))
    assert type(scorecard.index) is Fraction


def many_ratios(count: int) -> RuleSet:
    """One criterion with so many ratios; no denominator has a maximum."""
    parts, inputs = [], [an_input("a", minimum=0)]
    for number in range(count):
        of = {"numerator": "a", "denominator": f"b{number}"}
        parts.append({"title": {"vi": "Xã"}, "maximum": "0.01", "method": {"form": "ratio", "of": of}})
        inputs.append(an_input(f"b{number}", minimum=0))
    return a_rule_set(a_section("1", a_criterion("1.1", {"form": "sum", "parts": parts}, inputs, 100)))


def test_the_longest_totals_that_lint_lets_pass_are_read_back() -> None:
    rule_set = many_ratios(151)
    assert "set.totals_too_long" not in codes(rule_set)
    assert "set.totals_too_long" in codes(many_ratios(152))
    largest, denominators = 4_611_686_018_427, list[int]()
    while len(denominators) < 151:  # no two with a common factor, so that nothing is cut short
        if all(gcd(largest, one) == 1 for one in denominators):
            denominators.append(largest)
        largest -= 1
    verified = a_submission(rule_set, {"a": 1} | {f"b{n}": one for n, one in enumerate(denominators)})
    told = summary(run(rule_set, verified), verified)
    assert len(exact_text(told.points)) > 3700
    assert ScorecardSummary.model_validate(told.model_dump(mode="json")) == told


def codes(rule_set: RuleSet) -> set[str]:
    return {finding.code for finding in lint(LoadedRuleSet.without_places(rule_set))}


@pytest.mark.parametrize("path", [*CORE, *ADAPTERS], ids=lambda path: path.stem)
def test_code_has_no_float(path: Path) -> None:
    """No float literal, no `float(...)`, no `round(...)`, and no division of two integer literals."""
    tree = ast.parse(path.read_text())
    # How alike two names must be to propose one for the other is no number of anybody's.
    alike = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "cutoff"]
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if node not in alike:
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("float", "round"), where
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            assert not {"fsum", "sqrt", "statistics"} & set(names), where
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            sides = (node.left, node.right)
            assert not any(isinstance(s, ast.Constant | ast.Call) and _is_int(s) for s in sides), where


def _is_int(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "len")
