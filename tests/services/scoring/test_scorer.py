"""Versions side by side in memory: how many, which are let go, and what a failing engine leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scoring_messages import NOW, RULE_SET, the_rule_set, verified
from scoring_service import ScoringApi

from services.scoring import scorer as module
from services.scoring.collections import RULE_SETS
from services.scoring.core.card import Card
from services.scoring.core.life_cycle import retire
from services.scoring.ports import Firing, RuleEngineError
from services.scoring.scorer import Scorer
from services.scoring.usecases.let_go import let_go_retired
from shared.ruleset.document import RuleSet


class Engine:
    """Fires nothing, and tells what it was asked."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.broken = False

    def load(self, rule_set_hash: str, rule_set: RuleSet) -> None:
        if self.broken:
            raise RuleEngineError("out of memory")
        self.loaded.append(rule_set_hash)

    def release(self, rule_set_hash: str) -> None:
        self.loaded.remove(rule_set_hash)

    def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
        assert rule_set_hash in self.loaded
        return [() for _ in cards]


def test_the_version_unused_the_longest_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    engine = Engine()
    scorer = Scorer(engine)
    one, two, three = (the_rule_set(version) for version in "123")
    for rule_set in (one, two, one, three, one):
        scorer.score(rule_set, [verified(rule_set=rule_set)], None)
    assert engine.loaded == [one.content_hash(), three.content_hash()]
    scorer.score(two, [verified(rule_set=two)], None)  # let go, and ready again
    assert engine.loaded == [one.content_hash(), two.content_hash()]


async def test_a_retired_version_is_let_go_and_ready_again_for_who_still_pins_it(api: ScoringApi) -> None:
    engine = Engine()
    scorer = Scorer(engine)
    other = the_rule_set("2")
    await api.has(RULE_SET, other)
    for rule_set in (RULE_SET, other):
        scorer.score(rule_set, [verified(rule_set=rule_set)], None)
    await api.aggregates.execute(RULE_SETS, RULE_SET.key, lambda kept: retire(kept, RULE_SET.key, "an", NOW, "Cũ"))
    await let_go_retired(api.aggregates, scorer, None)
    assert engine.loaded == [RULE_SET.content_hash(), other.content_hash()], "only once, when it is retired"
    await let_go_retired(api.aggregates, scorer, frozenset({RULE_SET.key, other.key}))
    assert engine.loaded == [other.content_hash()]
    assert scorer.score(RULE_SET, [verified()], None)[0].points == 30


def test_a_version_that_cannot_be_loaded_leaves_nothing_half_done() -> None:
    engine = Engine()
    scorer = Scorer(engine)
    engine.broken = True
    for _ in range(2):
        with pytest.raises(RuleEngineError):
            scorer.score(RULE_SET, [verified()], None)
    engine.broken = False
    assert scorer.score(RULE_SET, [verified()], None)[0].points == 30


def test_a_version_is_loaded_once() -> None:
    engine = Engine()
    scorer = Scorer(engine)
    for _ in range(3):
        scorer.score(the_rule_set(), [verified()], {})
        scorer.group_best(the_rule_set(), [verified()])
    assert engine.loaded == [RULE_SET.content_hash()]
