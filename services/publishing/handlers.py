"""What publishing listens to: the table of contents of its way in."""

from __future__ import annotations

from typing import Any

from services.publishing.collections import CARDS, RANKINGS
from services.publishing.core.arrivals import keep_card, newer_ranking
from services.publishing.core.model import FinalCards
from shared.contracts.envelope import Event
from shared.contracts.said import said
from shared.contracts.scoring import Ranking, RankingComputedV1, ScorecardComputedV1
from shared.messaging.aggregate import Change
from shared.messaging.handlers import Context, Handler, Reference
from shared.references import KEEP_CAMPAIGNS, KEEP_RULE_SETS, campaign_ref, rule_set_ref

__all__ = ["HANDLERS"]


def take_ranking(kept: Ranking | None, event: Event[Any], _: Context) -> Change[Ranking]:
    """A ranking was computed: keep it if it is the newest."""
    return Change(newer_ranking(kept, event.data.ranking))


def take_scorecard(kept: FinalCards | None, event: Event[Any], _: Context) -> Change[FinalCards]:
    """A scorecard was computed: keep it if it is final."""
    envelope, scorecard = event.envelope, event.data.scorecard
    cards = keep_card(kept, scorecard, envelope.time, envelope.sequence)
    if cards is None or cards is kept:
        return Change(cards)
    arrived = next(one for one in cards.cards if one.card is scorecard)
    rest = arrived.model_dump(mode="json", exclude={"card"})
    return Change(cards, known=((arrived, {"card": said(event)["scorecard"], **rest}),))


def ranking_needs(data: RankingComputedV1) -> tuple[Reference, ...]:
    """A ranking cannot be shown without its rule set (titles, rounding), nor drafted without its campaign."""
    return (campaign_ref(data.ranking.key.campaign), rule_set_ref(data.ranking.rule_set))


HANDLERS = (
    *KEEP_CAMPAIGNS,
    *KEEP_RULE_SETS,
    Handler(ScorecardComputedV1, CARDS, key=lambda data: data.scorecard.key.text, apply=take_scorecard),
    Handler(
        RankingComputedV1, RANKINGS, key=lambda data: data.ranking.key.text, apply=take_ranking, needs=ranking_needs
    ),
)
