"""The life of a rule set: who may do what, when, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule_set, a_section, an_input

from services.scoring.core.life_cycle import (
    KeptRuleSet,
    acknowledge,
    activate,
    approve,
    load,
    rehearsed,
    reinstate,
    retire,
    roll_back,
)
from shared.contracts.scoring import RuleSetSteppedV1
from shared.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

NOW = datetime(2021, 9, 1, tzinfo=UTC)
KEY = "thu-nghiem@1"
BASIS, LATER_BASIS = "b" * 64, "c" * 64


def a_document(maximum: int = 10, version: str = "1") -> RuleSet:
    counted = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")], maximum)
    return a_rule_set(a_section("1", counted), version=version)


DOCUMENT, OTHER = a_document(), a_document(20)
HASH = DOCUMENT.content_hash()


def state(change: Change[KeptRuleSet]) -> KeptRuleSet:
    assert change.state is not None
    return change.state


def told(change: Change[KeptRuleSet]) -> list[tuple[str, str, str]]:
    """What is said of usable sets, with the whole state."""
    whole = [e for e in change.events if not isinstance(e.data, RuleSetSteppedV1)]
    return [(e.data.type_.split(".")[2], e.data.record.status, e.key) for e in whole]  # type: ignore[attr-defined]


def steps_told(change: Change[KeptRuleSet]) -> list[str]:
    """The steps that are said, whatever the set is."""
    assert all(e.key == KEY for e in change.events)
    return [e.data.step.action for e in change.events if isinstance(e.data, RuleSetSteppedV1)]


DRAFT = state(load(None, DOCUMENT, "an", NOW, warnings=2))
REHEARSED = state(rehearsed(DRAFT, KEY, HASH, "2020", BASIS, "an", NOW))
ACKNOWLEDGED = state(acknowledge(REHEARSED, KEY, "2020", BASIS, "binh", NOW, "Đã xem tác động"))
APPROVED = state(approve(ACKNOWLEDGED, KEY, "binh", NOW, HASH, "Đã thẩm định", data_in=["2020"]))
UNREHEARSED = state(approve(DRAFT, KEY, "binh", NOW, HASH))
ACTIVE = state(activate(APPROVED, KEY, 2021, "an", NOW, data_in=["2020"]))
RETIRED = state(retire(ACTIVE, KEY, "an", NOW, "Có bản mới"))
BACK = state(roll_back(ACTIVE, KEY, 2021, "thu-nghiem@0", "an", NOW, "Sai thang điểm"))


def test_a_draft_stays_inside_and_each_step_of_a_usable_set_is_told_with_the_whole_state() -> None:
    assert told(load(None, DOCUMENT, "an", NOW)) == []
    assert told(rehearsed(DRAFT, KEY, HASH, "2020", BASIS, "an", NOW)) == []
    assert told(acknowledge(REHEARSED, KEY, "2020", BASIS, "binh", NOW)) == []
    assert told(approve(DRAFT, KEY, "binh", NOW, HASH)) == [("approved", "approved", KEY)]
    assert told(activate(APPROVED, KEY, 2021, "an", NOW)) == [("activated", "active", KEY)]
    assert told(roll_back(ACTIVE, KEY, 2021, "x@0", "an", NOW, "Sai")) == [("rolledback", "approved", KEY)]
    assert told(reinstate(RETIRED, KEY, 2021, "x@2", "an", NOW, "Sai")) == [("activated", "active", KEY)]
    assert told(retire(ACTIVE, KEY, "an", NOW, "")) == [("retired", "retired", KEY)]
    assert RETIRED.document == DOCUMENT.canonical()
    assert RETIRED.record().rule_set() == DOCUMENT


def test_every_step_is_told_by_itself_with_who_when_why_and_the_hash() -> None:
    assert steps_told(load(None, DOCUMENT, "an", NOW)) == ["loaded", "linted"]
    assert steps_told(activate(APPROVED, KEY, 2021, "an", NOW)) == ["activated"]
    assert [(step.action, step.by, step.reason) for step in RETIRED.steps] == [
        ("loaded", "an", ""),
        ("linted", "an", ""),
        ("rehearsed", "an", ""),
        ("acknowledged", "binh", "Đã xem tác động"),
        ("approved", "binh", "Đã thẩm định"),
        ("activated", "an", ""),
        ("retired", "an", "Có bản mới"),
    ]
    assert {(step.hash, step.at) for step in RETIRED.steps} == {(HASH, NOW)}
    assert RETIRED.steps[1].warnings == 2
    (outgoing,) = [e for e in roll_back(ACTIVE, KEY, 2021, "x@0", "an", NOW, "Sai").events if "stepped" in e.data.type_]
    assert isinstance(outgoing.data, RuleSetSteppedV1)
    assert outgoing.data.step.model_dump(exclude_defaults=True) == {
        "action": "rolled_back",
        "by": "an",
        "at": NOW,
        "reason": "Sai",
        "hash": HASH,
        "year": 2021,
        "other": "x@0",
    }
    assert "document" not in outgoing.data.model_dump()


def test_other_services_hear_of_the_steps_they_know() -> None:
    again = state(reinstate(BACK, KEY, 2021, "x@2", "an", NOW, "Sai"))
    assert [step.action for step in again.record().steps] == ["loaded", "approved", "activated", "activated"]


@pytest.mark.parametrize(
    ("kept", "step"),
    [
        *((kept, lambda k: load(k, DOCUMENT, "binh", NOW)) for kept in (DRAFT, APPROVED, ACTIVE, RETIRED)),
        *((kept, lambda k: approve(k, KEY, "binh", NOW, HASH)) for kept in (APPROVED, ACTIVE, RETIRED)),
        *((kept, lambda k: rehearsed(k, KEY, HASH, "2020", BASIS, "binh", NOW)) for kept in (REHEARSED, APPROVED)),
        (DRAFT, lambda k: rehearsed(k, KEY, OTHER.content_hash(), "2020", BASIS, "binh", NOW)),
        (ACKNOWLEDGED, lambda k: acknowledge(k, KEY, "2020", BASIS, "chi", NOW)),
        (ACTIVE, lambda k: activate(k, KEY, 2021, "binh", NOW)),
        (BACK, lambda k: roll_back(k, KEY, 2021, "thu-nghiem@0", "binh", NOW, "Lần nữa")),
        (ACTIVE, lambda k: reinstate(k, KEY, 2021, "thu-nghiem@2", "binh", NOW, "Lần nữa")),
        (RETIRED, lambda k: retire(k, KEY, "binh", NOW, "Lần nữa")),
    ],
)
def test_the_same_step_again_changes_nothing(
    kept: KeptRuleSet, step: Callable[[KeptRuleSet], Change[KeptRuleSet]]
) -> None:
    change = step(kept)
    assert change.state is kept
    assert change.events == ()


def test_a_draft_may_be_replaced_and_then_has_another_loader_and_no_rehearsal() -> None:
    replaced = state(load(ACKNOWLEDGED, OTHER, "binh", NOW))
    assert (replaced.ref, replaced.loaded_by, replaced.rehearsals) == (OTHER.ref(), "binh", ())
    assert [step.by for step in replaced.steps] == ["an", "an", "an", "binh", "binh", "binh"], "the history stays"
    with pytest.raises(Conflict) as refused:
        approve(replaced, KEY, "an", NOW, OTHER.content_hash(), data_in=["2020"])
    assert refused.value.code == "ruleset.not_rehearsed"
    assert state(approve(replaced, KEY, "an", NOW, OTHER.content_hash())).status == "approved"


def test_a_rehearsal_on_other_data_is_acknowledged_anew() -> None:
    anew = state(rehearsed(ACKNOWLEDGED, KEY, HASH, "2020", LATER_BASIS, "an", NOW))
    assert not anew.is_acknowledged
    with pytest.raises(Conflict) as refused:
        acknowledge(anew, KEY, "2020", BASIS, "binh", NOW)
    assert refused.value.code == "rehearsal.replaced"
    assert LATER_BASIS in refused.value.en
    assert state(acknowledge(anew, KEY, "2020", LATER_BASIS, "binh", NOW)).is_acknowledged


def test_without_data_a_set_is_approved_and_the_step_says_so() -> None:
    assert UNREHEARSED.steps[-1].statement == "nothing_to_rehearse"
    assert APPROVED.steps[-1].statement == ""
    assert state(activate(UNREHEARSED, KEY, 2021, "an", NOW)).status == "active"


def test_what_was_approved_without_data_is_rehearsed_before_it_is_active_if_there_is_some_by_now() -> None:
    with pytest.raises(Conflict) as refused:
        activate(UNREHEARSED, KEY, 2022, "an", NOW, data_in=["2021"])
    assert refused.value.code == "ruleset.not_rehearsed"
    late = state(rehearsed(UNREHEARSED, KEY, HASH, "2021", BASIS, "an", NOW))
    late = state(acknowledge(late, KEY, "2021", BASIS, "binh", NOW))
    assert state(activate(late, KEY, 2022, "an", NOW, data_in=["2021"])).status == "active"


def test_the_campaigns_with_data_are_named_with_what_to_do() -> None:
    with pytest.raises(Conflict) as refused:
        approve(REHEARSED, KEY, "binh", NOW, HASH, data_in=["2021-bo-sung", "2020"])
    assert refused.value.code == "ruleset.not_acknowledged"
    assert [(fault.code, fault.place) for fault in refused.value.faults] == [
        ("ruleset.not_acknowledged", f"{KEY} / 2020"),
        ("ruleset.not_rehearsed", f"{KEY} / 2021-bo-sung"),
    ]
    assert f"xephang ruleset acknowledge {KEY} --campaign 2020" in refused.value.faults[0].remedy_vi


@pytest.mark.parametrize(
    ("step", "kind", "code"),
    [
        (lambda: load(APPROVED, OTHER, "an", NOW), Conflict, "ruleset.frozen"),
        (lambda: load(RETIRED, OTHER, "an", NOW), Conflict, "ruleset.frozen"),
        (lambda: load(BACK, OTHER, "an", NOW), Conflict, "ruleset.frozen"),
        (lambda: rehearsed(None, KEY, HASH, "2020", BASIS, "an", NOW), NotFound, "refused"),
        (lambda: acknowledge(DRAFT, KEY, "2020", BASIS, "binh", NOW), NotFound, "rehearsal.none"),
        (lambda: acknowledge(REHEARSED, KEY, "2019", BASIS, "binh", NOW), NotFound, "rehearsal.none"),
        (lambda: acknowledge(REHEARSED, KEY, "2020", BASIS, "an", NOW), Forbidden, "ruleset.same_person"),
        (lambda: acknowledge(REHEARSED, KEY, "2020", BASIS, "/nen-tang#An ", NOW), Forbidden, "ruleset.same_person"),
        (lambda: approve(None, KEY, "binh", NOW, HASH), NotFound, "refused"),
        (lambda: approve(DRAFT, KEY, "an", NOW, HASH), Forbidden, "ruleset.same_person"),
        (lambda: approve(DRAFT, KEY, "/nen-tang#an", NOW, HASH), Forbidden, "ruleset.same_person"),
        (lambda: approve(DRAFT, KEY, "binh", NOW, OTHER.content_hash()), Conflict, "ruleset.replaced"),
        (lambda: approve(DRAFT, KEY, "binh", NOW, HASH, data_in=["2020"]), Conflict, "ruleset.not_rehearsed"),
        (lambda: activate(None, KEY, 2021, "an", NOW), NotFound, "refused"),
        (lambda: activate(ACKNOWLEDGED, KEY, 2021, "an", NOW), Conflict, "ruleset.draft"),
        (lambda: activate(APPROVED, KEY, 2020, "an", NOW), Invalid, "ruleset.stage"),
        (lambda: activate(APPROVED, KEY, 2026, "an", NOW), Invalid, "ruleset.stage"),
        (lambda: activate(RETIRED, KEY, 2021, "an", NOW), Conflict, "ruleset.retired"),
        (lambda: roll_back(DRAFT, KEY, 2021, "x@0", "an", NOW, "Sai"), Conflict, "ruleset.not_in_force"),
        (lambda: roll_back(ACTIVE, KEY, 2020, "x@0", "an", NOW, "Sai"), Conflict, "ruleset.not_in_force"),
        (lambda: roll_back(RETIRED, KEY, 2021, "x@0", "an", NOW, "Sai"), Conflict, "ruleset.not_in_force"),
        (lambda: reinstate(APPROVED, KEY, 2021, "x@2", "an", NOW, "Sai"), Conflict, "ruleset.not_in_force"),
        (lambda: reinstate(RETIRED, KEY, 2026, "x@2", "an", NOW, "Sai"), Invalid, "ruleset.stage"),
        (lambda: retire(None, KEY, "an", NOW, ""), NotFound, "refused"),
        (lambda: retire(DRAFT, KEY, "an", NOW, ""), Conflict, "ruleset.draft"),
    ],
)
def test_a_step_out_of_turn_is_refused(step: Callable[[], Any], kind: type[DomainError], code: str) -> None:
    with pytest.raises(kind) as refused:
        step()
    assert refused.value.code == code
    assert refused.value.vi
    assert refused.value.en
    assert code == "refused" or all(KEY in fault.place and fault.remedy_vi for fault in refused.value.faults)
    assert code == "refused" or refused.value.faults


def test_the_year_it_is_in_force_from_may_be_moved() -> None:
    moved = activate(ACTIVE, KEY, 2022, "an", NOW)
    assert state(moved).active_from_year == 2022
    assert told(moved) == [("activated", "active", KEY)]


def test_a_rollback_takes_the_years_from_then_on_and_leaves_those_before() -> None:
    partly = state(roll_back(ACTIVE, KEY, 2023, "x@0", "an", NOW, "Sai"))
    assert (partly.status, partly.active_from_year, partly.active_until_year) == ("active", 2021, 2022)
    assert [partly.record().in_force(year) for year in range(2020, 2026)] == [False, True, True, False, False, False]
    assert (BACK.status, BACK.active_from_year, BACK.record().in_force(2021)) == ("approved", None, False)
    again = state(reinstate(partly, KEY, 2023, "x@2", "an", NOW, "Không sai"))
    assert (again.active_from_year, again.active_until_year) == (2021, None)
    assert state(activate(BACK, KEY, 2022, "an", NOW, data_in=["2020"])).active_from_year == 2022


def test_a_retired_version_comes_back_for_the_years_of_the_rollback() -> None:
    again = state(reinstate(RETIRED, KEY, 2022, "x@2", "an", NOW, "Sai"))
    assert [again.record().in_force(year) for year in (2021, 2022, 2025)] == [False, True, True]


def test_the_document_is_read_only_if_it_is_the_one_pinned() -> None:
    assert ACTIVE.rule_set(DOCUMENT.ref()) == DOCUMENT
    with pytest.raises(Conflict) as refused:
        ACTIVE.rule_set(OTHER.ref())
    assert refused.value.code == "ruleset.other_document"
    assert DOCUMENT.content_hash() in refused.value.en
    assert OTHER.content_hash() in refused.value.en


def test_a_document_that_was_tampered_with_is_not_read() -> None:
    changed = {**a_document(30).canonical(), "title": {"vi": "Đã bị sửa"}}
    tampered = ACTIVE.model_copy(update={"document": changed, "ref": ACTIVE.ref.model_copy(update={"hash": "1" * 64})})
    with pytest.raises(Conflict):
        tampered.rule_set(tampered.ref)
