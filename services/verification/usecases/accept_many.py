"""A verifier accepts and completes many cases of a campaign in one call, each in its own atomic write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.verification.collections import BY_CAMPAIGN_STATUS, CAMPAIGNS, CASES, campaign_status
from services.verification.core import case as core
from services.verification.core.model import Case
from services.verification.core.ordinary import accept_ordinary, is_ordinary
from services.verification.core.refusals import absent, campaign_unknown
from services.verification.rules import Checklists
from shared.contracts.common import Campaign, SubmissionKey
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import AggregateDocument, PlainChange, PlainOutgoing
from shared.messaging.commands import Aggregates
from shared.messaging.plain import execute_plain
from shared.ruleset.document import Programme, RuleSetRef
from shared.storage.port import Document

__all__ = ["Outcome", "accept_many"]

_PAGE = 200  # cases held in memory at a time
Read = Mapping[str, Document] | None  # documents of cases that were read when they were looked for


@dataclass(frozen=True)
class Outcome:
    """What became of one case: its revision (0: never completed), and the refusal if there was one.

    Not the case itself: a nation's would not fit into memory.
    """

    key: SubmissionKey
    revision: int = 0
    refusal: DomainError | None = None


async def accept_many(
    aggregates: Aggregates,
    campaign: str,
    *,
    verifier: str,
    programme: Programme | None = None,
    agencies: Sequence[str] | None = None,
) -> list[Outcome]:
    """Every open case of the campaign (and programme), or those of the agencies named; a refusal stops no other case.

    Raises `NotFound` where the campaign is not known. Calling it again does only what is left.
    """
    found = await aggregates.get(CAMPAIGNS, campaign)
    if found is None:
        raise campaign_unknown(campaign)
    held = [amendment.before for amendment in found.amendments]  # of cases that are still to be carried
    checklists = await Checklists.load(aggregates, [*(pin.rule_set for pin in found.rule_sets), *held])
    pages = _open(aggregates, found, programme) if agencies is None else _named(found, programme, agencies)
    outcomes: list[Outcome] = []
    async for keys, read in pages:
        outcomes += await _accept(aggregates, keys, read, checklists, verifier)
    return outcomes


async def _accept(
    aggregates: Aggregates, keys: Sequence[str], read: Read, checklists: Checklists, verifier: str
) -> list[Outcome]:
    outcomes: dict[str, Outcome] = {}
    before: dict[str, int] = {}  # revisions
    now = aggregates.clock.now()  # one act, at one moment, on all of them

    def deciding(key: SubmissionKey) -> Callable[[Any], PlainChange]:
        def decide(case: Any) -> PlainChange:
            before[key.text] = case.get("revision", 0) if case else 0
            # May be called again when somebody wrote in between: the last outcome is the one that was written.
            try:
                change = _completed(case, key, checklists, verifier, now)
            except DomainError as refusal:
                outcomes[key.text] = Outcome(key, before[key.text], refusal)
                return PlainChange(case)
            outcomes[key.text] = Outcome(key, change.state["revision"])
            return change

        return decide

    documents = await aggregates.store.get_many(CASES.name, keys) if read is None else read
    found = {key: AggregateDocument.load(CASES, key, documents.get(key)) for key in keys}
    decisions = {key: deciding(SubmissionKey.parse(key)) for key in keys}
    refused = await execute_plain(aggregates, CASES, decisions, found, actor=verifier)
    for name, refusal in refused.items():  # what became of it could not be told
        outcomes[name] = Outcome(outcomes[name].key, before[name], refusal)
    return [outcomes[key] for key in keys]


def _completed(plain: Any, key: SubmissionKey, checklists: Checklists, verifier: str, now: datetime) -> PlainChange:
    """What becomes of a case; that it is ordinary only makes it sooner done."""
    if plain is None:
        raise absent(key)
    checklist = checklists.of(RuleSetRef.model_validate(plain["rule_set"]))
    if is_ordinary(plain, checklist):
        done, events = accept_ordinary(plain, checklist, by=verifier, now=now)
        return PlainChange(done, {BY_CAMPAIGN_STATUS: [campaign_status(key.campaign, "verified")]}, events)
    change = core.accept_all(Case.model_validate(plain), checklist, by=verifier, now=now, completing=True)
    assert change.state is not None
    told = tuple(PlainOutgoing(type(event.data), event.data.plain(), event.key) for event in change.events)
    state = change.state.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return PlainChange(state, CASES.indexes(change.state), told)


async def _open(
    aggregates: Aggregates, campaign: Campaign, programme: Programme | None
) -> AsyncIterator[tuple[Sequence[str], Read]]:
    value = campaign_status(campaign.id, "open")
    after: str | None = None
    while page := await aggregates.store.find(CASES.name, BY_CAMPAIGN_STATUS, value, after=after, limit=_PAGE):
        after = page[-1].key
        wanted = [d for d in page if programme in (None, SubmissionKey.parse(d.key).programme)]
        yield [d.key for d in wanted], {d.key: d for d in wanted}


async def _named(
    campaign: Campaign, programme: Programme | None, agencies: Sequence[str]
) -> AsyncIterator[tuple[Sequence[str], Read]]:
    programmes = (programme,) if programme else campaign.programmes
    keys = [
        SubmissionKey(campaign=campaign.id, programme=one, agency=agency).text
        for one in programmes
        for agency in dict.fromkeys(agencies)
    ]
    for start in range(0, len(keys), _PAGE):
        yield keys[start : start + _PAGE], None
