"""The worlds that rules may meet: which values facts can have together, and conditions as formulas over them.

More is taken for possible than is: a criterion's state, say, is not followed from its figures. So what is found
impossible here is impossible, and nothing is found that is not so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from services.scoring.core.conditions import satisfies
from services.scoring.core.lint.amounts import PLACES_SCALE, bounds
from services.scoring.core.lint.facts import STATES, fact_kind, fits, given
from services.scoring.core.lint.logic import Atom, Budget, Every, Formula, Negation, Point, Some, atoms, can_hold
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    AverageMethod,
    Comparison,
    Condition,
    Criterion,
    Derive,
    Input,
    Method,
    Quotient,
    Rule,
)
from shared.ruleset.uses import inner_methods

__all__ = ["Worlds"]

BUDGET = 200_000  # well below a second for each check; an official set takes a few thousand
_DEEPEST = 12  # derived facts that rest on derived facts; deeper ones are taken for possible
_TEXT = "…"
_YES = Comparison(fact="submission.missing", is_=True)
_NOT_REPORTED = Comparison(fact="criterion.state", is_="not_reported")


class Worlds:
    """Formulas of one document, and whether they can hold."""

    def __init__(self, scope: Scope, budget: int = BUDGET) -> None:
        self._scope = scope
        self._budget = Budget(budget)
        self._deriving: list[int] = []  # the rules being looked at on the way to a derived fact
        self._fires: dict[tuple[int, str | None], Formula] = {}

    def spend(self) -> None:
        """Count one more thing that is looked at. Raises `Exhausted`."""
        self._budget.spend()

    def can(self, *formulas: Formula) -> bool:
        """Whether all formulas can hold together. Raises `Exhausted`."""
        formula = Every(formulas)
        return can_hold(Every((formula, *self._bonds(formula))), self._values, self._budget)

    def follows(self, formula: Formula, from_: Formula) -> bool:
        """Whether one formula holds wherever another one does. Raises `Exhausted`."""
        return not self.can(from_, Negation(formula))

    def is_known(self, formula: Formula) -> bool:
        """Whether nothing in it was left open, because another finding is about it or it is too deep."""
        return not any(atom.variable.startswith("unknown ") for atom in atoms(formula, self._budget))

    def fires(self, index: int, criterion: str | None) -> Formula:
        """When a rule fires (for a criterion, if it is tried on each)."""
        self._budget.spend()
        key = (index, criterion)
        if key not in self._fires:
            self._deriving.append(index)
            self._fires[key] = self.holds(self._scope.rule_set.rules[index].when, criterion)
            self._deriving.pop()
        return self._fires[key]

    def instances(self, rule: Rule) -> tuple[str | None, ...]:
        """What a rule is tried on: the card, or every criterion."""
        return (None,) if rule.for_each is None else tuple(self._scope.criteria)

    # --- conditions as formulas ---

    def holds(self, condition: Condition, criterion: str | None = None) -> Formula:
        """A condition, of a rule tried on a criterion or on the card."""
        self._budget.spend()
        match condition:
            case AllOf(all=parts):
                return Every(tuple(self.holds(part, criterion) for part in parts))
            case AnyOf(any=parts):
                return Some(tuple(self.holds(part, criterion) for part in parts))
            case Comparison():
                return self._comparison(condition, criterion)
            case _:
                return Negation(self.holds(condition.not_, criterion))

    def evidence_missing(self, criterion: str) -> Formula:
        """Nothing was shown for a criterion that has a value."""
        missing = Comparison(fact="criterion.evidence_missing", is_=True)
        valued = Comparison(fact="criterion.state", is_="value")
        return Every((Atom(f"evidence {criterion}", missing), Atom(f"criterion {criterion}", valued)))

    def answered(self, name: str) -> Formula:
        """An input has a value."""
        return Atom(f"input {name}", Comparison(fact=f"state.{name}", is_="value"), of_state=True)

    def _comparison(self, comparison: Comparison, criterion: str | None) -> Formula:
        fact = comparison.fact
        kind = fact_kind(self._scope, fact)
        if kind is None or len(given(comparison)) != 1 or not fits(comparison, kind):
            return self._anything(comparison)  # another finding says so
        space, _, name = fact.partition(".")
        match space:
            case "input" if self._scope.inputs[name].per_unit:
                return self._anything(comparison)
            case "input" | "state":
                return Atom(f"input {name}", comparison, of_state=space == "state")
            case "submission":
                return Atom(fact, comparison)
            case "criterion":
                return self._of_criterion(comparison, criterion)
            case _:
                return self._derived(comparison)

    def _anything(self, comparison: Comparison) -> Formula:
        return Atom(f"unknown {comparison!r}", Comparison(fact=comparison.fact, is_=True))

    def _of_criterion(self, comparison: Comparison, code: str | None) -> Formula:
        if code is None:
            return self._anything(comparison)
        criterion = self._scope.criteria[code]
        match comparison.fact:
            case "criterion.evidence_required":
                return satisfies(criterion.evidence.required, comparison)
            case "criterion.scored":
                return satisfies(criterion.method.form != "information", comparison)
            case "criterion.evidence_missing":
                return Atom(f"evidence {code}", comparison)
            case _:
                return Atom(f"criterion {code}", comparison)

    def _derived(self, comparison: Comparison) -> Formula:
        if len(self._deriving) > _DEEPEST:
            return self._anything(comparison)
        ways: list[Formula] = []
        for index, rule, stated in self._derivations.get(comparison.fact, ()):
            self._budget.spend()
            if not satisfies(stated, comparison):
                continue
            if index in self._deriving:  # a circle, which derived.py names
                return self._anything(comparison)
            reasons = [self.fires(index, criterion) for criterion in self.instances(rule)]
            # One that never fires is told of once, not again for everything that rests on it.
            can_fire = any(self.can(reason) for reason in reasons)
            ways.append(Some(tuple(reasons)) if can_fire else self._anything(comparison))
        return Some(tuple(ways))

    @cached_property
    def _derivations(self) -> dict[str, list[tuple[int, Rule, bool | Fraction | str]]]:
        found: dict[str, list[tuple[int, Rule, bool | Fraction | str]]] = {}
        for index, rule in enumerate(self._scope.rule_set.rules):
            for effect in rule.then:
                if isinstance(effect, Derive):
                    found.setdefault(effect.fact, []).append((index, rule, effect.stated))
        return found

    # --- values ---

    def _bonds(self, formula: Formula) -> Iterator[Formula]:
        """Who is missing has reported nothing and shown nothing."""
        variables = dict.fromkeys(atom.variable for atom in atoms(formula, self._budget))
        if _YES.fact not in variables:
            return
        there = Negation(Atom(_YES.fact, _YES))
        for variable in variables:
            space, _, code = variable.partition(" ")
            if space in ("input", "criterion"):
                yield Some((there, Atom(variable, _NOT_REPORTED, of_state=space == "input")))
            elif space == "evidence" and self._scope.criteria[code].evidence.required:
                yield Some((there, Atom(variable, _YES)))

    def _values(self, variable: str, compared: Sequence[Comparison]) -> Sequence[Point]:
        space, _, name = variable.partition(" ")
        match space:
            case "input":
                return tuple(self._of_input(self._scope.inputs[name], compared))
            case "criterion":
                return tuple(Point("value", state) for state in _states(self._scope.criteria[name]))
            case "evidence":
                missing = (True, False) if self._scope.criteria[name].evidence.required else (False,)
                return tuple(Point("value", each) for each in missing)
            case "submission.days_late":
                return tuple(Point("value", each) for each in _numbers(Fraction(0), None, Fraction(1), compared))
            case _:
                return (Point("value", True), Point("value", False))

    def _of_input(self, item: Input, compared: Sequence[Comparison]) -> Iterator[Point]:
        yield from (Point(state, None) for state in ("not_reported", "rejected"))
        if self._scope.owners[item.id].not_applicable == "allowed":
            yield Point("not_applicable", None)
        if item.per_unit:
            yield Point("value", None)
            return
        match item.type:
            case "boolean":
                yield from (Point("value", True), Point("value", False))
            case "choice":
                yield from (Point("value", option.id) for option in item.options)
            case "text":
                yield Point("value", _TEXT)
            case _:
                step = Fraction(1) if item.type == "integer" else Fraction(1, PLACES_SCALE)
                numbers = _numbers(*bounds(item), step, compared)
                yield from (Point("value", each) for each in numbers)


def _states(criterion: Criterion) -> Iterator[str]:
    for state in STATES:
        if state != "not_applicable" or _may_not_apply(criterion):
            yield state


def _may_not_apply(criterion: Criterion) -> bool:
    gated = criterion.asked_if is not None and criterion.asked_if.otherwise == "not_applicable"
    return criterion.not_applicable == "allowed" or gated or _leaves(criterion.method)


def _leaves(method: Method) -> bool:
    """Whether the method itself may find nothing to assess."""
    of = getattr(method, "of", None) or getattr(method, "input", None)
    if isinstance(of, Quotient) and of.zero_denominator == "not_applicable":
        return True
    if isinstance(method, AverageMethod):
        return True
    return any(_leaves(inner) for _, inner, _ in inner_methods(method))


def _numbers(
    low: Fraction | None, high: Fraction | None, step: Fraction, compared: Sequence[Comparison]
) -> tuple[Fraction, ...]:
    """One number of each region that the comparisons tell apart, of those that can be answered."""
    named = {value for one in compared for value in given(one).values() if isinstance(value, Fraction)}
    near: set[Fraction] = set()
    for value in {end for end in (low, high) if end is not None} | named or {Fraction(0)}:
        below, above = floor(value / step) * step, ceil(value / step) * step
        near |= {below - step, below, above, above + step}
    within = (each for each in near if (low is None or each >= low) and (high is None or each <= high))
    return tuple(sorted(within))
