"""A Decision as it is stored: each table once, and read back as it was, also where an earlier release stored it."""

from __future__ import annotations

from typing import Any

from publishing_builders import CAMPAIGN, KEYS, LATER, NOW, a_paper, a_ranking, a_situation, drafted, published, seen

from services.publishing.core.decision import sign, withdraw
from services.publishing.core.drafting import correct, draft
from services.publishing.core.model import Decision
from shared.kernel.canonical import canonical_json


def as_stored(decision: Decision) -> dict[str, Any]:
    return decision.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def test_a_table_is_stored_once_though_two_drafts_and_an_edition_hold_it() -> None:
    again = draft(drafted(), a_situation(), a_paper(number="9/QĐ-UBND"), "dieu-hanh", NOW).decision
    decision = sign(again, a_situation(), seen(again.drafts[-1]), "chu-tich", LATER).decision
    assert (len(decision.drafts), len(decision.editions)) == (2, len(KEYS))
    stored = as_stored(decision)
    assert stored["tables"] == [a_ranking(key).model_dump(mode="json", exclude_defaults=True) for key in KEYS]
    assert [one["content"]["tables"] for one in stored["drafts"]] == [[0, 1, 2, 3]] * 2
    basis = a_ranking(KEYS[0]).rows[0].basis_hash
    assert canonical_json(stored).count(basis.encode()) == 1


def test_what_is_stored_is_read_back_and_hashed_as_it_was() -> None:
    decision = published()
    again = Decision.model_validate(as_stored(decision))
    assert again == decision
    assert as_stored(again) == as_stored(decision)
    assert again.drafts[-1].content.hash() == decision.drafts[-1].content_hash
    assert [each.event() for each in again.live().values()] == [each.event() for each in decision.live().values()]


def test_corrected_tables_stand_beside_those_before() -> None:
    situation = a_situation(a_ranking(KEYS[0], 2, [("so-y-te", 70)]))
    corrected = correct(published(), situation, a_paper(number="7/QĐ-UBND", reason="Sai"), "dieu-hanh", LATER).decision
    assert len(as_stored(corrected)["tables"]) == len(KEYS) + 1
    withdrawn = withdraw(corrected, CAMPAIGN, "Sai", "chu-tich", LATER).decision
    assert Decision.model_validate(as_stored(withdrawn)) == withdrawn


def test_a_decision_that_an_earlier_release_stored_is_read() -> None:
    decision = published()
    as_before = {
        "campaign": decision.campaign,
        "drafts": [one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in decision.drafts],
        "editions": {
            key: [one.model_dump(mode="json", exclude_defaults=True) for one in editions]
            for key, editions in decision.editions.items()
        },
    }
    assert Decision.model_validate(as_before) == decision


def test_a_decision_with_nothing_in_it_is_stored_as_before() -> None:
    assert as_stored(Decision(campaign=CAMPAIGN)) == {"campaign": CAMPAIGN}
