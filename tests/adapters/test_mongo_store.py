"""What is particular to MongoDB: answers that do not come, and bulk writes that answer only with totals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from store_databases import INDEXES, Databases, mongo_uri

from shared.storage import mongo
from shared.storage.mongo import MongoStore
from shared.storage.port import JournalEntry, StoreUnavailable, Write


@pytest.fixture
async def store(databases: Databases) -> AsyncIterator[MongoStore]:
    async with databases.opened() as store:
        assert isinstance(store, MongoStore)
        yield store


class Line:
    """A connection to the server that can be cut: what a failing network looks like."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._whole = True
        self._calls: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._calls, return_exceptions=True)
            await asyncio.sleep(0.05)  # the ends close in the turns of the loop that follow

    def cut(self) -> None:
        self._whole = False
        for call in self._calls:
            call.cancel()

    def mend(self) -> None:
        self._whole = True

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        if self._whole:
            from_server, to_server = await asyncio.open_connection(*self._target)
            ends.append(to_server)
            pumps = {asyncio.ensure_future(_pump(*way)) for way in ((reader, to_server), (from_server, writer))}
            self._calls |= pumps
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.close()
        await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


only_mongo = pytest.mark.parametrize("databases", [pytest.param("mongo", marks=pytest.mark.connected)], indirect=True)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(StoreUnavailable, match="MongoDB"):
        await MongoStore.open(f"mongodb://127.0.0.1:{port}", "nothing", INDEXES, answer_seconds=0.2)


@pytest.mark.connected
async def test_a_server_that_goes_away_is_unavailable_and_later_available() -> None:
    target = urlsplit(mongo_uri())
    name = f"xephang_test_{uuid4().hex}"
    line = Line(target.hostname or "", target.port or 27017)
    async with line.laid() as port:
        store = await MongoStore.open(f"mongodb://127.0.0.1:{port}", name, INDEXES, answer_seconds=1.5)
        await store.put(Write("plain", "a", {}, 0))
        line.cut()
        outcomes = await asyncio.gather(
            store.put(Write("plain", "a", {}, 1)),
            store.put_many([Write("plain", "b", {}, 0)]),
            store.get("plain", "a"),
            store.append_journal([JournalEntry("t", "s", 1, "k", {}, b"")]),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 4
        line.mend()
        assert await store.put(Write("plain", "a", {}, 1)) == 2
        await store._client.drop_database(name)
        await store.close()


@only_mongo
async def test_each_write_has_its_own_answer_when_others_write_before_it_is_looked_up(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The total tells that one of three was lost; by the time we look, all three were replaced again."""
    await store.put_many([Write("plain", key, {}, 0) for key in "abc"])
    await store.put(Write("plain", "b", {}, 1))
    look = store._lost

    async def others_first(*arguments: object) -> set[str]:
        monkeypatch.undo()
        for version in range(2, 9):
            assert await store.put_many([Write("plain", key, {}, version) for key in "abc"]) == [True] * 3
        return await look(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "_lost", others_first)
    assert await store.put_many([Write("plain", key, {"n": 1}, 1) for key in "abc"]) == [True, False, True]


@only_mongo
async def test_no_entry_is_skipped_when_processes_gave_the_same_position(
    databases: Databases, store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "time_ns", lambda: 1_800_000_000_000_000_000)
    monkeypatch.setattr(mongo, "_PAGE", 3)
    stores = [store, *[await databases.open() for _ in range(1)]]
    for number, one in enumerate(stores):
        one._topics_seen.add("t")  # neither has seen what the other appended
        await one.append_journal([JournalEntry("t", f"s{number}", n, "k", {}, b"") for n in range(10)])
    entries = [(entry.stream, entry.sequence, entry.position) async for entry in store.read_journal("t")]
    assert len({position for _, _, position in entries}) == 10
    assert sorted(entries) == sorted({(f"s{number}", n, entries[0][2] + n) for number in range(2) for n in range(10)})
    assert [position for _, _, position in entries] == sorted(position for _, _, position in entries)
    for one in stores[1:]:
        await one.close()


@only_mongo
async def test_the_newest_of_a_key_does_not_depend_on_whose_clock_is_ahead(
    databases: Databases, store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await databases.open()
    for one, sequence, clock in ((store, 1, 1_800_000_000_050_000_000), (other, 2, 1_800_000_000_000_000_000)):
        one._topics_seen.add("t")  # type: ignore[attr-defined]
        monkeypatch.setattr(mongo, "time_ns", lambda clock=clock: clock)
        await one.append_journal([JournalEntry("t", "s", sequence, "k", {}, b"")])
    assert [entry.sequence async for entry in store.read_journal("t")] == [2, 1]
    assert [entry.sequence async for entry in store.read_journal("t", latest_per_key=True)] == [2]
    await other.close()
