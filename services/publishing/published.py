"""What is published now, as everybody may list it without reading a single table."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from services.publishing.collections import DECISIONS
from services.publishing.core.model import Decision, Edition, in_table_order
from services.publishing.core.tables import published_bytes
from shared.contracts.common import GroupKey
from shared.kernel.canonical import sha256_hex
from shared.messaging.commands import Aggregates

__all__ = ["PublishedTable", "PublishedTables"]


@dataclass(frozen=True)
class PublishedTable:
    """One table that holds now; `told` is what is said of it, as plain JSON."""

    key: GroupKey
    edition: int
    told: dict[str, Any]


class PublishedTables:
    """The tables that hold now, by campaign.

    A Decision holds every row of all its editions, several megabytes for a nation. What is listed of it is a few lines
    and kept: it is read again only once it stands at another version, and by one of those who ask at once.
    """

    def __init__(self, aggregates: Aggregates) -> None:
        self._aggregates = aggregates
        self._known: dict[str, tuple[int, tuple[PublishedTable, ...]]] = {}
        self._reading = asyncio.Lock()

    async def of(self, campaign: str | None) -> list[PublishedTable]:
        """Those of a campaign, or (None) of all, by campaign and in the order of the annexes."""
        versions = await self._aggregates.store.versions(DECISIONS.name, None if campaign is None else [campaign])
        return [table for key in sorted(versions) for table in await self._tables(key, versions[key])]

    async def _tables(self, campaign: str, version: int) -> tuple[PublishedTable, ...]:
        async with self._reading:
            known, tables = self._known.get(campaign, (0, ()))
            if known < version:
                decision = await self._aggregates.get(DECISIONS, campaign)
                tables = () if decision is None else _live(decision)
                self._known[campaign] = version, tables
            return tables


def _live(decision: Decision) -> tuple[PublishedTable, ...]:
    live = decision.live()
    keys = in_table_order(edition.published.ranking.key for edition in live.values())
    return tuple(_table(live[key.text]) for key in keys)


def _table(edition: Edition) -> PublishedTable:
    published, key = edition.published, edition.published.ranking.key
    told = {
        **key.model_dump(mode="json"),
        "year": published.ranking.year,
        "edition": published.edition,
        "decision": published.decision.model_dump(mode="json"),
        "correction_reason": published.correction_reason,
        "signed_at": edition.signature.model_dump(mode="json")["signed_at"],
        "sha256": sha256_hex(published_bytes(edition)),
    }
    return PublishedTable(key, published.edition, told)
