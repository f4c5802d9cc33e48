"""Averages over sub-units, methods by class, figures of sub-units, bonus, evidence shares: what holds them together."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.ruleset.document import AverageMethod, ByMethod, Criterion, Deduct, Method, RelativeMethod
from shared.ruleset.places import join
from shared.ruleset.uses import own_inputs, used_inputs

__all__ = ["check_forms"]

_YES_NO = ("yes", "no")


def check_forms(scope: Scope) -> Iterator[Finding]:
    """All findings about them; whether evidence that is lacking has effects at all is told in evidence.py."""
    for at, method in scope.each_method():
        yield from _per_unit(scope, at, method)
        if isinstance(method, AverageMethod):
            yield from _average(scope, at, method)
        elif isinstance(method, ByMethod):
            yield from _by(scope, at, method)
        elif isinstance(method, RelativeMethod) and at.per_unit:
            yield scope.find("average.relative", at.path)
    yield from _facts_of_units(scope)
    for path, section, criterion in scope.each_criterion():
        if criterion.bonus:
            yield from _bonus(scope, path, section.maximum >= criterion.maximum, criterion)


def _per_unit(scope: Scope, at: At, method: Method) -> Iterator[Finding]:
    """A figure of sub-units is one only inside an average; elsewhere there is no single value."""
    if at.per_unit:
        return
    for inside, name in own_inputs(method):
        item = scope.inputs.get(name)
        if item is not None and item.per_unit:
            yield scope.find("per_unit.outside_average", f"{at.path}.{inside}", name=name)


def _average(scope: Scope, at: At, method: AverageMethod) -> Iterator[Finding]:
    if at.per_unit:
        yield scope.find("average.nested", at.path)
        return
    read = [scope.inputs.get(name) for name in used_inputs(method.of)]
    if None not in read and not any(item is not None and item.per_unit for item in read):
        yield scope.find("average.no_per_unit", join(at.path, "of"))


def _by(scope: Scope, at: At, method: ByMethod) -> Iterator[Finding]:
    item = scope.inputs.get(method.input)
    if item is None or item.type not in ("choice", "boolean"):
        return
    classes = [option.id for option in item.options] if item.type == "choice" else list(_YES_NO)
    spot = join(at.path, "cases")
    for name in dict.fromkeys(classes):
        if name not in method.cases:
            yield scope.find("by.case_missing", spot, name=name, input=item.id)
    for name in method.cases:
        if name not in classes:
            yield scope.find("by.unknown_case", join(spot, name), name=name, input=item.id, known=classes)


def _facts_of_units(scope: Scope) -> Iterator[Finding]:
    for path, _, comparison, _ in scope.each_comparison():
        yield from _fact(scope, join(path, "fact"), comparison.fact)
    for path, _, effect in scope.each_effect():
        if isinstance(effect, Deduct) and effect.times is not None:
            yield from _fact(scope, join(path, "times"), effect.times)


def _fact(scope: Scope, path: str, fact: str) -> Iterator[Finding]:
    space, _, name = fact.partition(".")
    item = scope.inputs.get(name) if space == "input" else None
    if item is not None and item.per_unit:
        yield scope.find("per_unit.in_condition", path, name=name)


def _bonus(scope: Scope, path: str, fits: bool, criterion: Criterion) -> Iterator[Finding]:
    if criterion.method.form == "information":
        yield scope.find("bonus.information", join(path, "bonus"))
    elif not fits:
        yield scope.find("bonus.above_section", join(path, "maximum"), value=shown(criterion.maximum))
