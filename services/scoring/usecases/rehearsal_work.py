"""One rehearsal at work: cards read page by page, scored under both versions, rows written as pages of a report.

Cards are read twice and never held all at once: first for what the rehearsal is made of (its basis, the group's highest
values), then to be scored. Ranks are known at the end, so pages are written, and then written again with them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from services.scoring.collections import CAMPAIGNS, CARDS, REHEARSAL_PAGES, RULE_SETS, TABLE
from services.scoring.core.lineage import carried_along, lineage, links
from services.scoring.core.ranking import order_of, places
from services.scoring.core.rehearsal import Report, Row, basis_of, compared, names_of, placed, scored_hash, tally
from services.scoring.core.rehearsal_criteria import Comparing, Side
from services.scoring.core.rehearsal_record import RehearsalPage, RehearsalRecord
from services.scoring.core.rehearsal_refusals import changed_meanwhile, no_data, no_table, replaced_meanwhile
from services.scoring.core.scorecard import Scorecard
from services.scoring.scorer import Scorer
from services.scoring.usecases.final_scorecards import pinned_rule_set
from shared.contracts.common import Campaign
from shared.contracts.verification import VerifiedSubmission
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet

__all__ = ["page_key", "worked_out"]

_BATCH = 100  # agencies scored at a time, and rows a page
_TELL_EVERY = 500  # agencies
_ROUNDS = 3  # so often it begins anew because cards changed meanwhile

Best = dict[str, Fraction]
Order = tuple[Fraction, ...]
Tell = Callable[[int, int], Awaitable[None]]


async def worked_out(aggregates: Aggregates, scorer: Scorer, record: RehearsalRecord, tell: Tell) -> Report:
    """The report, its pages written; `tell` is given now and then how many agencies of how many are done.

    Raises `DomainError` where there is nothing to compare.
    """
    work = await _Work.of(aggregates, scorer, record)
    for _ in range(_ROUNDS):
        surveyed = await work.survey()
        if not surveyed.hashes:
            raise no_data(record.rule_set.key, record.campaign)
        basis = basis_of(work.path, record.campaign, surveyed.hashes, work.names)
        known = next((report for report in record.reports if report.basis_hash == basis), None)
        if known is not None:
            return known
        scored = await work.score(basis, surveyed, tell)
        if scored is not None:
            return await work.report(basis, surveyed, scored)
    raise changed_meanwhile(record.rule_set.key, record.campaign)


def page_key(basis_hash: str, number: int) -> str:
    """The key of a page of rows, from 0."""
    return f"{basis_hash}/{number:05}"


@dataclass
class _Surveyed:
    """What a rehearsal is made of: by agency a hash of what is scored, and its revision; the highest values."""

    hashes: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    best: tuple[Best, Best] = field(default_factory=lambda: ({}, {}))


@dataclass
class _Scored:
    """What is left to know when all rows are written: what everybody is ranked by, by agency; who is asked again."""

    pages: int = 0
    done: int = 0
    orders: tuple[dict[str, Order], dict[str, Order]] = field(default_factory=lambda: ({}, {}))
    asked_again: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Work:
    """One rehearsal at work: the versions from the pinned one to the draft, and the names of the table's members."""

    aggregates: Aggregates
    scorer: Scorer
    record: RehearsalRecord
    path: tuple[RuleSet, ...]
    comparing: Comparing
    names: Mapping[str, str]

    @classmethod
    async def of(cls, aggregates: Aggregates, scorer: Scorer, record: RehearsalRecord) -> _Work:
        kept = await aggregates.all(RULE_SETS)
        draft, campaign = kept.get(record.rule_set.key), await aggregates.get(CAMPAIGNS, record.campaign)
        if draft is None or draft.ref != record.rule_set:
            raise replaced_meanwhile(record.rule_set.key)
        pinned = await _pinned(aggregates, campaign, record)
        path = lineage(pinned, draft.parsed, {key: one.parsed for key, one in kept.items()})
        assert campaign is not None
        names = {member.id: member.name for member in campaign.members_of(record.group)}
        comparing = Comparing(scorer.compiled(path[0]), scorer.compiled(path[-1]), links(path))
        return cls(aggregates, scorer, record, path, comparing, names)

    async def survey(self) -> _Surveyed:
        """The first look at all cards."""
        surveyed, compares = _Surveyed(), self._compares_with_the_best
        async for page in self._pages():
            for plain in page:
                agency = plain["key"]["agency"]
                surveyed.hashes[agency] = scored_hash(plain)
                surveyed.revisions[agency] = plain["revision"]
            if compares:
                self._raise_marks(surveyed.best, [VerifiedSubmission.model_validate(plain) for plain in page])
        return surveyed

    def _raise_marks(self, bests: tuple[Best, Best], verified: Sequence[VerifiedSubmission]) -> None:
        """The highest values of the group, under both versions."""
        carried = [carried_along(self.path, one)[0] for one in verified]
        for best, rule_set, some in zip(bests, self._ends, (verified, carried), strict=True):
            for name, value in self.scorer.group_best(rule_set, some).items():
                best[name] = max(value, best.get(name, value))

    async def score(self, basis: str, surveyed: _Surveyed, tell: Tell) -> _Scored | None:
        """The second look: every row but its ranks, page by page. None if a card is not what it was."""
        scored, told = _Scored(), 0
        await tell(0, len(surveyed.hashes))
        async for page in self._pages():
            verified = [VerifiedSubmission.model_validate(plain) for plain in page]
            if any(surveyed.revisions.get(one.key.agency) != one.revision for one in verified):
                return None
            rows = self._rows(verified, surveyed.best, scored)
            await self._write(basis, scored.pages, rows)
            scored.pages += 1
            scored.done += len(rows)
            if scored.done - told >= _TELL_EVERY:
                told = scored.done
                await tell(told, len(surveyed.hashes))
        return scored if scored.done == len(surveyed.hashes) else None

    async def report(self, basis: str, surveyed: _Surveyed, scored: _Scored) -> Report:
        """Ranks into every page, and what it comes to."""
        names = (names_of(self.path[0]), names_of(self.path[-1]))
        ranks = (places(scored.orders[0]), places(scored.orders[1]))
        counted: Counter[str] = Counter()
        for number in range(scored.pages):
            page = await self.aggregates.get(REHEARSAL_PAGES, page_key(basis, number))
            assert page is not None
            rows = tuple(placed(row, *ranks) for row in page.rows)
            await self._write(basis, number, rows)
            counted += tally(rows, names)
        return Report(
            rule_set=self.record.rule_set,
            compared_with=self.path[0].ref(),
            campaign=self.record.campaign,
            programme=self.record.programme,
            group=self.record.group,
            basis_hash=basis,
            path=tuple(one.key for one in self.path),
            agencies=scored.done,
            pages=scored.pages,
            tally=dict(sorted(counted.items())),
            asked_again=dict(sorted(scored.asked_again.items())),
            left_out=tuple(sorted(self.names.keys() - surveyed.hashes.keys())),
            names=names,
        )

    @property
    def _ends(self) -> tuple[RuleSet, RuleSet]:
        return self.path[0], self.path[-1]

    @property
    def _compares_with_the_best(self) -> bool:
        return any(self.scorer.compiled(rule_set).best_keys for rule_set in self._ends)

    async def _pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        """What was verified of those who count in the table, as plain JSON, by agency; the others get their turn."""
        pinned = self.path[0].ref().model_dump(mode="json")
        async for page in self.aggregates.plain_pages(CARDS, TABLE, self.record.table.text, limit=_BATCH):
            verified = [card["verified"] for card in page]
            counted = [one for one in verified if one["key"]["agency"] in self.names and one["rule_set"] == pinned]
            if counted:
                yield counted
            await asyncio.sleep(0)

    def _rows(
        self, verified: Sequence[VerifiedSubmission], best: tuple[Best, Best], scored: _Scored
    ) -> tuple[Row, ...]:
        carried = [carried_along(self.path, one) for one in verified]
        befores = self.scorer.score(self.path[0], verified, best[0])
        afters = self.scorer.score(self.path[-1], [one for one, _ in carried], best[1])
        compiled = [self.scorer.compiled(rule_set) for rule_set in self._ends]
        rows = []
        for one, (new, asked), before, after in zip(verified, carried, befores, afters, strict=True):
            agency = one.key.agency
            sides = Side(compiled[0], one, before, best[0]), Side(compiled[1], new, after, best[1])
            moved, counted = self.comparing.moved(*sides), self._counted(asked)
            row = compared(agency, self.names[agency], (before, after), moved, self.comparing.renamed, counted)
            self._note(agency, before, after, scored)
            scored.asked_again.update(row.asked_again)
            rows.append(row)
        return tuple(rows)

    def _counted(self, asked: frozenset[str]) -> list[str]:
        """Those of the criteria asked again that are scored."""
        return [one.code for one in self.path[-1].criteria() if one.code in asked and one.method.form != "information"]

    def _note(self, agency: str, before: Scorecard, after: Scorecard, scored: _Scored) -> None:
        for orders, rule_set, card in zip(scored.orders, self._ends, (before, after), strict=True):
            if not card.excluded:
                orders[agency] = order_of(rule_set.result, card)

    async def _write(self, basis: str, number: int, rows: tuple[Row, ...]) -> None:
        new = RehearsalPage(rows=rows)
        await self.aggregates.execute(
            REHEARSAL_PAGES, page_key(basis, number), lambda page: Change(page if page == new else new)
        )


async def _pinned(aggregates: Aggregates, campaign: Campaign | None, record: RehearsalRecord) -> RuleSet:
    ref = None if campaign is None else campaign.pinned(record.programme, record.group)
    if ref is None:
        raise no_table(record.rule_set.key, record.campaign)
    return await pinned_rule_set(aggregates, ref)
