"""What facts there are, and of which kind: a rule may compare only what can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.lint.scope import FIXED_FACTS, Scope
from shared.ruleset.document import Comparison, Derive, Input

__all__ = ["ORDER", "SIGNS", "STATES", "Kind", "derivations", "fact_kind", "fits", "given", "is_of", "kind_of_value"]

ORDER = ("at_least", "above", "at_most", "below")
SIGNS = {"is": "=", "is_not": "≠", "at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
STATES = ("value", "not_applicable", "not_reported", "rejected")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: `number` (with bounds), `boolean`, `name` (one of `names`; any if empty) or `text`."""

    kind: str
    names: tuple[str, ...] = ()
    minimum: Fraction | None = None
    maximum: Fraction | None = None

    @property
    def words(self) -> str:
        """What a person calls it."""
        return {"number": "số", "boolean": "true/false", "name": "tên", "text": "văn bản"}[self.kind]


_FIXED = {
    **{name: Kind("boolean") for name in FIXED_FACTS},
    "submission.days_late": Kind("number", minimum=Fraction(0)),
    "criterion.state": Kind("name", STATES),
}


def fact_kind(scope: Scope, name: str) -> Kind | None:
    """The kind of a fact, or None if there is no such fact. Of derived facts the first derivation tells."""
    if name not in scope.kinds:
        scope.kinds[name] = _kind(scope, name)
    found = scope.kinds[name]
    return found if isinstance(found, Kind) else None


def _kind(scope: Scope, name: str) -> Kind | None:
    space, _, rest = name.partition(".")
    match space:
        case "submission" | "criterion":
            return _FIXED.get(name)
        case "input":
            item = scope.inputs.get(rest)
            return None if item is None else _of_input(item)
        case "state":
            return _of_state(scope, rest)
        case _:
            values = scope.derived_values.get(name)
            return kind_of_value(values[0], values) if values else None


def _of_input(item: Input) -> Kind:
    match item.type:
        case "boolean":
            return Kind("boolean")
        case "choice":
            return Kind("name", tuple(option.id for option in item.options))
        case "text":
            return Kind("text")
        case _:
            return Kind("number", minimum=item.minimum, maximum=item.maximum)


def _of_state(scope: Scope, name: str) -> Kind | None:
    owner = scope.owners.get(name)
    if owner is None:
        return None
    refused = owner.not_applicable == "refused"
    return Kind("name", tuple(state for state in STATES if not (refused and state == "not_applicable")))


def kind_of_value(value: bool | Fraction | str, others: list[bool | Fraction | str] | None = None) -> Kind:
    """The kind of a value, with the range of `others` of its kind."""
    if isinstance(value, bool):
        return Kind("boolean")
    if isinstance(value, Fraction):
        numbers = [each for each in others or [] if isinstance(each, Fraction)] or [value]
        return Kind("number", minimum=min(numbers), maximum=max(numbers))
    return Kind("name", tuple(each for each in others or [] if isinstance(each, str)))


def derivations(scope: Scope) -> Iterator[tuple[str, Derive]]:
    """All `derive` effects with their paths."""
    for path, _, effect in scope.each_effect():
        if isinstance(effect, Derive):
            yield path, effect


# --- comparisons -------------------------------------------------------------------------------------------------


def given(comparison: Comparison) -> dict[str, bool | Fraction | str]:
    """The operators that are given, with what they compare with; in a sound document there is one."""
    values = {"is": comparison.is_, "is_not": comparison.is_not}
    values |= {name: getattr(comparison, name) for name in ORDER}
    return {name: value for name, value in values.items() if value is not None}


def is_of(kind: Kind, value: bool | Fraction | str) -> bool:
    """Whether a fact of this kind can be this value."""
    match kind.kind:
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, Fraction)
        case _:
            return isinstance(value, str) and (not kind.names or value in kind.names)


def fits(comparison: Comparison, kind: Kind) -> bool:
    """Whether a fact of this kind may be compared so."""
    if kind.kind == "text":
        return False
    return all(
        is_of(kind, value) and (operator not in ORDER or kind.kind == "number")
        for operator, value in given(comparison).items()
    )
