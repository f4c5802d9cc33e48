"""Runs the command line in this process, and once for all tests a platform in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.xephang.cli import main

ROOT = Path(__file__).parents[2]
RULESETS = ROOT / "services" / "scoring" / "rulesets"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer reaches a test; every command runs in an empty folder, on a wide terminal."""
    for name in list(os.environ):
        if name.startswith("XEPHANG_"):
            monkeypatch.delenv(name)
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, hook, getattr(module, hook))  # `serve` takes them over
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("ruleset", "lint", path)` as a user would call it."""

    def call(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 1, captured.out, captured.err)

    return call


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """A file in the test's folder."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


@dataclass(frozen=True)
class Up:
    """A platform that runs in a process of its own; what it says goes to files, so that it never waits for a reader."""

    process: subprocess.Popen[bytes]
    data: Path
    out: Path
    err: Path


@pytest.fixture(scope="module")
def starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`xephang up` on a free port, which may still be starting; killed if a test leaves it running."""
    folder = tmp_path_factory.mktemp("up")
    data, out, err = folder / "data", folder / "out", folder / "err"
    command = [sys.executable, "-m", "deploy.xephang", "up", "--data", str(data), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XEPHANG_")}
    with out.open("wb") as output, err.open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=errors)
    yield Up(process, data, out, err)
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.fixture
def up(starting: Up) -> Up:
    """The platform, when it answers."""
    until = time.monotonic() + 60
    while not (starting.data / "platform.json").exists():
        assert starting.process.poll() is None, starting.err.read_text(encoding="utf-8")
        assert time.monotonic() < until, "the platform did not start"
        time.sleep(0.05)
    return starting
