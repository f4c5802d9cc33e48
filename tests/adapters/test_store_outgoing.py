"""What every document store keeps of events that wait to be published: written with a document, and beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from store_databases import Databases

from shared.storage.declared import MAX_BODY_BYTES
from shared.storage.port import DocumentStore, JournalEntry, Unpublished, VersionConflict, Write


def an_event(sequence: int, key: str = "a", topic: str = "submissions", value: bytes = b"\x00\xff") -> JournalEntry:
    return JournalEntry(topic, f"agencies/{key}", sequence, f"2026/{key}", {"ce_id": f"ế.{sequence}"}, value)


def a_write(key: str, expected: int, *events: JournalEntry, collection: str = "agencies") -> Write:
    return Write(collection, key, {"version": expected + 1}, expected, {}, events)


async def waiting(store: DocumentStore, topic: str = "submissions", limit: int = 500) -> list[Unpublished]:
    """Page by page, as a relay reads."""
    found: list[Unpublished] = []
    while page := await store.unpublished(topic, after=found[-1] if found else None, limit=limit):
        found += page
    return found


def entries(events: Sequence[Unpublished]) -> list[JournalEntry]:
    return [replace(event.entry, position=0) for event in events]


async def test_events_wait_from_the_write_on_until_they_are_published(store: DocumentStore) -> None:
    await store.put(a_write("a", 0, an_event(1), an_event(2), an_event(1, topic="other")))
    found = await waiting(store)
    assert entries(found) == [an_event(1), an_event(2)]
    assert {(event.collection, event.key) for event in found} == {("agencies", "a")}
    await store.published(found[:1])
    assert entries(await waiting(store)) == [an_event(2)]
    await store.published(found)
    assert await waiting(store) == []
    assert entries(await waiting(store, "other")) == [an_event(1, topic="other")]
    await store.published([])


async def test_publishing_changes_no_document_and_writing_no_event(store: DocumentStore) -> None:
    await store.put(a_write("a", 0, an_event(1)))
    found = await waiting(store)
    assert await store.put(a_write("a", 1, an_event(2))) == 2
    await store.published(found)
    assert entries(await waiting(store)) == [an_event(2)]
    assert await store.put(a_write("a", 2)) == 3
    assert entries(await waiting(store)) == [an_event(2)]


async def test_a_refused_write_leaves_no_event(store: DocumentStore) -> None:
    await store.put(a_write("a", 0))
    assert await store.put_many([a_write("a", 0, an_event(1)), a_write("b", 0, an_event(1, "b"))]) == [False, True]
    with pytest.raises(VersionConflict):
        await store.put(a_write("a", 7, an_event(1)))
    assert entries(await waiting(store)) == [an_event(1, "b")]
    assert [e.stream async for e in store.read_journal("submissions")] in ([], ["agencies/b"])


async def test_what_was_journaled_before_waits_all_the_same(store: DocumentStore) -> None:
    """A document of an earlier version held it; what the journal has stays as it was."""
    (before,) = await store.append_journal([an_event(1)])
    await store.put(a_write("a", 0, an_event(1, value=b"other")))
    (found,) = await waiting(store)
    (after,) = await store.append_journal([found.entry])
    assert after.position == before.position
    assert [entry async for entry in store.read_journal("submissions")] == [before]


async def test_pages_of_many_events_give_each_once_and_in_order(store: DocumentStore) -> None:
    for name in ("agencies", "cases"):
        writes = [a_write(f"{n:03}", 0, *_three(f"{name}{n:03}"), collection=name) for n in range(40)]
        assert all(await store.put_many(writes))
    found = await waiting(store, limit=7)
    assert len({(event.entry.stream, event.entry.sequence) for event in found}) == len(found) == 240
    for stream in {event.entry.stream for event in found}:
        assert [event.entry.sequence for event in found if event.entry.stream == stream] == [1, 2, 3]
    assert await store.count_unpublished("submissions") == 80
    await store.published(found[:100])
    assert len(await waiting(store)) == 140
    assert await store.count_unpublished("other") == 0


async def test_the_end_of_the_journal_is_that_of_what_waits_no_longer(store: DocumentStore) -> None:
    await store.put(a_write("a", 0, an_event(1), an_event(2)))
    assert await store.journal_end("submissions") == 0
    first, second = await waiting(store)
    for event in (first, second):
        (entry,) = await store.append_journal([event.entry])
        await store.published([replace(event, entry=entry)])
        assert await store.journal_end("submissions") == entry.position


async def test_an_event_that_no_database_takes_is_refused_with_its_write(store: DocumentStore) -> None:
    for bad in (replace(an_event(1), key="\ud800"), replace(an_event(1), headers={"x": "\ud800"})):
        with pytest.raises((TypeError, ValueError)):
            await store.put_many([a_write("good", 0), a_write("bad", 0, bad)])
    with pytest.raises(ValueError, match="bytes"):
        await store.put(a_write("big", 0, an_event(1, value=b"." * MAX_BODY_BYTES)))
    assert await store.scan("agencies") == []
    assert await waiting(store) == []


async def test_writers_and_relays_at_the_same_time_lose_and_repeat_nothing(databases: Databases) -> None:
    async with databases.opened() as one:
        other = await databases.open()
        seen: dict[str, list[int]] = {}
        done = asyncio.Event()

        async def write(key: str) -> None:
            for version in range(10):
                await one.put(a_write(key, version, an_event(version + 1, key)))

        async def publish() -> None:
            while not done.is_set() or await waiting(other):
                for event in await waiting(other, limit=3):
                    seen.setdefault(event.entry.stream, []).append(event.entry.sequence)
                    await other.published([event])

        relay = asyncio.create_task(publish())
        await asyncio.gather(*(write(key) for key in "abcd"))
        done.set()
        await relay
        assert seen == {f"agencies/{key}": list(range(1, 11)) for key in "abcd"}
        await other.close()


def _three(key: str) -> list[JournalEntry]:
    return [an_event(number, key) for number in (1, 2, 3)]
