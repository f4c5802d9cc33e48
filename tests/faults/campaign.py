"""One small campaign, played from its dispatch to the signature by people who do not give up.

Whoever acts looks first whether it is done already, tries again when a service does not answer, and notes what was
accepted: that is the first column of the ledger. Nothing here depends on when it happens, so campaigns with the same id
give the same bytes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import httpx
from confluent_kafka import Producer

from deploy.xephang.year.answering import STRUCTURED, Posting, RuleSets, answer_event
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office, Refused
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR, PLATFORM, VERIFIER, Stage, local
from shared.contracts.common import Agency
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import Group

YEAR = 2021
PROGRAMME = "portal"
GROUPS: tuple[Group, ...] = ("province", "district")
RULE_SETS = ("portal-province/2021.1.yaml", "portal-district/2021.1.yaml")
MEMBERS = (
    "so-tai-chinh",  # answers again before the deadline
    "so-xay-dung",  # has its answer returned by verification
    "so-y-te",  # answers over Kafka
    "so-ngoai-vu",  # does not answer
    "huyen-son-dong",  # answers six days late
    "huyen-hiep-hoa",  # answers over Kafka
)
PATIENCE = 240.0  # seconds for one step, on a machine that does other things too
_TRY_AGAIN = 0.25
SILENT = logging.Logger("faults-kafka", level=logging.CRITICAL + 1)


@dataclass(frozen=True)
class Plan(ExampleYear):
    """The small campaign under an id of its own."""

    id: str

    @property
    def campaign(self) -> str:
        return self.id


def plan_of(campaign: str) -> Plan:
    """The plan of a campaign: it differs from all others by its id only."""
    year = example_year(YEAR).among(MEMBERS)
    return Plan(id=campaign, **{field.name: getattr(year, field.name) for field in fields(ExampleYear)})


async def prepare(stage: Stage) -> RuleSets:
    """What all campaigns need: the agencies registered, and the criteria in force."""
    agencies = [agency.model_dump() for agency in example_year(YEAR).agencies]
    await stage.office.put("/intake/agencies", OPERATOR, agencies)
    rule_sets = [await put_in_force(stage, name, YEAR) for name in RULE_SETS]
    return {(rule_set.programme, rule_set.group): rule_set for rule_set in rule_sets}


class Stuck(AssertionError):
    """Something did not come about, however long it was waited for."""


@dataclass
class Play:
    """A campaign that is being played. `said` hears of every act before it is done.

    `kafka` is the platform's own way to the broker, not the services'.
    """

    office: Office
    kafka: str
    plan: Plan
    rule_sets: RuleSets
    said: Callable[[str], None] = lambda _: None
    accepted: list[str] = field(default_factory=list)  # ids of the answers that were accepted, in their order
    _over_kafka: list[tuple[str, bytes]] = field(default_factory=list)

    async def play(self) -> None:
        """All of it."""
        await self._open()
        await self._answer()
        await self._close()
        await self._verify()
        await self._decide()

    async def post_again(self) -> None:
        """What stood on a broker whose data is gone is sent again by whoever sent it (docs/how-to/operate.md)."""
        for key, event in self._over_kafka:
            await asyncio.to_thread(post, self.kafka, key, event)

    async def bundle(self) -> dict[str, bytes]:
        """What the public gets over HTTP: rankings, the same as CSV, and the final scorecards."""
        paths = [f"rankings/{self.plan.id}/{PROGRAMME}/{group}" for group in GROUPS]
        paths += [f"{path}/ranking.csv" for path in paths]
        paths += [f"scorecards/{self.plan.id}/{PROGRAMME}/{agency.id}" for agency in self.plan.agencies]
        return {path: await self._fetched(path) for path in paths}

    async def _open(self) -> None:
        plan = self.plan
        body = {
            "id": plan.id,
            "year": plan.year,
            "title": f"Đợt thử lỗi {plan.id} (dữ liệu ví dụ)",
            "programmes": [PROGRAMME],
            "dispatch": plan.dispatch.model_dump(mode="json"),
            "members": [agency.id for agency in plan.agencies],
            "rule_sets": [rule_set.key for rule_set in self.rule_sets.values()],
        }
        await self._act("open", "POST", "/intake/campaigns", OPERATOR, body)

    async def _answer(self) -> None:
        for agency in self.plan.agencies:
            if agency.id not in self.plan.missing:
                await self._post(agency, 1, self._given_at(agency))
        for agency in self.plan.agencies:
            if agency.id in self.plan.amended:
                await self._post(agency, 2, local(self.plan.dispatch.issued_on + timedelta(days=15), 16))
        await self._until("all answers are in", self._all_in)

    def _given_at(self, agency: Agency) -> datetime:
        late = self.plan.late.get(agency.id)
        days = 5 if late is None else 15 + late
        return local(self.plan.dispatch.issued_on + timedelta(days=days), 9)

    async def _post(self, agency: Agency, version: int, given_at: datetime) -> None:
        event = answer_event(self.plan, self.rule_sets, Posting(agency, PROGRAMME, version, given_at))
        content = canonical_json(event)
        if agency.id in self.plan.over_kafka:
            self.said(f"answer of {agency.id} over Kafka")
            key = f"{self.plan.id}/{agency.id}"
            self._over_kafka.append((key, content))
            await asyncio.to_thread(post, self.kafka, key, content)
        else:
            await self._act(f"answer of {agency.id}", "POST", "/intake/submissions", PLATFORM, content)
        self.accepted.append(str(event["id"]))

    async def _all_in(self) -> bool:
        found = [await self._submission(agency) for agency in self.plan.agencies if agency.id in self.plan.over_kafka]
        return all(found)

    async def _submission(self, agency: Agency) -> Any:
        return await self.office.found(f"/intake/submissions/{self.plan.id}/{PROGRAMME}/{agency.id}", OPERATOR)

    async def _close(self) -> None:
        await self._act("close", "POST", f"/intake/campaigns/{self.plan.id}/close", OPERATOR, {})

        async def cases_there() -> bool:
            cases = await self._cases()
            amended = [case for case in cases if case["agency"] in self.plan.amended]
            known = all(case["submission_number"] == 2 for case in amended)
            return known and len(cases) == len(self.plan.agencies)

        await self._until("every agency has a case", cases_there)

    async def _verify(self) -> None:
        for agency in self.plan.agencies:
            if agency.id in self.plan.returned:
                await self._return(agency)
        answered = [agency for agency in self.plan.agencies if agency.id not in self.plan.missing]
        for agency in answered:
            await self._find(agency)
        base = f"/verification/cases/{self.plan.id}/{PROGRAMME}"
        for agency in answered:
            await self._complete(f"{base}/{agency.id}", agency)

    async def _complete(self, path: str, agency: Agency) -> None:
        async def verified() -> bool:
            return bool((await self.office.get(path, VERIFIER))["summary"]["status"] == "verified")

        body = {"complete": True}
        await self._act(f"complete {agency.id}", "POST", f"{path}/accept-all", VERIFIER, body, done=verified)

    async def _return(self, agency: Agency) -> None:
        path = f"/verification/cases/{self.plan.id}/{PROGRAMME}/{agency.id}"
        due = (self.plan.decision_date + timedelta(days=20)).isoformat()
        body = {"reason": "Đề nghị bổ sung tài liệu kiểm chứng", "criteria": ["1.1"], "due_on": due}

        async def returned() -> bool:
            return bool((await self.office.get(path, VERIFIER))["summary"]["status"] == "returned")

        await self._act(f"return {agency.id}", "POST", f"{path}/return", VERIFIER, body, done=returned)
        given_at = local(self.plan.decision_date, 0)
        await self._post(agency, 2, given_at)

        async def answered_again() -> bool:
            return bool((await self.office.get(path, VERIFIER))["summary"]["submission_number"] == 2)

        await self._until("the case has the corrected answer", answered_again)

    async def _find(self, agency: Agency) -> None:
        """One criterion of each case is not accepted."""
        path = f"/verification/cases/{self.plan.id}/{PROGRAMME}/{agency.id}/findings"
        scored = [c for c in self.rule_sets[PROGRAMME, agency.group].criteria() if c.maximum > 0 and c.inputs]
        code = scored[sum(agency.id.encode()) % len(scored)].code
        finding = {"criterion": code, "finding": "rejected", "reason": "Không thuộc kỳ báo cáo (ví dụ)"}
        await self._act(f"finding on {agency.id}", "POST", path, VERIFIER, {"findings": [finding]})

    async def _decide(self) -> None:
        plan, path = self.plan, f"/publishing/decisions/{self.plan.id}"
        draft = {
            "number": plan.decision_number,
            "issued_on": plan.decision_date.isoformat(),
            "title": f"Công bố kết quả đợt thử lỗi {plan.id} (ví dụ)",
        }

        async def documents() -> list[dict[str, Any]]:
            decision = await self.office.found(path, OPERATOR)
            return [] if decision is None else list(decision["documents"])

        async def drafted() -> bool:
            return bool(await documents())

        async def signed() -> bool:
            return any(document["signature"] for document in await documents())

        await self._act("draft", "POST", f"{path}/draft", OPERATOR, draft, done=drafted)
        newest = await self._patiently("the draft is there", documents)
        read = {"draft": newest[-1]["draft"], "content_hash": newest[-1]["content_hash"]}
        await self._act("sign", "POST", f"{path}/sign", CHAIRMAN, read, done=signed)

    async def _cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.office.get(f"/verification/cases?campaign={self.plan.id}", VERIFIER)
        return found

    async def _fetched(self, path: str) -> bytes:
        async def there() -> bytes:
            return (await self.office.raw(f"/publishing/{path}")).content

        return await self._patiently(f"{path} is published", there)

    async def _act(
        self,
        what: str,
        method: str,
        path: str,
        who: str,
        body: Any,
        *,
        done: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Say it until it is accepted. `done` tells whether an earlier try had come through without its answer."""
        self.said(what)
        content = body if isinstance(body, bytes) else canonical_json(body)
        kind = STRUCTURED if isinstance(body, bytes) else "application/json"
        tried = False

        async def accepted() -> bool:
            nonlocal tried
            if tried and done is not None and await done():
                return True
            tried = True
            await self.office.send(method, path, who, content, kind)
            return True

        await self._until(what, accepted)

    async def _until(self, what: str, ready: Callable[[], Awaitable[bool]]) -> None:
        await self._patiently(what, ready)

    async def _patiently(self, what: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What `ask` finds once it finds something; refusals and silence pass with time."""
        last: object = "nothing there"
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        if found := await ask():
                            return found
                    except (httpx.HTTPError, Refused) as error:
                        last = error
                    await asyncio.sleep(_TRY_AGAIN)
        except TimeoutError:
            raise Stuck(f"{self.plan.id}: waited {PATIENCE:g} s in vain until {what}; last: {last!r}") from None


def post(kafka: str, key: str, content: bytes) -> None:
    """As the platform does: an answer on `platform-submissions`, acknowledged by the broker."""
    headers: dict[str, str | bytes | None] = {"content-type": STRUCTURED}
    produce(kafka, [("platform-submissions", key.encode(), content, list(headers.items()), -1)])


Produced = tuple[str, bytes | None, bytes | None, list[tuple[str, Any]], int]  # topic, key, value, headers, partition


def produce(kafka: str, messages: list[Produced]) -> list[tuple[str, int, int]]:
    """Have the broker acknowledge messages, however long it is away: (topic, partition, offset) of each, in order."""
    placed: dict[int, tuple[str, int, int]] = {}
    failed: list[object] = []

    def acknowledged(number: int) -> Callable[[Any, Any], None]:
        def tell(error: Any, message: Any) -> None:
            if error is not None:
                failed.append(error)
            else:
                placed[number] = (message.topic(), message.partition(), message.offset())

        return tell

    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "enable.idempotence": True,
            "message.timeout.ms": int(PATIENCE * 1000),
            "message.max.bytes": 32 * 2**20,
            "compression.type": "gzip",
            "reconnect.backoff.max.ms": 1000,
            "logger": SILENT,
        }
    )
    for number, (topic, key, value, headers, partition) in enumerate(messages):
        where = {} if partition < 0 else {"partition": partition}
        producer.produce(topic, value, key, headers=headers, on_delivery=acknowledged(number), **where)
    producer.flush(PATIENCE)
    if failed or len(placed) < len(messages):
        raise Stuck(f"the broker acknowledged {len(placed)} of {len(messages)} messages: {failed[:3]}")
    return [placed[number] for number in range(len(messages))]
