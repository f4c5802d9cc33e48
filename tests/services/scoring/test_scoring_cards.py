"""Provisional scorecards: what verification established, scored as it arrives, in whatever order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from scoring_builders import rejected
from scoring_messages import MEMBERS, RULE_SET, TABLE, key_of, the_rule_set, verified, was_reopened, was_verified
from scoring_service import Scoring

from services.scoring.app import definition
from services.scoring.collections import CARDS
from services.scoring.collections import TABLE as BY_TABLE
from services.scoring.core.model import reopened_revision_of
from shared.contracts.registry import topics
from shared.storage.port import Write


def test_every_event_type_of_every_topic_it_consumes_has_a_handler() -> None:
    consumed = {(t.name, event) for t in topics().values() if "scoring" in t.consumers and t.dlq for event in t.events}
    assert {(handler.event.topic, handler.event.type_) for handler in definition().handlers} == consumed


async def test_who_is_verified_gets_a_provisional_scorecard(scoring: Scoring) -> None:
    await scoring.consume(was_verified(verified(apps=30, days_late=2)))
    card = await scoring.card()
    assert card is not None
    assert (card.status, card.final, card.shown) == ("verified", None, card.provisional)
    assert (card.provisional.points, card.provisional.maximum) == (25, 100)
    assert [one.state for one in card.provisional.criteria] == ["value", "pending"]
    (event,) = await scoring.said(CARDS.name, key_of("so-noi-vu").text)
    assert (event.type, event.partitionkey, event.data["scorecard"]["stage"]) == (
        "scoring.scorecard.computed.v1",
        "2021/so-noi-vu",
        "provisional",
    )


async def test_a_batch_scores_as_one_by_one(scoring: Scoring) -> None:
    other = the_rule_set("2", unit_points=2)
    await scoring.has(other)
    submissions = [verified(f"so-{n}", apps=n, rule_set=RULE_SET if n % 2 else other) for n in range(8)]
    await scoring.consume(*map(was_verified, submissions))
    together = [await scoring.card(f"so-{n}") for n in range(8)]
    assert [card.provisional.points for card in together if card] == [0, 1, 4, 3, 8, 5, 12, 7]
    for submission in submissions:
        document = await scoring.store.get(CARDS.name, submission.key.text)
        assert document is not None
        await scoring.store.delete(CARDS.name, submission.key.text, document.version)
        await scoring.consume(was_verified(submission))
    assert [await scoring.card(f"so-{n}") for n in range(8)] == together


async def test_the_same_event_again_changes_nothing(scoring: Scoring) -> None:
    for _ in range(3):
        await scoring.consume(was_verified(verified()), was_verified(verified()))
    assert len(await scoring.said(CARDS.name, key_of("so-noi-vu").text)) == 1


async def test_a_verification_waits_for_its_rule_set(newcomer: Scoring) -> None:
    await newcomer.consume(was_verified(verified()))
    assert await newcomer.inbox.waiting() == {f"rule_sets/{RULE_SET.key}": [f"cards/{key_of('so-noi-vu').text}"]}
    await newcomer.has(RULE_SET, active=False)
    assert await newcomer.card() is not None
    assert await newcomer.inbox.waiting() == {}


async def test_other_bytes_under_the_pinned_name_are_set_aside_with_both_hashes(scoring: Scoring) -> None:
    other = the_rule_set(unit_points=9)
    await scoring.consume(was_verified(verified(rule_set=other)), was_verified(verified("so-y-te")))
    (letter,) = await scoring.inbox.dead_letters.list()
    assert other.content_hash() in letter.message.reason
    assert RULE_SET.content_hash() in letter.message.reason
    assert letter.message.attempts == 1
    assert await scoring.card() is None
    assert await scoring.card("so-y-te") is not None


async def test_a_figure_that_does_not_fit_is_set_aside_and_takes_nobody_with_it(scoring: Scoring) -> None:
    wrong = verified().model_copy(update={"answers": verified(apps="nhiều").answers})  # type: ignore[arg-type]
    await scoring.consume(was_verified(wrong), was_verified(verified("so-y-te")))
    (letter,) = await scoring.inbox.dead_letters.list()
    assert "1.1.apps" in letter.message.reason
    assert await scoring.card("so-y-te") is not None


async def test_a_reopened_case_leaves_its_table_until_it_is_verified_anew(scoring: Scoring) -> None:
    await scoring.consume(was_verified(verified()))
    assert await scoring.store.count(CARDS.name, BY_TABLE, TABLE.text) == 1
    await scoring.consume(was_reopened(verified()))
    assert await scoring.store.count(CARDS.name, BY_TABLE, TABLE.text) == 0
    await scoring.consume(was_verified(verified(apps=31, revision=2), 3))
    assert await scoring.store.count(CARDS.name, BY_TABLE, TABLE.text) == 1
    card = await scoring.card()
    assert card is not None
    assert card.provisional.points == 31


async def test_events_of_one_case_count_in_their_order_whatever_the_order_of_arrival(scoring: Scoring) -> None:
    events = [was_verified(verified()), was_reopened(verified()), was_verified(verified(apps=7, revision=2), 3)]
    for event in (events[2], events[1], events[2]):
        await scoring.consume(event)
        assert await scoring.card() is None
    assert scoring.asked
    await scoring.consume(events[0])
    card = await scoring.card()
    assert card is not None
    assert (card.status, card.provisional.points) == ("verified", 7)


async def test_a_retried_verification_that_was_reopened_does_not_count_again(scoring: Scoring) -> None:
    await scoring.consume(was_verified(verified()), was_reopened(verified()), was_verified(verified(), 3))
    card = await scoring.card()
    assert card is not None
    assert card.status == "reopened"


@pytest.mark.parametrize("revision", [1, 2])
async def test_a_dead_letter_retried_after_its_case_was_opened_again_does_not_count(
    scoring: Scoring, monkeypatch: pytest.MonkeyPatch, revision: int
) -> None:
    """The card ends as it would have ended in order, whether anything of the case was here before or not."""
    for earlier in range(1, revision):
        one = verified(revision=earlier)
        await scoring.consume(was_verified(one, 2 * earlier - 1), was_reopened(one, 2 * earlier))
    late = verified(apps=7, revision=revision)
    with monkeypatch.context() as broken:
        broken.setattr(scoring.scorer, "score", fails)
        await scoring.consume(was_verified(late, 2 * revision - 1))
    (letter,) = await scoring.inbox.dead_letters.list()
    await scoring.consume(was_reopened(late, 2 * revision))
    await scoring.inbox.retry(letter.message.id, "dieu-hanh")
    card = await scoring.card()
    assert card is not None
    assert (card.status, card.shown.points, card.to_rank) == ("reopened", 7, False)
    assert await scoring.store.count(CARDS.name, BY_TABLE, TABLE.text) == 0
    await scoring.consume(was_verified(verified(apps=8, revision=revision + 1), 2 * revision + 1))
    card = await scoring.card()
    assert card is not None
    assert (card.status, card.shown.points, card.to_rank) == ("verified", 8, True)


def fails(*_: object) -> None:
    raise RuntimeError("out of order")


async def test_what_does_not_change_points_does_not_change_the_hash(scoring: Scoring) -> None:
    once = verified(findings=[rejected("1.1")])
    finding = once.findings[0].model_copy(update={"verifier": "anh-ba", "reason": "Khác"})
    again = once.model_copy(update={"revision": 2, "submission_number": 5, "findings": (finding,)})
    await scoring.consume(was_verified(once))
    before = await scoring.card()
    await scoring.consume(was_reopened(once), was_verified(again, 3))
    after = await scoring.card()
    assert before is not None
    assert after is not None
    assert after.provisional == before.provisional


@pytest.mark.parametrize("newer", [1, 40])
async def test_a_pinned_version_scores_on_while_newer_ones_are_activated(scoring: Scoring, newer: int) -> None:
    await scoring.has(*(the_rule_set(str(n), unit_points=n) for n in range(2, 2 + newer)))
    for number, agency in enumerate(MEMBERS):
        rule_set = the_rule_set(str(newer + 1), unit_points=newer + 1) if number else RULE_SET
        await scoring.consume(was_verified(verified(agency, apps=1, rule_set=rule_set)))
    points = [card.provisional.points for agency in MEMBERS if (card := await scoring.card(agency))]
    assert points == [1, min(newer + 1, 50), min(newer + 1, 50)]
    assert all(isinstance(one, Fraction) for one in points)


async def as_release_0_1_kept_it(scoring: Scoring) -> None:
    """The card in the words of release 0.1.0, where it stood reopened: a word, and no revision."""
    document = await scoring.store.get(CARDS.name, key_of("so-noi-vu").text)
    assert document is not None
    state = {name: value for name, value in document.body["state"].items() if name != "reopened_revision"}
    indexes: dict[str, list[str]] = {name: [] for name in CARDS.index_names}
    body = {**document.body, "state": {**state, "status": "reopened"}, "indexes": indexes}
    await scoring.store.put(Write(CARDS.name, document.key, body, document.version, indexes))


async def test_a_card_that_release_0_1_kept_as_reopened_does_not_count_until_it_is_verified_anew(
    scoring: Scoring,
) -> None:
    await scoring.consume(was_verified(verified()), was_reopened(verified()))
    reopened = await scoring.card()
    await as_release_0_1_kept_it(scoring)
    card = await scoring.card()
    assert card is not None
    assert (card, card.status, card.to_rank) == (reopened, "reopened", False)
    await scoring.consume(was_verified(verified(apps=7, revision=2), 3))
    card = await scoring.card()
    assert card is not None
    assert (card.status, card.shown.points, card.to_rank) == ("verified", 7, True)
    assert await scoring.store.count(CARDS.name, BY_TABLE, TABLE.text) == 1
    document = await scoring.store.get(CARDS.name, key_of("so-noi-vu").text)
    assert document is not None
    assert "status" not in document.body["state"]


@pytest.mark.parametrize(
    ("card", "revision"),
    [
        ({"status": "reopened", "verified": {"revision": 3}}, 3),
        ({"status": "verified", "verified": {"revision": 3}}, 0),
        ({"reopened_revision": 2, "verified": {"revision": 3}}, 2),
        ({"verified": {"revision": 3}}, 0),
    ],
)
def test_which_revision_was_opened_again_is_read_in_either_releases_words(card: dict[str, Any], revision: int) -> None:
    assert reopened_revision_of(card) == revision
