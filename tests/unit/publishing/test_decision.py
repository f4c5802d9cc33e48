"""Draft, signature, correction, withdrawal."""

from __future__ import annotations

from datetime import date

import pytest
from publishing_builders import (
    KEYS,
    LATER,
    NOW,
    a_campaign,
    a_paper,
    a_ranking,
    a_situation,
    drafted,
    published,
    seen,
)

from services.publishing.core.decision import Seen, sign, withdraw
from services.publishing.core.drafting import Decided, Situation, correct, draft
from services.publishing.core.model import Content, Decision
from shared.contracts.publishing import (
    DecisionDraftedV1,
    DecisionSignedV1,
    RankingCorrectedV1,
    RankingPublishedV1,
    RankingWithdrawnV1,
)
from shared.contracts.scoring import Ranking
from shared.kernel.canonical import loads_exact, sha256_hex
from shared.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound

IT_PROVINCE = KEYS[0]
CHANGED = a_ranking(IT_PROVINCE, 2, (("so-y-te", 95), ("so-noi-vu", 90)))


def signed_by(who: str, decision: Decision, situation: Situation | None = None) -> Decided:
    return sign(decision, situation or a_situation(), seen(decision.drafts[-1]), who, LATER)


def corrected(decision: Decision, situation: Situation) -> Decided:
    paper = a_paper(number="7/QĐ-UBND", issued_on=date(2022, 1, 4), reason="Sai số liệu")
    return correct(decision, situation, paper, "operator-1", LATER)


