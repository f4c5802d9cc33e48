"""Rules: conditions over facts that exist and fit, effects on parts that exist."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from services.scoring.core.lint.facts import Kind, fact_kind
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import (
    CapSection,
    Comparison,
    Deduct,
    Effect,
    ExcludeCriterion,
    Rule,
    ZeroCriterion,
    ZeroSection,
)
from shared.ruleset.places import join

__all__ = ["check_comparisons", "check_effects"]

_ORDER = ("at_least", "above", "at_most", "below")


def check_comparisons(scope: Scope) -> Iterator[Finding]:
    """Conditions of all rules."""
    yield from doubles(scope, "rule.duplicate", ((join(path, "id"), rule.id) for path, rule in scope.each_rule()))
    for path, rule, comparison, negated in scope.each_comparison():
        spot, name = join(path, "fact"), comparison.fact
        if negated and name.startswith("derived."):
            yield scope.find("rule.not_over_derived", spot, name=name)
        yield from _operators(scope, path, comparison)
        kind = fact_kind(scope, name)
        if kind is None:
            yield _unknown(scope, spot, name)
        elif name.startswith("criterion.") and rule.for_each is None:
            yield scope.find("fact.outside_for_each", spot, name=name)
        else:
            yield from _fits(scope, path, comparison, kind)


def _unknown(scope: Scope, path: str, name: str) -> Finding:
    code = "derived.never_derived" if name.startswith("derived.") else "fact.unknown"
    return scope.find(code, path, name=name, known=scope.fact_names)


def _given(comparison: Comparison) -> dict[str, bool | Fraction | str]:
    values = {"is": comparison.is_, "is_not": comparison.is_not}
    values |= {name: getattr(comparison, name) for name in _ORDER}
    return {name: value for name, value in values.items() if value is not None}


def _operators(scope: Scope, path: str, comparison: Comparison) -> Iterator[Finding]:
    count = len(_given(comparison))
    if count != 1:
        yield scope.find("comparison.operators", path, count=count)


def _fits(scope: Scope, path: str, comparison: Comparison, kind: Kind) -> Iterator[Finding]:
    name = comparison.fact
    if kind.kind == "text":
        yield scope.find("comparison.text_fact", join(path, "fact"), name=name, input=name.partition(".")[2])
        return
    for operator, value in _given(comparison).items():
        spot = join(path, operator)
        if operator in _ORDER and kind.kind != "number":
            yield scope.find("comparison.operator_unfit", spot, operator=operator, name=name, kind=kind.words)
        elif not _is_of(kind, value):
            yield _value_unfit(scope, spot, name, kind, value)
        elif isinstance(value, Fraction) and _never(operator, value, kind):
            yield scope.find("comparison.never", spot, name=name, value=f"{_SIGNS[operator]} {shown(value)}")


def _value_unfit(scope: Scope, path: str, fact: str, kind: Kind, value: bool | Fraction | str) -> Finding:
    words = kind.words
    known = {"boolean": ("true", "false"), "number": ("0", "0.5")}.get(kind.kind, kind.names)
    if kind.kind == "name" and isinstance(value, str):
        words = ", ".join(kind.names)
    text = _value_text(value)
    return scope.find(
        "comparison.value_unfit", path, value=f"`{text}`", name=fact, kind=words, unknown=text, known=known
    )


def _value_text(value: bool | Fraction | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value) if isinstance(value, Fraction) else value


def _is_of(kind: Kind, value: bool | Fraction | str) -> bool:
    match kind.kind:
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, Fraction)
        case _:
            return isinstance(value, str) and (not kind.names or value in kind.names)


_SIGNS = {"is": "=", "is_not": "≠", "at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}


def _never(operator: str, value: Fraction, kind: Kind) -> bool:
    low, high = kind.minimum, kind.maximum
    if operator in ("is", "at_least", "above") and high is not None:
        too_high = value >= high if operator == "above" else value > high
        if too_high:
            return True
    if operator in ("is", "at_most", "below") and low is not None:
        return value <= low if operator == "below" else value < low
    return False


# --- effects -----------------------------------------------------------------------------------------------------


def check_effects(scope: Scope) -> Iterator[Finding]:
    """Effects of all rules."""
    for path, rule, effect in scope.each_effect():
        yield from _target(scope, path, rule, effect)
        if isinstance(effect, Deduct):
            yield from _deduct(scope, path, effect)
        elif isinstance(effect, CapSection):
            yield from _cap(scope, path, effect)


def _target(scope: Scope, path: str, rule: Rule, effect: Effect) -> Iterator[Finding]:
    match effect:
        case ZeroCriterion(criterion="this") | ExcludeCriterion(criterion="this"):
            if rule.for_each is None:
                yield scope.find("effect.this_outside_for_each", path)
        case ZeroCriterion(criterion=code) | ExcludeCriterion(criterion=code):
            if code not in scope.criteria:
                yield scope.find("effect.unknown_criterion", join(path, "criterion"), name=code, known=scope.criteria)
        case CapSection(section=code) | ZeroSection(section=code):
            if code not in scope.sections:
                yield scope.find("effect.unknown_section", join(path, "section"), name=code, known=scope.sections)
        case Deduct(from_=code) if code != "total" and code not in scope.sections:
            yield scope.find("effect.unknown_section", join(path, "from"), name=code, known=scope.sections)
        case _:
            pass


def _deduct(scope: Scope, path: str, effect: Deduct) -> Iterator[Finding]:
    for name, value in (("points", effect.points), ("at_most", effect.at_most)):
        if value is not None and value <= 0:
            yield scope.find("effect.not_positive", join(path, name), value=shown(value))
    if effect.times is None:
        return
    spot, kind = join(path, "times"), fact_kind(scope, effect.times)
    if kind is None:
        yield _unknown(scope, spot, effect.times)
        return
    counts = kind.kind == "number" and kind.minimum is not None and kind.minimum >= 0
    # A fact of one criterion has no value where the deduction is worked out, on the whole card.
    if effect.times.startswith("criterion.") or not (counts or kind.kind == "boolean"):
        yield scope.find("effect.times", spot, name=effect.times)


def _cap(scope: Scope, path: str, effect: CapSection) -> Iterator[Finding]:
    spot, section = join(path, "at_most"), scope.sections.get(effect.section)
    if effect.at_most < 0:
        yield scope.find("effect.negative", spot, value=shown(effect.at_most))
    elif section is not None and effect.at_most >= section.maximum:
        yield scope.find("effect.cap_without_effect", spot, value=shown(effect.at_most), maximum=shown(section.maximum))
