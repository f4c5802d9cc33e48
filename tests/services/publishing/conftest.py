"""The publishing service on SQLite, without a broker: records go into its inbox, people come over HTTP."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publishing"))

from publishing_builders import KEYS, NOW, a_campaign, a_card, a_ranking, a_record

from services.publishing.app import definition
from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, EventData
from shared.contracts.intake import CampaignOpenedV1
from shared.contracts.scoring import RankingComputedV1, RuleSetActivatedV1, ScorecardComputedV1
from shared.http.auth import DemoIssuer
from shared.http.problems import install_problem_handlers
from shared.kernel.clock import SettableClock
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.inbox import Inbox
from shared.messaging.messages import Message, Placed, Record
from shared.messaging.relay import Relay, RelayLimits
from shared.service import store_indexes
from shared.storage.sqlite import SqliteStore


class Broker:
    """Takes messages; nobody consumes."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        self.messages += messages
        return [Placed(0, number) for number, _ in enumerate(messages)]

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        return {}

    async def ends(self, topic: str) -> dict[int, int]:
        return {}


@dataclass
class Publishing:
    """The service, and the hands that drive it."""

    store: SqliteStore
    clock: SettableClock
    issuer: DemoIssuer
    requests: list[RepublishRequestedV1] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = definition()
        collections = (*own.collections, DEAD_LETTERS)
        self.aggregates = Aggregates(own.name, self.store, self.clock)
        self.inbox = Inbox(self.aggregates, own.handlers, collections, self._request, backoff=0.001)
        self.broker = Broker()
        self.relay = Relay(own.name, self.store, collections, self.broker, self.broker, RelayLimits(leave=0))
        self.api = FastAPI()
        self.api.state.tokens = self.issuer.verifier()
        install_problem_handlers(self.api)
        self.api.include_router(own.router(self.aggregates))

    async def consume(self, *records: Record) -> None:
        """As from the broker, in one batch."""
        async with asyncio.timeout(10):
            await self.inbox.consume(records)

    async def prepared(self) -> None:
        """Campaign, rule sets, four rankings and a scorecard are there."""
        rule_sets = [RuleSetActivatedV1(record=a_record(key)) for key in KEYS]
        rankings = [RankingComputedV1(ranking=a_ranking(key)) for key in KEYS]
        await self.consume(record(CampaignOpenedV1(campaign=a_campaign())), *map(record, rule_sets))
        await self.consume(record(ScorecardComputedV1(scorecard=a_card())), *map(record, rankings))

    async def call(self, method: str, path: str, who: str = "", json: Any = None, **headers: str) -> httpx.Response:
        """`who` is `role` or `role:agency`; the person is called after it."""
        if who:
            role, _, agency = who.partition(":")
            headers["Authorization"] = f"Bearer {self.issuer.token(f'{role}-1', [role], agency=agency)}"
        transport = httpx.ASGITransport(self.api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://publishing") as client:
            return await client.request(method, path, json=json, headers=headers)

    async def get(self, path: str, who: str = "", **headers: str) -> httpx.Response:
        return await self.call("GET", path, who, **headers)

    async def post(self, path: str, who: str, json: Any) -> httpx.Response:
        return await self.call("POST", path, who, json)

    async def draft(self, **words: Any) -> httpx.Response:
        body = {"number": "2050/QĐ-UBND", "issued_on": "2021-12-20", "title": "Công bố kết quả năm 2021"} | words
        kind = "correction" if "reason" in words else "draft"
        return await self.post(f"/decisions/2021/{kind}", "operator", body)

    async def sign(self, drafted: httpx.Response, who: str = "chairman") -> httpx.Response:
        """Sign the newest draft that an answer shows, an hour later."""
        self.clock.set(self.clock.now() + timedelta(hours=1))
        last = drafted.json()["documents"][-1]
        body = {"draft": last["draft"], "content_hash": last["content_hash"]}
        return await self.post("/decisions/2021/sign", who, body)

    async def published(self) -> httpx.Response:
        await self.prepared()
        return await self.sign(await self.draft())

    async def _request(self, request: RepublishRequestedV1) -> None:
        self.requests.append(request)


def record(data: EventData, sequence: int = 1, *, minutes: int = 0) -> Record:
    """An event as Kafka brings it; the stream is its subject's, as if one aggregate said all of it."""
    inner = next(iter(data.__dict__.values()))
    subject = getattr(inner, "id", None) or getattr(inner, "key", None) or inner.ref
    name = str(getattr(subject, "text", None) or getattr(subject, "key", None) or subject)
    stream = f"source/{data.topic}/{name}"
    envelope = CloudEvent(
        id=f"{stream}#{sequence}",
        source="/source",
        type=data.type_,
        time=NOW + timedelta(minutes=minutes),
        stream=stream,
        sequence=sequence,
        actor="somebody",
        data=data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    )
    return Record(data.topic, 0, sequence, name, envelope.headers(), envelope.value())


@pytest.fixture
async def publishing(tmp_path: Path) -> AsyncIterator[Publishing]:
    store = await SqliteStore.open(tmp_path / "publishing.db", store_indexes(definition().collections))
    yield Publishing(store, SettableClock(NOW), DemoIssuer(tmp_path / "keys"))
    await store.close()


@pytest.fixture
def as_record() -> Any:
    return record
