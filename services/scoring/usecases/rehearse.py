"""Rehearse a rule set on a campaign's verified data: asked for, worked out in pages, kept. Nothing else is touched.

Level-triggered: what is asked for stands in the store until it is done, so a process that ends half-way costs nothing;
the same data gives the same bytes.
"""

from __future__ import annotations

from services.scoring.collections import CAMPAIGNS, REHEARSAL_PAGES, REHEARSALS, REHEARSALS_DUE, RULE_SETS
from services.scoring.core import life_cycle
from services.scoring.core.life_cycle_refusals import nothing_rehearsed
from services.scoring.core.rehearsal import Report
from services.scoring.core.rehearsal_record import RehearsalPage, RehearsalRecord, rehearsal_key
from services.scoring.core.rehearsal_refusals import no_data, no_table
from services.scoring.ports import RuleEngineError
from services.scoring.scorer import Scorer
from services.scoring.usecases.change_rule_set import has_verified_data
from services.scoring.usecases.rehearsal_work import page_key, worked_out
from shared.kernel.errors import DomainError, NotFound
from shared.messaging.aggregate import Change
from shared.messaging.apart import Apart
from shared.messaging.commands import Aggregates

__all__ = ["newest_rehearsal", "page_of", "rehearse_due", "request_rehearsal"]


async def request_rehearsal(aggregates: Aggregates, key: str, campaign_id: str, by: str) -> RehearsalRecord:
    """Ask for a rehearsal; one that is already asked for is not asked twice. Raises `NotFound` or `Conflict`."""
    kept = await aggregates.get(RULE_SETS, key)
    if kept is None:
        raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
    campaign = await aggregates.get(CAMPAIGNS, campaign_id)
    rule_set, now = kept.parsed, aggregates.clock.now()
    if campaign is None or campaign.pinned(rule_set.programme, rule_set.group) is None:
        raise no_table(key, campaign_id)
    asked = RehearsalRecord(
        rule_set=kept.ref,
        campaign=campaign_id,
        programme=rule_set.programme,
        group=rule_set.group,
        requested_by=by,
        requested_at=now,
    )
    if not await has_verified_data(aggregates, asked.table):
        raise no_data(key, campaign_id)

    def ask(record: RehearsalRecord | None) -> Change[RehearsalRecord]:
        if record is not None and record.due:
            return Change(record)
        return Change(asked if record is None else asked.model_copy(update={"reports": record.reports}))

    standing = await aggregates.execute(REHEARSALS, asked.key, ask, actor=by)
    assert standing is not None
    return standing


async def newest_rehearsal(aggregates: Aggregates, key: str, campaign: str) -> RehearsalRecord:
    """The rehearsal of the document that stands under this name now. Raises `NotFound`."""
    kept = await aggregates.get(RULE_SETS, key)
    record = None if kept is None else await aggregates.get(REHEARSALS, rehearsal_key(kept.ref, campaign))
    if record is None:
        raise nothing_rehearsed(key, campaign)
    return record


async def page_of(aggregates: Aggregates, report: Report, number: int) -> RehearsalPage:
    """A page of a report's rows, from 0. Raises `NotFound`."""
    page = await aggregates.get(REHEARSAL_PAGES, page_key(report.basis_hash, number))
    if page is None or number >= report.pages:
        raise NotFound(f"Không có trang {number}", f"there is no page {number}")
    return page


async def rehearse_due(aggregates: Aggregates, scorer: Scorer) -> None:
    """Reconciler: work out every rehearsal that somebody waits for; one that fails stops no other."""
    apart = Apart()
    for record in (await aggregates.find(REHEARSALS, REHEARSALS_DUE, "1")).values():
        with apart.of(f"rehearsal {record.key}"):
            try:
                report = await _worked_out(aggregates, scorer, record)
            except (DomainError, RuleEngineError) as refused:  # trying again would give the same
                await _update(aggregates, record, state="refused", fault=str(refused))
            else:
                await _keep(aggregates, record, report)
    apart.raise_failures()


async def _worked_out(aggregates: Aggregates, scorer: Scorer, record: RehearsalRecord) -> Report:
    async def tell(done: int, of: int) -> None:
        await _update(aggregates, record, state="running", done=done, of=of)

    return await worked_out(aggregates, scorer, record, tell)


async def _keep(aggregates: Aggregates, record: RehearsalRecord, report: Report) -> None:
    """First the step in the rule set's life, then that it is done: cut off in between it is done again."""
    now, by, ref = aggregates.clock.now(), record.requested_by, record.rule_set
    await aggregates.execute(
        RULE_SETS,
        ref.key,
        lambda k: life_cycle.rehearsed(k, ref.key, ref.hash, record.campaign, report.basis_hash, by, now),
        actor=by,
    )
    reports = (*(one for one in record.reports if one.basis_hash != report.basis_hash), report)
    await _update(aggregates, record, state="done", done=report.agencies, of=report.agencies, reports=reports)


async def _update(aggregates: Aggregates, record: RehearsalRecord, **fields: object) -> None:
    """Write how far it is, unless another process was done with it meanwhile."""

    def decide(standing: RehearsalRecord | None) -> Change[RehearsalRecord]:
        if standing is None or not standing.due or standing.requested_at != record.requested_at:
            return Change(standing)
        return Change(standing.model_copy(update=fields))

    await aggregates.execute(REHEARSALS, record.key, decide)
