"""What facts there are, and of which kind: a rule may compare only what can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.lint.scope import FIXED_FACTS, Scope
from shared.ruleset.document import Derive, Input

__all__ = ["Kind", "derivations", "fact_kind", "kind_of_value"]

_STATES = ("value", "not_applicable", "not_reported", "rejected")


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
    "criterion.state": Kind("name", _STATES),
}


def fact_kind(scope: Scope, name: str) -> Kind | None:
    """The kind of a fact, or None if there is no such fact. Of derived facts the first derivation tells."""
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
    return Kind("name", tuple(state for state in _STATES if not (refused and state == "not_applicable")))


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
