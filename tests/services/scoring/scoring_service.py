"""The service as tests drive it: messages in, HTTP in, events out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from scoring_messages import MEMBERS, NOW, TABLE, a_campaign, key_of, was_closed, was_opened, was_verified

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.app import definition
from services.scoring.collections import CARDS, COLLECTIONS, RANKINGS, RULE_SETS
from services.scoring.core import life_cycle
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.handlers import build_handlers
from services.scoring.scorer import Scorer
from services.scoring.usecases.reconcile_rankings import rank_complete_tables
from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent
from shared.contracts.verification import VerifiedSubmission
from shared.http.auth import DemoIssuer
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.inbox import PASSED, Inbox
from shared.messaging.messages import Record
from shared.ruleset.document import RuleSet
from shared.service import Parts, Service, store_indexes
from shared.storage.port import DocumentStore
from shared.storage.sqlite import SqliteStore
from tests.services.told import told_by

INDEXES = store_indexes(definition().collections)


class Scoring:
    """The service's inside over a store: inbox, scorer, reconciler. What it says stays in its documents."""

    def __init__(self, store: DocumentStore) -> None:
        self.store = store
        self.clock = SettableClock(NOW)
        self.aggregates = Aggregates("scoring", store, self.clock)
        self.engine = DurableEngine()
        self.scorer = Scorer(self.engine)
        self.asked: list[RepublishRequestedV1] = []
        handlers, collections = build_handlers(self.scorer), (*COLLECTIONS, DEAD_LETTERS, PASSED)
        self.inbox = Inbox(self.aggregates, handlers, collections, self._ask, backoff=0.001)

    async def _ask(self, request: RepublishRequestedV1) -> None:
        self.asked.append(request)

    async def consume(self, *records: Record) -> None:
        await self.inbox.consume(records)

    async def reconcile(self) -> None:
        """What the reconcilers do after a write."""
        await rank_complete_tables(self.aggregates, self.scorer)

    async def has(self, *rule_sets: RuleSet, active: bool = True) -> None:
        """These rule sets were loaded, approved and activated."""
        for rule_set in rule_sets:
            key = rule_set.key
            await self._live(key, lambda old, one=rule_set: life_cycle.load(old, one, "an", NOW))
            await self._live(
                key, lambda old, one=rule_set: life_cycle.approve(old, one.key, "binh", NOW, one.content_hash())
            )
            if active:
                await self._live(key, lambda old, key=key: life_cycle.activate(old, key, 2021, "binh", NOW))
        await self.inbox.sweep()

    async def _live(self, key: str, decide: Any) -> None:
        await self.aggregates.execute(RULE_SETS, key, decide)

    async def ranked(self, *submissions: VerifiedSubmission) -> RankingRecord:
        """The ranking of a closed campaign whose members are these."""
        campaign = a_campaign(*(one.key.agency for one in submissions))
        await self.consume(was_opened(campaign), was_closed(campaign), *map(was_verified, submissions))
        await self.reconcile()
        found = await self.ranking()
        assert found is not None
        return found

    async def card(self, agency: str = "so-noi-vu") -> CardRecord | None:
        return await self.aggregates.get(CARDS, key_of(agency).text)

    async def ranking(self) -> RankingRecord | None:
        return await self.aggregates.get(RANKINGS, TABLE.text)

    async def said(self, collection: str, key: str) -> list[CloudEvent]:
        """What an aggregate told, oldest first."""
        return await told_by(self.store, collection, key)


class ScoringApi(Scoring):
    """The same with its HTTP API."""

    def __init__(self, store: DocumentStore, issuer: DemoIssuer) -> None:
        super().__init__(store)
        self._issuer = issuer

    @cached_property
    def api(self) -> FastAPI:
        """The service's HTTP API."""
        return Service(definition(), Parts(self.store, "127.0.0.1:9", self.clock, self._issuer.verifier())).api

    async def call(self, method: str, path: str, who: str = "", **more: Any) -> httpx.Response:
        """`who`: `role`, `role:agency` or `role=name`; nobody in particular without any."""
        headers: Mapping[str, str] = {}
        if who:
            roles, _, agency = who.partition(":")
            role, _, name = roles.partition("=")
            token = self._issuer.token(name or f"{role}-1", [role], agency=agency)
            headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self.api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://scoring") as client:
            return await client.request(method, path, headers=headers, **more)

    async def get(self, path: str, who: str = "operator") -> httpx.Response:
        return await self.call("GET", path, who)

    async def post(self, path: str, body: Any, who: str = "rules_admin=an") -> httpx.Response:
        """Post JSON, or bytes as they are."""
        if isinstance(body, bytes):
            return await self.call("POST", path, who, content=body)
        return await self.call("POST", path, who, json=body)


async def outcome_of(scoring: Scoring) -> tuple[Any, ...]:
    """The ranking and the shown scorecards as bytes, and what was told of them, in order."""
    ranking = await scoring.ranking()
    assert ranking is not None
    cards = [await scoring.card(agency) for agency in MEMBERS]
    told = [
        (event.type, event.data["scorecard"]["stage"])
        for agency in MEMBERS
        for event in await scoring.said(CARDS.name, key_of(agency).text)
    ]
    return (
        canonical_json(ranking.model_dump(mode="json")),
        [canonical_json(card.shown.model_dump(mode="json")) for card in cards if card is not None],
        told,
        [event.sequence for event in await scoring.said(RANKINGS.name, TABLE.text)],
    )


@asynccontextmanager
async def a_store(folder: Path) -> AsyncIterator[SqliteStore]:
    """A new file in the folder."""
    store = await SqliteStore.open(folder / "scoring.db", INDEXES)
    try:
        yield store
    finally:
        await store.close()
