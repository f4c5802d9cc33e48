"""The service as tests drive it: messages in, HTTP in, events out; and what it is fed with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.app import definition
from services.scoring.collections import CARDS, COLLECTIONS, RANKINGS, RULE_SETS
from services.scoring.core import life_cycle
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.handlers import build_handlers
from services.scoring.scorer import Scorer
from services.scoring.usecases.compute_ranking import rank_complete_tables
from shared.contracts.common import Agency, Campaign, Dispatch, GroupKey, Period, PinnedRuleSet, SubmissionKey
from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, EventData
from shared.contracts.intake import CampaignClosedV1, CampaignOpenedV1
from shared.contracts.verification import CaseReopenedV1, SubmissionVerifiedV1, VerifiedSubmission
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

NOW = datetime(2021, 11, 20, 2, 0, tzinfo=UTC)
TABLE = GroupKey(campaign="2021", programme="it", group="province")
MEMBERS = ("so-cong-thuong", "so-noi-vu", "so-y-te")
INDEXES = store_indexes(definition().collections)


def the_rule_set(version: str = "1", unit_points: int = 1, **more: Any) -> RuleSet:
    """`apps` points of at most 50, and 50 more for who has the most `posts`; late: less 5; very late: no rank."""
    counted = {"form": "count", "input": "apps", "unit_points": unit_points}
    documents = {"required": True, "documents": ["Danh sách ứng dụng"]}
    late, very = ({"fact": "submission.days_late", "at_least": days} for days in (1, 10))
    return a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", counted, [an_input("apps", minimum=0)], 50, evidence=documents),
            a_criterion("1.2", {"form": "relative", "input": "posts"}, [an_input("posts", minimum=0)], 50),
        ),
        rules=[
            a_rule("nop-muon", late, {"effect": "deduct", "from": "total", "points": 5}),
            a_rule("qua-muon", very, {"effect": "exclude_from_ranking"}),
        ],
        **{"version": version, **more},
    )


RULE_SET = the_rule_set()


def a_campaign(*members: str, status: str = "closed", rule_set: RuleSet = RULE_SET) -> Campaign:
    """The campaign of 2021 with one table."""
    fields = {
        "id": "2021",
        "year": 2021,
        "title": "Đợt 2021",
        "programmes": ("it",),
        "period": Period(first_day=date(2020, 10, 1), last_day=date(2021, 10, 1)),
        "dispatch": Dispatch(number="1/STTTT", issued_on=date(2021, 10, 20)),
        "deadline": datetime(2021, 11, 4, 17, tzinfo=UTC),
        "members": tuple(Agency(id=one, name=f"Cơ quan {one}", group="province") for one in members or MEMBERS),
        "rule_sets": (PinnedRuleSet(programme="it", group="province", rule_set=rule_set.ref()),),
        "status": status,
    }
    return Campaign.model_validate(fields)


def verified(
    agency: str = "so-noi-vu",
    apps: int = 30,
    posts: int = 10,
    *,
    revision: int = 1,
    rule_set: RuleSet = RULE_SET,
    **more: Any,
) -> VerifiedSubmission:
    """What verification established of an agency."""
    submission = a_submission(rule_set, {"apps": apps, "posts": posts}, agency=agency, **more)
    return submission.model_copy(update={"revision": revision, "submission_number": revision})


def a_message(data: EventData, stream: str, sequence: int) -> Record:
    """One of our events as Kafka brings it."""
    envelope = CloudEvent(
        id=f"{stream}#{data.topic}.{sequence}",
        source="/xephang/test",
        type=data.type_,
        time=NOW,
        stream=stream,
        sequence=sequence,
        data=data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    )
    return Record(data.topic, 0, sequence, "k", envelope.headers(), envelope.value())


def was_verified(one: VerifiedSubmission, sequence: int = 1) -> Record:
    event = SubmissionVerifiedV1(verified=one, verified_by="chi-lan", verified_at=NOW)
    return a_message(event, f"verification/cases/{one.key.text}", sequence)


def was_reopened(one: VerifiedSubmission, sequence: int = 2) -> Record:
    event = CaseReopenedV1(
        key=one.key, group="province", revision=one.revision, reason="Khiếu nại", reopened_by="dieu-hanh"
    )
    return a_message(event, f"verification/cases/{one.key.text}", sequence)


def was_opened(campaign: Campaign) -> Record:
    opened = campaign.model_copy(update={"status": "open"})
    return a_message(CampaignOpenedV1(campaign=opened), "intake/campaigns/2021", 1)


def was_closed(campaign: Campaign) -> Record:
    closed = CampaignClosedV1(campaign=campaign, closed_by="dieu-hanh", closed_at=NOW)
    return a_message(closed, "intake/campaigns/2021", 2)


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
        await rank_complete_tables(self.aggregates, self.scorer, None)

    async def has(self, *rule_sets: RuleSet, active: bool = True) -> None:
        """These rule sets were loaded, approved and activated."""
        for rule_set in rule_sets:
            key = rule_set.key
            await self._live(key, lambda old, one=rule_set: life_cycle.load(old, one, "an", NOW))
            await self._live(key, lambda old, key=key: life_cycle.approve(old, key, "binh", NOW))
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
        document = await self.store.get(collection, key)
        assert document is not None
        return [CloudEvent.model_validate(pending["event"]) for pending in document.body["outbox"]]


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


FIRST = (
    verified(MEMBERS[0], apps=40, posts=10),
    verified(MEMBERS[1], apps=30, posts=20),
    verified(MEMBERS[2], apps=20, posts=5, days_late=1),
)


def key_of(agency: str) -> SubmissionKey:
    return SubmissionKey(campaign="2021", programme="it", agency=agency)


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
