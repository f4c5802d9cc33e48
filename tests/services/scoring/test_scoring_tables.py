"""Tables looked through page by page: the same as if all cards were held at once, whatever changes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from scoring_builders import rejected
from scoring_messages import (
    FIRST,
    MEMBERS,
    RULE_SET,
    TABLE,
    a_campaign,
    key_of,
    verified,
    was_closed,
    was_opened,
    was_reopened,
    was_verified,
)
from scoring_service import Scoring
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.collections import CARDS
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set, group_best
from services.scoring.core.ranking import Entry, counted, rank
from services.scoring.core.scorecard import basis_hash, basis_hash_of
from services.scoring.core.told import Told, told
from services.scoring.scorer import Scorer
from services.scoring.usecases import table_cards
from services.scoring.usecases.compute_ranking import recompute
from services.scoring.usecases.final_scorecards import _finalise, _Moved
from services.scoring.usecases.reconcile_rankings import RankingsDue
from services.scoring.usecases.table_cards import Page, Stored, look_through
from shared.contracts.common import GroupKey, SubmissionKey
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet
from shared.storage.port import StoreUnavailable

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
MANY = tuple(f"co-quan-{number:02}" for number in range(7))


def as_kept(one: BaseModel) -> dict[str, Any]:
    return one.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def pages_of(*rounds: Sequence[VerifiedSubmission]) -> Any:
    """Pages of one card; each look through all of them finds the next of the rounds, and then always the last."""
    looks = iter(rounds)
    last = rounds[-1]

    async def pages() -> AsyncIterator[Page]:
        for one in next(looks, last):
            yield [Stored(one.key.text, as_kept(one))]

    return pages


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_what_is_kept_is_hashed_and_compared_as_what_it_is_read_into(data: st.DataObject) -> None:
    rule_set: RuleSet = data.draw(rule_sets())
    drawn = data.draw(st.lists(submissions(rule_set), min_size=1, max_size=4))
    best = data.draw(best_of_group(rule_set))
    for one in drawn:
        assert basis_hash_of(as_kept(one), rule_set.ref(), best) == basis_hash(one, rule_set.ref(), best)
    compiled = compile_rule_set(rule_set)
    whole = group_best(compiled, [Card.of(one, rule_set) for one in drawn])
    kept = [Stored(one.key.text, as_kept(one)) for one in drawn]
    narrow = [one.counted(compiled.best_inputs) for one in kept]
    assert group_best(compiled, [Card.of(one, rule_set, compiled.best_inputs) for one in narrow]) == whole
    scorer = Scorer(DurableEngine())
    by_all = scorer.score(rule_set, drawn, best)
    by_what_counts = scorer.score(rule_set, [one.counted() for one in kept], best)
    for one, all_of_it, what_counts in zip(drawn, by_all, by_what_counts, strict=True):
        assert told(what_counts, one.key, one.group, "final", "") == told(all_of_it, one.key, one.group, "final", "")


@settings(max_examples=8, deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_a_ranking_of_what_it_reads_is_that_of_whole_scorecards(data: st.DataObject) -> None:
    rule_set: RuleSet = data.draw(rule_sets())
    drawn = data.draw(st.lists(submissions(rule_set), min_size=1, max_size=5))
    scorer, ref = Scorer(DurableEngine()), rule_set.ref()
    cards = scorer.score(rule_set, drawn, scorer.group_best(rule_set, drawn))
    names = [f"a{number}" for number in range(len(drawn))]
    hashes = [basis_hash(one, ref, None) for one in drawn]
    whole = [
        Entry(name, name, card.summary(one.key, one.group, "final", hash_))
        for name, one, card, hash_ in zip(names, drawn, cards, hashes, strict=True)
    ]
    for one, card, hash_ in zip(drawn, cards, hashes, strict=True):
        made = told(card, one.key, one.group, "final", hash_)
        assert made.summary == card.summary(one.key, one.group, "final", hash_)
        assert made.plain == as_kept(made.summary)
    little = [
        Entry(name, name, counted(rule_set.result, card, hash_))
        for name, card, hash_ in zip(names, cards, hashes, strict=True)
    ]
    table = GroupKey(campaign="2021", programme=rule_set.programme, group=rule_set.group)
    assert rank(table, 2021, rule_set, 1, little) == rank(table, 2021, rule_set, 1, whole)


@pytest.mark.parametrize(("best", "kept"), [({}, None), ({"posts": Fraction(7, 2)}, {"posts": "3.5"})])
def test_highest_values_of_an_earlier_ranking_go_where_the_newer_compares_with_others_or_none(
    best: dict[str, Fraction], kept: dict[str, str] | None
) -> None:
    card = {"verified": {"revision": 1}, "group_best": {"posts": "20", "videos": "3"}}
    key = SubmissionKey(campaign="2021", programme="it", agency="so-noi-vu")
    change = _finalise(key, 1, Told({}), best, _Moved())(card)
    assert change.state.get("group_best") == kept


async def test_the_size_of_pages_changes_no_byte(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [verified(agency, apps=3 * place, posts=place) for place, agency in enumerate(MANY)]
    monkeypatch.setattr(table_cards, "BATCH", 2)
    monkeypatch.setattr("services.scoring.usecases.compute_ranking.BATCH", 3)
    record = await scoring.ranked(*cards)
    assert (record.group_best, record.finals_due) == ({"posts": 6}, False)
    assert [row.agency for row in record.ranking.rows] == list(reversed(MANY))
    monkeypatch.undo()
    assert await recompute(scoring.aggregates, scoring.scorer, TABLE) == record.ranking
    for row in record.ranking.rows:
        card = await scoring.card(row.agency)
        assert card is not None
        assert card.final is not None
        assert (card.final.points, card.final.basis_hash) == (row.points, row.basis_hash)
        document = await scoring.store.get(CARDS.name, key_of(row.agency).text)
        assert document is not None
        assert document.body["state"] == as_kept(card)
        assert row.basis_hash == basis_hash(card.scored, RULE_SET.ref(), {"posts": Fraction(6)})


async def test_cards_are_compared_with_the_highest_of_those_that_are_ranked() -> None:
    """Between the look for the highest values and the one that scores, somebody with the most was verified anew."""
    first = [verified(MEMBERS[0], posts=10), verified(MEMBERS[1], posts=40)]
    then = [first[0], verified(MEMBERS[1], posts=20, revision=2)]
    scorer, names = Scorer(DurableEngine()), {one: one for one in MEMBERS}
    outcome = await look_through(scorer, RULE_SET, names, pages_of(first, then))
    assert outcome.best == {"posts": 20}
    assert [entry.scorecard.points for entry in outcome.entries.values()] == [30 + 25, 30 + 50]
    assert list(outcome.revisions.values()) == [1, 2]


async def test_cards_that_change_at_every_look_are_not_ranked() -> None:
    rounds = [[verified(MEMBERS[0], posts=number)] for number in range(1, 20)]
    with pytest.raises(StoreUnavailable, match="changed by others"):
        await look_through(Scorer(DurableEngine()), RULE_SET, {MEMBERS[0]: "A"}, pages_of(*rounds))


async def test_what_was_rejected_sets_no_mark_in_the_short_look_either() -> None:
    most = verified(MEMBERS[0], posts=90)
    refused = most.model_copy(update={"findings": (*most.findings, rejected("1.2"))})
    names = {one: one for one in MEMBERS}
    pages = pages_of([refused, verified(MEMBERS[1], posts=20)])
    assert (await look_through(Scorer(DurableEngine()), RULE_SET, names, pages)).best == {"posts": 20}


async def test_campaigns_are_read_again_when_one_was_written_or_all_is_looked_at(scoring: Scoring) -> None:
    due, campaign = RankingsDue(scoring.aggregates, scoring.scorer), a_campaign()
    await scoring.consume(was_opened(campaign), *map(was_verified, FIRST))
    await due.after_cards(None)
    await scoring.consume(was_closed(campaign))  # by another process: nobody tells this one
    await due.after_cards(frozenset({key_of(MEMBERS[0]).text}))
    assert await scoring.ranking() is None
    await due.after_cards(None)
    assert await scoring.ranking() is not None
    await scoring.consume(was_reopened(FIRST[0]), was_verified(verified(MEMBERS[0], apps=1, revision=2), 3))
    await due.after_cards(frozenset({key_of(MEMBERS[1]).text.replace("2021/", "2022/")}))
    await due.after_cards(frozenset({key_of(MEMBERS[0]).text}))
    record = await scoring.ranking()
    assert record is not None
    assert record.ranking.revision == 2


@pytest.mark.parametrize("last", ["accepted", "rejected"])
def test_of_several_findings_on_one_criterion_the_last_stands_in_the_short_look_too(last: str) -> None:
    rejection = rejected("1.1")
    acceptance = rejection.model_copy(update={"finding": "accepted"})
    findings = (rejection, acceptance) if last == "accepted" else (acceptance, rejection)
    one = verified(MEMBERS[0]).model_copy(update={"findings": findings})
    kept, scorer = Stored(one.key.text, as_kept(one)), Scorer(DurableEngine())
    cards = scorer.score(RULE_SET, [one, kept.counted()], {"posts": Fraction(10)})
    assert [card.points for card in cards] == [80 if last == "accepted" else 50] * 2
