"""Stores of an earlier release are opened and gone on with; those of a later one are refused, and left as they are."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from store_databases import INDEXES, mongo_uri

from shared.contracts.publishing import RankingPublishedV1
from shared.kernel.canonical import compact_json
from shared.kernel.errors import Conflict
from shared.messaging.aggregate import AggregateDocument
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.service import store_indexes
from shared.storage.format import STORE_FORMAT, check_format
from shared.storage.mongo import MongoStore
from shared.storage.sqlite import SqliteStore

DATA = Path(__file__).parents[1] / "data"


def old_store(service: str, folder: Path, when: str = "begun") -> Path:
    """A store as release 0.1.0 left it, in a folder: of a year that was only begun, or finished."""
    path = folder / f"{service}.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / f"{when}-0.1.0" / f"{service}.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def number(path: Path) -> int:
    connection = sqlite3.connect(path)
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return found


async def test_a_new_store_is_of_todays_format(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "new.sqlite3", INDEXES)
    await store.close()
    assert number(tmp_path / "new.sqlite3") == STORE_FORMAT


async def test_a_store_of_0_1_0_is_brought_to_todays_format_with_all_that_is_in_it(tmp_path: Path) -> None:
    from services.verification.app import definition

    path = old_store("verification", tmp_path)
    assert number(path) == 0
    for _ in range(2):  # opening it again changes nothing more
        store = await SqliteStore.open(path, store_indexes(definition().collections))
        try:
            cases = await store.scan("cases")
            assert [document.key for document in cases] == [
                "2021/it/huyen-luc-nam",
                "2021/it/huyen-tan-yen",
                "2021/it/huyen-yen-the",
                "2021/it/tp-bac-giang",
            ]
            collection = next(each for each in definition().collections if each.name == "cases")
            loaded = {document.key: AggregateDocument.load(collection, document.key, document) for document in cases}
            assert all(each.state is not None for each in loaded.values())
            left = [(entry.topic, entry.sequence) for entry in loaded["2021/it/huyen-luc-nam"].outgoing]
            assert ("verifications", 1) in left, "what waited in the body is not lost"
            entries = [entry.headers["ce_type"] async for entry in store.read_journal("verification-returns")]
            assert entries == ["verification.case.returned.v1"]
        finally:
            await store.close()
    assert number(path) == STORE_FORMAT


async def test_a_dead_letter_of_0_1_0_is_read(tmp_path: Path) -> None:
    from services.intake.app import definition

    store = await SqliteStore.open(old_store("intake", tmp_path), store_indexes(definition().collections))
    try:
        (document,) = await store.find(DEAD_LETTERS.name, "status", "waiting")
        letter = AggregateDocument.load(DEAD_LETTERS, document.key, document).state
        assert letter is not None
        assert (letter.noted, letter.message.topic_name) == (False, "platform-submissions")
        assert letter.record().value == b"not JSON"
    finally:
        await store.close()


async def test_a_decision_signed_under_0_1_0_is_read_and_publishes_what_was_said_then(tmp_path: Path) -> None:
    from services.publishing.app import definition
    from services.publishing.collections import DECISIONS

    path = old_store("publishing", tmp_path, "finished")
    store = await SqliteStore.open(path, store_indexes(definition().collections))
    try:
        (document,) = await store.scan(DECISIONS.name)
        decision = AggregateDocument.load(DECISIONS, document.key, document).state
        (said,) = [entry.value async for entry in store.read_journal("rankings")]
        assert decision is not None
        (edition,) = decision.live().values()
        assert RankingPublishedV1.model_validate_json(said).published == edition.published
        assert compact_json(RankingPublishedV1(published=edition.published).plain()) == said
    finally:
        await store.close()


async def test_a_store_of_a_newer_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = old_store("intake", tmp_path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {STORE_FORMAT + 1}")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Conflict) as refused:
        await SqliteStore.open(path, INDEXES)
    assert refused.value.code == "store.newer_format"
    (fault,) = refused.value.faults
    assert str(path) in fault.place
    assert str(STORE_FORMAT + 1) in fault.vi
    assert str(STORE_FORMAT) in fault.en
    assert fault.remedy_vi
    assert path.read_bytes() == before


async def test_two_that_open_an_old_store_at_once_both_get_it(tmp_path: Path) -> None:
    path = old_store("publishing", tmp_path)
    stores = await asyncio.gather(*(SqliteStore.open(path, INDEXES) for _ in range(4)))
    for store in stores:
        await store.close()
    assert number(path) == STORE_FORMAT


@pytest.mark.parametrize("found", range(STORE_FORMAT + 1))
def test_every_format_up_to_todays_is_known(found: int) -> None:
    check_format("here", found)


@pytest.mark.connected
async def test_a_mongodb_database_carries_its_format_and_a_newer_one_is_refused() -> None:
    name, uri = f"xephang_{uuid4().hex}", mongo_uri()
    client: Any = AsyncIOMotorClient(uri)
    formats = client[name]["_format"]
    try:
        await client[name]["cases"].insert_one({"_id": "old", "v": 1, "b": "{}", "i": {}, "h": []})  # as 0.1.0 did
        for _ in range(2):
            store = await MongoStore.open(uri, name, INDEXES)
            assert await store.get("cases", "old") is not None
            await store.close()
            assert (await formats.find_one({}))["n"] == STORE_FORMAT
        await formats.update_one({}, {"$set": {"n": STORE_FORMAT + 1}})
        with pytest.raises(Conflict) as refused:
            await MongoStore.open(uri, name, INDEXES)
        assert refused.value.code == "store.newer_format"
        assert name in refused.value.faults[0].place
        assert (await formats.find_one({}))["n"] == STORE_FORMAT + 1
    finally:
        await client.drop_database(name)
        client.close()
