"""What scoring does when it hears of something: its table of contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.scoring.collections import CARDS, RULE_SETS
from services.scoring.core.model import CardRecord
from services.scoring.core.scorecard import Scorecard, basis_hash_of
from services.scoring.core.told import told
from services.scoring.rule_set_requests import request_handlers
from services.scoring.scorer import Scorer
from shared.contracts.envelope import Event
from shared.contracts.said import said
from shared.contracts.scoring import ScorecardComputedV1
from shared.contracts.verification import CaseReopenedV1, SubmissionVerifiedV1, VerifiedSubmission
from shared.messaging.aggregate import Change, PlainChange, PlainOutgoing
from shared.messaging.handlers import Context, Handler
from shared.references import KEEP_CAMPAIGNS, rule_set_ref
from shared.ruleset.document import RuleSet, RuleSetRef

__all__ = ["build_handlers"]


class _Verified:
    """An agency was verified: its provisional scorecard."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def prepare(self, events: Sequence[Event[SubmissionVerifiedV1]], context: Context) -> Mapping[str, Any]:
        """Score a whole batch, rule set by rule set."""
        by_set: dict[RuleSetRef, list[Event[SubmissionVerifiedV1]]] = {}
        for event in events:
            by_set.setdefault(event.data.verified.rule_set, []).append(event)
        cards: dict[str, Scorecard] = {}
        for own in by_set.values():
            verified = [event.data.verified for event in own]
            scored = self._scorer.score(_rule_set(verified[0], context), verified, None)
            cards.update({event.envelope.id: card for event, card in zip(own, scored, strict=True)})
        return cards

    def take_verified(
        self, record: CardRecord | None, event: Event[SubmissionVerifiedV1], context: Context
    ) -> Change[CardRecord] | PlainChange:
        """Keep the newest revision with its provisional scorecard; it counts unless it was opened again."""
        verified = event.data.verified
        before = record or CardRecord()
        if before.revision >= verified.revision:
            return Change(record)
        card = context.prepared.get(event.envelope.id)
        if card is None:
            card = self._scorer.score(_rule_set(verified, context), [verified], None)[0]
        plain = said(event)["verified"]
        made = told(card, verified.key, verified.group, "provisional", basis_hash_of(plain, verified.rule_set, None))
        kept = {} if record is None else record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return PlainChange(
            {**kept, "verified": plain, "provisional": made.plain},
            CARDS.indexes(before.model_copy(update={"verified": verified})),
            (PlainOutgoing(ScorecardComputedV1, {"scorecard": made.plain}, verified.key.partition_key),),
        )


def take_reopened(record: CardRecord | None, event: Event[CaseReopenedV1], _: Context) -> Change[CardRecord]:
    """A case was opened again: its card does not count until it is verified anew.

    The revision is remembered even where it is not here: it may be a dead letter, and be tried again after this.
    """
    before = record or CardRecord()
    if event.data.revision <= before.reopened_revision:
        return Change(record)
    return Change(before.model_copy(update={"reopened_revision": event.data.revision}))


def _rule_set(verified: VerifiedSubmission, context: Context) -> RuleSet:
    return context.get(RULE_SETS, verified.rule_set.key).rule_set(verified.rule_set)


def build_handlers(scorer: Scorer) -> tuple[Handler, ...]:
    """Scoring's handlers over a scorer."""
    verified = _Verified(scorer)
    return (
        *KEEP_CAMPAIGNS,
        Handler(
            SubmissionVerifiedV1,
            CARDS,
            key=lambda data: data.verified.key.text,
            apply=verified.take_verified,
            needs=lambda data: (rule_set_ref(data.verified.rule_set),),
            prepare=verified.prepare,
        ),
        Handler(CaseReopenedV1, CARDS, key=lambda data: data.key.text, apply=take_reopened),
        *request_handlers(scorer),
    )
