"""A stop has a bound that the process itself holds: even a busy loop ends; a second signal ends everything."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT

PROGRAM = """
import asyncio, sys, time
from deploy.xephang.commands.serving import Stopping

async def serve():
    stopping = Stopping(float(sys.argv[1]))
    print("ready", flush=True)
    {work}
    await stopping.finish(asyncio.Event().wait())

asyncio.run(serve())
"""
BUSY = "while True: pass"
STUCK = "await stopping.event.wait()"
FAILED = "pass"


def ends(work: str, seconds: float, *signals: signal.Signals) -> tuple[int, str]:
    """The exit code of a program that does this work, and what it said to people."""
    command = [sys.executable, "-c", PROGRAM.format(work=work), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == "ready\n"
            for number in signals:
                process.send_signal(number)
                try:
                    process.wait(1.0)
                except subprocess.TimeoutExpired:
                    continue
            return process.wait(30), process.stderr.read()
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("work", [BUSY, STUCK])
def test_whatever_hangs_the_process_ends_in_order(work: str) -> None:
    code, said = ends(work, 0.2, signal.SIGTERM)
    assert code == 0
    assert "Không dừng kịp" in said


@pytest.mark.slow
@pytest.mark.parametrize("work", [BUSY, STUCK])
def test_second_signal_ends_at_once(work: str) -> None:
    assert ends(work, 3600, signal.SIGTERM, signal.SIGINT) == (1, "")


@pytest.mark.slow
def test_a_failed_start_that_hangs_while_it_stops_is_no_success() -> None:
    assert ends(FAILED, 0.2)[0] == 1
