"""Kill -9 at any moment of the year, and start again: the year completes, and its result is the same to the byte."""

import os
import queue
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lengths import WHOLE
from small_year import SMALL, YEAR, assert_same_files

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from pathlib import Path
from deploy.xephang.year import play
out, data, year, *agencies = sys.argv[1:]
arguments = {"fresh": False, "years": (int(year),), "as_json": False, "agencies": agencies, "proofs": False}
asyncio.run(play(Path(out), Path(data), **arguments))
"""
# Lines that a play says from its start to the signature; a kill comes at one of them and a moment later.
LINES = 15
GENEROUS_SECONDS = 180


@contextmanager
def playing(folder: Path) -> Iterator[tuple[subprocess.Popen[str], "queue.Queue[str | None]"]]:
    """A process that plays the small year in `folder` or goes on with it, and the lines it says (None at its end)."""
    command = [sys.executable, "-c", PROGRAM, folder / "out", folder / "data", str(YEAR), *SMALL]
    wide = os.environ | {"COLUMNS": "300"}  # so that nothing it says takes two lines
    lines: queue.Queue[str | None] = queue.Queue()
    with (
        (folder / "stderr").open("ab") as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=wide,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        reading = threading.Thread(target=lambda out: [*map(lines.put, out), lines.put(None)], args=(process.stdout,))
        reading.start()
        try:
            yield process, lines
        finally:
            process.kill()
            reading.join()


def play_until_killed(folder: Path, after_lines: int, then_seconds: float) -> bool:
    """Play until so many lines were said and a moment longer, then kill -9. False if the play was done before."""
    with playing(folder) as (process, lines):
        for _ in range(after_lines):
            if lines.get(timeout=GENEROUS_SECONDS) is None:
                return False
        try:
            process.wait(then_seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait(GENEROUS_SECONDS) == -signal.SIGKILL


def play_to_the_end(folder: Path) -> None:
    with playing(folder) as (process, lines):
        said = list(iter(lambda: lines.get(timeout=GENEROUS_SECONDS), None))
        assert process.wait(GENEROUS_SECONDS) == 0, "".join(said) + (folder / "stderr").read_text()


def moments(seed: int, kills: int) -> list[tuple[int, float]]:
    """Random moments of the year, one in each part of it."""
    chance = random.Random(seed)
    part = LINES / kills
    return [(1 + int(part * number + chance.random() * part), chance.random() * 0.8) for number in range(kills)]


def check(folder: Path, seed: int, kills: int, undisturbed: Path) -> None:
    killed = [play_until_killed(folder, lines, seconds) for lines, seconds in moments(seed, kills)]
    assert all(killed[: max(1, kills - 1)])  # the last of several moments may come when all is done
    play_to_the_end(folder)
    assert_same_files(folder / "out" / str(YEAR), undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5 if WHOLE else 1))
def test_year_is_the_same_however_often_and_whenever_it_is_killed(tmp_path: Path, undisturbed: Path, seed: int):
    check(tmp_path, seed=seed, kills=6, undisturbed=undisturbed)
