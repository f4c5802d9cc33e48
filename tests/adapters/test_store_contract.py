"""What every document store keeps, whatever is below it: documents, versions and indexes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from store_databases import Databases

from shared.storage.declared import MAX_BODY_BYTES
from shared.storage.port import Document, DocumentStore, VersionConflict, Write

NASTY_BODIES: list[dict[str, Any]] = [
    {},
    {"": {"": ""}},
    {"1.2": 1, ".": 2, "a.b.c": {"d.e": []}},
    {"$x": 1, "$set": {"$inc": {"v": 1}}, "$": None},
    {"$ref": "a", "$id": "b", "$db": "c"},
    {"_id": "not the key", "v": 99, "h": []},
    {"nul\x00key": "nul\x00value", "\n": "\t", "\u2028": "\ufeff"},
    {"Điểm": "Sở Nội vụ", "é": "e\u0301", "😀": "\U0010ffff"},
    {"numbers": [0, -1, 2**31, -(2**31) - 1, 2**53 - 1, -(2**53) + 1]},
    {"yes": True, "no": False, "nothing": None, "one": 1, "zero": 0},
    {"$date": "2026-01-01T00:00:00Z", "$oid": "0" * 24, "$numberLong": "1"},
]

KEYS = ["", " ", "$x", "1", "10", "2", "A", "Z", "a", "a\x00b", "a.b", "a/b", "ab", "e\u0301", "z", "é", "đ", "ế"]


def a_write(
    key: str = "so-noi-vu",
    body: dict[str, Any] | None = None,
    expected: int = 0,
    collection: str = "agencies",
    indexes: Mapping[str, Sequence[str]] | None = None,
) -> Write:
    return Write(collection, key, {"points": "1.25"} if body is None else body, expected, indexes or {})


async def test_a_document_is_found_as_it_was_put(store: DocumentStore) -> None:
    assert await store.get("agencies", "so-noi-vu") is None
    assert await store.put(a_write(body={"n": 1})) == 1
    assert await store.get("agencies", "so-noi-vu") == Document("agencies", "so-noi-vu", 1, {"n": 1})
    assert await store.put(a_write(body={"n": 2}, expected=1)) == 2
    assert await store.get("agencies", "so-noi-vu") == Document("agencies", "so-noi-vu", 2, {"n": 2})


async def test_versions_are_told_without_documents(store: DocumentStore) -> None:
    await store.put_many([a_write(key) for key in "ab"])
    await store.put(a_write("a", {"n": 2}, 1))
    assert await store.versions("agencies", ["a", "none", "b"]) == {"a": 2, "b": 1}
    assert await store.versions("agencies", []) == {}
    assert await store.versions("agencies") == {"a": 2, "b": 1}
    assert await store.versions("cases") == {}
    assert await store.versions("cases", ["a"]) == {}


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_a_writer_is_refused_when_the_version_is_another(store: DocumentStore, expected: int) -> None:
    await store.put(a_write(body={"n": 1}))
    with pytest.raises(VersionConflict, match="agencies/so-noi-vu"):
        await store.put(a_write(body={"n": 2}, expected=expected))
    assert await store.get("agencies", "so-noi-vu") == Document("agencies", "so-noi-vu", 1, {"n": 1})


async def test_a_writer_is_refused_when_the_document_to_replace_is_not_there(store: DocumentStore) -> None:
    with pytest.raises(VersionConflict):
        await store.put(a_write(expected=1))
    assert await store.get("agencies", "so-noi-vu") is None
    assert await store.scan("agencies") == []


async def test_a_changed_body_changes_nothing_stored(store: DocumentStore) -> None:
    body = {"list": [1]}
    putting = asyncio.ensure_future(store.put(a_write(body=body)))
    await asyncio.sleep(0)
    body["list"].append(2)
    await putting
    first = await store.get("agencies", "so-noi-vu")
    assert first is not None
    assert first.body == {"list": [1]}


@pytest.mark.parametrize("body", NASTY_BODIES, ids=range(len(NASTY_BODIES)))
async def test_a_nasty_body_comes_back_the_same(store: DocumentStore, body: dict[str, Any]) -> None:
    await store.put(a_write(body={"before": 1}))
    await store.put(a_write(body=body, expected=1))
    found = await store.get("agencies", "so-noi-vu")
    assert found is not None
    assert found.body == body
    assert {key: type(value) for key, value in found.body.items()} == {k: type(v) for k, v in body.items()}


async def test_a_deep_and_a_big_body_come_back_the_same(store: DocumentStore) -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"in": deep}
    big = {"text": "Đ" * 1_000_000, "list": list(range(20_000))}
    assert await store.put_many([a_write("deep", deep), a_write("big", big)]) == [True, True]
    found = await store.get_many("agencies", ["deep", "big"])
    assert (found["deep"].body, found["big"].body) == (deep, big)


@pytest.mark.parametrize("body", [{"n": 2**53}, {"x": object()}, {1: "x"}, {"half a pair": "\ud800"}, ["no object"]])
async def test_what_is_no_plain_json_is_refused(store: DocumentStore, body: Any) -> None:
    with pytest.raises(TypeError):
        await store.put_many([a_write("good"), a_write("bad", body)])
    assert await store.scan("agencies") == []


async def test_what_mongodb_could_not_hold_is_refused_everywhere(store: DocumentStore) -> None:
    with pytest.raises(ValueError, match="bytes"):
        await store.put(a_write(body={"text": "x" * MAX_BODY_BYTES}))
    with pytest.raises(ValueError, match="surrogates"):
        await store.put(a_write("\ud800"))


async def test_put_many_answers_for_each_write(store: DocumentStore) -> None:
    await store.put_many([a_write(key) for key in "abcd"])
    await store.put(a_write("b", {"by": "another"}, 1))
    outcome = await store.put_many(
        [
            a_write("a", {"new": 1}, 1),
            a_write("b", {"new": 2}, 1),
            a_write("c", {"new": 3}, 0),
            a_write("d", {"new": 4}, 1),
            a_write("e", {"new": 5}, 0),
            a_write("f", {"new": 6}, 3),
            a_write("a", {"new": 7}, 0, "cases"),
            a_write("b", {"new": 8}, 1, "cases"),
        ]
    )
    assert outcome == [True, False, False, True, True, False, True, False]
    found = {document.key: (document.version, document.body) for document in await store.scan("agencies")}
    assert found == {
        "a": (2, {"new": 1}),
        "b": (2, {"by": "another"}),
        "c": (1, {"points": "1.25"}),
        "d": (2, {"new": 4}),
        "e": (1, {"new": 5}),
    }
    assert [document.key for document in await store.scan("cases")] == ["a"]


async def test_put_many_takes_none_and_many_but_no_document_twice(store: DocumentStore) -> None:
    assert await store.put_many([]) == []
    assert await store.put_many([a_write(f"{n:04}", {"n": n}) for n in range(1_500)]) == [True] * 1_500
    found = await store.get_many("agencies", [f"{n:04}" for n in range(3_000)])
    assert [found[f"{n:04}"].body["n"] for n in range(1_500)] == list(range(1_500))
    assert len(found) == 1_500
    with pytest.raises(ValueError, match="twice"):
        await store.put_many([a_write("x"), a_write("x", expected=1)])


async def test_exactly_one_of_many_wins_each_round(databases: Databases) -> None:
    async with databases.opened() as one:
        other = await databases.open()
        await one.put(a_write(body={"winners": []}))
        for version in range(1, 6):
            attempts = [
                (one, other)[name % 2].put(a_write(body={"name": name}, expected=version)) for name in range(20)
            ]
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            winners = [name for name, outcome in enumerate(outcomes) if outcome == version + 1]
            assert len(winners) == 1
            assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 19
            assert await one.get("agencies", "so-noi-vu") == Document(
                "agencies", "so-noi-vu", version + 1, {"name": winners[0]}
            )
        await other.close()


async def test_exactly_one_of_many_creates(store: DocumentStore) -> None:
    answers = await asyncio.gather(*(store.put_many([a_write("x", {"n": n}), a_write(f"own{n}")]) for n in range(20)))
    assert sum(first for first, _ in answers) == 1
    assert all(second for _, second in answers)
    found = await store.get("agencies", "x")
    assert found is not None
    assert answers[found.body["n"]][0]


async def test_counters_end_exact_when_many_tasks_count(databases: Databases) -> None:
    """Every answer of `put_many` is believed: one wrong True or False and the sums differ."""
    keys = ["a", "b", "c"]
    async with databases.opened() as one:
        other = await databases.open()
        await one.put_many([a_write(key, {"n": 0}) for key in keys])

        async def count(store: DocumentStore, goal: int) -> dict[str, int]:
            done = dict.fromkeys(keys, 0)
            while wanted := [key for key in keys if done[key] < goal]:
                found = await store.get_many("agencies", wanted)
                writes = [a_write(key, {"n": at.body["n"] + 1}, at.version) for key, at in found.items()]
                for write, success in zip(writes, await store.put_many(writes), strict=True):
                    done[write.key] += success
            return done

        await asyncio.gather(*(count((one, other)[n % 2], 8) for n in range(6)))
        for document in await one.scan("agencies"):
            assert (document.body["n"], document.version) == (48, 49)
        await other.close()


async def test_indexes_are_replaced_with_the_body(store: DocumentStore) -> None:
    await store.put(a_write(indexes={"campaign": ["2025", "2026", "2026"], "state": ["open"]}))
    assert [await store.count("agencies", "campaign", year) for year in ("2025", "2026")] == [1, 1]
    await store.put(a_write(expected=1, indexes={"campaign": ["2026", "2027"]}))
    assert [await store.count("agencies", "campaign", year) for year in ("2025", "2026", "2027")] == [0, 1, 1]
    assert await store.find("agencies", "state", "open") == []
    with pytest.raises(VersionConflict):
        await store.put(a_write(expected=1, indexes={"campaign": ["2028"]}))
    assert await store.count("agencies", "campaign", "2028") == 0
    await store.delete("agencies", "so-noi-vu", 2)
    assert await store.find("agencies", "campaign", "2026") == []


async def test_undeclared_names_are_refused(store: DocumentStore) -> None:
    message = "'year' of collection 'agencies' is not declared; declared: campaign, state"
    with pytest.raises(ValueError, match=message):
        await store.put(a_write(indexes={"year": ["2026"]}))
    with pytest.raises(ValueError, match=message):
        await store.find("agencies", "year", "2026")
    with pytest.raises(ValueError, match="declared: none"):
        await store.count("plain", "state", "open")
    with pytest.raises(ValueError, match="'agency' is not declared to this store; declared: agencies, cases, plain"):
        await store.get("agency", "so-noi-vu")
    with pytest.raises(TypeError, match="not one text"):
        await store.put(a_write(indexes={"state": "open"}))


async def test_find_gives_pages_in_the_order_of_code_points(store: DocumentStore) -> None:
    await store.put_many([a_write(key, {"key": key}, indexes={"campaign": ["2026"]}) for key in reversed(KEYS)])
    await store.put_many([a_write(key, {}, 0, "cases", {"campaign": ["2026"]}) for key in ("a", "aa")])
    await store.put(a_write("aa", indexes={"campaign": ["2025"], "state": ["2026"]}))
    found: list[Document] = []
    while page := await store.find("agencies", "campaign", "2026", after=found[-1].key if found else None, limit=4):
        assert len(page) <= 4
        found += page
    assert [document.key for document in found] == sorted(KEYS)
    assert all(document.body == {"key": document.key} for document in found)
    assert await store.count("agencies", "campaign", "2026") == len(KEYS)
    assert [document.key for document in await store.find("agencies", "campaign", "2026", after="ab", limit=1)] == [
        "e\u0301"
    ]


async def test_scan_gives_pages_of_one_collection(store: DocumentStore) -> None:
    await store.put_many([*(a_write(key) for key in KEYS), a_write("b", {}, 0, "cases")])
    assert [document.key for document in await store.scan("agencies")] == sorted(KEYS)
    assert [document.key for document in await store.scan("agencies", after="a", limit=2)] == ["a\x00b", "a.b"]
    assert [document.key for document in await store.scan("agencies", after="", limit=1)] == [" "]
    assert [document.key for document in await store.scan("agencies", after="ế")] == []
    assert await store.scan("plain") == []


async def test_get_many_gives_those_that_exist(store: DocumentStore) -> None:
    await store.put_many([a_write(key, {"key": key}) for key in KEYS])
    found = await store.get_many("agencies", [*KEYS, "missing", "a"])
    assert {key: document.body["key"] for key, document in found.items()} == {key: key for key in KEYS}
    assert await store.get_many("agencies", []) == {}
    assert await store.get_many("cases", KEYS) == {}


async def test_a_document_is_removed_only_if_unchanged(store: DocumentStore) -> None:
    await store.put(a_write())
    await store.put(a_write(expected=1))
    for version in (0, 1, 3):
        with pytest.raises(VersionConflict):
            await store.delete("agencies", "so-noi-vu", version)
    await store.delete("agencies", "so-noi-vu", 2)
    assert await store.get("agencies", "so-noi-vu") is None
    with pytest.raises(VersionConflict):
        await store.delete("agencies", "so-noi-vu", 2)
    assert await store.put(a_write(body={"again": True})) == 1


async def test_a_cancelled_caller_leaves_the_others_in_peace(store: DocumentStore) -> None:
    tasks = [asyncio.ensure_future(store.put(a_write(f"{n:02}"))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    assert outcomes[1::2] == [1] * 10
    kept = {document.key for document in await store.scan("agencies")}
    assert kept >= {f"{n:02}" for n in range(1, 20, 2)}


async def test_what_was_put_is_there_for_the_next_who_opens(databases: Databases) -> None:
    first = await databases.open()
    await first.put(a_write(indexes={"state": ["open"]}))
    await first.close()
    await first.close()
    async with databases.opened() as second:
        assert [document.key for document in await second.find("agencies", "state", "open")] == ["so-noi-vu"]
        assert await second.put(a_write(expected=1)) == 2
