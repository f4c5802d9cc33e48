"""The file that tells shells where the servers are, and which process holds them up.

It is locked for as long as that process lives: the kernel lets go of it however the process ends, so what an ended one
left behind is never taken for servers that run.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from deploy.servers.errors import ServerError

__all__ = ["Told", "stop_told", "telling"]

_PID = "# pid "
_PATIENCE = 60.0  # seconds for both servers to end in order
_POLL_SECONDS = 0.05


class Told:
    """An env file that is ours."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path = path
        self._file = file

    def write(self, addresses: Mapping[str, str]) -> None:
        """The servers answer at these addresses (variable → value)."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in addresses.items()]
        self._file.seek(0)
        self._file.truncate()
        self._file.write("".join([f"{_PID}{os.getpid()}\n", *lines]))
        self._file.flush()


@contextmanager
def telling(path: Path) -> Iterator[Told]:
    """Hold the file; it is gone at the end. Raises `ServerError` if the servers of this file run already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may become a data folder
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServerError(f"servers run already, see {path}: use them, or stop them first") from error
        told = Told(path, file)
        told.write({})
        try:
            yield told
        finally:
            path.unlink(missing_ok=True)


def stop_told(path: Path) -> bool:
    """End the servers of this file and wait until they have; False if none run. Raises `ServerError`."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        return False
    with file:
        if _free(file):
            path.unlink(missing_ok=True)
            return False
        with suppress(ProcessLookupError):
            os.kill(_pid(path, file.read()), signal.SIGTERM)
        until = time.monotonic() + _PATIENCE
        while not _free(file):
            if time.monotonic() > until:
                raise ServerError(f"the servers of {path} did not end within {_PATIENCE:.0f} s")
            time.sleep(_POLL_SECONDS)
    return True


def _free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(path: Path, content: str) -> int:
    first = content.partition("\n")[0]
    if not first.startswith(_PID) or not first.removeprefix(_PID).isdigit():
        raise ServerError(f"{path} does not say who holds the servers: end that process yourself and delete the file")
    return int(first.removeprefix(_PID))
