"""What an example expects: names that exist, and figures that do not contradict each other or the rule set."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from services.scoring.core.lint.amounts import adds_up
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import Example, Expectation
from shared.ruleset.places import join

__all__ = ["check_expectation"]


def check_expectation(scope: Scope, path: str, example: Example) -> Iterator[Finding]:
    """All findings about one example's expectation."""
    expect = example.expect
    if expect == Expectation():
        yield scope.find("example.expects_nothing", path)
    yield from _names(scope, path, expect)
    yield from _criteria(scope, path, expect)
    yield from _figures(scope, path, expect)
    yield from _level(scope, path, expect)
    if example.missing and example.answers:
        yield _contradiction(
            scope, path, "cơ quan không nộp phiếu nhưng có số liệu", "the agency is missing but there are answers"
        )


def _names(scope: Scope, path: str, expect: Expectation) -> Iterator[Finding]:
    rules = {rule.id for _, rule in scope.each_rule()}
    for index, name in enumerate(expect.fired or ()):
        if name not in rules:
            yield scope.find("example.unknown_rule", join(path, "fired", index), name=name, known=rules)
    levels = [level.id for level in scope.rule_set.result.levels]
    if expect.level is not None and expect.level not in levels:
        yield scope.find("example.unknown_level", join(path, "level"), name=expect.level, known=levels)
    for code in expect.criteria:
        if code not in scope.criteria:
            spot = join(path, "criteria", code)
            yield scope.find("example.unknown_criterion", spot, name=code, known=scope.criteria)


def _criteria(scope: Scope, path: str, expect: Expectation) -> Iterator[Finding]:
    for code, points in expect.criteria.items():
        criterion = scope.criteria.get(code)
        if criterion is not None and not 0 <= points <= criterion.maximum:
            value, maximum = shown(points), shown(criterion.maximum)
            yield _contradiction(
                scope,
                join(path, "criteria", code),
                f"tiêu chí {code} được {value} điểm, tối đa {maximum}",
                f"criterion {code} gets {value} points of at most {maximum}",
            )


def _figures(scope: Scope, path: str, expect: Expectation) -> Iterator[Finding]:
    total = scope.total
    if total is None or not all(adds_up(section) for section in scope.rule_set.sections):
        return  # the sections are told of
    maximum = total if expect.maximum is None else expect.maximum
    if not 0 <= maximum <= total:
        yield _contradiction(
            scope,
            join(path, "maximum"),
            f"điểm tối đa {shown(maximum)} ngoài 0 – {shown(total)}",
            f"the maximum {shown(maximum)} is outside 0 – {shown(total)}",
        )
    if expect.points is not None and not 0 <= expect.points <= maximum:
        yield _contradiction(
            scope,
            join(path, "points"),
            f"{shown(expect.points)} điểm ngoài 0 – {shown(maximum)}",
            f"{shown(expect.points)} points are outside 0 – {shown(maximum)}",
        )
    if expect.index is not None:
        yield from _index(scope, join(path, "index"), expect, expect.index)


def _index(scope: Scope, path: str, expect: Expectation, index: Fraction) -> Iterator[Finding]:
    if not 0 <= index <= 1:
        yield _contradiction(scope, path, f"chỉ số {shown(index)} ngoài 0 – 1", f"index {shown(index)} outside 0 – 1")
    elif scope.rule_set.result.mean is not None:
        return  # a mean is of the sections, which nobody expects one by one
    elif expect.points is not None and expect.maximum is not None and index * expect.maximum != expect.points:
        yield _contradiction(
            scope,
            path,
            f"chỉ số {shown(index)} khác {shown(expect.points)} / {shown(expect.maximum)}",
            f"the index {shown(index)} is not {shown(expect.points)} / {shown(expect.maximum)}",
        )


def _level(scope: Scope, path: str, expect: Expectation) -> Iterator[Finding]:
    result = scope.rule_set.result
    value = expect.points if result.form == "total" else _expected_index(expect, of_points=result.mean is None)
    if value is None or expect.level is None or expect.level not in {level.id for level in result.levels}:
        return
    reached = next((level.id for level in result.levels if value >= level.at_least), None)
    if reached != expect.level:
        yield _contradiction(
            scope,
            join(path, "level"),
            f"với {shown(value)} mức độ là `{reached}`, không phải `{expect.level}`",
            f"{shown(value)} is the level `{reached}`, not `{expect.level}`",
        )


def _expected_index(expect: Expectation, *, of_points: bool) -> Fraction | None:
    if expect.index is not None or not of_points:
        return expect.index
    return expect.points / expect.maximum if expect.points is not None and expect.maximum else None


def _contradiction(scope: Scope, path: str, vi: str, en: str) -> Finding:
    return scope.find("example.inconsistent", path, problem_vi=vi, problem_en=en)
