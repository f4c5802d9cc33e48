"""Rules: conditions over facts that exist and fit, effects on parts that exist."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from services.scoring.core.lint.facts import ORDER, Kind, fact_kind, given, is_of
from services.scoring.core.lint.finding import Finding, shown, value_words
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


def check_comparisons(scope: Scope) -> Iterator[Finding]:
    """Conditions of all rules and gates."""
    yield from doubles(scope, "rule.duplicate", ((join(path, "id"), rule.id) for path, rule in scope.each_rule()))
    for path, rule, comparison, negated in scope.each_comparison():
        if negated and comparison.fact.startswith("derived."):
            yield scope.find("rule.not_over_derived", join(path, "fact"), name=comparison.fact)
        yield from _comparison(scope, path, comparison, of_each=rule.for_each is not None)
    for path, _, comparison in scope.each_gate_comparison():
        if comparison.fact.startswith("input."):  # of others gates.py says that they are none of a gate's
            yield from _comparison(scope, path, comparison, of_each=False)


def _comparison(scope: Scope, path: str, comparison: Comparison, *, of_each: bool) -> Iterator[Finding]:
    spot, name = join(path, "fact"), comparison.fact
    yield from _operators(scope, path, comparison)
    kind = fact_kind(scope, name)
    if kind is None:
        yield _unknown(scope, spot, name)
    elif name.startswith("criterion.") and not of_each:
        yield scope.find("fact.outside_for_each", spot, name=name)
    else:
        yield from _fits(scope, path, comparison, kind)


def _unknown(scope: Scope, path: str, name: str) -> Finding:
    code = "derived.never_derived" if name.startswith("derived.") else "fact.unknown"
    return scope.find(code, path, name=name, known=scope.fact_names)


def _operators(scope: Scope, path: str, comparison: Comparison) -> Iterator[Finding]:
    count = len(given(comparison))
    if count != 1:
        yield scope.find("comparison.operators", path, count=count)


def _fits(scope: Scope, path: str, comparison: Comparison, kind: Kind) -> Iterator[Finding]:
    name = comparison.fact
    if kind.kind == "text":
        yield scope.find("comparison.text_fact", join(path, "fact"), name=name, input=name.partition(".")[2])
        return
    for operator, value in given(comparison).items():
        spot = join(path, operator)
        if operator in ORDER and kind.kind != "number":
            yield scope.find("comparison.operator_unfit", spot, operator=operator, name=name, kind=kind.words)
        elif not is_of(kind, value):
            yield _value_unfit(scope, spot, name, kind, value)


def _value_unfit(scope: Scope, path: str, fact: str, kind: Kind, value: bool | Fraction | str) -> Finding:
    words = kind.words
    known = {"boolean": ("true", "false"), "number": ("0", "0.5")}.get(kind.kind, kind.names)
    if kind.kind == "name" and isinstance(value, str):
        words = ", ".join(kind.names)
    text, of = value_words(value), fact.partition(".")[2]
    return scope.find(
        "comparison.value_unfit", path, value=f"`{text}`", name=fact, kind=words, unknown=text, known=known, input=of
    )


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
    if effect.at_most is not None and 0 < effect.at_most < effect.points:
        limit, points = shown(effect.at_most), shown(effect.points)
        yield scope.find("effect.limit_below_points", join(path, "at_most"), limit=limit, value=points)
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
