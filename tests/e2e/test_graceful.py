"""`xephang up` told to stop in the middle of a burst ends in order, and the next start misses and doubles nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from insistent import Insistent, until_each_has_one_case

from deploy.bench.burst import open_campaigns, postings
from deploy.servers.spawn import spawn
from deploy.xephang.commands.folder import announced
from deploy.xephang.year.office import Office, wait_for
from shared.http.auth import DemoIssuer

ANSWERS, STOPPED_AFTER = 300, 80


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[subprocess.Popen[bytes], str]]:
    """The platform in a process of its own, on the folder; and its address."""
    command = [sys.executable, "-m", "deploy.xephang", "up", "--data", str(data), "--port", "0"]
    with (data.parent / "said").open("ab") as said:
        process = spawn(command, death_signal=signal.SIGKILL, output=said)
    try:

        async def serves() -> bool:
            assert process.poll() is None, (data.parent / "said").read_text()
            found = announced(data)
            return found is not None and found["pid"] == process.pid

        await wait_for("it serves", serves, every=0.1)
        found = announced(data)
        assert found is not None
        yield process, found["url"]
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


@pytest.mark.slow
async def test_a_stop_in_a_burst_loses_and_doubles_nothing(tmp_path: Path):
    data = tmp_path / "data"
    issuer = DemoIssuer(data)
    async with running(data) as (process, url), Office(url, issuer) as office:
        found = announced(data)
        assert found is not None
        plans, rule_set = await open_campaigns(office, found["kafka"], ANSWERS)
        made = list(postings(plans, rule_set, ANSWERS))
        burst = Insistent(url, issuer, [body for _, body in made])
        posting = asyncio.create_task(burst.post_all())
        await burst.until_accepted(STOPPED_AFTER)
        os.kill(process.pid, signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
        assert announced(data) is None
    assert not posting.done()
    async with running(data) as (_, url), Office(url, issuer) as office:
        burst.url = url
        await posting
        assert burst.answers[201] + burst.answers[200] == ANSWERS
        await until_each_has_one_case(office, {key.partition("/")[2] for key, _ in made})
