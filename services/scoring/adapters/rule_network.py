"""A rule set laid out for durable_rules: small conjunctions over narrow facts.

durable_rules looks at no more than 64 candidate nodes for one fact, joins no more than 16 facts in one rule, and its
`or` multiplies paths. So every rule becomes clauses without `or` (several clauses may carry one rule), clauses are
dealt into chunks of at most 40, and each chunk gets facts of its own that hold only what its clauses refer to. Where
multiplying out would grow beyond reason, a part becomes an auxiliary fact that the engine derives first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from services.scoring.adapters.rule_conditions import Every, Literal, Tree, normalise
from services.scoring.core.facts import Kind, fact_kinds
from services.scoring.ports import RuleEngineError
from shared.ruleset.document import Rule, RuleSet

__all__ = ["Auxiliary", "Chunk", "Clause", "Head", "Limits", "Term", "lay_out"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep durable_rules within its own (64 nodes, 16 messages, 255 properties, 4,096 actions)."""

    clauses_a_product: int = 24
    joined_facts: int = 8
    card_literals: int = 60
    clauses_a_chunk: int = 40
    card_facts_a_chunk: int = 120
    clauses: int = 4000


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A part of a condition that the engine derives as a fact; `each` means: for one profile of criteria."""

    number: int
    each: bool


Term = Literal | Auxiliary
Conjunction = frozenset[Term]


@dataclass(frozen=True, slots=True)
class Head:
    """What a clause brings about: a rule fires, or an auxiliary fact holds; `each` as in `Auxiliary`."""

    rule: int | None
    auxiliary: Auxiliary | None
    each: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """If all terms hold, then the head; terms by the fact they look at."""

    head: Head
    card: tuple[Literal, ...]
    criterion: tuple[Literal, ...]
    derived: tuple[Literal, ...]
    auxiliaries: tuple[Auxiliary, ...]

    @property
    def joins_criterion(self) -> bool:
        """Whether the clause needs a criterion's fact."""
        return self.head.each or bool(self.criterion)


@dataclass(slots=True)
class Chunk:
    """Clauses that share facts."""

    number: int
    clauses: list[Clause] = field(default_factory=list)
    card_facts: set[str] = field(default_factory=set)


def lay_out(rule_set: RuleSet, limits: Limits | None = None) -> list[Chunk]:
    """All rules of a set as chunks of clauses."""
    planner = _Planner(fact_kinds(rule_set), limits or Limits())
    for number, rule in enumerate(rule_set.rules):
        planner.add(number, rule)
    if len(planner.clauses) > planner.limits.clauses:
        raise RuleEngineError(f"{rule_set.key}: the rules need {len(planner.clauses)} clauses, too many for the engine")
    return _deal(planner.clauses, planner.limits)


class _Planner:
    def __init__(self, kinds: Mapping[str, frozenset[Kind]], limits: Limits) -> None:
        self.limits = limits
        self.clauses: list[Clause] = []
        self._kinds = kinds
        self._auxiliaries = 0

    def add(self, number: int, rule: Rule) -> None:
        each = rule.for_each == "criterion"
        # Facts of a criterion do not exist outside `for_each: criterion`.
        kinds = self._kinds if each else {n: k for n, k in self._kinds.items() if not n.startswith("criterion.")}
        for conjunction in self._clauses_of(normalise(rule.when, kinds)):
            self._emit(Head(number, None, each), conjunction)

    def _clauses_of(self, tree: Tree) -> list[Conjunction]:
        if isinstance(tree, Literal):
            return [frozenset((tree,))]
        parts = [self._clauses_of(part) for part in tree.parts]
        if not isinstance(tree, Every):
            return _distinct(clause for part in parts for clause in part)
        while prod(len(part) for part in parts) > self.limits.clauses_a_product:
            widest = max(range(len(parts)), key=lambda index: len(parts[index]))
            if len(parts[widest]) == 1:
                break
            parts[widest] = [frozenset((self._auxiliary(parts[widest]),))]
        return _distinct(frozenset[Term]().union(*chosen) for chosen in product(*parts))

    def _auxiliary(self, conjunctions: Sequence[Conjunction]) -> Auxiliary:
        each = any(_is_of_criterion(term) for conjunction in conjunctions for term in conjunction)
        auxiliary = Auxiliary(self._auxiliaries, each)
        self._auxiliaries += 1
        for conjunction in conjunctions:
            self._emit(Head(None, auxiliary, each), conjunction)
        return auxiliary

    def _emit(self, head: Head, conjunction: Conjunction) -> None:
        terms = self._shortened(conjunction)
        literals = [term for term in terms if isinstance(term, Literal)]
        self.clauses.append(
            Clause(
                head=head,
                card=tuple(term for term in literals if _is_of_card(term)),
                criterion=tuple(term for term in literals if _is_of_criterion(term)),
                derived=tuple(term for term in literals if _is_derived(term)),
                auxiliaries=tuple(term for term in terms if isinstance(term, Auxiliary)),
            )
        )

    def _shortened(self, conjunction: Conjunction) -> list[Term]:
        terms = sorted(conjunction, key=repr)
        for belongs, most in ((_is_of_card, self.limits.card_literals), (_is_joined, self.limits.joined_facts)):
            group = [term for term in terms if belongs(term)]
            terms = [term for term in terms if not belongs(term)]
            while len(group) > most:
                auxiliary = self._auxiliary([frozenset(group[:most])])
                group = group[most:]
                (group if belongs(auxiliary) else terms).append(auxiliary)
            terms += group
        return terms


def _is_of_card(term: Term) -> bool:
    return isinstance(term, Literal) and not _is_of_criterion(term) and not _is_derived(term)


def _is_of_criterion(term: Term) -> bool:
    """Whether the term can differ from one criterion to the next."""
    return term.each if isinstance(term, Auxiliary) else term.fact.startswith("criterion.")


def _is_derived(term: Term) -> bool:
    return isinstance(term, Literal) and term.fact.startswith("derived.")


def _is_joined(term: Term) -> bool:
    return isinstance(term, Auxiliary) or _is_derived(term)


def _distinct(conjunctions: Iterable[Conjunction]) -> list[Conjunction]:
    return list(dict.fromkeys(conjunctions))


def _deal(clauses: Sequence[Clause], limits: Limits) -> list[Chunk]:
    chunks: list[Chunk] = []
    for clause in clauses:
        facts = {literal.fact for literal in clause.card}
        if (
            not chunks
            or len(chunks[-1].clauses) >= limits.clauses_a_chunk
            or len(chunks[-1].card_facts | facts) > limits.card_facts_a_chunk
        ):
            chunks.append(Chunk(len(chunks)))
        chunks[-1].clauses.append(clause)
        chunks[-1].card_facts |= facts
    return chunks
