"""The envelope: whatever arrives is read or refused as unreadable, and what is sent has one spelling."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from contract_files import example, example_files
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.envelope import (
    ATTRIBUTE_MAX,
    ATTRIBUTES,
    EVENT_TYPES,
    STRUCTURED,
    CloudEvent,
    EventData,
    UnreadableEvent,
    decode,
    format_time,
    read_event,
)
from shared.kernel.canonical import canonical_json

HEADERS = {
    "content-type": "application/json",
    "ce_specversion": "1.0",
    "ce_id": "1",
    "ce_source": "/bac-giang",
    "ce_type": "platform.submission.posted.v1",
    "ce_time": "2021-10-25T02:12:00Z",
}
unhurried = settings(deadline=None)  # a busy machine is no failure
POSTED = {"campaign": "2021", "programme": "it", "agency": "tp-bac-giang", "figures": {"staff_total": 12}}

names = st.sampled_from([*HEADERS, *(f"ce_{name}" for name in ATTRIBUTES), "ce-id", "ce_"]) | st.text(max_size=8)
# Lone surrogates are what a broken client's bytes become when they are read leniently.
any_text = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["1.0", STRUCTURED, "", "0", "-1", "9" * 30, "\ud800"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _is_kept(event: CloudEvent) -> None:
    """What has been read can be written, stored and read again, all the same."""
    event.value()
    canonical_json(event.model_dump(mode="json", exclude_defaults=True))
    try:
        again = decode(event.headers(), event.value())
    except UnreadableEvent as error:
        raise AssertionError(f"{event!r} was read, but cannot be read again") from error
    assert again == event


def _try(headers: dict[str, str], value: bytes | None) -> None:
    with suppress(UnreadableEvent):
        event = decode(headers, value)
        _is_kept(event)
        read_event(event)


@unhurried
@given(st.dictionaries(names, any_text, max_size=8), st.none() | st.binary(max_size=80))
def test_arbitrary_messages_are_read_or_unreadable(headers: dict[str, str], value: bytes | None) -> None:
    _try(headers, value)


@unhurried
@given(st.dictionaries(names, any_text, max_size=3), json_values)
def test_arbitrary_json_under_half_right_headers_is_read_or_unreadable(headers: dict[str, str], value: Any) -> None:
    _try({**HEADERS, **headers}, json.dumps(value).encode())


@unhurried
@given(st.sampled_from(["data", "specversion", *ATTRIBUTES]), json_values)
def test_arbitrary_structured_events_are_read_or_unreadable(name: str, value: Any) -> None:
    whole = {key[3:]: text for key, text in HEADERS.items() if key.startswith("ce_")}
    _try({"content-type": STRUCTURED}, json.dumps({**whole, "data": POSTED, name: value}).encode())


@unhurried
@given(st.sampled_from(sorted(EVENT_TYPES)), json_values)
def test_arbitrary_data_of_a_known_type_is_read_or_unreadable(type_: str, value: Any) -> None:
    _try({**HEADERS, "ce_type": type_}, json.dumps(value).encode())


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'{"a": 1, "a": 2}',
        b"1e99999999999999999999",
        b"9" * 5000,
        b"9007199254740993",
        b'"\\ud800"',
        b"[" * 240 + b"]" * 240,
        b"[" * 700 + b"1.5" + b"]" * 700,
        b"[" * 100_000,
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_value_that_could_not_be_kept_is_unreadable(value: bytes | None) -> None:
    with pytest.raises(UnreadableEvent):
        decode(HEADERS, value)


@pytest.mark.parametrize(
    "headers",
    [
        {"ce_specversion": "0.3"},
        {"ce_id": ""},
        {"ce_source": ""},
        {"ce_id": "\ud800"},
        {"ce_sequence": "x"},
        {"ce_sequence": "-1"},
        {"ce_sequence": str(2**53)},
        {"ce_sequence": "9" * 5000},
        {"ce_time": "soon"},
        {"ce_time": "20211025"},
        {"ce_time": "2021-10-25T02:12:00"},
        {"ce_time": "0001-01-01T00:00:00+07:00"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_attributes_that_mislead_are_unreadable(headers: dict[str, str]) -> None:
    with pytest.raises(UnreadableEvent):
        decode({**HEADERS, **headers}, b"{}")


TEXTS = [name for name in ATTRIBUTES if name not in ("time", "sequence")]


@pytest.mark.parametrize("mode", ["binary", "structured"])
@pytest.mark.parametrize("name", TEXTS)
def test_attributes_are_bounded(name: str, mode: str) -> None:
    def read(text: str) -> CloudEvent:
        headers = {**HEADERS, f"ce_{name}": text}
        if mode == "binary":
            return decode(headers, b"{}")
        attributes = {key[3:]: value for key, value in headers.items() if key.startswith("ce_")}
        return decode({"content-type": STRUCTURED}, json.dumps({**attributes, "data": {}}).encode())

    assert getattr(read("é" * ATTRIBUTE_MAX), name) == "é" * ATTRIBUTE_MAX
    with pytest.raises(UnreadableEvent, match=f"attribute {name}: more than 512"):
        read("é" * (ATTRIBUTE_MAX + 1))


@pytest.mark.parametrize(
    "odd", [{"sequence": "abc"}, {"sequence": "9" * 400}, {"stream": "s" * 513}, {"stream": 5}, {"sequence": [1]}]
)
def test_the_place_of_a_foreign_event_is_ignored(odd: dict[str, Any]) -> None:
    attributes = {key[3:]: value for key, value in HEADERS.items() if key.startswith("ce_")}
    value = json.dumps({**attributes, **odd, "data": {"depth": 0.5}}).encode()
    event = decode({"content-type": STRUCTURED}, value, foreign=True)
    assert (event.stream, event.sequence, event.data) == ("", 0, {"depth": "0.5"})
    with pytest.raises(UnreadableEvent):
        decode({"content-type": STRUCTURED}, value)


def test_a_foreign_actor_is_named_by_its_source_and_fits_an_attribute() -> None:
    event = decode({**HEADERS, "ce_actor": "chu-tich"}, b"{}", foreign=True)
    assert event.foreign_actor == "/bac-giang#chu-tich"
    long = event.model_copy(update={"source": "s" * ATTRIBUTE_MAX})
    assert len(long.foreign_actor) == ATTRIBUTE_MAX


@pytest.mark.parametrize(
    ("written", "read"),
    [("5", 5), ("5.0", 5), ("1e3", 1000), ("0.50", "0.50"), ("-2.5", "-2.5"), ("1e999", "1E+999"), ("true", True)],
)
def test_a_figure_means_the_same_before_and_after_it_was_parked(written: str, read: object) -> None:
    event = decode(HEADERS, f'{{"figure": {written}}}'.encode())
    assert event.data == {"figure": read}
    parked = CloudEvent.model_validate_json(event.model_dump_json(exclude_defaults=True))
    assert parked == event


def test_an_unknown_type_and_unfit_data_are_unreadable_with_the_place() -> None:
    with pytest.raises(UnreadableEvent, match=r"unknown event type 'intake.nothing.said.v1'"):
        read_event(decode({**HEADERS, "ce_type": "intake.nothing.said.v1"}, b"{}"))
    with pytest.raises(UnreadableEvent, match=r"data\.programme: .*2 faults in all"):
        read_event(decode(HEADERS, canonical_json({**POSTED, "programme": "x", "agency": "É"})))


def test_a_second_class_for_an_event_type_is_refused() -> None:
    with pytest.raises(TypeError, match="two classes for the event type"):
        type("Again", (EventData,), {"type_": next(iter(EVENT_TYPES)), "__module__": __name__})


moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))  # noqa: DTZ001 - the zone is given below


@unhurried
@given(moments, st.integers(-14 * 60, 14 * 60))
def test_times_are_written_in_utc_and_read_back_exactly(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = format_time(aware)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == aware
    assert format_time(aware.astimezone(UTC)) == text


def test_empty_attributes_are_left_out_of_the_headers() -> None:
    event = CloudEvent(id="1", source="s", type="t", time=datetime(2021, 10, 25, tzinfo=UTC), data={})
    assert event.headers() == {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": "1",
        "ce_source": "s",
        "ce_type": "t",
        "ce_time": "2021-10-25T00:00:00Z",
    }


@pytest.mark.parametrize("path", example_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_value_of_an_example_is_canonical_json(path: Any) -> None:
    event = example(path)
    assert event.value() == rfc8785.dumps(event.data)
