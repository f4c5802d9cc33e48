"""The service as tests drive it: messages in, HTTP in, events out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from intake_builders import NOW, RULE_SET, a_record, an_agency, figures

from services.intake.app import definition
from services.intake.collections import CAMPAIGNS, SUBMISSIONS
from services.intake.core.model import CampaignPlan, SubmissionRecord
from services.intake.usecases.open_campaign import open_campaign
from services.intake.usecases.register_agencies import register_agencies
from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, EventData
from shared.contracts.intake import PlatformSubmissionV1
from shared.contracts.scoring import RuleSetActivatedV1
from shared.http.auth import DemoIssuer
from shared.kernel.clock import SettableClock
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.inbox import PASSED, Inbox
from shared.messaging.messages import Record
from shared.service import Parts, Service, store_indexes
from shared.storage.sqlite import SqliteStore
from tests.services.told import told_by

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PLAN = {
    "id": "2021",
    "year": 2021,
    "title": "Đợt 2021",
    "programmes": ["it"],
    "dispatch": {"number": "1/STTTT", "issued_on": "2021-10-20"},
}


def an_answer(agency: str = "so-noi-vu", **more: Any) -> dict[str, Any]:
    """What is posted: the data of a platform's event, or the whole of plain JSON."""
    return {"campaign": "2021", "programme": "it", "agency": agency, "figures": figures(), "evidence": {}, **more}


def an_event(id_: str = "e1", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    """A structured CloudEvent of the platform."""
    data = more.pop("data", None)
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/nen-tang",
        "type": PlatformSubmissionV1.type_,
        "time": at.isoformat(),
        "data": an_answer() if data is None else data,
        **more,
    }


def a_post(event: dict[str, Any]) -> Record:
    """The platform's event as Kafka brings it."""
    envelope = CloudEvent.model_validate({name: value for name, value in event.items() if name != "specversion"})
    return Record("platform-submissions", 0, 0, "k", envelope.headers(), envelope.value())


def a_message(data: EventData, stream: str, sequence: int = 1) -> Record:
    """One of our events as Kafka brings it."""
    envelope = CloudEvent(
        id=f"{stream}#{sequence}",
        source="/xephang/test",
        type=data.type_,
        time=NOW,
        stream=stream,
        sequence=sequence,
        data=data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    )
    return Record(data.topic, 0, sequence, "k", envelope.headers(), envelope.value())


class Intake:
    """The service over its store, without a broker: what it says stays to be looked at in its documents."""

    def __init__(self, store: SqliteStore, issuer: DemoIssuer) -> None:
        self.store = store
        self.clock = SettableClock(NOW)
        self.aggregates = Aggregates("intake", store, self.clock)
        self.asked: list[RepublishRequestedV1] = []
        own = definition()
        collections = (*own.collections, DEAD_LETTERS, PASSED)
        self.inbox = Inbox(self.aggregates, own.handlers, collections, self._ask, backoff=0.001)
        self._reconcilers = own.reconcilers(self.aggregates)
        self._issuer = issuer

    @cached_property
    def api(self) -> FastAPI:
        """The service's HTTP API."""
        return Service(definition(), Parts(self.store, "127.0.0.1:9", self.clock, self._issuer.verifier())).api

    async def _ask(self, request: RepublishRequestedV1) -> None:
        self.asked.append(request)

    async def consume(self, *records: Record) -> None:
        await self.inbox.consume(records)

    async def reconcile(self) -> None:
        """What the reconcilers do after a write."""
        for reconciler in self._reconcilers:
            await reconciler.run(None)

    async def knows_rule_set(self) -> None:
        await self.consume(a_message(RuleSetActivatedV1(record=a_record()), f"scoring/rule_sets/{RULE_SET.key}"))

    async def opened(self, *agencies: str) -> None:
        """The register has these agencies, and the campaign 2021 is open for them."""
        await register_agencies(self.aggregates, [an_agency(one) for one in agencies], "operator-1")
        await open_campaign(self.aggregates, CampaignPlan.model_validate(PLAN), "operator-1")

    async def record(self, agency: str = "so-noi-vu") -> SubmissionRecord | None:
        return await self.aggregates.get(SUBMISSIONS, f"2021/it/{agency}")

    async def said(self, key: str) -> list[CloudEvent]:
        """What an aggregate told: of a submission `2021/it/so-noi-vu`, of the campaign `2021`."""
        return await told_by(self.store, SUBMISSIONS.name if "/" in key else CAMPAIGNS.name, key)

    async def call(self, method: str, path: str, who: str = "", **more: Any) -> httpx.Response:
        """`who`: `role`, `role:agency`, or nobody in particular; the person is called after it."""
        headers = more.pop("headers", {})
        if who:
            roles, _, agency = who.partition(":")
            token = self._issuer.token(f"{roles}-1", roles.split("+"), agency=agency)
            headers = {"Authorization": f"Bearer {token}", **headers}
        transport = httpx.ASGITransport(self.api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            return await client.request(method, path, headers=headers, **more)

    async def get(self, path: str, who: str = "") -> httpx.Response:
        return await self.call("GET", path, who)

    async def post(self, path: str, body: Any, who: str = "", kind: str = "", **headers: str) -> httpx.Response:
        """Post JSON, or bytes as they are."""
        if kind:
            headers["content-type"] = kind
        if isinstance(body, bytes):
            return await self.call("POST", path, who, content=body, headers=headers)
        return await self.call("POST", path, who, json=body, headers=headers)

    async def submit(self, body: Any, who: str = "platform", kind: str = "", **headers: str) -> httpx.Response:
        return await self.post("/submissions", body, who, kind, **headers)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Intake]:
    """A service over a new file in the folder."""
    store = await SqliteStore.open(folder / "intake.db", store_indexes(definition().collections))
    try:
        yield Intake(store, DemoIssuer(folder / "keys"))
    finally:
        await store.close()


def places(response: httpx.Response) -> set[tuple[str, str]]:
    """Place and code of each fault; every fault speaks both languages."""
    faults: Sequence[dict[str, str]] = response.json()["faults"]
    assert all(fault["vi"] and fault["en"] for fault in faults)
    return {(fault["place"], fault["code"]) for fault in faults}
