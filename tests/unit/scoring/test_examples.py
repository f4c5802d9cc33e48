"""Worked examples run on both paths; what differs is a fault with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core import examples
from services.scoring.core.card import Card
from services.scoring.core.examples import run_examples
from services.scoring.ports import Firing
from shared.ruleset.document import RuleSet


def with_examples(*given: dict[str, Any]) -> RuleSet:
    return a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")]),
            a_criterion("1.2", {"form": "relative", "input": "r"}, [an_input("r", "decimal")]),
            a_criterion("1.3", {"form": "information"}, [an_input("note", "text")], 0, evidence={"required": True}),
        ),
        rules=[
            a_rule("late", {"fact": "submission.days_late", "above": 0}, {"effect": "deduct", "points": 1}),
            a_rule("bare", {"fact": "criterion.evidence_missing", "is": True}, for_each="criterion"),
        ],
        examples=[{"title": {"vi": one["id"]}, "expect": {}, **one} for one in given],
    )


def places(*given: dict[str, Any]) -> list[str]:
    return [fault.place for fault in run_examples(with_examples(*given), DurableEngine())]


BASE = {"id": "base", "answers": {"n": 4, "r": "2.5", "note": "12"}, "group_best": {"r": 5}}


def test_examples_that_come_out_as_expected_have_no_fault() -> None:
    expect = {"points": 9, "maximum": 20, "index": "0.45", "level": "yeu", "fired": [], "excluded": False}
    assert places({**BASE, "expect": {**expect, "criteria": {"1.1": 4, "1.2": 5, "1.3": 0}}}) == []


def test_every_expectation_that_fails_is_named() -> None:
    expect = {"points": 1, "maximum": 1, "index": "0.1", "level": "tot", "fired": ["late"], "excluded": True}
    fields = ("points", "maximum", "index", "level", "excluded", "fired", "criteria.1.1")
    assert places({**BASE, "expect": {**expect, "criteria": {"1.1": 5}}}) == [f"examples.base.{f}" for f in fields]


def test_extends_starts_from_the_other_example() -> None:
    more = {"id": "more", "extends": "base", "answers": {"n": 6}, "days_late": 2, "evidence_missing": ["1.3"]}
    most = {"id": "most", "extends": "more", "group_best": {"r": "2.5"}, "rejected": ["1.1"]}
    assert (
        places(
            most | {"expect": {"points": 9, "criteria": {"1.1": 0, "1.2": 10}, "fired": ["bare", "late"]}},
            more | {"expect": {"points": 10, "criteria": {"1.1": 6, "1.2": 5}}},
            BASE | {"expect": {"points": 9}},
        )
        == []
    )


def test_missing_submission_as_an_example() -> None:
    assert places({**BASE, "missing": True, "expect": {"points": 0, "maximum": 20, "fired": ["bare"]}}) == []


def test_unknown_and_circular_extension_are_faults() -> None:
    assert places({"id": "a", "extends": "b"}, {"id": "b", "extends": "a"}, {"id": "c", "extends": "nobody"}) == [
        "examples.a.extends",
        "examples.b.extends",
        "examples.c.extends",
    ]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"answers": {"nobody": 1}}, "answers"),
        ({"evidence_missing": ["9.9"]}, "evidence_missing"),
        ({"rejected": ["9.9"]}, "rejected"),
        ({"group_best": {"nobody": 1}}, "group_best"),
        ({"expect": {"criteria": {"9.9": 1}}}, "expect.criteria"),
        ({"expect": {"fired": ["nobody"]}}, "expect.fired"),
        ({"expect": {"level": "nobody"}}, "expect.level"),
        ({"answers": {"n": "1.5"}}, "answers.1.1.n"),
    ],
)
def test_names_and_values_the_rule_set_does_not_know_are_faults(given: dict[str, Any], place: str) -> None:
    assert places({"id": "odd", **given}) == [f"examples.odd.{place}"]


def test_disagreement_of_the_two_paths_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    real = examples.evaluate

    def wrong(*given: Any) -> Any:
        return real(*given).model_copy(update={"level": "tot"})

    monkeypatch.setattr(examples, "evaluate", wrong)
    assert places(BASE) == ["examples.base.reference"]


def test_rule_that_the_engine_cannot_run_is_a_fault() -> None:
    rule = a_rule("it", {"not": {"fact": "derived.x", "is": True}})
    criterion = a_criterion("1.1", {"form": "information"}, [], 0)
    example = {"id": "base", "title": {"vi": "base"}, "expect": {}}
    faults = run_examples(a_rule_set(a_section("1", criterion), rules=[rule], examples=[example]), DurableEngine())
    assert [(fault.place, fault.code) for fault in faults] == [("rules", "example.engine")]


def test_examples_leave_a_loaded_version_alone() -> None:
    class Recording:
        """An engine that notes under which names it is used."""

        def __init__(self) -> None:
            self.names: list[str] = []

        def load(self, rule_set_hash: str, rule_set: RuleSet) -> None:
            self.names.append(rule_set_hash)

        def release(self, rule_set_hash: str) -> None:
            self.names.append(rule_set_hash)

        def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
            return [() for _ in cards]

    engine, rule_set = Recording(), with_examples(BASE)
    run_examples(rule_set, engine)
    assert rule_set.content_hash() not in engine.names


def test_two_who_check_the_same_document_at_once_do_not_disturb_each_other() -> None:
    rule_set = with_examples(BASE)

    class Meanwhile(DurableEngine):
        """An engine on which somebody else checks the document between loading and firing."""

        others = 1

        def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
            if self.others:
                self.others -= 1
                assert run_examples(rule_set, self) == []
            return super().fire(rule_set_hash, cards)

    assert run_examples(rule_set, Meanwhile()) == []
