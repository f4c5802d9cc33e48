"""What only the embedded store promises: one file, several processes, kill -9, a full disk."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from store_databases import INDEXES

from shared.storage.port import JournalEntry, StoreUnavailable, Write
from shared.storage.sqlite import SqliteStore

WRITER = textwrap.dedent(
    """
    import asyncio, sys
    from shared.storage.port import JournalEntry, Write
    from shared.storage.sqlite import SqliteStore

    async def main(path, name):
        store = await SqliteStore.open(path, {"agencies": ["state"]})

        async def write(task):
            for n in range(100_000):
                key = f"{name}/{task}/{n}"
                await store.put(Write("agencies", key, {"n": n}, 0, {"state": ["open"]}))
                await store.append_journal([JournalEntry("t", f"{name}/{task}", n, key, {}, b"")])
                print(key, flush=True)

        await asyncio.gather(*(write(task) for task in range(8)))

    asyncio.run(main(*sys.argv[1:]))
    """
)


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    store = await SqliteStore.open(path, INDEXES)
    await store.put(Write("plain", "a", {}, 0))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
        "store.db": 0o600,
        "store.db-wal": 0o600,
        "store.db-shm": 0o600,
    }
    await store.close()
    assert [file.name for file in path.parent.iterdir()] == ["store.db"]
    with pytest.raises(RuntimeError, match="closed"):
        await store.get("plain", "a")


async def test_bodies_stand_in_the_file_as_text(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    await store.put(Write("plain", "a", {"tên": "Sở Nội vụ"}, 0))
    await store.put(Write("plain", "a", {"tên": "Sở Y tế"}, 1))
    await store.put(Write("plain", "b", {"\0": "\0"}, 0))
    found = await store.scan("plain")
    await store.close()
    with sqlite3.connect(tmp_path / "store.db") as file:
        rows = file.execute("SELECT typeof(body), body FROM document ORDER BY key").fetchall()
    assert rows == [("text", '{"tên":"Sở Y tế"}'), ("text", '{"\\u0000":"\\u0000"}')]
    assert [document.body for document in found] == [{"tên": "Sở Y tế"}, {"\0": "\0"}]


async def test_a_new_file_has_pages_that_fit_documents_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute("CREATE TABLE kept (n INTEGER)")
    for name, expected in (("new.db", 16384), ("old.db", 4096)):
        store = await SqliteStore.open(tmp_path / name, INDEXES)
        await store.put(Write("plain", "a", {}, 0))
        assert store._file._writer.execute("PRAGMA page_size").fetchone() == (expected,)
        await store.close()


async def test_keys_beyond_the_basic_plane_are_in_code_point_order(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    keys = ["\ue000", "\uffee", "😀", "\U0010ffff"]  # UTF-16 would put the last two first
    await store.put_many([Write("plain", key, {}, 0) for key in reversed(keys)])
    assert [document.key for document in await store.scan("plain")] == keys
    assert [document.key for document in await store.scan("plain", after="\uffee")] == keys[2:]
    await store.close()


async def test_a_conflict_undoes_only_itself_when_writes_share_a_commit(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    bad = JournalEntry("t", "s", 2**70, "k", {}, b"")  # no 64-bit number: fails inside the transaction
    outcomes = await asyncio.gather(
        store.put(Write("plain", "a", {"first": True}, 0)),
        store.append_journal([JournalEntry("t", "s", 1, "k", {}, b""), bad]),
        store.put(Write("plain", "a", {}, 0)),
        store.put(Write("plain", "b", {}, 0)),
        return_exceptions=True,
    )
    assert [outcome if isinstance(outcome, int) else type(outcome).__name__ for outcome in outcomes] == [
        1,
        "OverflowError",
        "VersionConflict",
        1,
    ]
    assert [(document.key, document.body) for document in await store.scan("plain")] == [
        ("a", {"first": True}),
        ("b", {}),
    ]
    assert await store.journal_end("t") == 0
    await store.close()


async def test_a_locked_file_is_unavailable_and_later_available(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    store._file._writer.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for outcome in await asyncio.gather(
        *(store.put(Write("plain", key, {}, 0)) for key in "ab"), return_exceptions=True
    ):
        assert isinstance(outcome, StoreUnavailable)
        assert "locked" in str(outcome)
    assert await store.scan("plain") == []
    other.execute("COMMIT")
    other.close()
    assert await store.put(Write("plain", "a", {}, 0)) == 1
    await store.close()


async def test_a_full_disk_is_unavailable_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    writer = store._file._writer
    writer.execute("PRAGMA max_page_count = 20")  # what a full disk looks like to SQLite
    writes = [Write("agencies", f"{n:03}", {"text": "x" * 3_000}, 0, {"state": ["open"]}) for n in range(100)]
    with pytest.raises(StoreUnavailable, match="full"):
        await store.put_many(writes)
    assert await store.scan("agencies") == []
    assert await store.count("agencies", "state", "open") == 0
    writer.execute("PRAGMA max_page_count = 100000")
    assert await store.put_many(writes) == [True] * 100
    await store.close()


async def test_what_is_no_database_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"something else, longer than a header" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await SqliteStore.open(tmp_path / "store.db", INDEXES)
    with pytest.raises(ValueError, match="cannot name"):
        await SqliteStore.open(tmp_path / "other.db", {"a.b": []})


async def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    stores = await asyncio.gather(*(SqliteStore.open(tmp_path / "store.db", INDEXES) for _ in range(8)))
    await asyncio.gather(*(store.put(Write("plain", str(n), {}, 0)) for n, store in enumerate(stores)))
    assert len(await stores[0].scan("plain")) == 8
    await asyncio.gather(*(store.close() for store in stores))


async def test_close_waits_for_what_was_asked_before(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", INDEXES)
    putting = [asyncio.ensure_future(store.put(Write("plain", str(n), {}, 0))) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*putting) == [1] * 50


async def test_no_acknowledged_write_is_missing_when_processes_are_killed(tmp_path: Path) -> None:
    """Two processes write to one file with eight tasks each; both are killed in the middle of it."""
    path = tmp_path / "store.db"
    writers = [
        subprocess.Popen(  # noqa: ASYNC220 - nothing else waits for this loop
            [sys.executable, "-c", WRITER, str(path), name],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for name in ("one", "two")
    ]
    acknowledged: set[str] = set()
    for writer in writers:
        assert writer.stdout is not None
        acknowledged |= {writer.stdout.readline().decode().strip() for _ in range(300)}
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
    for writer in writers:
        out, _ = writer.communicate()
        acknowledged |= set(out.decode().split("\n")[:-1])  # the last line may be cut short

    store = await SqliteStore.open(path, {"agencies": ["state"]})
    documents = await store.get_many("agencies", sorted(acknowledged))
    journaled = {entry.key async for entry in store.read_journal("t")}
    assert len(acknowledged) >= 600
    assert acknowledged <= documents.keys()
    assert acknowledged <= journaled
    count = await store.count("agencies", "state", "open")
    keys: list[str] = []
    while page := await store.scan("agencies", after=keys[-1] if keys else None):
        keys += [document.key for document in page]
    assert count == len(keys)  # no document without its index values, and none the other way
    await store.close()
