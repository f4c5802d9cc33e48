"""Drafting: what a Decision or a correction would say now. Pure: facts and the operator's words in, a draft out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.publishing.core import refusals
from services.publishing.core.model import NUMBER_PATTERN, Content, Decision, Draft, in_table_order
from services.publishing.core.wording import PROPOSAL, RECIPIENTS, correction_articles, publication_articles
from shared.contracts.common import Campaign
from shared.contracts.envelope import EventData
from shared.contracts.publishing import DecisionDraftedV1, DecisionRef
from shared.contracts.scoring import Ranking
from shared.ruleset.document import LegalBasis

__all__ = ["Decided", "Paper", "Situation", "correct", "draft", "outdated_tables"]


@dataclass(frozen=True)
class Situation:
    """What is known besides the Decision: the campaign, and its newest computed rankings by `GroupKey.text`."""

    campaign: Campaign
    newest: Mapping[str, Ranking]

    def holds(self, ranking: Ranking) -> bool:
        """Whether a ranking is under the rule set that the campaign holds to; an amendment makes it rank anew."""
        return ranking.rule_set == self.campaign.pinned(ranking.key.programme, ranking.key.group)


@dataclass(frozen=True)
class Paper:
    """What the operator writes: number, date, words; `reason` of a correction."""

    number: str
    issued_on: date
    issuer: str
    place: str
    title: str
    legal_basis: tuple[LegalBasis, ...]
    reason: str = ""


@dataclass(frozen=True)
class Decided:
    """The Decision as it now stands (the same object: nothing changed) and what is to be said about it."""

    decision: Decision
    events: tuple[EventData, ...] = ()


def draft(decision: Decision | None, situation: Situation, paper: Paper, by: str, now: datetime) -> Decided:
    """Lay a draft of the publication before the Chairman; it replaces an unsigned one before it."""
    decision = decision or Decision(campaign=situation.campaign.id)
    if decision.live():
        raise refusals.already_published(decision.campaign)
    _check_paper(decision, situation.campaign, paper)
    keys = in_table_order(situation.campaign.groups())
    missing = [key for key in keys if key.text not in situation.newest]
    if missing:
        raise refusals.tables_missing(missing)
    superseded = [situation.newest[key.text] for key in keys if not situation.holds(situation.newest[key.text])]
    if superseded:
        raise refusals.tables_superseded(superseded)
    tables = _due(decision, situation, "publication")
    articles = publication_articles(situation.campaign.year, len(tables))
    return _lay_before(decision, _content("publication", situation.campaign, paper, tables, articles), by, now)


def correct(decision: Decision | None, situation: Situation, paper: Paper, by: str, now: datetime) -> Decided:
    """Draft a correction (đính chính) of those published tables that have a newer ranking which differs."""
    live = decision.live() if decision else {}
    if decision is None or not live:
        raise refusals.not_published(situation.campaign.id)
    _check_paper(decision, situation.campaign, paper)
    tables = _due(decision, situation, "correction")
    if not tables:
        raise refusals.nothing_to_correct(decision.campaign)
    corrects = tuple(dict.fromkeys(live[table.key.text].published.decision for table in tables))
    articles = correction_articles(situation.campaign.year, [table.key for table in tables], corrects, paper.reason)
    content = _content("correction", situation.campaign, paper, tables, articles, corrects)
    return _lay_before(decision, content, by, now)


def outdated_tables(decision: Decision, named: Draft, situation: Situation) -> list[str]:
    """Tables of which the draft no longer holds what a draft made now would hold."""
    then = {table.key.text: table.revision for table in named.content.tables}
    now = {table.key.text: table.revision for table in _due(decision, situation, named.content.kind)}
    return sorted(key for key in then.keys() | now.keys() if then.get(key) != now.get(key))


def _due(decision: Decision, situation: Situation, kind: Literal["publication", "correction"]) -> tuple[Ranking, ...]:
    """The rankings that a draft of this kind holds now, in the order of the annexes."""
    keys = in_table_order(situation.campaign.groups())
    known = [situation.newest[key.text] for key in keys if key.text in situation.newest]
    newest = [each for each in known if situation.holds(each)]
    if kind == "publication":
        return tuple(newest)
    live = decision.live()
    published = {key: edition.published.ranking for key, edition in live.items()}
    return tuple(each for each in newest if each.key.text in published and _corrects(each, published[each.key.text]))


def _corrects(newer: Ranking, published: Ranking) -> bool:
    """Computed again with the same outcome is no correction."""
    return newer.revision > published.revision and newer != published.model_copy(update={"revision": newer.revision})


def _check_paper(decision: Decision, campaign: Campaign, paper: Paper) -> None:
    if not re.fullmatch(NUMBER_PATTERN, paper.number):
        raise refusals.number_malformed(paper.number)
    if paper.number in {signed.content.number for signed in decision.signed()}:
        raise refusals.number_taken(paper.number)
    if paper.issued_on < campaign.dispatch.issued_on:
        raise refusals.issued_too_early(paper.issued_on, campaign.dispatch.issued_on)


def _content(
    kind: Literal["publication", "correction"],
    campaign: Campaign,
    paper: Paper,
    tables: tuple[Ranking, ...],
    articles: tuple[str, ...],
    corrects: tuple[DecisionRef, ...] = (),
) -> Content:
    return Content(
        kind=kind,
        campaign=campaign.id,
        year=campaign.year,
        number=paper.number,
        issued_on=paper.issued_on,
        issuer=paper.issuer,
        place=paper.place,
        title=paper.title,
        legal_basis=paper.legal_basis,
        proposal=PROPOSAL,
        articles=articles,
        recipients=RECIPIENTS,
        tables=tables,
        corrects=corrects,
        reason=paper.reason,
    )


def _lay_before(decision: Decision, content: Content, by: str, now: datetime) -> Decided:
    """Add the draft, unless the same person laid the same one before already (a request sent twice)."""
    content_hash = content.hash()
    latest = decision.drafts[-1] if decision.drafts else None
    if latest and not latest.signature and (latest.content_hash, latest.drafted_by) == (content_hash, by):
        return Decided(decision)
    number = len(decision.drafts) + 1
    added = Draft(draft=number, content=content, content_hash=content_hash, drafted_by=by, drafted_at=now)
    said = DecisionDraftedV1(decision=added.ref(), draft=number, drafted_by=by)
    return Decided(decision.model_copy(update={"drafts": (*decision.drafts, added)}), (said,))
