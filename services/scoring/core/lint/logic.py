"""Whether a formula over facts can hold: exactly, by trying values that stand for all others.

A comparison tells apart finitely many regions of a fact's values: below, at and above each number it names. One value
of each region stands for the whole of it, so trying those is trying everything. Facts are tried one after the other,
and what is decided by then is not tried further. Hostile documents are stopped by a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.scoring.core.card import Typed
from services.scoring.core.conditions import satisfies
from shared.ruleset.document import Comparison

__all__ = ["Atom", "Budget", "Every", "Exhausted", "Formula", "Negation", "Point", "Some", "atoms", "can_hold"]


_NOTHING = ""  # no variable's name


class Point(NamedTuple):
    """One value of a fact, with the answer's state; no value where nothing (or no single value) was answered."""

    state: str
    value: Typed | None


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison of a variable's value, or of its state (`of_state`)."""

    variable: str
    comparison: Comparison
    of_state: bool = False

    def holds(self, point: Point) -> bool:
        """Whether it holds at a point."""
        value = point.state if self.of_state else point.value
        return value is not None and satisfies(value, self.comparison)


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The inner formula does not hold."""

    inner: Formula


Formula = bool | Atom | Every | Some | Negation
Values = Callable[[str, Sequence[Comparison]], Sequence[Point]]


class Exhausted(Exception):
    """The document asks for more reasoning than anybody would write by hand."""


@dataclass(slots=True)
class Budget:
    """How many more parts of formulas may be looked at."""

    left: int

    def spend(self, parts: int = 1) -> None:
        """Raises `Exhausted` when nothing is left."""
        self.left -= parts
        if self.left < 0:
            raise Exhausted


def can_hold(formula: Formula, values: Values, budget: Budget) -> bool:
    """Whether some values make the formula hold. Raises `Exhausted`."""
    compared: dict[str, list[Comparison]] = {}
    for atom in atoms(formula, budget):
        compared.setdefault(atom.variable, []).append(atom.comparison)
    pending = [_decided(formula, _NOTHING, Point("", None), budget)]  # so that what holds for no reason is gone
    while pending:
        current = pending.pop()
        if isinstance(current, bool):
            if current:
                return True
            continue
        variable = next(atoms(current, budget)).variable
        for point in values(variable, compared[variable]):
            pending.append(_decided(current, variable, point, budget))
    return False


def atoms(formula: Formula, budget: Budget) -> Iterator[Atom]:
    """All comparisons in a formula."""
    pending = [formula]
    while pending:
        budget.spend()
        current = pending.pop()
        match current:
            case Atom():
                yield current
            case Every(parts=parts) | Some(parts=parts):
                pending.extend(parts)
            case Negation(inner=inner):
                pending.append(inner)
            case _:
                pass


def _decided(formula: Formula, variable: str, point: Point, budget: Budget) -> Formula:
    """What is left of the formula once the variable has this value."""
    budget.spend()
    match formula:
        case Atom():
            return formula.holds(point) if formula.variable == variable else formula
        case Negation(inner=inner):
            left = _decided(inner, variable, point, budget)
            return not left if isinstance(left, bool) else Negation(left)
        case Every(parts=parts) | Some(parts=parts):
            decisive = isinstance(formula, Some)  # one part that holds decides a `Some`, one that does not an `Every`
            open_: list[Formula] = []
            for part in parts:
                left = _decided(part, variable, point, budget)
                if left is decisive:
                    return decisive
                if not isinstance(left, bool):
                    open_.append(left)
            if not open_:
                return not decisive
            return Some(tuple(open_)) if decisive else Every(tuple(open_))
        case _:
            return formula
