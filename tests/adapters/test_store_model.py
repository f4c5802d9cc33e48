"""Any sequence of calls gives the same answers as a dictionary in memory would, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from lengths import at_length
from store_databases import Databases

from shared.storage.port import Document, DocumentStore, JournalEntry, VersionConflict, Write

QUICK = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
THOROUGH = settings(QUICK, max_examples=at_length(300), stateful_step_count=50)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
bodies = st.dictionaries(
    texts, st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
)
# Below the surrogates' code points, where servers that compare UTF-16 order as those that compare UTF-8 do.
keys = st.text(st.characters(max_codepoint=0xD7FF), max_size=2) | st.sampled_from("abc")
values = st.lists(st.sampled_from(["1", "2", "", "ế"]), max_size=3)
versions = st.integers(-1, 1)  # beside the right one


@given(body=bodies, key=keys)
@QUICK
async def test_any_json_comes_back_the_same(store: DocumentStore, body: dict[str, Any], key: str) -> None:
    before = await store.get("agencies", key)
    await store.put(Write("agencies", key, body, before.version if before else 0))
    found = await store.get("agencies", key)
    assert found is not None
    assert found.body == body
    assert repr(_sorted(found.body)) == repr(_sorted(body))  # True is not 1, and an int is an int


class Model(RuleBasedStateMachine):
    """The store beside a dictionary."""

    databases: Databases

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()  # not asyncio.Runner, which would unset the loop of the other tests
        self.opening = self.databases.again().opened()
        self.store = self.loop.run_until_complete(self.opening.__aenter__())
        self.documents: dict[str, tuple[int, dict[str, Any], Sequence[str]]] = {}
        self.journal: list[JournalEntry] = []

    def teardown(self) -> None:
        self.loop.run_until_complete(self.opening.__aexit__(None, None, None))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def _version(self, key: str) -> int:
        return self.documents[key][0] if key in self.documents else 0

    def _would_put(self, write: Write) -> bool:
        if write.expected_version != self._version(write.key):
            return False
        self.documents[write.key] = (write.expected_version + 1, write.body, write.indexes["state"])
        return True

    @rule(batch=st.dictionaries(keys, st.tuples(versions, bodies, values), max_size=5))
    def put_many(self, batch: dict[str, tuple[int, dict[str, Any], list[str]]]) -> None:
        writes = [
            Write("agencies", key, body, max(self._version(key) + off, 0), {"state": found_by})
            for key, (off, body, found_by) in batch.items()
        ]
        outcomes = self.loop.run_until_complete(self.store.put_many(writes))
        assert outcomes == [self._would_put(write) for write in writes]

    @rule(key=keys, off=versions)
    def delete(self, key: str, off: int) -> None:
        expected = self._version(key) + off
        if off == 0 and expected:
            self.loop.run_until_complete(self.store.delete("agencies", key, expected))
            del self.documents[key]
        else:
            with pytest.raises(VersionConflict):
                self.loop.run_until_complete(self.store.delete("agencies", key, expected))

    @rule(value=st.sampled_from(["1", "2", "", "ế"]), after=st.none() | keys, limit=st.integers(1, 4))
    def find(self, value: str, after: str | None, limit: int) -> None:
        expected = [key for key in sorted(self.documents) if value in self.documents[key][2]]
        assert self.loop.run_until_complete(self.store.count("agencies", "state", value)) == len(expected)
        found = self.loop.run_until_complete(self.store.find("agencies", "state", value, after=after, limit=limit))
        assert found == [self._document(key) for key in expected if after is None or key > after][:limit]

    @rule(batch=st.lists(st.tuples(st.sampled_from("st"), st.integers(1, 5), st.sampled_from("xy")), max_size=4))
    def append(self, batch: list[tuple[str, int, str]]) -> None:
        entries = [JournalEntry("t", stream, number, key, {}, b"") for stream, number, key in batch]
        known = {(entry.stream, entry.sequence) for entry in self.journal}
        for entry in self.loop.run_until_complete(self.store.append_journal(entries)):
            if (entry.stream, entry.sequence) not in known:
                known.add((entry.stream, entry.sequence))
                self.journal.append(entry)

    @invariant()
    def everything_is_there(self) -> None:
        documents = self.loop.run_until_complete(self.store.scan("agencies"))
        assert documents == [self._document(key) for key in sorted(self.documents)]
        assert self.loop.run_until_complete(self._read(False)) == self.journal
        newest = {
            entry.key: entry for entry in sorted(self.journal, key=lambda entry: (entry.sequence, entry.position))
        }
        assert self.loop.run_until_complete(self._read(True)) == sorted(
            newest.values(), key=lambda entry: entry.position
        )

    async def _read(self, latest: bool) -> list[JournalEntry]:
        return [entry async for entry in self.store.read_journal("t", latest_per_key=latest)]

    def _document(self, key: str) -> Document:
        version, body, _ = self.documents[key]
        return Document("agencies", key, version, body)


def test_the_store_answers_as_a_dictionary_would(databases: Databases) -> None:
    run_state_machine_as_test(type("_Model", (Model,), {"databases": databases}), settings=QUICK)


@pytest.mark.slow
def test_the_store_answers_as_a_dictionary_would_for_long(databases: Databases) -> None:
    run_state_machine_as_test(type("_Model", (Model,), {"databases": databases}), settings=THOROUGH)


def _sorted(data: Any) -> Any:
    if isinstance(data, dict):
        return [(key, _sorted(data[key])) for key in sorted(data)]
    return [_sorted(item) for item in data] if isinstance(data, list) else data
