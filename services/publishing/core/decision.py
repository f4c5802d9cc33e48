"""Signature, publication, withdrawal. Pure: the Decision and what was seen in, the Decision and its events out.

Four eyes: who drafts does not sign. Signature and publication are one step, so that no table is ever public without
a signature, nor signed without being public (Decision 2294/QĐ-UBND: the Chairman promulgates the results).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.publishing.core import refusals
from services.publishing.core.drafting import Decided, Situation, outdated_tables
from services.publishing.core.model import Decision, Draft, Edition, Signature, Withdrawal
from shared.contracts.publishing import DecisionSignedV1, PublishedRanking, RankingWithdrawnV1
from shared.contracts.scoring import Ranking

__all__ = ["Seen", "sign", "withdraw"]


@dataclass(frozen=True)
class Seen:
    """What the signer says he read."""

    draft: int
    content_hash: str


def sign(decision: Decision | None, situation: Situation, seen: Seen, by: str, now: datetime) -> Decided:
    """Sign the newest draft and publish its tables. The same signature again changes nothing, while it holds."""
    if decision is None or not 1 <= seen.draft <= len(decision.drafts):
        raise refusals.no_such_draft(situation.campaign.id, seen.draft)
    named, latest = decision.drafts[seen.draft - 1], decision.drafts[-1]
    if named.content_hash != seen.content_hash:
        raise refusals.other_content(named, seen.content_hash)
    if decision.withdrawal_of(named):
        raise refusals.draft_withdrawn(named)
    if named.signature:
        return Decided(decision)
    if named is not latest:
        raise refusals.draft_replaced(named, latest)
    if named.drafted_by == by:
        raise refusals.same_person(by)
    changed = outdated_tables(decision, named, situation)
    if changed:
        raise refusals.draft_outdated(changed)
    return _publish(decision, named, Signature(signed_by=by, signed_at=now))


def withdraw(decision: Decision | None, campaign: str, reason: str, by: str, now: datetime) -> Decided:
    """Withdraw everything that is published of the campaign. The same withdrawal again changes nothing."""
    live = decision.live() if decision else {}
    if decision is None or not live:
        if decision and _withdrawn_before(decision, reason, by):
            return Decided(decision)
        raise refusals.not_published(campaign)
    mark = Withdrawal(withdrawn_by=by, withdrawn_at=now, reason=reason)
    editions = {key: tuple(_marked(each, mark) for each in found) for key, found in decision.editions.items()}
    events = tuple(
        RankingWithdrawnV1(
            key=edition.published.ranking.key,
            edition=edition.published.edition,
            reason=reason,
            withdrawn_by=by,
            withdrawn_at=now,
        )
        for edition in live.values()
    )
    return Decided(decision.model_copy(update={"editions": editions}), events)


def _publish(decision: Decision, named: Draft, signature: Signature) -> Decided:
    signed = named.model_copy(update={"signature": signature})
    editions = dict(decision.editions)
    said = []
    for ranking in signed.content.tables:
        before = editions.get(ranking.key.text, ())
        edition = _edition(signed, signature, ranking, len(before) + 1)
        editions[ranking.key.text] = (*before, edition)
        said.append(edition.event())
    drafts = (*decision.drafts[:-1], signed)
    first = DecisionSignedV1(decision=signed.ref(), signed_by=signature.signed_by, signed_at=signature.signed_at)
    return Decided(decision.model_copy(update={"drafts": drafts, "editions": editions}), (first, *said))


def _edition(signed: Draft, signature: Signature, ranking: Ranking, number: int) -> Edition:
    published = PublishedRanking(
        ranking=ranking, decision=signed.ref(), edition=number, correction_reason=signed.content.reason
    )
    return Edition(published=published, corrected=signed.content.kind == "correction", signature=signature)


def _marked(edition: Edition, mark: Withdrawal) -> Edition:
    """Withdrawn editions keep the mark they have; superseded ones are withdrawn with their successor."""
    return edition if edition.withdrawal else edition.model_copy(update={"withdrawal": mark})


def _withdrawn_before(decision: Decision, reason: str, by: str) -> bool:
    marks = [editions[-1].withdrawal for editions in decision.editions.values()]
    return any(mark is not None and (mark.reason, mark.withdrawn_by) == (reason, by) for mark in marks)
