"""The rule engine on durable_rules 2.0.28: the one module that knows it.

Traps it steps around (all measured or read in durable's source):
- A `Host` starts two timer threads that look into states deleted meanwhile. There is no host here: a `Ruleset` is
  driven directly, one card after the other, each in a state of its own that is deleted before the next.
- A fact that no rule takes is reported as `MessageNotHandled` and hides what the other facts of the batch brought
  about; here "not handled" is the ordinary answer, and actions are run all the same.
- Exceptions in actions are written into the state and forgotten; here they are kept and raised.
- Deleting a state in which no action ever ran frees a pointer that durable never set, and kills the process. One
  action is run in a network before its first card; the one place for states is used again and again from then on.
- An action that was held up for ten seconds (a suspended machine) ends silently; here that is an error.
- Every post leaks a little: the network is thrown away and built anew after some thousands of cards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from durable import engine

from services.scoring.adapters.durable_facts import (
    Fact,
    Profiles,
    Projection,
    auxiliary_fact,
    card_readers,
    derived_fact,
    kind_name,
    pattern,
)
from services.scoring.adapters.rule_network import Auxiliary, Chunk, Clause, Limits, lay_out
from services.scoring.core.card import Card
from services.scoring.core.facts import Firing, kind_of
from services.scoring.core.points import compile_rule_set
from services.scoring.ports import RuleEngineError
from shared.ruleset.document import Derive, RuleSet

__all__ = ["DurableEngine"]

_native = engine.durable_rules_engine
_CARDS_A_NETWORK = 20_000
_SID = "card"
_WARM = "warm"


class DurableEngine:
    """Implements `RuleEngine`; safe to call from several threads, one at a time inside."""

    def __init__(self, limits: Limits | None = None, cards_a_network: int = _CARDS_A_NETWORK) -> None:
        self._limits = limits
        self._cards_a_network = cards_a_network
        self._networks: dict[str, _Network] = {}
        self._lock = Lock()

    def load(self, rule_set_hash: str, rule_set: RuleSet) -> None:
        """Make a version ready; loading it twice is no error."""
        with self._lock:
            if rule_set_hash not in self._networks:
                self._networks[rule_set_hash] = _Network(rule_set_hash, rule_set, self._limits)

    def release(self, rule_set_hash: str) -> None:
        """Free all that durable holds of a version."""
        with self._lock:
            network = self._networks.pop(rule_set_hash, None)
            if network is not None:
                network.close()

    def close(self) -> None:
        """Release every version."""
        for name in tuple(self._networks):
            self.release(name)

    def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
        """The rules that fire on each card."""
        with self._lock:
            network = self._networks.get(rule_set_hash)
            if network is None:
                raise RuleEngineError(f"rule set {rule_set_hash[:12]} is not loaded")
            fired = []
            for card in cards:
                if network.cards >= self._cards_a_network:
                    network.rebuild()
                fired.append(network.fire(card))
            return fired


class _Ruleset(engine.Ruleset):  # type: ignore[misc]  # durable has no types
    """durable's rule set without a host, whose facts may go unhandled."""

    def post(self, facts: Sequence[Fact]) -> int:
        """Assert facts; answers the handle of the state they are in."""
        code, state = _native.assert_facts(self._handle, json.dumps(facts))
        if code == 2:  # two facts under one id
            raise RuleEngineError("durable_rules took a fact for one it has seen")
        return int(state)

    def delete(self) -> None:
        """Free the memory of the network."""
        _native.delete_ruleset(self._handle)


