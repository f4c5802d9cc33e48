"""What was said once is read for ever: older types are read as the newest, and no release leaves another behind."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from contract_files import EXAMPLES, HERE, TYPES, example, example_files, golden
from jsonschema import Draft202012Validator, FormatChecker

from shared.contracts.envelope import CloudEvent, read_event
from shared.contracts.evolution import breaking_changes
from shared.contracts.registry import topics
from shared.contracts.upcast import UPCASTS, newest, older_types, said_types

RELEASES = sorted(Path(__file__).with_name("released").glob("*.json"))
OLD = sorted(UPCASTS)
OLD_EXAMPLES = [path for path in example_files() if path.parent.name in UPCASTS]


def released(path: Path) -> dict[str, dict[str, Any]]:
    """The schemas of every event type as of a release."""
    found: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
    return found


# Broken knowingly: a misspelled field of an answer from outside silently took evidence away, and is refused since.
KNOWN = {
    ("0.1.0", "platform.submission.posted.v1"): ["data: additionalProperties was not given, is False"],
}
RELEASED = [(path.stem, type_) for path in RELEASES for type_ in released(path)]
of_every_release = pytest.mark.parametrize(("release", "type_"), RELEASED)


def _released(release: str, type_: str) -> dict[str, Any]:
    return released(Path(__file__).with_name("released") / f"{release}.json")[type_]


# --- majors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", OLD)
def test_an_older_type_is_read_as_the_next_major_of_the_same_on_the_same_topic(type_: str) -> None:
    upcast = UPCASTS[type_]
    name, _, major = type_.rpartition(".v")
    assert upcast.new.type_ == f"{name}.v{int(major) + 1}"
    assert upcast.new.topic == upcast.old.topic
    assert set(topics()[upcast.old.topic].events) >= {upcast.old.type_, upcast.new.type_}


def test_every_major_but_the_last_is_read_as_a_newer_one() -> None:
    later = {f"{name}.v{int(major) - 1}" for name, _, major in (type_.rpartition(".v") for type_ in TYPES)}
    assert later & set(TYPES) == UPCASTS.keys()


@pytest.mark.parametrize("path", OLD_EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_older_example_becomes_one_that_fits_the_newest_golden_schema(path: Path) -> None:
    sent = example(path)
    before = deepcopy(sent.data)
    event = newest(read_event(sent))
    assert event.envelope == sent, "the envelope stays as it was sent"
    assert sent.data == before
    assert event.data.type_ not in UPCASTS
    Draft202012Validator(golden(event.data.type_), format_checker=FormatChecker()).validate(event.data.plain())
    assert newest(read_event(sent)) == event == newest(event)


def test_an_event_of_the_newest_type_is_left_as_it_is() -> None:
    for path in example_files():
        if path.parent.name not in UPCASTS:
            event = read_event(example(path))
            assert newest(event) is event


def test_a_returned_case_of_v1_says_its_reason_of_every_criterion() -> None:
    event = newest(read_event(example(EXAMPLES / "verification.case.returned.v1" / "tp-bac-giang.json")))
    reason = "Số văn bản ký số chưa khớp với báo cáo thống kê; đề nghị rà soát lại"
    assert event.data.plain() == {
        "key": {"campaign": "2021", "programme": "it", "agency": "tp-bac-giang"},
        "submission_number": 1,
        "corrections": [{"criterion": "2.1", "reason": reason}],
        "reason": reason,
        "returned_by": "pham.quang.minh",
        "returned_at": "2021-10-27T08:20:00Z",
        "due_at": "2021-11-03T10:00:00Z",
    }


def test_chains_are_followed_and_every_older_type_is_found() -> None:
    for type_ in TYPES:
        for older in older_types(type_):
            steps, at = 0, older
            while at != type_:
                at, steps = UPCASTS[at].new.type_, steps + 1
                assert steps <= len(UPCASTS)
    assert older_types("verification.case.returned.v2") == ("verification.case.returned.v1",)
    assert older_types("verification.case.returned.v1") == ()


def test_what_is_said_no_more_is_marked_in_schema_and_document() -> None:
    document = json.loads((HERE / "asyncapi.json").read_bytes())
    sent = {m["$ref"].rpartition("/")[2] for o in document["operations"].values() if o["action"] == "send"
            for m in o["messages"]}  # fmt: skip
    received = {m["$ref"].rpartition("/")[2] for o in document["operations"].values() if o["action"] == "receive"
                for m in o["messages"]}  # fmt: skip
    for type_ in TYPES:
        upcast = UPCASTS.get(type_)
        message, schema = document["components"]["messages"][type_], golden(type_)
        assert schema.get("deprecated", False) is message.get("x-deprecated", False) is (upcast is not None)
        if upcast is not None:
            assert schema["x-superseded-by"] == message["x-superseded-by"] == upcast.new.type_
            assert type_ not in sent
            assert type_ in received or not topics()[upcast.old.topic].consumers


def test_what_is_said_leaves_out_what_is_only_read() -> None:
    assert said_types(("verification.case.returned.v2", "verification.case.returned.v1")) == (
        "verification.case.returned.v2",
    )


# --- releases ------------------------------------------------------------------------------------------------------


@of_every_release
def test_no_event_type_of_a_release_was_broken_since(release: str, type_: str) -> None:
    """Backward and forward: within a major only optional fields come, in objects that ignore what they do not know."""
    broken = breaking_changes(_released(release, type_), golden(type_))
    assert broken == KNOWN.get((release, type_), [])


@of_every_release
def test_a_consumer_of_a_release_reads_every_example_of_today(release: str, type_: str) -> None:
    """Forward: what is said today in a major fits the schema that the consumer was built with."""
    validator = Draft202012Validator(_released(release, type_), format_checker=FormatChecker())
    for path in sorted((EXAMPLES / type_).glob("*.json")):
        assert [error.message for error in validator.iter_errors(example(path).data)] == []


@of_every_release
def test_what_a_release_could_say_is_read_today(release: str, type_: str) -> None:
    """Backward: a message with no field that came since is read, and means what the defaults say."""
    fields = _released(release, type_)["properties"]
    for path in sorted((EXAMPLES / type_).glob("*.json")):
        envelope: CloudEvent = example(path)
        known = {name: value for name, value in envelope.data.items() if name in fields}
        event = read_event(envelope.model_copy(update={"data": known}))
        assert newest(event).data.type_ not in UPCASTS
        for name, field in type(event.data).model_fields.items():
            if name not in fields:
                assert getattr(event.data, name) == field.get_default(call_default_factory=True)


def test_there_is_a_release_to_be_held_to() -> None:
    assert [path.stem for path in RELEASES] == ["0.1.0"]
    assert len(RELEASED) > 15
