"""A platform with an open campaign, and a client that sends whatever it is given."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from small_year import YEAR, SmallYear, small_year_on_a_platform

from deploy.xephang.year.example import answers
from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR
from shared.kernel.canonical import canonical_json

CLOSED = "2020-dong"
SOURCE = "/nen-tang-tinh/thu"


@dataclass
class Serving:
    """The platform of a small year whose campaign is open, and another campaign that is closed."""

    year: SmallYear
    http: httpx.AsyncClient
    producer: AIOKafkaProducer
    made: int = field(default=0)

    def token(self, *roles: str, agency: str = "") -> dict[str, str]:
        """The header of somebody with these roles."""
        return {"authorization": f"Bearer {self.year.platform.issuer.token('thu-nghiem', roles, agency=agency)}"}

    def answer(self, of: str, **changes: Any) -> dict[str, Any]:
        """A good answer of an agency, unlike all before it, with some fields changed."""
        self.made += 1
        group = next(one.group for one in self.year.plan.agencies if one.id == of)
        body = answers(self.year.plan, of, self.year.rule_sets[("it", group)])
        body["evidence"]["1.2"] = [{"title": f"Tài liệu số {self.made}"}]
        return {"campaign": str(YEAR), "programme": "it", "agency": of, **body, **changes}

    def event(self, answer: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        """An answer as a structured CloudEvent of the platform; an attribute given as None is left out."""
        event = {
            "specversion": "1.0",
            "id": f"thu-{self.made}",
            "source": SOURCE,
            "type": "platform.submission.posted.v1",
            "time": self.now.isoformat(),
            "data": answer,
            **attributes,
        }
        return {name: value for name, value in event.items() if value is not None}

    @property
    def now(self) -> datetime:
        """The present of the year that is played."""
        return self.year.stage.clock.now()

    async def post(self, path: str, content: bytes | Any, headers: dict[str, str]) -> httpx.Response:
        """POST bytes as they are, or plain data as JSON."""
        raw = content if isinstance(content, bytes) else canonical_json(content)
        return await self.http.post(path, content=raw, headers={"content-type": "application/json", **headers})

    async def publish(self, topic: str, value: bytes | None, headers: dict[str, str], key: str = "thu") -> None:
        """Publish bytes on Kafka as they are."""
        raw = [(name, text.encode()) for name, text in headers.items()]
        await self.producer.send_and_wait(topic, value, key=key.encode(), headers=raw)

    async def dead_letter(self, service: str, value: bytes) -> dict[str, Any]:
        """The dead letter that a message with this value came to."""
        digest = hashlib.sha256(value).hexdigest()
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            letters = await self.year.stage.office.get(f"/{service}/dead-letters?limit=500", OPERATOR)
            found[:] = [letter["message"] for letter in letters if letter["message"]["value_sha256"] == digest]
            return bool(found)

        await wait_for(f"{service} has set the message aside", there, seconds=30)
        return found[0]

    async def versions(self, agency: str, programme: str = "it", campaign: str = str(YEAR)) -> list[dict[str, Any]]:
        """An agency's answers as intake has them."""
        record = await self.year.stage.office.found(f"/intake/submissions/{campaign}/{programme}/{agency}", OPERATOR)
        return record["versions"] if record else []


@asynccontextmanager
async def serving_small_year(data: Path) -> AsyncIterator[Serving]:
    """The platform in `data`, until the end of the block."""
    async with small_year_on_a_platform(data) as year:
        for name in ("criteria", "open"):
            await year.steps[name]()
        await _closed_campaign(year)
        producer = AIOKafkaProducer(bootstrap_servers=year.platform.kafka)
        async with httpx.AsyncClient(base_url=year.platform.url, timeout=30) as http, producer:
            yield Serving(year, http, producer)


async def _closed_campaign(year: SmallYear) -> None:
    plan = {
        "id": CLOSED,
        "year": YEAR,
        "title": "Đợt đã đóng",
        "dispatch": {"number": "1/STTTT", "issued_on": "2021-10-01"},
        "members": ["so-y-te"],
    }
    await year.stage.office.post("/intake/campaigns", OPERATOR, plan)
    await year.stage.office.post(f"/intake/campaigns/{CLOSED}/close", OPERATOR, {"early_reason": "Thử nghiệm"})
