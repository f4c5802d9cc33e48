"""Worked examples: answers that the form would accept, and expectations that can be met. Running them is not lint's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from services.scoring.core.lint.amounts import bounds
from services.scoring.core.lint.expectations import check_expectation
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import Example, ExampleAnswer, ExampleUnits, Input, Quotient, RelativeMethod
from shared.ruleset.places import join
from shared.ruleset.uses import best_key

__all__ = ["check_examples"]


def check_examples(scope: Scope) -> Iterator[Finding]:
    """All findings about examples."""
    examples = scope.rule_set.examples
    paths = [join("examples", index) for index in range(len(examples))]
    named = ((join(path, "id"), example.id) for path, example in zip(paths, examples, strict=True))
    yield from doubles(scope, "example.duplicate", named)
    yield from _extends(scope, paths)
    methods = (method for _, method in scope.each_method() if isinstance(method, RelativeMethod))
    relative = {best_key(method.input): method.input for method in methods}
    for path, example in zip(paths, examples, strict=True):
        yield from _answers(scope, join(path, "answers"), example)
        yield from _codes(scope, path, example)
        yield from _group_best(scope, join(path, "group_best"), example, relative)
        yield from check_expectation(scope, join(path, "expect"), example)


def _extends(scope: Scope, paths: list[str]) -> Iterator[Finding]:
    examples = scope.rule_set.examples
    where = {example.id: join(path, "extends") for path, example in zip(paths, examples, strict=True)}
    for example in examples:
        if example.extends is not None and example.extends not in where:
            yield scope.find(
                "example.extends_unknown", where[example.id], name=example.extends, known=set(where) - {example.id}
            )
    needs = {example.id: {example.extends} for example in examples if example.extends is not None}
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield scope.find("example.extends_cycle", where[cycle[0]], cycle=" → ".join(cycle))
            for name in cycle:
                needs.pop(name, None)
        else:
            return


def _answers(scope: Scope, path: str, example: Example) -> Iterator[Finding]:
    for name, value in example.answers.items():
        spot, item = join(path, name), scope.inputs.get(name)
        if item is None:
            yield scope.find("example.unknown_input", spot, name=name, known=scope.inputs)
        elif isinstance(value, ExampleUnits):
            yield from _units(scope, spot, item, value)
        elif item.per_unit and not isinstance(value, ExampleAnswer):
            yield scope.find("example.units_missing", spot, name=name)
        else:
            yield from _answer(scope, spot, item, value)


def _units(scope: Scope, path: str, item: Input, answers: ExampleUnits) -> Iterator[Finding]:
    if not item.per_unit:
        yield scope.find("example.units_unfit", path, name=item.id)
        return
    for unit, value in answers.units.items():
        yield from _answer(scope, join(path, "units", unit), item, value)


def _answer(scope: Scope, path: str, item: Input, value: bool | Fraction | str | ExampleAnswer) -> Iterator[Finding]:
    owner = scope.owners[item.id]
    if not isinstance(value, ExampleAnswer):
        yield from _value(scope, path, item, value)
    elif value.state == "not_applicable" and owner.not_applicable == "refused":
        yield scope.find("example.not_applicable_refused", path, criterion=owner.code)


def _value(scope: Scope, path: str, item: Input, value: bool | Fraction | str) -> Iterator[Finding]:
    text = shown(value) if isinstance(value, Fraction) else str(value).lower() if isinstance(value, bool) else value
    if not _is_of_type(item, value):
        yield scope.find("example.value_type", path, value=f"`{text[:60]}`", name=item.id, type=item.type)
    elif isinstance(value, Fraction) and item.type != "text":
        low, high = bounds(item)
        if (low is not None and value < low) or (high is not None and value > high):
            yield scope.find("example.out_of_bounds", path, value=text, name=item.id)
    elif item.type == "choice":
        options = [option.id for option in item.options]
        if text not in options:
            yield scope.find("example.unknown_option", path, name=text, input=item.id, known=options)


def _is_of_type(item: Input, value: bool | Fraction | str) -> bool:
    match item.type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, Fraction) and value.denominator == 1
        case "decimal":
            return isinstance(value, Fraction)
        case "choice":
            return isinstance(value, str)
        case "text":
            return not isinstance(value, bool)  # the text "12" reads as a number


def _codes(scope: Scope, path: str, example: Example) -> Iterator[Finding]:
    listed: Iterable[tuple[str, tuple[str, ...]]] = (
        ("evidence_missing", example.evidence_missing),
        ("rejected", example.rejected),
    )
    for name, codes in listed:
        for index, code in enumerate(codes):
            if code not in scope.criteria:
                spot = join(path, name, index)
                yield scope.find("example.unknown_criterion", spot, name=code, known=scope.criteria)


def _group_best(scope: Scope, path: str, example: Example, relative: Mapping[str, str | Quotient]) -> Iterator[Finding]:
    for name, best in example.group_best.items():
        spot = join(path, name)
        if name in relative:
            own = _own(example, relative[name])
            if own is not None and own > best:
                yield scope.find("example.group_best_too_low", spot, value=shown(best), own=shown(own))
        elif all(part in scope.inputs for part in name.split("/")):
            yield scope.find("example.group_best_not_relative", spot, name=name)
        else:
            yield scope.find("example.unknown_input", spot, name=name, known=relative)


def _own(example: Example, of: str | Quotient) -> Fraction | None:
    """What the example's own agency brings to the comparison, as far as it answers that itself."""
    names = [of] if isinstance(of, str) else [of.numerator, of.denominator or ""]
    values = [value for name in names if isinstance(value := example.answers.get(name), Fraction)]
    if len(values) < len(names):
        return None
    if len(values) == 1:
        return values[0]
    return values[0] / values[1] if values[1] else None  # what is compared may well be above 1
