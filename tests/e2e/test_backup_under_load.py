"""A platform under load is copied, goes on, and is destroyed; what is restored elsewhere comes to the same bytes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from begun_year import CHAIRMAN, OPERATOR, PLATFORM, VERIFIER, answer_event, at, document, open_year

from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office, Refused, wait_for
from shared.contracts.registry import SERVICES
from shared.kernel.clock import SettableClock
from shared.ruleset.document import RuleSet
from shared.storage.backup import back_up, restore

ROOT = Path(__file__).parents[2]
AGENCIES = [f"huyen-{number}" for number in range(40)]
RETURNED = set(AGENCIES[::5])  # verification returns their answers: so events go in a circle
TABLE = "2021/it/district"


@dataclass
class Province:
    """Who answers and who verifies. `acknowledged` is what the platform knows to be taken."""

    platform: Platform
    office: Office
    acknowledged: set[tuple[str, int]] = field(default_factory=set)

    async def answer(self, agency: str, number: int = 1) -> None:
        """Post an answer until it is taken."""
        content = answer_event(agency, AGENCIES.index(agency), number)

        async def taken() -> bool:
            kind, unless = "application/cloudevents+json", ("submission.closed",)
            return await self.office.taken("/intake/submissions", PLATFORM, content, kind=kind, unless=unless)

        await wait_for(f"the answer of {agency} is taken", taken)
        self.acknowledged.add((agency, number))

    async def verify(self, agency: str) -> None:
        """Bring one case to its end, wherever it is."""
        path = f"/verification/cases/2021/it/{agency}"
        await wait_for(f"{agency} has a case", lambda: self.has(path, lambda _: True))
        summary = (await self.office.get(path, VERIFIER))["summary"]
        if agency in RETURNED and summary["submission_number"] < 2:
            if summary["status"] == "open":
                body = {"criteria": ["1.1"], "reason": "Thiếu biên bản", "due_on": "2021-10-25"}
                await self.office.post(f"{path}/return", VERIFIER, body)
            await self.answer(agency, 2)
            await wait_for("the correction is there", lambda: self.has(path, lambda s: s["submission_number"] == 2))
        if not await self.has(path, lambda s: s["status"] == "verified"):
            await self.office.post(f"{path}/accept-all", VERIFIER, {"complete": True})

    async def finish(self) -> dict[str, bytes]:
        """Everybody is verified, ranked and published; what is published."""
        await together(self.verify, AGENCIES)
        await self.office.post("/intake/campaigns/2021/close", OPERATOR, {"early_reason": "Thử"})

        async def ranked() -> bool:
            return await self.office.found(f"/scoring/rankings/{TABLE}", OPERATOR) is not None

        await wait_for("the table is ranked", ranked)
        body = {"number": "1/QĐ-UBND", "issued_on": "2021-12-01", "title": "Công bố kết quả năm 2021 (ví dụ)"}
        path, unless = "/publishing/decisions/2021", (": 404 ", ": 409 ", ": 422 ")
        await wait_for("it is drafted", lambda: self.office.taken(f"{path}/draft", OPERATOR, body, unless=unless))
        newest = (await self.office.get(path, OPERATOR))["documents"][-1]
        await self.office.post(f"{path}/sign", CHAIRMAN, {name: newest[name] for name in ("draft", "content_hash")})
        paths = [f"/scoring/scorecards/2021/it/{agency}" for agency in AGENCIES]
        return {
            each: (await self.office.raw(each, OPERATOR)).content for each in (*paths, f"/publishing/rankings/{TABLE}")
        }

    async def has(self, path: str, wanted: Callable[[dict], bool]) -> bool:
        case = await self.office.found(path, VERIFIER)
        return case is not None and wanted(case["summary"])


@asynccontextmanager
async def province(data: Path, *, opened: bool = True) -> AsyncIterator[Province]:
    platform = Platform(data, clock=SettableClock(at(10, 12)))
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office:
            if opened:
                await open_year(platform, office, ROOT, {"reason": "Đã xem", "hash": _hash()}, AGENCIES)
            platform.clock.set(at(10, 12))
            yield Province(platform, office)
    finally:
        await platform.stop()


def _hash() -> str:
    return RuleSet.model_validate(document(ROOT)).content_hash()


async def together(act: Callable[[str], Awaitable[None]], agencies: Sequence[str]) -> None:
    """For all of them, a few at a time: who asks for too much at once is told to come again."""
    few = asyncio.Semaphore(4)

    async def one(agency: str) -> None:
        async with few:
            await act(agency)

    await asyncio.gather(*map(one, agencies))


async def _load(running: Province, stopped: asyncio.Event) -> None:
    """Answers and verification at the same time, without end of their own."""

    async def answering(some: list[str]) -> None:
        for agency in some:
            if stopped.is_set():
                return
            await running.answer(agency)

    async def verifying(some: list[str]) -> None:
        for agency in some:
            if stopped.is_set():
                return
            await running.verify(agency)

    thirds = [AGENCIES[start::3] for start in range(3)]
    work: list[Awaitable[None]] = [*map(answering, thirds), *map(verifying, thirds)]
    with suppress(Refused):  # the platform is destroyed under their hands
        await asyncio.gather(*work)


@pytest.mark.slow
async def test_restored_elsewhere_it_comes_to_the_same_bytes(tmp_path: Path) -> None:
    async with province(tmp_path / "undisturbed") as running:
        await together(running.answer, AGENCIES)
        wanted = await running.finish()
    stores = [tmp_path / "first" / f"{name}.sqlite3" for name in SERVICES]
    async with province(tmp_path / "first") as running:
        stopped = asyncio.Event()
        load = asyncio.create_task(_load(running, stopped))

        async def acknowledged(count: int) -> bool:
            return len(running.acknowledged) >= count

        await wait_for("there is load", lambda: acknowledged(10))
        known = set(running.acknowledged)
        await asyncio.to_thread(back_up, stores, [], tmp_path / "copy", datetime.now(UTC))
        await wait_for("it goes on", lambda: acknowledged(len(known) + 10))
        stopped.set()
        await load
    shutil.rmtree(tmp_path / "first")
    restore(tmp_path / "copy", tmp_path / "second")
    async with province(tmp_path / "second", opened=False) as running:
        again = [agency for agency in AGENCIES if (agency, 1) not in known]
        assert len(again) >= 10
        await together(running.answer, again)
        found = await running.finish()
        for name, status in (await running.platform.status()).items():
            assert (status["dead_letters"], status["parked"]) == (0, {}), name
    assert found == wanted


@pytest.mark.slow
async def test_what_was_done_after_the_backup_may_be_done_otherwise(tmp_path: Path) -> None:
    """Verifiers complete and reopen cases all the time; afterwards they do less of it, and nobody remembers more.

    With copies of different moments scoring would have seen sequences that verification gives again, and drop them.
    """
    few = AGENCIES[1:5]  # none that is returned
    stores = [tmp_path / "first" / f"{name}.sqlite3" for name in SERVICES]
    async with province(tmp_path / "first") as running:
        await together(running.answer, AGENCIES)
        stopped, rounds = asyncio.Event(), [0]

        async def to_and_fro(agency: str) -> None:
            while not stopped.is_set():
                await _reject(running, agency, f"Nhầm lần {rounds[0]}")
                await running.office.post(f"{_case(agency)}/reopen", OPERATOR, {"reason": "Nhầm"})
                rounds[0] += 1

        async def gone_round(count: int) -> bool:
            return rounds[0] >= count

        load = asyncio.gather(*map(to_and_fro, few))
        await wait_for("there is load", lambda: gone_round(8))
        await asyncio.to_thread(back_up, stores, [], tmp_path / "copy", datetime.now(UTC))
        copied = rounds[0]
        await wait_for("it goes on", lambda: gone_round(copied + 20))
        stopped.set()
        await load
    shutil.rmtree(tmp_path / "first")
    restore(tmp_path / "copy", tmp_path / "second")
    async with province(tmp_path / "second", opened=False) as running:
        for agency in few:
            if (await running.office.get(_case(agency), VERIFIER))["summary"]["status"] == "verified":
                await running.office.post(f"{_case(agency)}/reopen", OPERATOR, {"reason": "Làm lại"})
            await _reject(running, agency, "Kết luận cuối cùng")
            await wait_for(f"scoring has what verification says of {agency}", lambda of=agency: _agree(running, of))


def _case(agency: str) -> str:
    return f"/verification/cases/2021/it/{agency}"


async def _reject(running: Province, agency: str, reason: str) -> None:
    """Complete a case in which one criterion is rejected."""
    path = _case(agency)
    await wait_for(f"{agency} has a case", lambda: running.has(path, lambda _: True))
    findings = [{"criterion": "1.2", "finding": "rejected", "reason": reason}]
    await running.office.post(f"{path}/findings", VERIFIER, {"findings": findings})
    await running.office.post(f"{path}/accept-all", VERIFIER, {"complete": True})


async def _agree(running: Province, agency: str) -> bool:
    case = await running.office.get(_case(agency), VERIFIER)
    scored = await running.office.found(f"/scoring/scorecards/2021/it/{agency}/verified", OPERATOR)
    return scored is not None and (scored["revision"], _found(scored)) == (case["summary"]["revision"], _found(case))


def _found(told: dict) -> dict[str, str]:
    return {each["criterion"]: each.get("reason", "") for each in told["findings"]}
