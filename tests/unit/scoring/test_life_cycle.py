"""The life of a rule set: who may do what, when, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule_set, a_section, an_input

from services.scoring.core.life_cycle import KeptRuleSet, activate, approve, load, retire
from shared.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

NOW = datetime(2021, 9, 1, tzinfo=UTC)
KEY = "thu-nghiem@1"


def a_document(maximum: int = 10) -> RuleSet:
    counted = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")], maximum)
    return a_rule_set(a_section("1", counted))


DOCUMENT, OTHER = a_document(), a_document(20)


def state(change: Change[KeptRuleSet]) -> KeptRuleSet:
    assert change.state is not None
    return change.state


def told(change: Change[KeptRuleSet]) -> list[tuple[str, str, str]]:
    return [(e.data.type_.split(".")[2], e.data.record.status, e.key) for e in change.events]  # type: ignore[attr-defined]


DRAFT = state(load(None, DOCUMENT, "an", NOW))
APPROVED = state(approve(DRAFT, KEY, "binh", NOW, "Đã thẩm định"))
ACTIVE = state(activate(APPROVED, KEY, 2021, "an", NOW))
RETIRED = state(retire(ACTIVE, KEY, "an", NOW, "Có bản mới"))


def test_a_draft_stays_inside_and_each_step_after_it_is_told_with_the_whole_state() -> None:
    assert told(load(None, DOCUMENT, "an", NOW)) == []
    assert told(approve(DRAFT, KEY, "binh", NOW)) == [("approved", "approved", KEY)]
    assert told(activate(APPROVED, KEY, 2021, "an", NOW)) == [("activated", "active", KEY)]
    assert told(retire(ACTIVE, KEY, "an", NOW, "")) == [("retired", "retired", KEY)]
    assert [(step.action, step.by, step.reason) for step in RETIRED.steps] == [
        ("loaded", "an", ""),
        ("approved", "binh", "Đã thẩm định"),
        ("activated", "an", ""),
        ("retired", "an", "Có bản mới"),
    ]
    assert RETIRED.document == DOCUMENT.canonical()
    assert RETIRED.record().rule_set() == DOCUMENT


@pytest.mark.parametrize(
    ("kept", "step"),
    [
        *((kept, lambda k: load(k, DOCUMENT, "binh", NOW)) for kept in (DRAFT, APPROVED, ACTIVE, RETIRED)),
        *((kept, lambda k: approve(k, KEY, "binh", NOW)) for kept in (APPROVED, ACTIVE, RETIRED)),
        (ACTIVE, lambda k: activate(k, KEY, 2021, "binh", NOW)),
        (RETIRED, lambda k: retire(k, KEY, "binh", NOW, "Lần nữa")),
    ],
)
def test_the_same_step_again_changes_nothing(
    kept: KeptRuleSet, step: Callable[[KeptRuleSet], Change[KeptRuleSet]]
) -> None:
    change = step(kept)
    assert change.state is kept
    assert change.events == ()


def test_a_draft_may_be_replaced_and_then_has_another_loader() -> None:
    replaced = state(load(DRAFT, OTHER, "binh", NOW))
    assert (replaced.ref, [step.by for step in replaced.steps]) == (OTHER.ref(), ["binh"])
    assert state(approve(replaced, KEY, "an", NOW)).status == "approved"


@pytest.mark.parametrize(
    ("step", "kind", "code"),
    [
        (lambda: load(APPROVED, OTHER, "an", NOW), Conflict, "ruleset.frozen"),
        (lambda: load(RETIRED, OTHER, "an", NOW), Conflict, "ruleset.frozen"),
        (lambda: approve(None, KEY, "binh", NOW), NotFound, "refused"),
        (lambda: approve(DRAFT, KEY, "an", NOW), Forbidden, "ruleset.same_person"),
        (lambda: approve(DRAFT, KEY, "binh", NOW, seen=OTHER.content_hash()), Conflict, "ruleset.replaced"),
        (lambda: activate(None, KEY, 2021, "an", NOW), NotFound, "refused"),
        (lambda: activate(DRAFT, KEY, 2021, "an", NOW), Conflict, "ruleset.draft"),
        (lambda: activate(APPROVED, KEY, 2020, "an", NOW), Invalid, "ruleset.stage"),
        (lambda: activate(APPROVED, KEY, 2026, "an", NOW), Invalid, "ruleset.stage"),
        (lambda: activate(RETIRED, KEY, 2021, "an", NOW), Conflict, "ruleset.retired"),
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


def test_the_year_it_is_in_force_from_may_be_moved() -> None:
    moved = activate(ACTIVE, KEY, 2022, "an", NOW)
    assert state(moved).active_from_year == 2022
    assert told(moved) == [("activated", "active", KEY)]


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
