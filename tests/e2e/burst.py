"""A burst: more agencies than any province has, answering at once while scoring is stopped."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx
from aiokafka.partitioner import murmur2

from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import STRUCTURED
from deploy.xephang.year.example import ExampleYear, answers, example_year
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import OPERATOR, PLATFORM, VERIFIER, Stage
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.ruleset.document import RuleSet

CAMPAIGN = "2021-don-dap"
TABLE = f"{CAMPAIGN}/portal/province"
BATCH = "application/cloudevents-batch+json"
PARTITIONS = 4
POSTING = 100  # at once: more than a service takes
KEPT_BY_THE_BROKER = 5 * 2**20  # bytes a partition; the oldest beyond are dropped without a word


@dataclass
class Burst:
    """A platform with an open campaign of many agencies, and their answers."""

    platform: Platform
    office: Office
    plan: ExampleYear
    rule_set: RuleSet
    agencies: list[str]
    size: int
    answered: int = 0

    async def service(self, name: str, order: str) -> None:
        """Stop or start one service while the others run."""
        await self.office.post(f"/services/{name}/{order}", OPERATOR, {})

    async def answer(self) -> int:
        """Every agency answers; returns how many bytes that was."""
        total = 0
        for batch in self._batches():
            body = canonical_json(batch)
            total += len(body)
            outcomes = await self.office.send("POST", "/intake/submissions", PLATFORM, body, BATCH)
            assert {outcome["status"] for outcome in outcomes} == {201}
        return total

    async def post_each(self, agencies: Sequence[str]) -> Counter[int]:
        """These agencies answer one by one, many at once and by two senders; who is refused comes again as told.

        Answers how often which status was answered; returns when each of them has a case.
        """
        seen: Counter[int] = Counter()
        waiting = iter(agencies)
        senders = [self.platform.issuer.token(f"nen-tang-{number}", ["platform"]) for number in range(2)]

        async def post(client: httpx.AsyncClient, token: str) -> None:
            headers = {"authorization": f"Bearer {token}", "content-type": STRUCTURED}
            for agency in waiting:
                body, status = canonical_json(self._event(agency)), 0
                while status != 201:
                    response = await client.post("/intake/submissions", content=body, headers=headers)
                    status = response.status_code
                    seen[status] += 1
                    if status in (429, 503):
                        await asyncio.sleep(int(response.headers["retry-after"]) / 20)  # a short play of a long burst
                    else:
                        assert status == 201, response.text

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=self.platform.url, trust_env=False, timeout=60, limits=limits) as client:
            await asyncio.gather(*(post(client, senders[number % 2]) for number in range(POSTING)))
        self.answered += len(agencies)
        await self._until("every agency has a case", lambda found: len(found) == self.answered)
        return seen

    async def verify(self) -> None:
        """Close the campaign and accept every answer."""
        await self.office.post(f"/intake/campaigns/{CAMPAIGN}/close", OPERATOR, {"early_reason": "Thử tải"})
        await self._until("every agency has a case", lambda found: len(found) == len(self.agencies))
        for start in range(0, len(self.agencies), 200):
            chosen = {"campaign": CAMPAIGN, "agencies": self.agencies[start : start + 200]}
            await self.office.post("/verification/cases/accept-all", VERIFIER, chosen)

    async def ranked(self) -> dict[str, Any]:
        """The ranking, once there is one: it needs every agency to be scored."""
        found: list[Any] = []

        async def there() -> bool:
            found[:] = [await self.office.found(f"/scoring/rankings/{TABLE}", OPERATOR)]
            return found[0] is not None

        await wait_for("every agency is scored and ranked", there, seconds=600, every=0.5)
        return found[0]

    async def status(self, service: str) -> dict[str, Any]:
        return await self.office.get(f"/{service}/status", OPERATOR)

    async def _until(self, what: str, enough: Any) -> None:
        async def ready() -> bool:
            return enough(await self.office.get(f"/verification/cases?campaign={CAMPAIGN}", VERIFIER))

        await wait_for(what, ready, seconds=600, every=1)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        """Batches of answers that fit one request."""
        fitting = max(1, 2 * 2**20 // self.size)
        remaining = iter(self.agencies)
        while some := list(islice(remaining, fitting)):
            yield [self._event(agency) for agency in some]

    def _event(self, agency: str) -> dict[str, Any]:
        data = answers(self.plan, agency, self.rule_set)
        missing = self.size - len(json.dumps(data, ensure_ascii=False).encode())
        code = next(iter(data["evidence"]))
        data["evidence"][code] = [{"title": "x" * 2000} for _ in range(max(1, missing // 2000))]
        return {
            "specversion": "1.0",
            "id": f"don-dap-{agency}",
            "source": "/nen-tang-tinh/khao-sat",
            "type": "platform.submission.posted.v1",
            "time": "2021-10-06T09:00:00+07:00",
            "data": {"campaign": CAMPAIGN, "programme": "portal", "agency": agency, **data},
        }


@asynccontextmanager
async def burst(data: Path, *, agencies: int, size: int, partitions: int = PARTITIONS) -> AsyncIterator[Burst]:
    """A platform in `data` with the campaign open. Answers take about `size` bytes; all agencies' events fall into
    so many of the broker's partitions."""
    clock = SettableClock(datetime(2021, 10, 10, tzinfo=UTC))
    platform = Platform(data, clock=clock)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office:
            plan = example_year(2021)
            stage = Stage(office, platform.kafka, clock, lambda _: None)
            rule_set = await put_in_force(stage, "portal-province/2021.1.yaml", 2021)
            ids = list(islice(_ids(partitions), agencies))
            await _open(office, ids, rule_set)
            yield Burst(platform, office, plan, rule_set, ids, size)
    finally:
        await platform.stop()


async def _open(office: Office, ids: list[str], rule_set: RuleSet) -> None:
    register = [{"id": id_, "name": f"Cơ quan {id_}", "group": "province"} for id_ in ids]
    await office.put("/intake/agencies", OPERATOR, register)
    campaign = {
        "id": CAMPAIGN,
        "year": 2021,
        "title": "Đợt thử tải",
        "programmes": ["portal"],
        "dispatch": {"number": "1/STTTT", "issued_on": "2021-10-05"},
        "members": ids,
        "rule_sets": [rule_set.key],
    }
    unless = ("campaign.unknown_rule_set", "campaign.no_rule_set")
    await wait_for(
        "intake knows the rule set", lambda: office.taken("/intake/campaigns", OPERATOR, campaign, unless=unless)
    )


def _ids(partitions: int) -> Iterator[str]:
    """Agencies whose events fall into the first `partitions` partitions, as Kafka's own partitioner places keys."""
    for number in count():
        agency = f"co-quan-{number}"
        if (murmur2(f"{CAMPAIGN}/{agency}".encode()) & 0x7FFFFFFF) % PARTITIONS < partitions:
            yield agency
