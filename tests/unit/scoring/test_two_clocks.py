"""The two clocks: what applied to a year as known at a moment, against what campaigns would really have pinned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule_set, a_section, an_input

from services.scoring.core import life_cycle
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.standing import standing_at
from services.scoring.core.two_clocks import applicable, version_before
from shared.contracts.scoring import RuleSetRecord, RuleSetSteppedV1
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

START = datetime(2021, 9, 1, tzinfo=UTC)
YEARS = (2021, 2022, 2023)


def a_document(version: str, first_year: int = 2021, **more: Any) -> RuleSet:
    counted = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")])
    stage = {"first_year": first_year, "last_year": 2025}
    return a_rule_set(a_section("1", counted), version=version, stage=stage, **more)


VERSIONS = (a_document("1"), a_document("2"), a_document("3", first_year=2022))


class Office:
    """Rule sets as they are stepped along, and what another service has heard of them, moment by moment."""

    def __init__(self) -> None:
        self.now = START
        self.kept: dict[str, KeptRuleSet] = {}
        self.heard: dict[str, RuleSetRecord] = {}
        self.history: list[tuple[datetime, dict[str, RuleSetRecord]]] = []

    def take(self, key: str, step: Callable[[KeptRuleSet | None], Change[KeptRuleSet]]) -> bool:
        """One step, an hour after the one before; False if it is refused."""
        self.now += timedelta(hours=1)
        try:
            change = step(self.kept.get(key))
        except DomainError:
            return False
        assert change.state is not None
        self.kept[key] = change.state
        for outgoing in change.events:
            if not isinstance(outgoing.data, RuleSetSteppedV1):
                self.heard[key] = outgoing.data.record  # type: ignore[attr-defined]
        self.history.append((self.now, dict(self.heard)))
        return True

    def in_force(self, rule_set: RuleSet, year: int) -> None:
        """From a draft to an active set."""
        key, hash_ = rule_set.key, rule_set.content_hash()
        self.take(key, lambda k: life_cycle.load(k, rule_set, "an", self.now))
        self.take(key, lambda k: life_cycle.approve(k, key, "binh", self.now, hash_))
        assert self.take(key, lambda k: life_cycle.activate(k, key, year, "binh", self.now))

    def roll_back(self, key: str, year: int) -> bool:
        """As the use case does: the version before comes first."""
        newer = self.kept.get(key)
        if newer is None or newer.status != "active" or not newer.record().in_force(year):
            return False
        older = version_before(self.kept.values(), newer, year)
        if older is None:
            return False
        back = older.ref.key
        return self.take(
            back, lambda k: life_cycle.reinstate(k, back, year, key, "binh", self.now, "Sai")
        ) and self.take(key, lambda k: life_cycle.roll_back(k, key, year, back, "binh", self.now, "Sai"))

    def applied(self, year: int, known_at: datetime) -> str | None:
        found = applicable(self.kept.values(), "it", "province", year, known_at).rule_set
        return found.key if found else None

    def pinned(self, year: int, at: datetime) -> str | None:
        """Naively: what a campaign opened at that moment would have pinned, from what was heard by then."""
        heard: dict[str, RuleSetRecord] = {}
        for moment, records in self.history:
            if moment <= at:
                heard = records
        fitting = [record for record in heard.values() if record.in_force(year)]
        return max(fitting, key=lambda record: record.precedence).ref.key if fitting else None


def test_the_answer_depends_on_both_clocks() -> None:
    office = Office()
    office.in_force(VERSIONS[0], 2021)
    before = office.now
    office.in_force(VERSIONS[1], 2022)
    assert [office.applied(year, before) for year in YEARS] == ["thu-nghiem@1"] * 3
    assert [office.applied(year, office.now) for year in YEARS] == ["thu-nghiem@1", "thu-nghiem@2", "thu-nghiem@2"]
    assert office.applied(2021, START) is None
    assert office.applied(2026, office.now) is None


def test_the_moment_of_a_step_is_included() -> None:
    office = Office()
    office.in_force(VERSIONS[0], 2021)
    assert office.applied(2021, office.now) == "thu-nghiem@1"
    assert office.applied(2021, office.now - timedelta(microseconds=1)) is None


def test_a_rollback_and_a_retirement_are_known_from_their_moment_on() -> None:
    office = Office()
    office.in_force(VERSIONS[0], 2021)
    office.in_force(VERSIONS[1], 2021)
    assert office.take("thu-nghiem@1", lambda k: life_cycle.retire(k, "thu-nghiem@1", "an", office.now, "Có bản mới"))
    before = office.now
    assert office.roll_back("thu-nghiem@2", 2022)
    assert [office.applied(year, before) for year in YEARS] == ["thu-nghiem@2"] * 3
    assert [office.applied(year, office.now) for year in YEARS] == ["thu-nghiem@2", "thu-nghiem@1", "thu-nghiem@1"]
    outcomes = applicable(office.kept.values(), "it", "province", 2022, office.now).considered
    assert [(one.rule_set.version, one.outcome) for one in outcomes] == [("1", "applies"), ("2", "rolled_back")]
    assert [step.action for step in outcomes[0].steps][-3:] == ["activated", "retired", "reinstated"]
    assert {one.outcome for one in applicable(office.kept.values(), "it", "province", 2022, before).considered} == {
        "applies",
        "retired",
    }


def test_other_groups_and_drafts_never_apply() -> None:
    office = Office()
    office.in_force(VERSIONS[0], 2021)
    draft = a_document("9")
    office.take(draft.key, lambda k: life_cycle.load(k, draft, "an", office.now))
    found = applicable(office.kept.values(), "it", "province", 2021, office.now)
    assert [(one.rule_set.version, one.outcome) for one in found.considered] == [
        ("1", "applies"),
        ("9", "not_approved"),
    ]
    assert applicable(office.kept.values(), "it", "district", 2021, office.now).considered == ()


MOVES = st.tuples(
    st.sampled_from(("load", "approve", "activate", "roll_back", "retire")),
    st.sampled_from(VERSIONS),
    st.sampled_from(YEARS),
)


@given(st.lists(MOVES, max_size=25), st.lists(st.tuples(st.sampled_from(YEARS), st.integers(-1, 60)), max_size=6))
def test_it_is_what_campaigns_would_have_pinned(
    moves: list[tuple[str, RuleSet, int]], questions: list[tuple[int, int]]
) -> None:
    office = Office()
    for move, rule_set, year in moves:
        key, hash_ = rule_set.key, rule_set.content_hash()
        if move == "roll_back":
            office.roll_back(key, year)
            continue
        office.take(
            key,
            {
                "load": lambda k, one=rule_set: life_cycle.load(k, one, "an", office.now),
                "approve": lambda k, key=key, seen=hash_: life_cycle.approve(k, key, "binh", office.now, seen),
                "activate": lambda k, key=key, year=year: life_cycle.activate(k, key, year, "binh", office.now),
                "retire": lambda k, key=key: life_cycle.retire(k, key, "binh", office.now, "Cũ"),
            }[move],
        )
    for year, hours in questions:
        moment = START + timedelta(hours=hours)
        assert office.applied(year, moment) == office.pinned(year, moment)
    for kept in office.kept.values():
        assert standing_at(kept.steps, office.now) == (kept.status, kept.active_from_year, kept.active_until_year)


@pytest.mark.parametrize("year", YEARS)
def test_the_version_before_is_what_applied_when_the_newer_one_came(year: int) -> None:
    office = Office()
    office.in_force(VERSIONS[0], 2021)
    office.in_force(VERSIONS[1], 2022)
    newer = office.kept["thu-nghiem@2"]
    before = version_before(office.kept.values(), newer, year)
    assert before is not None
    assert before.ref.key == "thu-nghiem@1"
    assert version_before(office.kept.values(), office.kept["thu-nghiem@1"], year) is None


def test_steps_of_the_first_release_are_understood() -> None:
    """They named neither the year nor the hash."""
    rule_set = VERSIONS[0]
    stored = {
        "ref": rule_set.ref().model_dump(mode="json"),
        "status": "active",
        "document": rule_set.canonical(),
        "active_from_year": 2022,
        "steps": [
            {"action": action, "by": "an", "at": (START + timedelta(days=day)).isoformat()}
            for day, action in enumerate(("loaded", "approved", "activated"))
        ],
    }
    kept = KeptRuleSet.model_validate(stored)
    known = [applicable([kept], "it", "province", year, START + timedelta(days=2)).rule_set for year in (2021, 2022)]
    assert known == [None, kept.ref]
    assert applicable([kept], "it", "province", 2022, START + timedelta(days=1)).rule_set is None
