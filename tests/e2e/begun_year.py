"""A tiny year that is begun on one platform and finished on another: of an earlier release, or of the same.

`begin` was run by release 0.1.0 to make `tests/data/begun-0.1.0`: it speaks HTTP and Kafka only.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office, wait_for
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.messages import PublisherUnavailable

OPERATOR, RULES, SECOND, VERIFIER, PLATFORM, CHAIRMAN = (
    "can-bo-so-tttt",
    "chuyen-vien-tieu-chi",
    "truong-phong-cntt",
    "chuyen-vien-tham-tra",
    "nen-tang-tinh",
    "chu-tich-ubnd-tinh",
)
RULE_SET = Path("shared/contracts/examples/scoring.ruleset.approved.v1/it-district-2021.json")
AGENCIES = ("tp-bac-giang", "huyen-tan-yen", "huyen-luc-nam", "huyen-yen-the")
KEY = "vi-du-it-district@2021.1"


def at(month: int, day: int, hour: int = 2) -> datetime:
    return datetime(2021, month, day, hour, tzinfo=UTC)


async def begin(platform: Platform, root: Path, approval: dict[str, Any], *, left_behind: bool) -> None:
    """Up to verification: one case is verified, one was returned and answered again, one has a finding, one is missing.

    With `left_behind`, a dead letter, and events that nobody published.
    """
    async with Office(platform.url, platform.issuer) as office:
        await open_year(platform, office, root, approval)
        _set(platform, at(10, 10))
        for agency in AGENCIES[:3]:
            await _answer(office, agency, 1)
        if left_behind:
            await _dead_letter(platform, office)
        _set(platform, at(10, 12))
        await office.post("/intake/campaigns/2021/close", OPERATOR, {"early_reason": "Thử"})
        await wait_for("all have a case", lambda: _cases(office, len(AGENCIES)))
        await _return_and_correct(platform, office)
        _set(platform, at(10, 20))
        await office.post("/verification/cases/2021/it/huyen-tan-yen/accept-all", VERIFIER, {"complete": True})

        async def scored() -> bool:
            return await office.found("/scoring/scorecards/2021/it/huyen-tan-yen", OPERATOR) is not None

        await wait_for("the verified one is scored", scored)
        await asyncio.sleep(1.5)  # all is published, and marked as consumed
        with _nobody_publishes() if left_behind else _as_ever():
            finding = {"criterion": "1.2", "finding": "rejected", "reason": "Không có hợp đồng thuê"}
            path = "/verification/cases/2021/it/huyen-luc-nam"
            await office.post(f"{path}/findings", VERIFIER, {"findings": [finding]})
            await office.post(f"{path}/accept-all", VERIFIER, {"complete": True})
            await platform.stop()


async def finish(platform: Platform) -> dict[str, bytes]:
    """The rest of it; what is published."""
    async with Office(platform.url, platform.issuer) as office:
        _set(platform, at(11, 1))
        await office.post("/verification/cases/accept-all", VERIFIER, {"campaign": "2021"})
        table = "2021/it/district"

        async def there() -> bool:
            return await office.found(f"/scoring/rankings/{table}", OPERATOR) is not None

        await wait_for("the table is ranked", there)
        body = {"number": "1/QĐ-UBND", "issued_on": "2021-12-01", "title": "Công bố kết quả năm 2021 (ví dụ)"}
        path = "/publishing/decisions/2021"
        unless = (": 404 ", ": 409 ", ": 422 ")
        await wait_for("it is drafted", lambda: office.taken(f"{path}/draft", OPERATOR, body, unless=unless))
        newest = (await office.get(path, OPERATOR))["documents"][-1]
        _set(platform, at(12, 1))
        await office.post(f"{path}/sign", CHAIRMAN, {name: newest[name] for name in ("draft", "content_hash")})
        cards = {
            f"{agency}.json": (await office.raw(f"/scoring/scorecards/2021/it/{agency}", OPERATOR)).content
            for agency in AGENCIES
        }
        return {"ranking.json": (await office.raw(f"/publishing/rankings/{table}")).content, **cards}


def _set(platform: Platform, moment: datetime) -> None:
    platform.clock.set(moment)  # type: ignore[attr-defined]


async def open_year(
    platform: Platform, office: Office, root: Path, approval: dict[str, Any], agencies: Sequence[str] = AGENCIES
) -> None:
    """The rule set is in force, and the campaign open for these agencies."""
    _set(platform, at(10, 1))
    await office.post("/scoring/rulesets?name=vi-du.json", RULES, document(root))
    await office.post(f"/scoring/rulesets/{KEY}/approve", SECOND, approval)
    await office.post(f"/scoring/rulesets/{KEY}/activate", SECOND, {"from_year": 2021})
    register = [{"id": id_, "name": f"UBND {id_}", "group": "district"} for id_ in agencies]
    await office.put("/intake/agencies", OPERATOR, register)
    campaign = {
        "id": "2021",
        "year": 2021,
        "title": "Đợt 2021 (ví dụ)",
        "programmes": ["it"],
        "dispatch": {"number": "1/STTTT", "issued_on": "2021-10-06"},
        "members": list(agencies),
        "rule_sets": [KEY],
    }
    _set(platform, at(10, 6))
    unless = ("campaign.unknown_rule_set", "campaign.no_rule_set")
    await wait_for("it is open", lambda: office.taken("/intake/campaigns", OPERATOR, campaign, unless=unless))


def document(root: Path) -> dict[str, Any]:
    """The rule set: the shortened one of the examples, with points that add up to 100."""
    found: dict[str, Any] = json.loads((root / RULE_SET).read_bytes())["data"]["record"]["document"]
    (first, second), points = found["sections"], {"1.1": "23", "1.2": "12", "2.1": "40", "2.2": "25"}
    first["maximum"], second["maximum"] = "35", "65"
    for criterion in (*first["criteria"], *second["criteria"]):
        criterion["maximum"] = points[criterion["code"]]
    second["criteria"][0]["method"]["rows"][0]["points"] = points["2.1"]
    return found


async def _answer(office: Office, agency: str, number: int) -> None:
    content = answer_event(agency, AGENCIES.index(agency), number)

    async def taken() -> bool:
        kind = "application/cloudevents+json"
        return await office.taken("/intake/submissions", PLATFORM, content, kind=kind, unless=("submission.closed",))

    await wait_for("the answer is taken", taken)


def answer_event(agency: str, nth: int, number: int) -> bytes:
    """What the platform posts: the `number`th answer of the `nth` agency."""
    figures = {
        "staff_total": 50,
        "staff_with_computer": 40 + number,
        "server_room": nth % 2 == 0,
        "sent_documents": 1000,
        "signed_documents": 600 + 120 * (nth % 4),
        "it_spending_percent": f"1.{nth}",
    }
    evidence = {code: [{"number": f"{nth}/BC", "title": "Báo cáo (ví dụ)"}] for code in ("1.1", "2.1")}
    event = {
        "specversion": "1.0",
        "id": f"{agency}-{number}",
        "source": "/nen-tang-tinh",
        "type": "platform.submission.posted.v1",
        "time": f"2021-10-{9 + number:02}T02:00:00Z",
        "data": {"campaign": "2021", "programme": "it", "agency": agency, "figures": figures, "evidence": evidence},
    }
    return json.dumps(event).encode()


async def _return_and_correct(platform: Platform, office: Office) -> None:
    path = "/verification/cases/2021/it/tp-bac-giang"
    body = {"criteria": ["1.1"], "reason": "Thiếu biên bản", "due_on": "2021-10-25"}
    await office.post(f"{path}/return", VERIFIER, body)
    _set(platform, at(10, 14))
    await _answer(office, "tp-bac-giang", 2)

    async def corrected() -> bool:
        return bool((await office.get(path, VERIFIER))["summary"]["submission_number"] == 2)

    await wait_for("verification has the correction", corrected)


async def _dead_letter(platform: Platform, office: Office) -> None:
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka) as producer:
        await producer.send_and_wait("platform-submissions", b"not JSON", key=b"2021/huyen-yen-the")

    async def there() -> bool:
        return bool(await office.get("/intake/dead-letters", OPERATOR))

    await wait_for("intake has set it aside", there)


async def _cases(office: Office, count: int) -> bool:
    return len(await office.get("/verification/cases?campaign=2021", VERIFIER)) == count


@contextmanager
def _nobody_publishes() -> Iterator[None]:
    """The broker takes nothing any more, so that events are left in the store."""

    async def silent(*_: object) -> list[Any]:
        raise PublisherUnavailable("not now")

    whole = FastStreamPublisher.publish
    FastStreamPublisher.publish = silent  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        FastStreamPublisher.publish = whole  # type: ignore[method-assign]


@contextmanager
def _as_ever() -> Iterator[None]:
    yield
