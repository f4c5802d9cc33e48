"""The facts that rules are conditions over (document.Comparison), read from a card.

An absent fact is None. Facts of a criterion exist only inside a rule `for_each: criterion`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from services.scoring.core.card import Card, Typed
from services.scoring.core.points import CompiledCriterion
from shared.ruleset.document import Derive, RuleSet

__all__ = ["Firing", "Kind", "RuleEngineError", "card_fact", "criterion_fact", "fact_kinds", "kind_of"]

Kind = Literal["boolean", "number", "text"]


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule fired; `criterion` is the one it fired for in a rule `for_each: criterion`."""

    rule_id: str
    criterion: str | None = None


class RuleEngineError(RuntimeError):
    """The engine could not decide which rules fire; nothing may be scored from what it gave."""


def card_fact(name: str) -> Callable[[Card], Typed | None]:
    """How to read a `submission.*`, `input.*` or `state.*` fact from a card."""
    kind, _, rest = name.partition(".")
    if name == "submission.days_late":
        return lambda card: Fraction(card.days_late)
    if name == "submission.missing":
        return lambda card: card.missing
    if kind == "input":
        return lambda card: figure.value if (figure := card.figures.get(rest)) else None
    if kind == "state":
        return lambda card: figure.state if (figure := card.figures.get(rest)) else None
    return lambda card: None


def criterion_fact(name: str) -> Callable[[CompiledCriterion, Card], Typed | None]:
    """How to read a `criterion.*` fact of one criterion from a card."""
    match name:
        case "criterion.evidence_required":
            return lambda criterion, card: criterion.evidence_required
        case "criterion.evidence_missing":
            return lambda criterion, card: criterion.evidence_required and criterion.code not in card.evidence
        case "criterion.state":
            return lambda criterion, card: criterion.state(card)
        case "criterion.scored":
            return lambda criterion, card: not criterion.information
        case _:
            return lambda criterion, card: None


def fact_kinds(rule_set: RuleSet) -> Mapping[str, frozenset[Kind]]:
    """Of what kind the values of each fact can be. A comparison with another kind can never be equal."""
    kinds: dict[str, frozenset[Kind]] = {
        "submission.days_late": frozenset({"number"}),
        "submission.missing": frozenset({"boolean"}),
        "criterion.evidence_required": frozenset({"boolean"}),
        "criterion.evidence_missing": frozenset({"boolean"}),
        "criterion.state": frozenset({"text"}),
        "criterion.scored": frozenset({"boolean"}),
    }
    of_input: dict[str, Kind] = {"boolean": "boolean", "integer": "number", "decimal": "number"}
    for item in rule_set.inputs().values():
        kinds[f"input.{item.id}"] = frozenset({of_input.get(item.type, "text")})
        kinds[f"state.{item.id}"] = frozenset({"text"})
    for rule in rule_set.rules:
        for effect in rule.then:
            if isinstance(effect, Derive):
                kinds[effect.fact] = kinds.get(effect.fact, frozenset()) | {kind_of(effect.stated)}
    return kinds


def kind_of(value: Typed) -> Kind:
    """The kind of a value; a bool is no number."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, Fraction) else "text"
