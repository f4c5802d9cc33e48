"""The demo issuer's key: made once, whoever comes first, and nobody else's to read."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

import pytest

from shared.http.auth import DemoIssuer

SHOW_KEY = (
    "import sys; from pathlib import Path; from shared.http.auth import DemoIssuer;"
    "sys.stdin.read(1); sys.stdout.buffer.write(DemoIssuer(Path(sys.argv[1])).public_key())"
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        DemoIssuer(tmp_path / "data")
    finally:
        os.umask(before)
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "demo-issuer.pem") == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["demo-issuer.pem"]


def test_it_stays_the_same(tmp_path: Path) -> None:
    token = DemoIssuer(tmp_path).token("an", ["operator"])
    assert DemoIssuer(tmp_path).verifier().person(token).id == "an"


def test_what_a_killed_start_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"demo-issuer.{os.getpid()}").write_bytes(b"half a")
    (tmp_path / f".demo-issuer.{os.getpid()}").write_bytes(b"half a")
    assert DemoIssuer(tmp_path).token("an", ["operator"])


def test_threads_that_make_it_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: DemoIssuer(tmp_path).public_key(), range(16)))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("number", [3])
def test_processes_that_make_it_at_once_agree(tmp_path: Path, number: int) -> None:
    processes = [Popen([executable, "-c", SHOW_KEY, tmp_path], stdin=PIPE, stdout=PIPE) for _ in range(number)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"!")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert keys.pop().startswith(b"-----BEGIN PUBLIC KEY-----")
