"""Whatever steps are tried in whatever order by whomever: no set is active that a second person has not looked at."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule_set, a_section, an_input

from services.scoring.core import life_cycle
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.life_cycle_refusals import same_person
from shared.contracts.scoring import RuleSetStep
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

NOW = datetime(2021, 9, 1, tzinfo=UTC)
KEY = "thu-nghiem@1"


def a_document(maximum: int) -> RuleSet:
    counted = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")], maximum)
    return a_rule_set(a_section("1", counted))


DOCUMENTS = (a_document(10), a_document(20))
ACTIONS = ("load", "rehearse", "acknowledge", "approve", "activate", "roll_back", "reinstate", "retire")
TRIES = st.tuples(
    st.sampled_from(ACTIONS),
    st.sampled_from(("an", "binh", "/nen-tang#an")),
    st.sampled_from(DOCUMENTS),
    st.sampled_from(("2020", "2021")),
    st.sampled_from(("a" * 64, "b" * 64)),
    st.booleans(),  # whether there is verified data by now
)
Try = tuple[str, str, RuleSet, str, str, bool]


def tried(kept: KeptRuleSet | None, one: Try) -> Change[KeptRuleSet]:
    action, by, document, campaign, basis, data = one
    hash_, data_in = document.content_hash(), ("2020",) if data else ()
    match action:
        case "load":
            return life_cycle.load(kept, document, by, NOW)
        case "rehearse":
            return life_cycle.rehearsed(kept, KEY, hash_, campaign, basis, by, NOW)
        case "acknowledge":
            return life_cycle.acknowledge(kept, KEY, campaign, basis, by, NOW)
        case "approve":
            return life_cycle.approve(kept, KEY, by, NOW, hash_, data_in=data_in)
        case "activate":
            return life_cycle.activate(kept, KEY, 2021, by, NOW, data_in=data_in)
        case "roll_back":
            return life_cycle.roll_back(kept, KEY, 2021, "thu-nghiem@0", by, NOW, "Sai")
        case "reinstate":
            return life_cycle.reinstate(kept, KEY, 2021, "thu-nghiem@2", by, NOW, "Sai")
        case _:
            return life_cycle.retire(kept, KEY, by, NOW, "Cũ")


def sound_path(campaign: str, data: bool) -> list[Try]:
    """The tries that lead a document from nothing to active, to be disturbed by others."""
    document, basis = DOCUMENTS[0], "a" * 64
    acts = (("load", "an"), ("rehearse", "an"), ("acknowledge", "binh"), ("approve", "binh"), ("activate", "an"))
    return [(action, by, document, campaign, basis, data) for action, by in acts]


@st.composite
def disturbed(draw: st.DrawFn) -> list[Try]:
    """Anything at all, or the sound path with tries put in between and some left out."""
    if draw(st.booleans()):
        return draw(st.lists(TRIES, max_size=30))
    tries: list[Try] = []
    for one in sound_path(draw(st.sampled_from(("2020", "2021"))), draw(st.booleans())):
        tries += draw(st.lists(TRIES, max_size=2))
        tries += [one] if draw(st.integers(0, 5)) else []
    return tries + draw(st.lists(TRIES, max_size=4))


def check_second_person(kept: KeptRuleSet, data: bool) -> None:
    """Told from the steps alone, without the code that decided."""
    loaded = max(place for place, step in enumerate(kept.steps) if step.action == "loaded")
    since = kept.steps[loaded:]
    author = since[0].by
    assert {step.hash for step in since} == {kept.ref.hash}, "every step since is of this document"
    (approval,) = [step for step in since if step.action == "approved"]
    assert not same_person(approval.by, author)
    newest = {step.campaign: step.basis_hash for step in since if step.action == "rehearsed"}
    taken = [step for step in since if step.action == "acknowledged" and newest[step.campaign] == step.basis_hash]
    assert all(not same_person(step.by, author) for step in taken)
    assert taken or not data, "there is data, and nobody but the author knows what would change of it"
    if kept.reached == "approved":
        assert bool(taken) != (approval.statement == "nothing_to_rehearse"), "what was not rehearsed says so"


@given(disturbed())
def test_nothing_is_active_without_a_second_person_and_a_current_acknowledged_rehearsal(tries: list[Try]) -> None:
    kept: KeptRuleSet | None = None
    for one in tries:
        try:
            after = tried(kept, one).state
        except DomainError:
            continue
        assert after is not None
        if after is not kept and (after.reached == "approved" or (after.status == "active" and not _was(kept))):
            check_second_person(after, one[5])
        if kept is not None:
            assert after.steps[: len(kept.steps)] == kept.steps, "no step is ever taken back"
            if kept.status != "draft":
                assert after.ref == kept.ref, "what is approved is never edited"
        kept = after


def _was(kept: KeptRuleSet | None) -> bool:
    return kept is not None and kept.was_active


def test_the_sound_path_leads_to_an_active_set() -> None:
    kept: KeptRuleSet | None = None
    for one in sound_path("2020", data=True):
        kept = tried(kept, one).state
    assert kept is not None
    assert (kept.status, kept.steps[-2].statement) == ("active", "")


@given(disturbed())
def test_every_step_is_told_once_and_of_drafts_nothing_else_is(tries: list[Try]) -> None:
    kept: KeptRuleSet | None = None
    told: list[RuleSetStep] = []
    for one in tries:
        try:
            change = tried(kept, one)
        except DomainError:
            continue
        stepped = [e.data.step for e in change.events if e.data.type_ == "scoring.ruleset.stepped.v1"]  # type: ignore[attr-defined]
        told += stepped
        kept = change.state
        assert kept is not None
        if kept.status == "draft":
            assert len(stepped) == len(change.events)
        assert tuple(told) == kept.steps
