"""What counts of that which arrives: the newest ranking, and every final scorecard — whatever order they come in."""

from __future__ import annotations

from datetime import datetime

from services.publishing.core.model import FinalCard, FinalCards
from services.publishing.core.refusals import revision_in_doubt
from shared.contracts.scoring import Ranking, ScorecardSummary

__all__ = ["card_behind", "keep_card", "newer_ranking"]


def newer_ranking(kept: Ranking | None, arrived: Ranking) -> Ranking:
    """The ranking with the higher revision; the kept one if it is the same. Raises `Conflict` if they contradict."""
    if kept is None or arrived.revision > kept.revision:
        return arrived
    if arrived.revision == kept.revision and arrived != kept:
        raise revision_in_doubt(kept, arrived)
    return kept


def keep_card(
    kept: FinalCards | None, card: ScorecardSummary, computed_at: datetime, sequence: int
) -> FinalCards | None:
    """The agency's final scorecards with this one; provisional ones are not for the public and change nothing."""
    if card.stage != "final":
        return kept
    arrived = FinalCard(card=card, computed_at=computed_at, sequence=sequence)
    known = kept.cards if kept else ()
    if arrived in known:
        return kept
    return FinalCards(cards=tuple(sorted((*known, arrived), key=_place)))


def card_behind(cards: FinalCards, basis_hash: str, signed_at: datetime) -> FinalCard | None:
    """The scorecard a published row rests on.

    An unranked agency's row names no basis (`basis_hash` empty): the newest card from before the signature is it.
    """
    if basis_hash:
        fitting = [card for card in cards.cards if card.card.basis_hash == basis_hash]
    else:
        fitting = [card for card in cards.cards if card.computed_at <= signed_at]
    return fitting[-1] if fitting else None


def _place(card: FinalCard) -> tuple[datetime, int, str]:
    return (card.computed_at, card.sequence, card.card.basis_hash)
