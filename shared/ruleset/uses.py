"""What a method reads: its inputs, the highest values it compares with, the methods inside it. One place for all.

Whoever only needs to know *that* a method reads something asks here, so that a new form is added once.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.ruleset.document import (
    AllOf,
    AnyOf,
    AverageMethod,
    BandsMethod,
    BestMethod,
    ByMethod,
    Comparison,
    Condition,
    Criterion,
    InformationMethod,
    Method,
    Not,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
)

__all__ = ["best_key", "best_keys", "comparisons", "gate_inputs", "inner_methods", "own_inputs", "used_inputs"]


def inner_methods(method: Method) -> tuple[tuple[str, Method, Part | None], ...]:
    """The methods directly inside a method: path inside it, method, and the part where there is one."""
    match method:
        case SumMethod(parts=parts):
            return tuple((f"parts[{index}].method", part.method, part) for index, part in enumerate(parts))
        case BestMethod(cases=parts):
            return tuple((f"cases[{index}].method", part.method, part) for index, part in enumerate(parts))
        case AverageMethod(of=of):
            return (("of", of, None),)
        case ByMethod(cases=cases):
            return tuple((f"cases.{option}", case, None) for option, case in cases.items())
        case _:
            return ()


def own_inputs(method: Method) -> Iterator[tuple[str, str]]:
    """Inputs that a method itself reads (not the methods inside it), each with its path inside the method."""
    match method:
        case InformationMethod() | SumMethod() | BestMethod():
            return
        case AverageMethod(total=total):
            if total is not None:
                yield "total", total
        case RatioMethod(of=of) | BandsMethod(of=of):
            yield from _measure("of", of)
        case _:
            yield from _measure("input", method.input)


def used_inputs(method: Method) -> tuple[str, ...]:
    """Ids of all inputs that a method reads, inner methods included, each once, in the order of the document."""
    return tuple(dict.fromkeys(_used(method)))


def _used(method: Method) -> Iterator[str]:
    for _, name in own_inputs(method):
        yield name
    for _, inner, _ in inner_methods(method):
        yield from _used(inner)


def _measure(path: str, of: str | Quotient) -> Iterator[tuple[str, str]]:
    if isinstance(of, str):
        yield path, of
        return
    yield f"{path}.numerator", of.numerator
    if of.denominator is not None:
        yield f"{path}.denominator", of.denominator


def best_key(of: str | Quotient) -> str:
    """Under which name the highest value in the group is kept: the input's id, or `numerator/denominator`."""
    return of if isinstance(of, str) else f"{of.numerator}/{of.denominator}"


def best_keys(method: Method) -> tuple[str, ...]:
    """The highest values that a method compares with, inner methods included."""
    own = (best_key(method.input),) if isinstance(method, RelativeMethod) else ()
    inner = (key for _, inside, _ in inner_methods(method) for key in best_keys(inside))
    return tuple(dict.fromkeys([*own, *inner]))


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """All comparisons in a condition."""
    match condition:
        case Comparison():
            yield condition
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from comparisons(part)
        case Not(not_=inner):
            yield from comparisons(inner)


def gate_inputs(criterion: Criterion) -> tuple[str, ...]:
    """Ids of the inputs that decide whether a criterion is asked at all."""
    if criterion.asked_if is None:
        return ()
    facts = [one.fact.partition(".") for one in comparisons(criterion.asked_if.when)]
    return tuple(dict.fromkeys(name for kind, _, name in facts if kind == "input"))
