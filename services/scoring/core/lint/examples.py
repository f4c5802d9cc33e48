"""Worked examples: answers that the form would accept, and expectations that can be met. Running them is not lint's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from services.scoring.core.lint.expectations import check_expectation
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import Example, ExampleAnswer, Input, RelativeMethod
from shared.ruleset.places import join

__all__ = ["check_examples"]

ExampleValue = bool | Fraction | ExampleAnswer | str


def check_examples(scope: Scope) -> Iterator[Finding]:
    """All findings about examples."""
    examples = scope.rule_set.examples
    paths = [join("examples", index) for index in range(len(examples))]
    named = ((join(path, "id"), example.id) for path, example in zip(paths, examples, strict=True))
    yield from doubles(scope, "example.duplicate", named)
    yield from _extends(scope, paths)
    relative = {method.input for _, method in scope.each_method() if isinstance(method, RelativeMethod)}
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
        elif not isinstance(value, ExampleAnswer):
            yield from _value(scope, spot, item, value)
        elif value.state == "not_applicable" and scope.owners[name].not_applicable == "refused":
            yield scope.find("example.not_applicable_refused", spot, criterion=scope.owners[name].code)


def _value(scope: Scope, path: str, item: Input, value: bool | Fraction | str) -> Iterator[Finding]:
    text = shown(value) if isinstance(value, Fraction) else str(value).lower() if isinstance(value, bool) else value
    if not _is_of_type(item, value):
        yield scope.find("example.value_type", path, value=f"`{text[:60]}`", name=item.id, type=item.type)
    elif isinstance(value, Fraction) and item.type != "text":
        low, high = item.minimum, item.maximum
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


def _group_best(scope: Scope, path: str, example: Example, relative: set[str]) -> Iterator[Finding]:
    for name, best in example.group_best.items():
        spot, own = join(path, name), example.answers.get(name)
        if name not in scope.inputs:
            yield scope.find("example.unknown_input", spot, name=name, known=relative)
        elif name not in relative:
            yield scope.find("example.group_best_not_relative", spot, name=name)
        elif isinstance(own, Fraction) and own > best:
            yield scope.find("example.group_best_too_low", spot, value=shown(best), own=shown(own))
