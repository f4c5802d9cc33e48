"""Downstream keeps the newest edition of each table, also after events were published again."""

from __future__ import annotations

from typing import Any

from publishing_builders import KEYS, a_ranking

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.scoring import RankingComputedV1

KEY = KEYS[0]


async def test_events_published_again_leave_the_newest_edition_last(publishing: Any, as_record: Any) -> None:
    await publishing.published()
    await publishing.consume(as_record(RankingComputedV1(ranking=a_ranking(KEY, 2, (("so-y-te", 95),))), 2))
    await publishing.sign(await publishing.draft(number="7/QĐ-UBND", issued_on="2022-01-04", reason="Sai"))
    while await publishing.relay.turn():
        pass
    stream = "publishing/decisions/2021"
    publishing.relay.ask_again(
        RepublishRequestedV1(
            requested_topic="rankings", requested_by="somebody", stream=stream, first_sequence=1, last_sequence=1
        )
    )
    while await publishing.relay.turn():
        pass
    said = [message for message in publishing.broker.messages if message.topic == "rankings"]
    assert len(said) > 5  # four tables, one corrected, and what was asked for again
    last = [message for message in publishing.broker.messages if message.key == KEY.text][-1]
    assert last.headers["ce_type"] == "publishing.ranking.corrected.v1"
    assert last.value == (await publishing.get(f"/rankings/{KEY.text}")).content
