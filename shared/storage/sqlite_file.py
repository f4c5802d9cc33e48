"""One SQLite file under asyncio: a single writer that commits in groups, and a few readers beside it.

SQLite lets one connection write at a time and makes every commit wait for the disk. Writes that come in while a
commit is under way are therefore gathered and share the next one; readers see the last commit and wait for nobody.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shared.storage.format import STORE_FORMAT, check_format
from shared.storage.port import StoreUnavailable

__all__ = ["SqliteFile"]

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

_READERS = 3
_GROUP_WEIGHT = 2_000  # documents in one commit: enough to make the disk's share small, few enough to answer soon
_BUSY_SECONDS = 15.0
# Documents are 10 to 30 kB: on pages of 4 kB, SQLite's own choice, each is a chain, and takes a third longer to write.
_PAGE_BYTES = 16 * 1024
_MAX_WAL_BYTES = 64 * 1024 * 1024

# Trouble of the moment: another process holds the lock, or the disk is full or does not answer.
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)


@dataclass(frozen=True, slots=True)
class _Failed:
    """The outcome of a piece of work that raised."""

    error: Exception


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    weight: int
    answer: asyncio.Future[Any]


class SqliteFile:
    """Runs work on the file, off the event loop; made by `open`, used by one event loop."""

    def __init__(self, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self._writer = writer
        self._readers = deque(readers)
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._read_threads = ThreadPoolExecutor(len(readers), thread_name_prefix="sqlite-read")
        self._waiting: deque[_Job] = deque()
        self._committer: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: Path, schema: Sequence[str]) -> SqliteFile:
        """Open or create the file (0600; a directory made for it 0700) and run the schema's statements.

        Raises `Conflict` for a file that a newer program wrote; nothing in it is touched then.
        """
        return await asyncio.to_thread(cls._open, path, schema)

    @classmethod
    def _open(cls, path: Path, schema: Sequence[str]) -> SqliteFile:
        connections: list[sqlite3.Connection] = []
        try:
            _create(path)
            connections.append(_connect(path))
            _prepare(connections[0], path, schema)
            for _ in range(_READERS):
                connections.append(_connect(path))
                connections[-1].execute("PRAGMA query_only = ON")
        except BaseException as error:
            for connection in connections:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise _translated(error) from error
            raise
        return cls(connections[0], connections[1:])

    async def read(self, work: Work[Result]) -> Result:
        """What `work` finds in the last commit."""
        self._refuse_if_closed()
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._lend, work)

    async def write(self, work: Work[Result], weight: int = 1) -> Result:
        """What `work` answers, once what it wrote is on the disk; if it raises, nothing of it is written."""
        self._refuse_if_closed()
        job = _Job(work, weight, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_waiting())
        return await job.answer  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Finish what waits, fold the write-ahead log into the file, release it."""
        if self._closed:
            return
        self._closed = True
        if self._committer is not None:
            await asyncio.wait([self._committer])
        await asyncio.to_thread(self._read_threads.shutdown)
        await asyncio.get_running_loop().run_in_executor(self._write_thread, self._release)
        self._write_thread.shutdown(wait=False)

    async def _commit_waiting(self) -> None:
        while group := self._next_group():
            loop = asyncio.get_running_loop()
            try:
                outcomes = await loop.run_in_executor(self._write_thread, self._commit, [job.work for job in group])
            except asyncio.CancelledError:  # the loop is being taken down: nobody is left waiting for ever
                for job in [*group, *self._waiting]:
                    job.answer.cancel()
                self._waiting.clear()
                raise
            except Exception as error:
                outcomes = [_Failed(error) for _ in group]
            for job, outcome in zip(group, outcomes, strict=True):
                if job.answer.done():  # its caller was cancelled and no longer asks
                    continue
                if isinstance(outcome, _Failed):
                    job.answer.set_exception(outcome.error)
                else:
                    job.answer.set_result(outcome)

    def _next_group(self) -> list[_Job]:
        group: list[_Job] = []
        weight = 0
        while self._waiting and weight < _GROUP_WEIGHT:
            job = self._waiting.popleft()
            if not job.answer.done():
                group.append(job)
                weight += job.weight
        return group

    def _commit(self, group: Sequence[Work[Any]]) -> list[Any]:
        """All of the group in one transaction; answers only after the commit, so an answer means: on the disk."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(work) for work in group]
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            return [_Failed(_translated(error)) for _ in group]
        return outcomes

    def _attempt(self, work: Work[Any]) -> Any:
        """One piece of work; its own failure undoes only itself, trouble with the file is everybody's."""
        self._writer.execute("SAVEPOINT piece")
        try:
            outcome = work(self._writer)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and _is_unavailable(error):
                raise
            self._writer.execute("ROLLBACK TO piece")
            outcome = _Failed(error)
        self._writer.execute("RELEASE piece")
        return outcome

    def _roll_back(self) -> None:
        if self._writer.in_transaction:  # a full disk makes SQLite roll back by itself
            self._writer.execute("ROLLBACK")

    def _lend(self, work: Work[Result]) -> Result:
        reader = self._readers.pop()  # as many readers as threads: there is always one
        try:
            return work(reader)
        except sqlite3.Error as error:
            raise _translated(error) from error
        finally:
            self._readers.append(reader)

    def _release(self) -> None:
        for connection in [*self._readers, self._writer]:  # the last one folds the log into the file
            connection.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")


def _create(path: Path) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_directory(path.parent.parent)
    # SQLite gives its log the mode of the file and syncs the file's own directory.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _sync_directory(path: Path) -> None:
    """After a power loss a new directory is there only if the one above it was synced."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect(path: Path) -> sqlite3.Connection:
    # Each connection is used by one thread at a time, not always the same one. No implicit transactions.
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # FULL waits for the disk in every commit. NORMAL survives kill -9 as well but may forget acknowledged commits when
    # the power goes. With group commit FULL costs nothing measurable in bulk, and half the speed of one lone writer.
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, schema: Sequence[str]) -> None:
    _check_format(connection, path)
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file; others stay as they are
    _write_ahead(connection)
    connection.execute(f"PRAGMA journal_size_limit = {_MAX_WAL_BYTES}")
    connection.execute("BEGIN IMMEDIATE")  # two processes that open a new file: one makes the tables, one waits
    _check_format(connection, path)
    for statement in schema:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {STORE_FORMAT}")
    connection.execute("COMMIT")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of a new or restored file several processes may want this at once, and here SQLite itself waits for nobody."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Release 0.1.0 left the number at 0, as it is in a new file."""
    check_format(str(path), connection.execute("PRAGMA user_version").fetchone()[0])


def _is_unavailable(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _UNAVAILABLE  # the low byte: the kind of error


def _translated(error: sqlite3.Error) -> Exception:
    return StoreUnavailable(f"SQLite: {error}") if _is_unavailable(error) else error
