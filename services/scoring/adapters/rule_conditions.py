"""Conditions of a rule set in the form an engine without negation and without fractions can match.

`not` is pushed into the leaves. An absent fact satisfies no comparison, so a negated comparison holds where the fact
is absent: such literals look at a view of the fact in which "absent" is lower (or higher) than every number.
Numbers are whole millionths; a threshold between two of them is moved to the side that decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal as Either

from services.scoring.core.card import Typed
from services.scoring.core.facts import Kind, kind_of
from services.scoring.ports import RuleEngineError
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition

__all__ = ["FALSE", "LIMIT", "OTHER_TEXT", "SCALE", "TRUE", "Every", "Literal", "Some", "Tree", "encode", "normalise"]

SCALE = 10**6
LIMIT = 2**62  # facts beyond it are cut to it: no threshold may lie there, so nothing is decided differently
OTHER_TEXT = "?"  # stands for every text that no rule can name (names are slugs)

Operator = Either["eq", "ne", "ge", "gt", "le", "lt", "exists", "absent"]
View = Either["plain", "low", "high"]  # what an absent fact counts as: nothing, less than all, more than all


@dataclass(frozen=True, slots=True)
class Literal:
    """One comparison of one fact, ready for the engine."""

    fact: str
    kind: Kind
    operator: Operator
    value: int | str = 0
    view: View = "plain"


@dataclass(frozen=True, slots=True)
class Every:
    """Every part holds; of nothing, true."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Some part holds; of nothing, false."""

    parts: tuple[Tree, ...]


Tree = Literal | Every | Some
TRUE = Every(())
FALSE = Some(())

_TURNED: dict[str, tuple[Operator, View]] = {
    "ge": ("lt", "low"),
    "gt": ("le", "low"),
    "le": ("gt", "high"),
    "lt": ("ge", "high"),
    "eq": ("ne", "low"),
}


def normalise(condition: Condition, kinds: Mapping[str, frozenset[Kind]], positive: bool = True) -> Tree:
    """The condition without `not`; raises `RuleEngineError` where a derived fact is negated."""
    match condition:
        case Comparison():
            return _leaf(condition, kinds.get(condition.fact, frozenset()), positive)
        case AllOf(all=parts):
            inner = tuple(normalise(part, kinds, positive) for part in parts)
            return Every(inner) if positive else Some(inner)
        case AnyOf(any=parts):
            inner = tuple(normalise(part, kinds, positive) for part in parts)
            return Some(inner) if positive else Every(inner)
        case _:
            return normalise(condition.not_, kinds, not positive)


def encode(value: Typed) -> int | str:
    """A value as the engine sees it: whole millionths, 0/1, or a slug."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return value if len(value) <= 64 and value.isascii() and value.replace("_", "").isalnum() else OTHER_TEXT
    scaled, rest = divmod(value.numerator * SCALE, value.denominator)
    if rest:
        raise RuleEngineError(f"the fact {value} has more than six decimals")
    return max(-LIMIT, min(LIMIT, scaled))


def _leaf(comparison: Comparison, kinds: frozenset[Kind], positive: bool) -> Tree:
    if not positive and comparison.fact.startswith("derived."):
        raise RuleEngineError(
            f"`not` over {comparison.fact}: whether a fact can still be derived is not known while rules fire"
        )
    operator, value = _compared(comparison)
    # Only derived facts can have several kinds; each kind is a property of its own.
    found = tuple(_one_kind(comparison.fact, kind, operator, value) for kind in sorted(kinds))
    tree: Tree = found[0] if len(found) == 1 else Some(found)
    return tree if positive else _negated(tree)


def _compared(comparison: Comparison) -> tuple[Operator, Typed]:
    given: list[tuple[Operator, Typed | None]] = [
        ("eq", comparison.is_),
        ("ne", comparison.is_not),
        ("ge", comparison.at_least),
        ("gt", comparison.above),
        ("le", comparison.at_most),
        ("lt", comparison.below),
    ]
    chosen = [(operator, value) for operator, value in given if value is not None]
    if len(chosen) != 1:
        raise RuleEngineError(f"{comparison.fact}: exactly one comparison is needed, {len(chosen)} are given")
    return chosen[0]


def _one_kind(fact: str, kind: Kind, operator: Operator, value: Typed) -> Tree:
    if operator in ("eq", "ne") and kind_of(value) != kind:
        return FALSE if operator == "eq" else Literal(fact, kind, "exists")
    if kind == "number" and isinstance(value, Fraction):
        return _number(fact, operator, value * SCALE)
    if operator not in ("eq", "ne"):
        return FALSE  # neither words nor yes and no have an order
    return Literal(fact, kind, operator, encode(value))


def _number(fact: str, operator: Operator, scaled: Fraction) -> Tree:
    if abs(scaled) >= LIMIT:
        raise RuleEngineError(f"{fact} is compared with a number too large for the engine")
    if scaled.denominator == 1:
        return Literal(fact, "number", operator, scaled.numerator)
    if operator == "eq":
        return FALSE
    if operator == "ne":
        return Literal(fact, "number", "exists")
    if operator in ("ge", "gt"):
        return Literal(fact, "number", "gt", floor(scaled))
    return Literal(fact, "number", "lt", ceil(scaled))


def _negated(tree: Tree) -> Tree:
    if not isinstance(tree, Literal):  # only the constants come here: facts of a card have one kind
        return TRUE if tree == FALSE else FALSE
    if tree.operator == "exists":
        return Literal(tree.fact, tree.kind, "absent")
    if tree.operator == "ne":
        return Some((Literal(tree.fact, tree.kind, "absent"), Literal(tree.fact, tree.kind, "eq", tree.value)))
    operator, view = _TURNED[tree.operator]
    return Literal(tree.fact, tree.kind, operator, tree.value, view)
