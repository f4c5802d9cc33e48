"""The service as tests drive it: messages in, HTTP in, events out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from verification_builders import NOW, a_campaign, a_record

from services.verification.app import definition
from services.verification.collections import CASES
from services.verification.core.model import Case
from shared.contracts.common import SubmissionKey
from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, EventData
from shared.contracts.intake import CampaignOpenedV1
from shared.contracts.scoring import RuleSetActivatedV1
from shared.http.auth import DemoIssuer
from shared.kernel.clock import SettableClock
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.inbox import Inbox
from shared.messaging.messages import Record
from shared.service import Parts, Service, store_indexes
from shared.storage.sqlite import SqliteStore
from tests.services.told import told_by

CASE = "/cases/2021/it/so-noi-vu"


def a_message(data: EventData, stream: str, sequence: int, key: str = "k") -> Record:
    """The event as the broker brings it."""
    event = CloudEvent(
        id=f"{stream}#{sequence}",
        source="/xephang/test",
        type=data.type_,
        time=NOW,
        stream=stream,
        sequence=sequence,
        partitionkey=key,
        data=data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    )
    return Record(data.topic, 0, sequence, key, event.headers(), event.value())


class Verification:
    """The service over its store, without a broker: what it says stays to be looked at in its documents."""

    def __init__(self, store: SqliteStore, issuer: DemoIssuer) -> None:
        self.store = store
        self.clock = SettableClock(NOW)
        self.service = Service(definition(), Parts(store, "127.0.0.1:9", self.clock, issuer.verifier()))
        # Its own inbox, because the service's asks a broker for what is missing.
        collections = (*definition().collections, DEAD_LETTERS)
        self.asked: list[RepublishRequestedV1] = []
        self.inbox = Inbox(self.service.aggregates, definition().handlers, collections, self._ask)
        self._issuer = issuer

    async def _ask(self, request: RepublishRequestedV1) -> None:
        self.asked.append(request)

    async def consume(self, *records: Record) -> None:
        await self.inbox.consume(records)

    async def knows_campaign(self, *agencies: str) -> None:
        await self.consume(a_message(CampaignOpenedV1(campaign=a_campaign(*agencies)), "intake/campaigns/2021", 1))

    async def knows_rule_set(self) -> None:
        await self.consume(a_message(RuleSetActivatedV1(record=a_record()), "scoring/rule_sets/tiny@2021", 1))

    async def case(self, key: SubmissionKey) -> Case | None:
        return await self.service.aggregates.get(CASES, key.text)

    async def said(self, key: SubmissionKey) -> list[CloudEvent]:
        """What the case told, oldest first on each topic."""
        return await told_by(self.store, CASES.name, key.text)

    def client(self, *roles: str, subject: str = "nguoi-dung", agency: str = "") -> httpx.AsyncClient:
        """Somebody with these roles; nobody in particular without any."""
        headers = {}
        if roles:
            headers["Authorization"] = f"Bearer {self._issuer.token(subject, roles, agency=agency)}"
        transport = httpx.ASGITransport(self.service.api, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)

    async def post(self, path: str, body: Any, *roles: str, subject: str = "nguoi-dung") -> httpx.Response:
        """Post JSON (or bytes as they are) as somebody with these roles."""
        async with self.client(*roles, subject=subject) as client:
            if isinstance(body, bytes):
                return await client.post(path, content=body)
            return await client.post(path, json=body)

    async def get(self, path: str, *roles: str, agency: str = "") -> httpx.Response:
        async with self.client(*roles, agency=agency) as client:
            return await client.get(path)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Verification]:
    """A service over a new file in the folder."""
    store = await SqliteStore.open(folder / "verification.db", store_indexes(definition().collections))
    try:
        yield Verification(store, DemoIssuer(folder / "keys"))
    finally:
        await store.close()
