"""Services as processes: each started once, whoever asks; one that does not come up is told and leaves nothing."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.servers.server import JavaServer
from deploy.xephang import real
from deploy.xephang.real import Ended, RealPlatform

LAST = "Kafka không trả lời"


class Machine:
    """Starts other programs in place of services, and answers for them."""

    def __init__(self) -> None:
        self.program = ["sleep", "60"]
        self.started: list[subprocess.Popen[bytes]] = []
        self.looks_until_ready = 0

    def spawn(self, command: Any, *, output: Any, **_: Any) -> subprocess.Popen[bytes]:
        output.write(f"bắt đầu\n{LAST}\n".encode())
        self.started.append(subprocess.Popen(self.program))
        return self.started[-1]

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status":
            raise httpx.ReadTimeout("it is frozen")
        self.looks_until_ready -= 1
        return httpx.Response(200 if self.looks_until_ready < 0 else 503)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(real, "spawn", made.spawn)
    monkeypatch.setattr(real, "build_client", lambda: httpx.AsyncClient(transport=httpx.MockTransport(made.answer)))
    monkeypatch.setattr(real, "_LOOK_EVERY", 0.01)
    return made


@pytest.fixture
async def platform(machine: Machine, tmp_path: Path) -> AsyncIterator[RealPlatform]:
    (tmp_path / "logs").mkdir()
    made = RealPlatform(tmp_path, kafka="127.0.0.1:9", store=f"sqlite:///{tmp_path}")
    yield made
    await made.stop()
    assert [process for process in machine.started if process.poll() is None] == []


async def test_two_who_start_it_at_once_start_it_once_and_both_wait_until_it_serves(
    platform: RealPlatform, machine: Machine
) -> None:
    machine.looks_until_ready = 3

    async def start() -> bool:
        await platform.start_service("scoring")
        return platform.services["scoring"].serves

    assert await asyncio.gather(start(), start()) == [True, True]
    assert len(machine.started) == 1


async def test_a_stop_waits_for_a_start_that_is_under_way(platform: RealPlatform, machine: Machine) -> None:
    machine.looks_until_ready = 3
    await asyncio.gather(platform.start_service("scoring"), platform.stop_service("scoring"))
    assert platform.services == {}


@pytest.mark.parametrize(("program", "code"), [(["sleep", "60"], "service.not_ready"), (["false"], "service.ended")])
async def test_one_that_does_not_come_up_is_told_with_its_log_and_can_be_started_again(
    platform: RealPlatform, machine: Machine, monkeypatch: pytest.MonkeyPatch, program: list[str], code: str
) -> None:
    monkeypatch.setattr(real, "_START_SECONDS", 0.2 if code == "service.not_ready" else 30)
    machine.program, machine.looks_until_ready = program, 10**6
    with pytest.raises(Ended) as refused:
        await platform.start_service("scoring")
    (fault,) = refused.value.faults
    assert (fault.code, fault.place) == (code, "scoring")
    assert fault.vi.endswith(LAST)
    assert str(platform.data / "logs" / "scoring.log") in fault.remedy_vi
    assert LAST not in fault.en
    assert refused.value.beside.endswith(f"bắt đầu\n{LAST}")
    assert (platform.services, machine.started[0].poll() is None) == ({}, False)
    machine.program, machine.looks_until_ready = ["sleep", "60"], 0
    await platform.start_service("scoring")


async def test_one_that_somebody_killed_is_told_so_and_its_log_stands_beside_that_once(
    platform: RealPlatform, machine: Machine
) -> None:
    await platform.start_service("scoring")
    machine.started[0].kill()
    with pytest.raises(Ended) as refused:
        await platform.watch()
    (fault,) = refused.value.faults
    assert "bị buộc dừng từ bên ngoài (tín hiệu SIGKILL" in fault.vi
    assert LAST not in str(fault.as_json())
    assert str(platform.data / "logs" / "scoring.log") in fault.remedy_vi
    assert refused.value.beside.count(LAST) == 1


class _Killed(JavaServer):
    """A server in whose place another program runs."""

    program, title, heap = "kafka", "Kafka", "1m"
    address = "127.0.0.1:9"

    def _java(self, _: Any) -> list[str]:
        return [str(shutil.which("sleep")), "60"]

    def _archive(self) -> list[str]:
        return []

    def _arguments(self) -> list[str]:
        return []

    def _answers(self) -> bool:
        return True


async def test_the_log_of_a_server_that_was_killed_outlives_its_folder(platform: RealPlatform) -> None:
    log = platform.data / "logs" / "kafka.log"
    server = _Killed(log=log)
    server.start()
    platform._servers.append(server)
    server.kill()
    with pytest.raises(Ended) as refused:
        await platform.watch()
    server.close()
    (fault,) = refused.value.faults
    assert (fault.place, "SIGKILL" in fault.vi, str(log) in fault.remedy_vi) == ("Kafka", True, True)
    assert log.exists()


@pytest.mark.parametrize(("code", "name"), [(-9, "SIGKILL"), (143, "SIGTERM"), (1, ""), (128, ""), (None, "")])
def test_a_signal_is_known_by_the_exit_code(code: int | None, name: str) -> None:
    found = real._signal_of(code)
    assert (found.name if found else "") == name


@pytest.mark.parametrize("code", [-11, -6, 134, 139])
def test_what_broke_off_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path, code: int) -> None:
    ended = real._ended("Kafka", code, tmp_path / "kafka.log", "A fatal error has been detected\nits reason")
    (fault,) = ended.faults
    assert "đã tự ngắt (tín hiệu SIG" in fault.vi
    assert "outside" not in fault.en
    assert ended.beside == "A fatal error has been detected\nits reason"


async def test_what_its_log_said_before_it_was_started_is_not_taken_for_the_reason(
    platform: RealPlatform, machine: Machine
) -> None:
    (platform.data / "logs" / "scoring.log").write_text("hôm qua: hết đĩa\n", "utf-8")
    machine.program, machine.looks_until_ready = ["false"], 10**6
    with pytest.raises(Ended) as refused:
        await platform.start_service("scoring")
    assert refused.value.beside == f"bắt đầu\n{LAST}"


async def test_one_that_runs_and_does_not_answer_is_not_called_stopped(platform: RealPlatform) -> None:
    await platform.start_service("intake")
    status = await platform.status()
    assert status["intake"] == {"service": "intake", "running": False, "silent": True}
    assert status["scoring"] == {"service": "scoring", "running": False}


async def test_only_what_has_served_is_expected_to_run(platform: RealPlatform, machine: Machine) -> None:
    machine.looks_until_ready = 10**6
    starting = asyncio.create_task(platform.start_service("intake"))
    await _until(lambda: bool(machine.started))
    watching = asyncio.create_task(platform.watch())
    machine.started[0].kill()
    with pytest.raises(Ended):
        await starting
    assert not watching.done()
    watching.cancel()


async def _until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not there():  # noqa: ASYNC110 - it happens in other tasks
            await asyncio.sleep(0.001)
