"""Conditions of rules turned round: what an example would have to say for a condition to hold, or not to hold.

All ways are found by taking conditions apart, in the order of the document and up to a bound; each is a guess that its
user tries, so nothing here needs to know what else the rules do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product

from services.scoring.core.coverage_measures import within_bounds
from services.scoring.core.coverage_wish import NOT_APPLICABLE, NOT_REPORTED, NOTHING, Base, Said, Wish, together
from services.scoring.core.reference_points import Value, holds_for
from services.scoring.core.reference_rules import RulesReading
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition, Criterion, Derive, Input, Not, Rule, RuleSet
from shared.ruleset.places import join

__all__ = ["Wanted", "comparisons_at", "deciding", "holds_if", "ways_to", "wishes_of"]

_MOST_WAYS = 48
_STATES = ("value", "not_reported", "not_applicable", "rejected")
_ENDS = ("at_least", "above", "at_most", "below")


@dataclass(frozen=True)
class Wanted:
    """One comparison that must hold, or must not; `number` asks for this very value of its fact."""

    comparison: Comparison
    wanted: bool
    number: Fraction | None = None


Way = tuple[Wanted, ...]


def comparisons_at(path: str, condition: Condition) -> Iterator[tuple[str, Comparison]]:
    """All comparisons in a condition, with their paths."""
    match condition:
        case Comparison():
            yield path, condition
        case AllOf(all=parts):
            for index, part in enumerate(parts):
                yield from comparisons_at(join(path, "all", index), part)
        case AnyOf(any=parts):
            for index, part in enumerate(parts):
                yield from comparisons_at(join(path, "any", index), part)
        case Not(not_=inner):
            yield from comparisons_at(join(path, "not"), inner)


def holds_if(reading: RulesReading, condition: Condition, subject: Criterion | None, one: Comparison, so: bool) -> bool:
    """Whether a condition would hold if the comparison `one` in it were so."""
    match condition:
        case Comparison():
            return so if condition is one else reading.holds(condition, subject)
        case AllOf(all=parts):
            return all(holds_if(reading, part, subject, one, so) for part in parts)
        case AnyOf(any=parts):
            return any(holds_if(reading, part, subject, one, so) for part in parts)
        case Not(not_=inner):
            return not holds_if(reading, inner, subject, one, so)


def ways_to(condition: Condition, wanted: bool) -> Iterator[Way]:
    """The ways in which a condition holds (or does not), as literals that must all be."""
    match condition:
        case Comparison():
            yield (Wanted(condition, wanted),)
        case Not(not_=inner):
            yield from ways_to(inner, not wanted)
        case AllOf(all=parts) | AnyOf(any=parts):
            if isinstance(condition, AllOf) is wanted:
                for each in product(*(list(islice(ways_to(part, wanted), _MOST_WAYS)) for part in parts)):
                    yield tuple(literal for way in each for literal in way)
            else:
                for part in parts:
                    yield from ways_to(part, wanted)


def deciding(condition: Condition, one: Comparison) -> Iterator[Way]:
    """The ways in which the rest of a condition leaves the decision to the comparison `one`."""
    match condition:
        case Comparison():
            if condition is one:
                yield ()
        case Not(not_=inner):
            yield from deciding(inner, one)
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                for inner_way in deciding(part, one):
                    rest = (ways_to(other, isinstance(condition, AllOf)) for other in parts if other is not part)
                    for others in product(*(list(islice(ways, _MOST_WAYS)) for ways in rest)):
                        yield (*inner_way, *(literal for way in others for literal in way))


# --- from literals to what an example says -----------------------------------------------------------------------


def wishes_of(ways: Iterable[Way], base: Base, subject: Criterion | None) -> Iterator[Wish]:
    """What an example would have to say for one of the ways."""
    for way in islice(ways, _MOST_WAYS):
        yield from _Solving(base, subject).all_of(way)


@dataclass(frozen=True)
class _Solving:
    """One rule's literals answered on a base; `derived` are the facts being derived (so that circles end)."""

    base: Base
    subject: Criterion | None
    derived: frozenset[str] = frozenset()

    def all_of(self, way: Way) -> Iterator[Wish]:
        """Every fact with a value that suits all its literals."""
        by_fact: dict[str, list[Wanted]] = {}
        for literal in way:
            by_fact.setdefault(literal.comparison.fact, []).append(literal)
        choices = [list(islice(self._fact(fact, literals), 6)) for fact, literals in by_fact.items()]
        for wishes in islice(product(*choices), _MOST_WAYS):
            yield together(wishes)

    def _fact(self, fact: str, literals: list[Wanted]) -> Iterator[Wish]:
        kind, _, name = fact.partition(".")
        if kind == "derived":
            yield from self._derived(fact, literals)
        elif kind == "criterion":
            yield from self._of_criterion(name, literals)
        elif fact == "submission.missing":
            yield from (Wish(missing=said) for said in (False, True) if _suits(said, literals))
        elif fact == "submission.days_late":
            days = (number for number in _near(literals) if number >= 0 and number.denominator == 1)
            yield from (Wish(days_late=int(number)) for number in days if _suits(number, literals))
        elif kind == "input":
            yield from self._input(name, literals)
        elif kind == "state":
            yield from self._state(name, literals)

    def _input(self, name: str, literals: list[Wanted]) -> Iterator[Wish]:
        item = self.base.inputs.get(name)
        if item is None:
            return
        said = self.base.said(name)
        if isinstance(said, bool | Fraction | str) and _suits(said, literals):
            yield NOTHING
        for value in _values(item, literals):
            if _suits(value, literals):
                yield self.base.saying({name: value})
        if _suits(None, literals):
            yield self.base.saying({name: NOT_REPORTED})

    def _state(self, name: str, literals: list[Wanted]) -> Iterator[Wish]:
        answers: dict[str, Said] = {"not_reported": NOT_REPORTED, "not_applicable": NOT_APPLICABLE}
        for state in _STATES:
            if _suits(state, literals):
                if state == "value":
                    yield NOTHING
                elif state in answers:
                    yield self.base.saying({name: answers[state]})

    def _of_criterion(self, name: str, literals: list[Wanted]) -> Iterator[Wish]:
        if self.subject is None:
            return
        code, required = self.subject.code, self.subject.evidence.required
        facts: dict[str, tuple[Value, ...]] = {
            "evidence_required": (required,),
            "evidence_missing": (False, True) if required else (False,),
            "scored": (self.subject.method.form != "information",),
            "state": _STATES,
        }
        for value in facts.get(name, ()):
            if _suits(value, literals):
                if name == "state":
                    yield self._criterion_state(self.subject, str(value))
                else:
                    missing = name == "evidence_missing" and value is True
                    yield Wish(evidence_missing=(code,)) if missing else NOTHING

    def _criterion_state(self, criterion: Criterion, state: str) -> Wish:
        if state == "value":
            return NOTHING
        if state == "rejected":
            return Wish(rejected=(criterion.code,))
        said = NOT_REPORTED if state == "not_reported" else NOT_APPLICABLE
        return self.base.saying({item.id: said for item in criterion.inputs})

    def _derived(self, fact: str, literals: list[Wanted]) -> Iterator[Wish]:
        if not any(literal.wanted for literal in literals):
            yield NOTHING  # the base fires as little as it can
            return
        if fact in self.derived:
            return
        for rule in _deriving(self.base.rule_set, fact, literals):
            for subject in _subjects(self.base.rule_set, rule):
                inner = _Solving(self.base, subject, self.derived | {fact})
                for way in islice(ways_to(rule.when, True), _MOST_WAYS):
                    yield from inner.all_of(way)


