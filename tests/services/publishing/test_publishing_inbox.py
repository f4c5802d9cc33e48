"""What arrives, in whatever order, leaves the same behind."""

from __future__ import annotations

import random
from typing import Any

import pytest
from publishing_builders import KEYS, a_campaign, a_card, a_ranking, a_record

from services.publishing.app import definition
from services.publishing.collections import CARDS, RANKINGS
from shared.contracts.intake import CampaignClosedV1, CampaignOpenedV1
from shared.contracts.registry import topics
from shared.contracts.scoring import RankingComputedV1, RuleSetActivatedV1, ScorecardComputedV1
from shared.references import CAMPAIGNS

KEY = KEYS[0]


def test_every_event_on_consumed_topics_has_a_handler() -> None:
    handled = {(handler.event.topic, handler.event.type_) for handler in definition().handlers}
    consumed = {t.name: t.events for t in topics().values() if "publishing" in t.consumers and t.dlq}
    assert handled == {(name, event) for name, events in consumed.items() for event in events}


@pytest.mark.parametrize("seed", range(6))
async def test_newest_ranking_stands_whatever_the_order_and_repetition(
    publishing: Any, as_record: Any, seed: int
) -> None:
    rankings = [as_record(RankingComputedV1(ranking=a_ranking(KEY, n, (("so-y-te", 60 + n),))), n) for n in range(1, 6)]
    references = [
        as_record(CampaignOpenedV1(campaign=a_campaign(status="open"))),
        as_record(CampaignClosedV1(campaign=a_campaign(), closed_by="x", closed_at=a_campaign().deadline), 2),
        as_record(RuleSetActivatedV1(record=a_record(KEY))),
    ]
    records = [*rankings, *rankings, *references, *references]
    random.Random(seed).shuffle(records)
    for start in range(0, len(records), 3):
        await publishing.consume(*records[start : start + 3])
    assert (await publishing.aggregates.get(RANKINGS, KEY.text)).revision == 5
    assert await publishing.inbox.waiting() == {}
    assert await publishing.inbox.dead_letters.list() == []


async def test_ranking_waits_for_its_campaign_and_rule_set(publishing: Any, as_record: Any) -> None:
    await publishing.consume(as_record(RankingComputedV1(ranking=a_ranking(KEY))))
    assert list(await publishing.inbox.waiting()) == ["campaigns/2021"]
    await publishing.consume(as_record(CampaignOpenedV1(campaign=a_campaign())))
    assert list(await publishing.inbox.waiting()) == [f"rule_sets/{a_record(KEY).ref.key}"]
    await publishing.consume(as_record(RuleSetActivatedV1(record=a_record(KEY))))
    assert (await publishing.aggregates.get(RANKINGS, KEY.text)).revision == 1


async def test_ranking_is_taken_up_when_only_the_newest_state_of_its_campaign_is_left(
    publishing: Any, as_record: Any
) -> None:
    closed = CampaignClosedV1(campaign=a_campaign(), closed_by="x", closed_at=a_campaign().deadline)
    await publishing.consume(as_record(RuleSetActivatedV1(record=a_record(KEY))))
    await publishing.consume(as_record(RankingComputedV1(ranking=a_ranking(KEY))))
    assert await publishing.aggregates.get(RANKINGS, KEY.text) is None
    await publishing.consume(as_record(closed, 2))  # compaction took what was before it
    assert publishing.requests == []
    assert (await publishing.aggregates.get(RANKINGS, KEY.text)).revision == 1
    await publishing.consume(as_record(CampaignOpenedV1(campaign=a_campaign(status="open"))))
    assert (await publishing.aggregates.get(CAMPAIGNS, "2021")).status == "closed"


async def test_contradicting_ranking_is_set_aside_and_the_first_stands(publishing: Any, as_record: Any) -> None:
    await publishing.prepared()
    other = a_ranking(KEY, 1, (("so-y-te", 50),))
    await publishing.consume(as_record(RankingComputedV1(ranking=other), 2))
    assert (await publishing.aggregates.get(RANKINGS, KEY.text)) == a_ranking(KEY)
    (letter,) = await publishing.inbox.dead_letters.list()
    assert "revision_in_doubt" in letter.message.reason


async def test_provisional_scorecards_are_consumed_and_not_kept(publishing: Any, as_record: Any) -> None:
    await publishing.consume(as_record(ScorecardComputedV1(scorecard=a_card(stage="provisional"))))
    await publishing.consume(as_record(ScorecardComputedV1(scorecard=a_card()), 2, minutes=1))
    cards = await publishing.aggregates.get(CARDS, "2021/it/so-noi-vu")
    assert [card.card.stage for card in cards.cards] == ["final"]
    assert publishing.requests == []


async def test_nothing_is_lost_when_more_arrives_early_than_can_be_held(publishing: Any, as_record: Any) -> None:
    await publishing.prepared()
    key = KEYS[1]
    records = {n: as_record(RankingComputedV1(ranking=a_ranking(key, n, (("so-y-te", n),))), n) for n in range(2, 152)}
    await publishing.consume(*(records[n] for n in sorted(records) if n != 2))
    for _ in range(5):
        asked = [request for request in publishing.requests if request.requested_topic == "computed-rankings"][-1]
        again = range(asked.first_sequence, asked.last_sequence + 1)
        publishing.requests.clear()
        await publishing.consume(*(records[n] for n in again))
        if not publishing.requests:
            break
    assert (await publishing.aggregates.get(RANKINGS, key.text)).revision == 151
