"""A server in a Java process of its own, that can be started, stopped, killed, frozen and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from deploy.servers import java
from deploy.servers.errors import StartError
from deploy.servers.logs import last_lines
from deploy.servers.ports import accepts, free_port
from deploy.servers.provision import provision
from deploy.servers.spawn import spawn

__all__ = ["JavaServer", "archive_of"]

_POLL_SECONDS = 0.05
_LOG_LINES = 40


def archive_of(server: type[JavaServer], home: Path) -> Path:
    """Where the AppCDS archive (classes read and checked beforehand) of a server is kept for the Java in use."""
    return home / f"{server.program}-{java.java_key()}.jsa"


class JavaServer(ABC):
    """One server on loopback. Port and folder are chosen at the first start and kept for all later ones.

    As a context manager (`with` or `async with`) it is started at the beginning, and stopped and cleaned up at the end.
    The methods block; from asyncio call them through `asyncio.to_thread`.
    """

    program: ClassVar[str]
    """Which jars it runs: their folder in the cache."""
    title: ClassVar[str]
    heap: ClassVar[str]

    def __init__(
        self,
        *,
        port: int = 0,
        folder: Path | None = None,
        log: Path | None = None,
        start_seconds: float = 60,
        stop_seconds: float = 20,
        java_options: Sequence[str] = (),
    ) -> None:
        """`folder` keeps configuration, data and log; without it a temporary one, which `close` removes.

        `log` is a file elsewhere for what it prints, which outlives a temporary folder.
        """
        self.port = port
        self._folder = folder
        self._temporary = folder is None
        self._log = log
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._java_options = tuple(java_options)
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0  # bytes in its log that are of earlier starts

    # What each server adds -----------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def address(self) -> str:
        """What clients are given; known once it has been started."""

    @abstractmethod
    def _arguments(self) -> list[str]:
        """Main class and its arguments."""

    @abstractmethod
    def _answers(self) -> bool:
        """Ask as a client does, within about a second."""

    def _prepare(self) -> None:
        """Make ready what a start needs in `folder`; called before each start."""
        self.folder.mkdir(parents=True, exist_ok=True)

    # What is the same for all --------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Configuration, data and log."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix=f"xephang-{self.program}-"))
        return self._folder

    @property
    def log(self) -> Path:
        """What the server printed, over all its starts."""
        return self._log or self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How its last process ended (below zero: by that signal); None while it runs or before it ever did."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start and wait until a client is answered; raise `StartError` with the end of the log if that fails."""
        if self.pid is not None:
            raise StartError(f"{self.title} runs already, at {self.address}")
        self.port = self.port or free_port()
        if accepts(self.port):
            raise StartError(f"{self.title} cannot start: something else listens at {self.address}")
        self._prepare()
        command = self._java([*self._archive(), f"-Xmx{self.heap}", *self._java_options, *self._arguments()])
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = spawn(command, death_signal=signal.SIGKILL, output=log, own_session=True)
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End in order (SIGTERM; SIGKILL if that takes too long). The folder stays for a later start."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self.resume()
        process.terminate()
        try:
            process.wait(self._stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End at once, as by kill -9. The folder stays for a later start."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Start again, on the same port and folder; stopped in order before if it still runs."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze (SIGSTOP): connections stay open and nobody answers, as when a network fails. Nothing is lost."""
        self._signal(signal.SIGSTOP)
        if (pid := self.pid) is not None:
            # The signal takes its time to reach every thread; until then clients may still be answered.
            with contextlib.suppress(ChildProcessError):  # somebody else ended it meanwhile
                os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Go on after `pause`; without one this does nothing."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop, and remove the temporary folder."""
        self.stop()
        if self._temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def log_tail(self) -> str:
        """The last lines that it logged since it was started, for an error message."""
        return last_lines(self.log, _LOG_LINES, after=self._said_before) or "(the log is empty)"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _java(self, arguments: Sequence[str]) -> list[str]:
        # The jars one by one and sorted: an archive is good only for the class path it was made with.
        jars = sorted((provision() / self.program).glob("*.jar"))
        return [java.java(), "-cp", os.pathsep.join(map(str, jars)), *arguments]

    def _archive(self) -> list[str]:
        archive = archive_of(type(self), provision())
        return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_seconds
        while not self._answers():
            if process.poll() is not None:
                raise self._failed(f"ended with exit code {process.returncode} while starting")
            if time.monotonic() > deadline:
                raise self._failed(f"did not answer at {self.address} within {self._start_seconds:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _failed(self, what: str) -> StartError:
        return StartError(f"{self.title} {what}; the end of its log:\n{self.log_tail()}")
