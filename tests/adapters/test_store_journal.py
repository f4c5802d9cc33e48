"""What every document store keeps of the journal: each event once, in order, for ever."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from store_databases import Databases

from shared.storage.port import DocumentStore, JournalEntry, Write


def an_entry(sequence: int = 1, stream: str = "2026/a", topic: str = "intake-events", key: str = "") -> JournalEntry:
    headers = {"ce_id": f"{stream}#{sequence}", "$x.y": "ế", "": ""}
    return JournalEntry(topic, stream, sequence, key or stream, headers, b"\x00\xff" + str(sequence).encode())


async def read(
    store: DocumentStore, topic: str = "intake-events", after: int = 0, before: int | None = None, latest: bool = False
) -> list[JournalEntry]:
    return [e async for e in store.read_journal(topic, after=after, before=before, latest_per_key=latest)]


async def test_entries_come_back_in_the_order_of_appending(store: DocumentStore) -> None:
    assert await store.append_journal([]) == []
    assert await read(store) == []
    assert await store.journal_end("intake-events") == 0
    first = await store.append_journal([an_entry(2), an_entry(1), an_entry(1, "2026/b")])
    second = await store.append_journal([an_entry(3), an_entry(1, topic="other")])
    positions = [entry.position for entry in first + second]
    assert positions == sorted(set(positions))
    assert positions[0] > 0
    assert positions[-1] < 2**53
    assert await read(store) == [*first, second[0]]
    assert await store.journal_end("intake-events") == second[0].position
    assert await read(store, "other") == [second[1]]
    assert [replace(entry, position=0) for entry in first] == [an_entry(2), an_entry(1), an_entry(1, "2026/b")]


async def test_an_entry_appended_again_changes_nothing(store: DocumentStore) -> None:
    first = await store.append_journal([an_entry(n) for n in (1, 2, 3)])
    changed = replace(an_entry(2), value=b"other", key="other")
    again = await store.append_journal([an_entry(4), changed, an_entry(3), an_entry(5), an_entry(5)])
    assert [entry.position for entry in again[1:3]] == [first[1].position, first[2].position]
    assert again[3].position == again[4].position
    assert [entry.sequence for entry in await read(store)] == [1, 2, 3, 4, 5]
    assert (await read(store))[:3] == first


async def test_another_event_at_a_place_that_is_taken_is_told_of(
    store: DocumentStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The same again is no news; of another one the journal keeps the first, and nobody else would notice."""
    await store.append_journal([an_entry(1), an_entry(2)])
    await store.put(Write("agencies", "a", {}, 0, {}, [an_entry(2), an_entry(3)]))
    await store.append_journal([event.entry for event in await store.unpublished("intake-events")])
    assert caplog.messages == []
    others = (replace(an_entry(1), value=b"other"), replace(an_entry(2), headers={}), replace(an_entry(3), key="other"))
    for other in others:
        await store.append_journal([other, an_entry(4)])
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert all(f"number {n} of 2026/a" in text for n, text in enumerate(caplog.messages, 1))
    assert [replace(entry, position=0) for entry in await read(store)] == [an_entry(n) for n in (1, 2, 3, 4)]


async def test_readers_get_what_lies_between_after_and_before(store: DocumentStore) -> None:
    entries = await store.append_journal([an_entry(n) for n in range(1, 7)])
    at = [entry.position for entry in entries]
    assert await read(store, after=at[1]) == entries[2:]
    assert await read(store, before=at[4]) == entries[:4]
    assert await read(store, after=at[1], before=at[4]) == entries[2:4]
    assert await read(store, after=at[5]) == []
    assert await read(store, after=at[3], before=at[2]) == []


async def test_a_newcomer_gets_the_newest_of_each_key(store: DocumentStore) -> None:
    keys = ["x", "y", "x", "z", "y", "x"]
    entries = await store.append_journal([an_entry(n, key=key) for n, key in enumerate(keys)])
    await store.append_journal([an_entry(9, topic="other", key="z")])
    assert await read(store, latest=True) == [entries[3], entries[4], entries[5]]
    assert await read(store, latest=True, before=entries[4].position) == [entries[1], entries[2], entries[3]]
    assert await read(store, latest=True, after=entries[3].position) == [entries[4], entries[5]]
    assert await read(store, "nothing", latest=True) == []


async def test_the_newest_of_a_key_is_that_with_the_highest_sequence(store: DocumentStore) -> None:
    """Of two processes the one with the slower clock, or the later turn, may have appended it at a lower position."""
    entries = await store.append_journal([an_entry(n, key=key) for n, key in ((2, "x"), (1, "x"), (4, "y"), (3, "y"))])
    assert await read(store, latest=True) == [entries[0], entries[2]]
    assert await read(store, latest=True, after=entries[0].position) == [entries[1], entries[2]]
    assert await read(store, latest=True, before=entries[0].position) == []


async def test_a_range_of_a_stream_is_read_by_sequence(store: DocumentStore) -> None:
    await store.append_journal([an_entry(n, stream) for n in (5, 3, 1, 2, 4, 10) for stream in ("2026/a", "2026/b")])
    found = await store.read_stream("intake-events", "2026/a", 2, 5)
    assert [(entry.stream, entry.sequence) for entry in found] == [("2026/a", n) for n in (2, 3, 4, 5)]
    assert await store.read_stream("intake-events", "2026/a", 6, 9) == []
    assert await store.read_stream("other", "2026/a", 1, 9) == []


async def test_a_long_journal_is_streamed_whole(store: DocumentStore) -> None:
    for start in range(0, 20_000, 2_000):
        await store.append_journal([an_entry(n, key=f"key{n % 250}") for n in range(start, start + 2_000)])
    seen, last = 0, 0
    async for entry in store.read_journal("intake-events"):
        assert (entry.sequence, entry.position > last) == (seen, True)
        seen, last = seen + 1, entry.position
        if seen == 10_000:  # appended while it is read: not part of what the reader asked for
            await store.append_journal([an_entry(20_000)])
    assert seen == 20_000
    assert [entry.sequence for entry in await read(store, latest=True)] == [*range(19_750, 20_000), 20_000]


async def test_many_tasks_append_each_entry_once(databases: Databases) -> None:
    """Two stores append the same events at the same time, as two relays do after a partition of the network."""
    async with databases.opened() as one:
        other = await databases.open()
        batches = [[an_entry(n, f"2026/{stream}") for n in range(20)] for stream in range(10)]
        answers = await asyncio.gather(*(s.append_journal(batch) for batch in batches for s in (one, other)))
        stored = {(entry.stream, entry.sequence): entry for entry in await read(one)}
        assert len(stored) == len(await read(other)) == 200
        assert all(stored[entry.stream, entry.sequence] == entry for answer in answers for entry in answer)
        for stream in range(10):
            positions = [stored[f"2026/{stream}", n].position for n in range(20)]
            assert positions == sorted(positions)
        await other.close()
