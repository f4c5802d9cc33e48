"""Facts as durable_rules takes them: one flat JSON object with short names, only what some rule refers to.

`k` names the chunk and the subject: `0c` the card, `0p` a profile of criteria, `0d` a derived fact, `0a` an auxiliary.
Criteria that look the same to every rule are one profile: one fact stands for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.scoring.adapters.rule_conditions import LIMIT, OTHER_TEXT, Literal, View, encode
from services.scoring.adapters.rule_network import Auxiliary, Chunk, Clause
from services.scoring.core.card import Card, Typed
from services.scoring.core.facts import Kind, card_fact, criterion_fact, kind_of
from services.scoring.core.points import CompiledCriterion

__all__ = ["Fact", "Profiles", "Projection", "auxiliary_fact", "derived_fact", "kind_name", "pattern"]

Fact = dict[str, int | str]
_ABSENT: dict[tuple[View, bool], int | str] = {
    ("low", False): -LIMIT,
    ("high", False): LIMIT,
    ("low", True): OTHER_TEXT,
    ("high", True): OTHER_TEXT,
}
_VALUE_NAMES: dict[Kind, str] = {"boolean": "b", "number": "v", "text": "s"}
_OPERATORS = {"ne": "$neq", "ge": "$gte", "gt": "$gt", "le": "$lte", "lt": "$lt"}


def kind_name(chunk: int, subject: str) -> str:
    """The value of `k`."""
    return f"{chunk}{subject}"


def derived_fact(chunk: int, name: str, value: Typed) -> Fact:
    """A derived fact for the rules of one chunk."""
    return {"k": kind_name(chunk, "d"), "n": name, _VALUE_NAMES[kind_of(value)]: encode(value)}


def auxiliary_fact(chunk: int, auxiliary: Auxiliary, profile: int) -> Fact:
    """An auxiliary fact for the rules of one chunk."""
    fact: Fact = {"k": kind_name(chunk, "a"), "n": auxiliary.number}
    return {**fact, "p": profile} if auxiliary.each else fact


class Projection:
    """The part of a card (or of a criterion) that one chunk's clauses look at."""

    def __init__(self, literals: Iterable[Literal]) -> None:
        wanted = sorted({(one.fact, one.view, one.kind == "text") for one in literals})
        self._names = {(fact, view): f"f{index}" for index, (fact, view, _) in enumerate(wanted)}
        self._absent = [(fact, self._names[fact, view], _ABSENT.get((view, text))) for fact, view, text in wanted]
        self.facts = tuple(sorted({fact for fact, _, _ in wanted}))

    def name(self, literal: Literal) -> str:
        """The property a literal looks at."""
        return self._names[literal.fact, literal.view]

    def of(self, read: Callable[[str], Typed | None]) -> Fact:
        """The properties of one card or criterion; `read` answers the facts by name."""
        properties: Fact = {}
        encoded: dict[str, int | str | None] = {}
        for fact, name, absent in self._absent:
            if fact not in encoded:
                value = read(fact)
                encoded[fact] = None if value is None else encode(value)
            shown = encoded[fact]
            if shown is None:
                shown = absent
            if shown is not None:
                properties[name] = shown
        return properties


@dataclass(frozen=True, slots=True)
class Profiles:
    """The criteria of a card, grouped by what rules can see of them."""

    members: tuple[tuple[str, ...], ...]
    values: tuple[dict[str, Typed | None], ...]

    @classmethod
    def of(cls, names: Sequence[str], criteria: Sequence[CompiledCriterion], card: Card) -> Profiles:
        """Group `criteria` by the facts `names`."""
        readers = [criterion_fact(name) for name in names]
        groups: dict[tuple[Typed | None, ...], list[str]] = {}
        for criterion in criteria:
            groups.setdefault(tuple(read(criterion, card) for read in readers), []).append(criterion.code)
        return cls(
            members=tuple(tuple(codes) for codes in groups.values()),
            values=tuple(dict(zip(names, values, strict=True)) for values in groups),
        )


def card_readers(names: Iterable[str]) -> dict[str, Callable[[Card], Typed | None]]:
    """How to read each of the facts."""
    return {name: card_fact(name) for name in names}


def pattern(clause: Clause, chunk: Chunk, card: Projection, criterion: Projection) -> list[dict[str, object]]:
    """The clause as durable_rules' `all`: one alias a fact, the card or the profile first."""
    patterns: list[dict[str, object]] = []
    if clause.card or not clause.joins_criterion:
        patterns.append({"c": _all(kind_name(chunk.number, "c"), [_test(card.name(t), t) for t in clause.card])})
    if clause.joins_criterion:
        tests = [_test(criterion.name(t), t) for t in clause.criterion]
        patterns.append({"p": _all(kind_name(chunk.number, "p"), tests)})
    for index, literal in enumerate(clause.derived):
        tests = [{"n": literal.fact}, _test(_VALUE_NAMES[literal.kind], literal)]
        patterns.append({f"d{index}": _all(kind_name(chunk.number, "d"), tests)})
    for index, auxiliary in enumerate(clause.auxiliaries):
        tests = [{"n": auxiliary.number}]
        if auxiliary.each:
            tests.append({"p": {"p": "p"}})  # the auxiliary fact of the same profile
        patterns.append({f"a{index}": _all(kind_name(chunk.number, "a"), tests)})
    return patterns


def _all(kind: str, tests: Sequence[dict[str, object]]) -> dict[str, object]:
    return {"$and": [{"k": kind}, *tests]} if tests else {"k": kind}


def _test(name: str, literal: Literal) -> dict[str, object]:
    if literal.operator == "eq":
        return {name: literal.value}
    if literal.operator == "exists":
        return {"$ex": {name: 1}}
    if literal.operator == "absent":
        return {"$nex": {name: 1}}
    return {_OPERATORS[literal.operator]: {name: literal.value}}
