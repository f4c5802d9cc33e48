"""The durable_rules adapter: versions side by side, release, failures that surface, memory that stays flat."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input
from scoring_runs import fire

from services.scoring.adapters import durable_engine
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.ports import Firing, RuleEngineError
from shared.ruleset.document import RuleSet


def over(threshold: object) -> RuleSet:
    """A rule set whose rule fires when `n` is over a threshold."""
    criterion = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")])
    rules = [
        a_rule("over", {"fact": "input.n", "above": threshold}, {"effect": "derive", "fact": "derived.x"}),
        a_rule("chained", {"fact": "derived.x", "is": True}),
    ]
    return a_rule_set(a_section("1", criterion), rules=rules)


def card(rule_set: RuleSet, n: int) -> Card:
    return Card.of(a_submission(rule_set, {"n": n}), rule_set)


FIRED = (Firing("over"), Firing("chained"))


def test_versions_stand_side_by_side_and_go_one_by_one() -> None:
    engine = DurableEngine()
    first, second = over(1), over(5)
    engine.load("v1", first)
    engine.load("v2", second)
    engine.load("v1", second)  # loading again changes nothing
    cards = [card(first, 3), card(first, 9)]
    assert engine.fire("v1", cards) == [FIRED, FIRED]
    assert engine.fire("v2", cards) == [(), FIRED]
    engine.release("v1")
    engine.release("v1")
    with pytest.raises(RuleEngineError, match="not loaded"):
        engine.fire("v1", cards)
    assert engine.fire("v2", cards) == [(), FIRED]
    engine.load("v1", second)
    assert engine.fire("v1", cards) == [(), FIRED]


def test_a_card_leaves_nothing_behind_for_the_next() -> None:
    rule_set = over(1)
    cards = [card(rule_set, n) for n in (3, 0, 3, 3, 0)]
    engine = DurableEngine()
    engine.load("v", rule_set)
    assert engine.fire("v", cards) == [FIRED, (), FIRED, FIRED, ()]
    assert engine.fire("v", []) == []


def test_rule_set_without_rules() -> None:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", {"form": "information"}, [], 0)))
    assert fire(rule_set, a_submission(rule_set)) == [()]


def test_first_card_of_a_network_may_fire_nothing() -> None:
    for _ in range(50):
        rule_set = over(1)
        assert fire(rule_set, a_submission(rule_set, {"n": 0})) == [()]


def test_exception_inside_an_action_surfaces_and_the_next_card_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    rule_set = over(1)
    engine = DurableEngine()
    engine.load("v", rule_set)
    real = durable_engine.derived_fact

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("inside an action")

    monkeypatch.setattr(durable_engine, "derived_fact", broken)
    with pytest.raises(RuleEngineError, match="inside an action") as caught:
        engine.fire("v", [card(rule_set, 3)])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    monkeypatch.setattr(durable_engine, "derived_fact", real)
    assert engine.fire("v", [card(rule_set, 0), card(rule_set, 3)]) == [(), FIRED]


def test_action_held_up_for_long_is_an_error_not_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    rule_set = over(1)
    engine = DurableEngine()
    engine.load("v", rule_set)
    ticks = iter(range(0, 10_000, 60))  # every look at the clock is a minute later
    monkeypatch.setattr(durable_engine.engine, "_unix_now", lambda: next(ticks))
    with pytest.raises(RuleEngineError, match="held up"):
        engine.fire("v", [card(rule_set, 3)])
    monkeypatch.undo()
    assert engine.fire("v", [card(rule_set, 3)]) == [FIRED]


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    rule_set = over(1)
    engine = DurableEngine()
    for version in range(20):
        engine.load(str(version), rule_set)
        engine.fire(str(version), [card(rule_set, 3)])
    assert threading.active_count() == before


def test_several_threads_share_an_engine() -> None:
    rule_set = over(1)
    engine = DurableEngine(cards_a_network=7)
    engine.load("v", rule_set)
    cards = [card(rule_set, n % 4) for n in range(40)]
    expected = [FIRED if n % 4 > 1 else () for n in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(lambda _: engine.fire("v", cards), range(12)))


def test_ids_of_facts_do_not_collide_in_durable() -> None:
    """durable keeps 32 bits of an id (FNV-1a): the ids the engine gives, 0, 1, 2…, must all differ in them."""

    def fnv(text: str) -> int:
        found = 2166136261
        for byte in text.encode():
            found = (found ^ byte) * 16777619 & 0xFFFFFFFF
        return found

    assert len({fnv(str(number)) for number in range(100_000)}) == 100_000


def resident() -> int:
    """Resident memory in kilobytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("needs /proc")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def grown(engine: DurableEngine, cards: list[Card], batches: int) -> int:
    gc.collect()
    before = resident()
    for _ in range(batches):
        engine.fire("v", cards)
    gc.collect()
    return resident() - before


@pytest.mark.slow
def test_memory_stays_flat_over_many_cards() -> None:
    rule_set = over(1)
    cards = [card(rule_set, n % 4) for n in range(100)]
    engine = DurableEngine()
    engine.load("v", rule_set)
    grown(engine, cards, 50)
    assert grown(engine, cards, 200) < 3_000
    assert grown(engine, cards, 400) < 3_000


@pytest.mark.slow
def test_memory_stays_flat_over_many_versions() -> None:
    rule_set = over(1)
    engine = DurableEngine()

    def come_and_go(times: int) -> None:
        for version in range(times):
            engine.load(str(version), rule_set)
            engine.fire(str(version), [card(rule_set, 3)])
            engine.release(str(version))

    come_and_go(200)
    gc.collect()
    before = resident()
    come_and_go(1000)
    gc.collect()
    assert resident() - before < 5_000