def codes(refused: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [fault.code for fault in refused.value.faults]


def test_operator_lays_a_draft_before_the_chairman() -> None:
    decided = draft(None, a_situation(), a_paper(), "operator-1", NOW)
    (said,) = decided.events
    assert isinstance(said, DecisionDraftedV1)
    assert (said.draft, said.drafted_by) == (1, "operator-1")
    assert [table.key for table in decided.decision.drafts[0].content.tables] == list(KEYS)
    assert said.decision.content_hash == decided.decision.drafts[0].content_hash


def test_draft_is_refused_and_names_each_missing_table() -> None:
    with pytest.raises(Conflict) as refused:
        drafted(a_situation(without="2021/portal/district"))
    assert [fault.place for fault in refused.value.faults] == ["2021/portal/district"]
    assert all(fault.remedy_vi and fault.remedy_en for fault in refused.value.faults)


def test_draft_is_refused_when_issued_before_the_dispatch() -> None:
    with pytest.raises(Invalid) as refused:
        drafted(issued_on=date(2021, 10, 4))
    assert codes(refused) == ["decision.issued_too_early"]


def test_same_draft_sent_twice_is_one_draft() -> None:
    first = drafted()
    again = draft(first, a_situation(), a_paper(), "operator-1", LATER)
    assert again.decision is first
    assert again.events == ()


def test_content_hash_covers_every_word_and_table() -> None:
    content = drafted().drafts[0].content
    changed = [
        {"number": "2051/QĐ-UBND"},
        {"issued_on": date(2021, 12, 21)},
        {"title": "Khác"},
        {"articles": ("Khác",)},
        {"recipients": ()},
        {"legal_basis": (content.legal_basis[0].model_copy(update={"number": "1/QĐ"}),)},
        {"tables": (CHANGED, *content.tables[1:])},
    ]
    hashes = {content.model_copy(update=each).hash() for each in changed} | {content.hash()}
    assert len(hashes) == len(changed) + 1


def test_signed_content_survives_storing_byte_for_byte() -> None:
    content = drafted().drafts[0].content
    assert Content.model_validate(loads_exact(content.canonical())).canonical() == content.canonical()
    assert sha256_hex(content.canonical()) == drafted().drafts[0].content_hash


def test_chairman_signs_and_all_tables_are_published_at_once() -> None:
    decided = signed_by("chairman-1", drafted())
    first, *tables = decided.events
    assert isinstance(first, DecisionSignedV1)
    assert first.signed_by == "chairman-1"
    assert all(isinstance(each, RankingPublishedV1) and each.published.edition == 1 for each in tables)
    assert sorted(decided.decision.live()) == sorted(key.text for key in KEYS)


def test_drafter_may_not_sign() -> None:
    with pytest.raises(Forbidden) as refused:
        signed_by("operator-1", drafted())
    assert codes(refused) == ["signature.same_person"]


def test_signature_is_refused_when_the_hash_is_not_the_drafts() -> None:
    with pytest.raises(Conflict) as refused:
        sign(drafted(), a_situation(), Seen(1, "0" * 64), "chairman-1", LATER)
    assert codes(refused) == ["draft.other_content"]


@pytest.mark.parametrize("number", [0, 2, -1])
def test_signature_is_refused_when_there_is_no_such_draft(number: int) -> None:
    with pytest.raises(NotFound):
        sign(drafted(), a_situation(), Seen(number, "0" * 64), "chairman-1", LATER)


def test_signature_is_refused_when_nothing_was_drafted() -> None:
    with pytest.raises(NotFound):
        sign(None, a_situation(), Seen(1, "0" * 64), "chairman-1", LATER)


def test_signature_is_refused_when_a_newer_draft_replaced_the_one_seen() -> None:
    first = drafted()
    second = draft(first, a_situation(), a_paper(title="Sửa tên"), "operator-1", NOW).decision
    with pytest.raises(Conflict) as refused:
        sign(second, a_situation(), seen(second.drafts[0]), "chairman-1", LATER)
    assert codes(refused) == ["draft.replaced"]


def test_signature_is_refused_when_a_newer_ranking_arrived_since() -> None:
    with pytest.raises(Conflict) as refused:
        signed_by("chairman-1", drafted(), a_situation(CHANGED))
    assert refused.value.en == "draft is outdated"
    assert [fault.place for fault in refused.value.faults] == [IT_PROVINCE.text]


def test_signing_twice_publishes_once() -> None:
    first = signed_by("chairman-1", drafted())
    again = signed_by("chairman-1", first.decision, a_situation(CHANGED))
    assert again.decision is first.decision
    assert again.events == ()


def test_signature_is_refused_when_what_was_signed_is_withdrawn() -> None:
    gone = withdraw(published(), "2021", "Sai", "chairman-1", LATER).decision
    with pytest.raises(Conflict) as refused:
        signed_by("chairman-1", gone)
    (fault,) = refused.value.faults
    assert (fault.code, "xephang publish draft 2021" in fault.remedy_vi) == ("draft.withdrawn", True)


@pytest.mark.parametrize("number", ["1", "", "2050", "2050/QĐ", "2050/qđ-ubnd", "2050/QĐ-UBND\n", "x2050/QĐ-UBND"])
def test_draft_is_refused_when_its_number_is_none_and_shows_one(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        drafted(number=number)
    assert codes(refused) == ["decision.number_malformed"]
    assert "2050/QĐ-UBND" in refused.value.faults[0].remedy_vi


def test_published_results_are_not_drafted_again() -> None:
    with pytest.raises(Conflict) as refused:
        draft(published(), a_situation(), a_paper(number="1/QĐ-UBND"), "operator-1", LATER)
    assert codes(refused) == ["decision.published"]


def test_correction_replaces_only_the_changed_table() -> None:
    situation = a_situation(CHANGED)
    laid = corrected(published(), situation)
    decided = signed_by("chairman-1", laid.decision, situation)
    _, said = decided.events
    assert isinstance(said, RankingCorrectedV1)
    assert (said.published.edition, said.published.correction_reason) == (2, "Sai số liệu")
    assert said.published.ranking == CHANGED
    editions = {key: edition.published.edition for key, edition in decided.decision.live().items()}
    assert editions == {key.text: 2 if key == IT_PROVINCE else 1 for key in KEYS}


def test_correction_names_the_decision_it_corrects_and_why() -> None:
    content = corrected(published(), a_situation(CHANGED)).decision.drafts[-1].content
    assert [ref.number for ref in content.corrects] == ["2050/QĐ-UBND"]
    assert "Quyết định số 2050/QĐ-UBND ngày 20/12/2021" in content.articles[0]
    assert "Sai số liệu" in content.articles[0]


def test_correction_is_refused_when_nothing_is_published() -> None:
    with pytest.raises(Conflict) as refused:
        corrected(drafted(), a_situation(CHANGED))
    assert codes(refused) == ["decision.not_published"]


@pytest.mark.parametrize("newest", [a_ranking(IT_PROVINCE, 1), a_ranking(IT_PROVINCE, 2)])
def test_correction_is_refused_when_the_outcome_is_the_same(newest: Ranking) -> None:
    with pytest.raises(Conflict) as refused:
        corrected(published(), a_situation(newest))
    assert codes(refused) == ["correction.nothing_changed"]


def test_correction_needs_a_number_of_its_own() -> None:
    with pytest.raises(Invalid) as refused:
        correct(published(), a_situation(CHANGED), a_paper(reason="Sai"), "operator-1", LATER)
    assert codes(refused) == ["decision.number_taken"]


def test_correction_is_outdated_when_another_table_changed_too() -> None:
    laid = corrected(published(), a_situation(CHANGED)).decision
    other = a_ranking(KEYS[1], 2, (("so-y-te", 70),))
    with pytest.raises(Conflict) as refused:
        signed_by("chairman-1", laid, a_situation(CHANGED, other))
    assert [fault.place for fault in refused.value.faults] == [KEYS[1].text]


def test_withdrawal_says_so_for_every_table_and_once() -> None:
    first = withdraw(published(), "2021", "Sai quy trình", "chairman-1", LATER)
    assert [type(each) for each in first.events] == [RankingWithdrawnV1] * 4
    assert first.decision.live() == {}
    again = withdraw(first.decision, "2021", "Sai quy trình", "chairman-1", LATER)
    assert again.decision is first.decision


def test_withdrawal_takes_superseded_editions_with_it() -> None:
    situation = a_situation(CHANGED)
    decision = signed_by("chairman-1", corrected(published(), situation).decision, situation).decision
    editions = withdraw(decision, "2021", "Sai", "chairman-1", LATER).decision.editions[IT_PROVINCE.text]
    assert [edition.withdrawal is not None for edition in editions] == [True, True]


@pytest.mark.parametrize("decision", [None, drafted()])
def test_withdrawal_is_refused_when_nothing_is_published(decision: Decision | None) -> None:
    with pytest.raises(Conflict):
        withdraw(decision, "2021", "Sai", "chairman-1", LATER)


def test_pending_correction_cannot_be_signed_after_withdrawal() -> None:
    situation = a_situation(CHANGED)
    laid = corrected(published(), situation).decision
    gone = withdraw(laid, "2021", "Sai", "chairman-1", LATER).decision
    with pytest.raises(Conflict) as refused:
        signed_by("chairman-1", gone, situation)
    assert codes(refused) == ["draft.outdated"]


def test_new_decision_after_withdrawal_goes_on_counting_editions() -> None:
    gone = withdraw(published(), "2021", "Sai", "chairman-1", LATER).decision
    laid = draft(gone, a_situation(), a_paper(number="9/QĐ-UBND"), "operator-1", LATER).decision
    decided = signed_by("chairman-1", laid)
    assert {each.published.edition for each in decided.decision.live().values()} == {2}
    assert [isinstance(each, RankingPublishedV1) for each in decided.events] == [False, True, True, True, True]


def test_campaign_with_fewer_tables_needs_only_those() -> None:
    campaign = a_campaign(rule_sets=a_campaign().rule_sets[:1])
    situation = Situation(campaign, {IT_PROVINCE.text: a_ranking()})
    assert [table.key for table in drafted(situation).drafts[0].content.tables] == [IT_PROVINCE]


# --- a rule set amended while the campaign ran -------------------------------------------------------------------


def amended(situation: Situation) -> Situation:
    """The campaign holds to another version for its first table since."""
    first, *others = situation.campaign.rule_sets
    other = first.rule_set.model_copy(update={"version": "2021.2", "hash": "0" * 64})
    pins = (first.model_copy(update={"rule_set": other}), *others)
    return Situation(situation.campaign.model_copy(update={"rule_sets": pins}), situation.newest)


def test_table_ranked_under_a_version_that_was_amended_is_neither_drafted_nor_signed() -> None:
    with pytest.raises(Conflict) as refused:
        drafted(amended(a_situation()))
    assert [(fault.code, fault.place) for fault in refused.value.faults] == [
        ("decision.table_superseded", IT_PROVINCE.text)
    ]
    with pytest.raises(Conflict) as signed:
        signed_by("chairman-1", drafted(), amended(a_situation()))
    assert codes(signed) == ["draft.outdated"]


def test_what_was_published_before_an_amendment_is_corrected_only_by_what_comes_out_under_it() -> None:
    decision, situation = published(), amended(a_situation(CHANGED))
    with pytest.raises(Conflict):
        corrected(decision, situation)
    pinned = situation.campaign.rule_sets[0].rule_set
    anew = CHANGED.model_copy(update={"rule_set": pinned, "revision": 3})
    newest = {**situation.newest, IT_PROVINCE.text: anew}
    decided = corrected(decision, Situation(situation.campaign, newest))
    assert [table.rule_set for table in decided.decision.drafts[-1].content.tables] == [pinned]