def _deriving(rule_set: RuleSet, fact: str, literals: list[Wanted]) -> Iterator[Rule]:
    for rule in rule_set.rules:
        stated = [effect.stated for effect in rule.then if isinstance(effect, Derive) and effect.fact == fact]
        if any(_suits(value, literals) for value in stated):
            yield rule


def _subjects(rule_set: RuleSet, rule: Rule) -> tuple[Criterion | None, ...]:
    return rule_set.criteria() if rule.for_each else (None,)


def _suits(value: Value | None, literals: Iterable[Wanted]) -> bool:
    return all(
        (value is not None and holds_for(value, literal.comparison)) is literal.wanted
        and literal.number in (None, value)
        for literal in literals
    )


def _values(item: Input, literals: list[Wanted]) -> Iterator[Value]:
    if item.type == "boolean":
        yield from (False, True)
    elif item.type == "choice":
        yield from (option.id for option in item.options)
    elif item.type == "text":
        yield "Ví dụ"
    else:
        yield from (number for number in _near(literals) if within_bounds(item, number))


def _near(literals: Iterable[Wanted]) -> Iterator[Fraction]:
    """Numbers at and beside everything that the literals compare with."""
    ends = [Fraction(0)]
    for literal in literals:
        comparison = literal.comparison
        values = [literal.number, comparison.is_, comparison.is_not, *(getattr(comparison, name) for name in _ENDS)]
        ends += [value for value in values if isinstance(value, Fraction)]
    steps = (0, 1, -1, Fraction(1, 100), Fraction(-1, 100))
    yield from dict.fromkeys(end + step for end in ends for step in steps)
