"""`xephang up-real`: four processes on real servers behind one address; all of it ends together, and nothing stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.registry import SERVICES

pytestmark = pytest.mark.connected

ROOT = Path(__file__).parents[2]
KEY = "bac-giang-it-province@2021.1"
AGENCIES = "- {id: so-noi-vu, name: Sở Nội vụ, group: province}\n"
PLAN = (
    'id: "2021"\nyear: 2021\ntitle: Đợt 2021\nprogrammes: [it]\ndispatch: {number: 12/STTTT, issued_on: 2021-11-01}\n'
)
ANSWER = 'campaign: "2021"\nprogramme: it\nagency: so-noi-vu\nfigures: {wan_connected: true}\n'


class RealUp:
    """The running command, and the commands that work on it."""

    def __init__(self, process: subprocess.Popen[str], data: Path) -> None:
        self.process = process
        self.data = data
        self.told: dict[str, Any] = {}

    def wait_until_it_serves(self) -> None:
        assert self.process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.wait()
            text += line
        self.told = json.loads(text)

    @property
    def pids(self) -> list[int]:
        """Everything below the command: services and servers."""
        return _below(self.process.pid)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.xephang", *map(str, arguments)]
        environment = os.environ | {"XEPHANG_DATA": str(self.data)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

    def ok(self, *arguments: str | Path) -> str:
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def until(self, *arguments: str | Path, enough: Callable[[str], bool] = lambda _: True) -> str:
        """What takes its way over the broker arrives a little later."""
        for _ in range(20):
            ended = self.run(*arguments)
            if ended.returncode == 0 and enough(ended.stdout):
                return ended.stdout
            time.sleep(0.3)
        raise AssertionError(ended)

    def ends(self) -> int:
        """Its exit code; nothing below it is left."""
        pids = self.pids
        code = self.process.wait(60)
        assert [pid for pid in pids if not _gone(pid)] == []
        assert not (self.data / "platform.json").exists()
        return code


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealUp]:
    command = [sys.executable, "-m", "deploy.xephang", "up-real", "--port", "0", "--json", "--data", tmp_path / "data"]
    with (
        (tmp_path / "err").open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            running = RealUp(process, tmp_path / "data")
            running.wait_until_it_serves()
            yield running
        finally:
            process.kill()


def test_a_short_campaign_by_commands_and_then_nothing_is_left(real: RealUp, tmp_path: Path) -> None:
    agencies, plan, answer = (tmp_path / name for name in ("agencies.yaml", "plan.yaml", "answer.yaml"))
    for path, text in ((agencies, AGENCIES), (plan, PLAN), (answer, ANSWER)):
        path.write_text(text, encoding="utf-8")
    status = json.loads(real.ok("status", "--json", "--url", real.told["url"]))
    assert {name: own["running"] for name, own in status.items()} == dict.fromkeys(SERVICES, True)
    assert len({one["pid"] for one in real.told["services"].values()}) == 4
    real.ok("agencies", "register", agencies)
    real.ok("ruleset", "load", ROOT / "services/scoring/rulesets/it-province/2021.1.yaml")
    real.ok("ruleset", "approve", KEY)
    real.ok("ruleset", "activate", KEY, "--from-year", "2021")
    real.until("campaign", "open", plan)
    real.until("submit", answer)
    real.ok("service", "stop", "scoring")  # of the four processes one; the others go on
    assert not json.loads(real.ok("status", "--json"))["scoring"]["running"]
    real.ok("campaign", "close", "2021")
    real.until("verify", "status", "2021", "--json", enough=lambda found: len(json.loads(found)) == 1)
    real.ok("verify", "accept-all", "2021")
    real.ok("service", "start", "scoring")
    assert "Sở Nội vụ" in real.until("rank", "2021")
    assert len(real.pids) >= 6
    real.process.send_signal(signal.SIGTERM)
    assert real.ends() == 0


def test_a_silent_service_is_503_and_one_that_dies_is_told_loudly_and_takes_everything_down(
    real: RealUp, tmp_path: Path
) -> None:
    pids = {name: one["pid"] for name, one in real.told["services"].items()}
    with httpx.Client(base_url=real.told["url"], trust_env=False, timeout=60) as client:
        os.kill(pids["publishing"], signal.SIGSTOP)
        assert client.get("/health").json() == {name: name != "publishing" for name in SERVICES}
        assert client.get("/intake/health/live").json() == {"status": "live"}
        os.kill(pids["publishing"], signal.SIGCONT)
        real.ok("service", "stop", "verification")
        refused = client.get("/verification/cases?campaign=2021")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    os.kill(pids["scoring"], signal.SIGKILL)
    assert real.ends() == 1
    said = (tmp_path / "err").read_text(encoding="utf-8")
    assert "scoring" in said
    assert "SIGKILL" in said
    assert str(real.data / "logs" / "scoring.log") in said


def _below(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, todo = [], [pid]
    while todo:
        todo += (below := children.get(todo.pop(), []))
        found += below
    return found


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
