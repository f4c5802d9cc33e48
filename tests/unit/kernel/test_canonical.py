"""Canonical JSON is RFC 8785's for the data this project has, and JSON is read exactly or refused."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.canonical import DuplicateKey, canonical_json, compact_json, loads_exact, sha256_hex, with_exact_text

unhurried = settings(deadline=None)  # a busy machine is no failure
# RFC 8785 sorts keys by UTF-16 units, orjson by code points: the same within the Basic Multilingual Plane.
keys = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5), max_leaves=20
)


@unhurried
@given(documents)
def test_canonical_json_is_that_of_rfc_8785(document: Any) -> None:
    assert canonical_json(document) == rfc8785.dumps(document)


@unhurried
@given(documents)
def test_canonical_json_is_read_back_as_it_was(document: Any) -> None:
    assert loads_exact(canonical_json(document)) == document


@unhurried
@given(st.dictionaries(keys, scalars, min_size=2, max_size=6))
def test_the_order_of_keys_makes_no_difference(document: dict[str, Any]) -> None:
    other = dict(reversed(document.items()))
    assert canonical_json(document) == canonical_json(other)


def test_vietnamese_is_written_as_itself() -> None:
    assert canonical_json({"tên": "Đánh giá\n“xếp hạng”"}) == '{"tên":"Đánh giá\\n“xếp hạng”"}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        1.5,
        float("nan"),
        UUID(int=1),
        Decimal("1.5"),
        datetime(2021, 10, 1, tzinfo=UTC),
        {1: 2},
        2**53,
        -(2**53),
        "\ud800",
        {"a": {1, 2}},
        b"bytes",
    ],
    ids=repr,
)
def test_what_is_no_plain_json_is_refused(data: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(data)
    with pytest.raises(TypeError):
        canonical_json({"deep": [data]})


@unhurried
@given(st.binary(max_size=60) | st.text(max_size=60) | documents.map(json.dumps))
def test_reading_raises_value_error_and_nothing_else(content: bytes | str) -> None:
    with suppress(ValueError):
        loads_exact(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        "NaN",
        "Infinity",
        "-Infinity",
        "[" * 100_000,
        "9" * 5000,
        "1e99999999999999999999",
        '{"a":1,"a":1}',
    ],
    ids=lambda content: str(content)[:20],
)
def test_hostile_json_is_a_value_error(content: bytes | str) -> None:
    with pytest.raises(ValueError):
        loads_exact(content)


def test_a_doubled_key_is_named() -> None:
    with pytest.raises(DuplicateKey, match="'b' stands twice"):
        loads_exact('{"a": {"b": 1, "c": 2, "b": 3}}')


@unhurried
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimals_are_read_exactly(number: Decimal) -> None:
    assert loads_exact(f'{{"x": {number:f}}}') == {"x": number}


def test_decimals_become_text_and_the_rest_stays() -> None:
    data = {"a": [Decimal("0.10"), 1, True, None, "x"], "b": {"c": Decimal("2.5")}}
    assert with_exact_text(data) == {"a": ["0.10", 1, True, None, "x"], "b": {"c": "2.5"}}


@unhurried
@given(st.binary())
def test_hashes_are_sha256_in_lower_case_hex(content: bytes) -> None:
    assert sha256_hex(content) == hashlib.sha256(content).hexdigest()


def test_bytes_take_no_more_memory_than_they_are_long() -> None:
    """What orjson makes lies in a buffer of several times its length."""
    document = {f"figure {number}": "a value" for number in range(500)}
    length = len(compact_json(document))
    tracemalloc.start()
    try:
        kept = [compact_json(document) for _ in range(10)]
        assert tracemalloc.get_traced_memory()[0] < 10 * length * 1.1
    finally:
        tracemalloc.stop()
    assert len(kept) == 10