class _Network:
    """One rule-set version as durable rules."""

    def __init__(self, name: str, rule_set: RuleSet, limits: Limits | None) -> None:
        self._name = name
        self._rules = rule_set.rules
        self._compiled = compile_rule_set(rule_set)
        self._order = {criterion.code: index for index, criterion in enumerate(self._compiled.criteria)}
        self._chunks = [_ChunkFacts(chunk) for chunk in lay_out(rule_set, limits)]
        self._profile_facts = sorted({name for chunk in self._chunks for name in chunk.criterion.facts})
        self._readers = card_readers(name for chunk in self._chunks for name in chunk.card.facts)
        self._run = _Run()
        self.cards = 0
        self._ruleset = self._build()

    def _build(self) -> _Ruleset:
        definition: dict[str, Any] = {}
        for chunk in self._chunks:
            for clause in chunk.source.clauses:
                definition[f"r{len(definition)}"] = {
                    "all": pattern(clause, chunk.source, chunk.card, chunk.criterion),
                    "dist": 0,  # two comparisons may look at one derived fact
                    "run": self._action(clause),
                }
        definition["warm"] = {"all": [{"m": {"k": _WARM}}], "run": lambda closure: None}
        ruleset = _Ruleset(self._name, None, definition)
        run = _Run()
        ruleset.do_actions(ruleset.post(run.signed([{"k": _WARM}])), run.complete)
        ruleset.delete_state(_SID)
        return ruleset

    def rebuild(self) -> None:
        """Give back what durable has leaked."""
        self.close()
        self._ruleset = self._build()
        self.cards = 0

    def close(self) -> None:
        """Free the network."""
        self._ruleset.delete()

    def fire(self, card: Card) -> tuple[Firing, ...]:
        """The rules that fire on one card."""
        if not self._chunks:
            return ()
        self.cards += 1
        self._run = run = _Run()
        profiles = Profiles.of(self._profile_facts, self._compiled.criteria, card)
        facts = run.signed(self._facts(card, profiles))
        try:
            self._ruleset.do_actions(self._ruleset.post(facts), run.complete)
            run.check()
            self._ruleset.delete_state(_SID)
        except Exception as error:
            self.rebuild()  # whatever state durable is in, the next card must not see it
            raise RuleEngineError(f"durable_rules failed: {error}") from error
        return self._firings(run, profiles)

    def _facts(self, card: Card, profiles: Profiles) -> list[Fact]:
        values = {name: read(card) for name, read in self._readers.items()}
        facts: list[Fact] = []
        for chunk in self._chunks:
            if chunk.needs_card:
                facts.append({"k": kind_name(chunk.source.number, "c"), **chunk.card.of(values.get)})
            if chunk.needs_criteria:
                kind = kind_name(chunk.source.number, "p")
                facts.extend(
                    {"k": kind, "p": number, **chunk.criterion.of(profile.get)}
                    for number, profile in enumerate(profiles.values)
                )
        return facts

    def _action(self, clause: Clause) -> Callable[[Any], None]:
        head = clause.head

        def act(closure: Any) -> None:
            run = self._run
            try:
                profile = closure.p["p"] if head.each else None
                if head.rule is not None:
                    news = self._fired(run, head.rule, profile)
                else:
                    news = self._found(run, head.auxiliary, profile)
                if news:
                    self._ruleset.post(run.signed(news))
            except BaseException as error:
                run.failed = error  # durable would write it into the state and go on

        return act

    def _fired(self, run: _Run, number: int, profile: int | None) -> list[Fact]:
        run.fired.add((number, profile))
        news: list[Fact] = []
        for effect in self._rules[number].then:
            if isinstance(effect, Derive) and run.is_new((effect.fact, kind_of(effect.stated), effect.stated)):
                news.extend(
                    derived_fact(chunk.source.number, effect.fact, effect.stated)
                    for chunk in self._chunks
                    if effect.fact in chunk.derived
                )
        return news

    def _found(self, run: _Run, auxiliary: Auxiliary | None, profile: int | None) -> list[Fact]:
        if auxiliary is None or not run.is_new((auxiliary, profile)):
            return []
        return [
            auxiliary_fact(chunk.source.number, auxiliary, -1 if profile is None else profile)
            for chunk in self._chunks
            if auxiliary in chunk.auxiliaries
        ]

    def _firings(self, run: _Run, profiles: Profiles) -> tuple[Firing, ...]:
        found: list[Firing] = []
        by_rule: dict[int, list[int | None]] = {}
        for number, profile in run.fired:
            by_rule.setdefault(number, []).append(profile)
        for number in sorted(by_rule):
            rule = self._rules[number].id
            if None in by_rule[number]:
                found.append(Firing(rule))
            codes = [code for profile in by_rule[number] if profile is not None for code in profiles.members[profile]]
            found.extend(Firing(rule, code) for code in sorted(codes, key=self._order.__getitem__))
        return tuple(found)


class _ChunkFacts:
    """What the clauses of one chunk look at."""

    def __init__(self, chunk: Chunk) -> None:
        clauses = chunk.clauses
        self.source = chunk
        self.card = Projection(literal for clause in clauses for literal in clause.card)
        self.criterion = Projection(literal for clause in clauses for literal in clause.criterion)
        self.derived = frozenset(literal.fact for clause in clauses for literal in clause.derived)
        self.auxiliaries = frozenset(auxiliary for clause in clauses for auxiliary in clause.auxiliaries)
        self.needs_card = any(clause.card or not clause.joins_criterion for clause in clauses)
        self.needs_criteria = any(clause.joins_criterion for clause in clauses)


class _Run:
    """What happens on one card."""

    def __init__(self) -> None:
        self.fired: set[tuple[int, int | None]] = set()
        self.failed: BaseException | None = None
        self._completed = False
        self._facts = 0
        self._known: set[object] = set()

    def signed(self, facts: Sequence[Fact]) -> list[Fact]:
        """The facts with the state they belong to and an id each (durable would hash them into one)."""
        start = self._facts
        self._facts += len(facts)
        return [{"sid": _SID, "id": str(start + index), **fact} for index, fact in enumerate(facts)]

    def is_new(self, fact: object) -> bool:
        """Whether the fact is told for the first time."""
        if fact in self._known:
            return False
        self._known.add(fact)
        return True

    def complete(self, error: object, state: object) -> None:
        """Called by durable when no action is left."""
        self._completed = True
        if error is not None and self.failed is None:
            self.failed = error if isinstance(error, BaseException) else RuleEngineError(str(error))

    def check(self) -> None:
        """Raise what went wrong."""
        if self.failed is not None:
            raise self.failed
        if not self._completed:
            raise RuleEngineError("an action was held up and durable_rules dropped it")
