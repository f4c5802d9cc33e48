"""Log lines: one object a line, with what was going on, and without anything that nobody else is to read."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from shared.kernel.errors import Fault, Invalid
from shared.storage.port import StoreUnavailable
from shared.telemetry.logs import JsonLines, configure
from shared.telemetry.scrub import scrubbed
from shared.telemetry.situation import being, lasting, note

CANARY = "nguyen-van-canary"
ours = logging.getLogger("shared.messaging.test")


class Figures(BaseModel):
    staff: int


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged since, each line read as JSON."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure(logging.DEBUG, as_json=True, service="intake", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def text() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure(logging.DEBUG, as_json=False, service="intake", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def failing(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


def wrong_figures() -> Exception:
    try:
        return AssertionError(Figures.model_validate({"staff": CANARY}))
    except ValueError as error:
        return error


def test_a_line_says_when_where_and_what_was_going_on(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with being(service="scoring", topic="verifications", partition=2, offset="7-9", correlation="a#1", person=CANARY):
        ours.info("started\nagain", extra={"fields": {"status": 200}})
    ours.info("outside")
    first, second = lines()
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info",
        "service": "scoring",
        "logger": "shared.messaging.test",
        "event": "started\\nagain",
        "correlation": "a#1",
        "status": 200,
        "topic": "verifications",
        "partition": 2,
        "offset": "7-9",
    }
    assert (second["service"], second.get("topic")) == ("intake", None)


def test_what_is_learnt_on_the_way_is_known_to_who_began(lines: Callable[[], list[dict[str, Any]]]) -> None:
    note(correlation="nobody's")  # outside of any situation there is nobody to know it
    with being(request="r"):
        note(correlation="c")
        ours.info("answered")

    lasting("publishing").run(ours.info, "after")
    assert [(line.get("correlation"), line["service"]) for line in lines()] == [("c", "intake"), (None, "publishing")]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError(CANARY), "ValueError (text withheld)"),
        (KeyError(CANARY), "KeyError (text withheld)"),
        (wrong_figures(), "ValidationError of Figures: 1 × int_parsing"),
        (
            Invalid(CANARY, CANARY, [Fault("answer.missing", CANARY, CANARY, CANARY)], "submission.invalid"),
            "Invalid [submission.invalid]: answer.missing",
        ),
        (StoreUnavailable("mongo-3 is away"), "StoreUnavailable: mongo-3 is away"),
        (ConnectionRefusedError("kafka-1:9092"), "ConnectionRefusedError: kafka-1:9092"),
        (OSError(f"mongodb://scoring:{CANARY}@db-1/x"), "OSError: mongodb://***@db-1/x"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_an_error_is_told_without_what_it_quotes(
    lines: Callable[[], list[dict[str, Any]]], error: Exception, said: str
) -> None:
    ours.warning("%s failed: %r", "x", error)
    ours.warning("failed: %(error)s", {"error": error})
    ours.error("failed", exc_info=failing(error))
    logging.getLogger("somebody.else").error("x", exc_info=failing(error))
    told = lines()
    assert [line["event"] for line in told[:2]] == [f"x failed: {said}", f"failed: {said}"]
    assert told[2]["error"][0]["is"] == told[3]["error"][0]["is"] == said
    assert told[2]["error"][0]["at"][0].endswith(" failing")
    assert CANARY not in json.dumps(told)


def test_causes_and_groups_are_told_with_it(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as cause:
            raise ExceptionGroup(CANARY, [TypeError(CANARY)]) from cause
    except ExceptionGroup as group:
        ours.error("failed", exc_info=group)
    kinds = [each["is"].partition(" ")[0] for each in lines()[0]["error"]]
    assert kinds == ["ExceptionGroup", "TypeError", "ValueError"]
    assert CANARY not in json.dumps(lines())


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("mongodb://scoring:canary@db-1:27017/x", "mongodb://***@db-1:27017/x"),
        ("Authorization: Bearer canary", "Authorization: *** ***"),
        ("GET /x?token=canary&a=1", "GET /x?token=***&a=1"),
        ("eyJhbGciOiJFZERTQSJ9.eyJjYW5hcnkiOjF9.c2ln", "***"),
        ("password='canary'", "password=***"),
        ("x-eyJhbGciOiJFZERTQSJ9.eyJjYW5hcnkiOjF9.c2ln", "***"),
        ("to canary.nguyen@bac-giang.gov.vn now", "to *** now"),
        ("bac-giang-it-province@2021.1 is active", "bac-giang-it-province@2021.1 is active"),
        ("topic[2]@17", "topic[2]@17"),
    ],
)
def test_secrets_are_hidden_by_their_form(lines: Callable[[], list[dict[str, Any]]], message: str, shown: str) -> None:
    ours.info("%s", message)
    with being(correlation=message):
        ours.info("x")
    first, second = lines()
    assert first["event"] == second["correlation"] == shown


@pytest.mark.parametrize("made", ["eyJ", "eyJ-", "token", "://", "a.b@", "a"])
def test_a_header_made_to_be_looked_through_for_ever_is_not(made: str) -> None:
    shown = scrubbed(f"@{made * (200_000 // len(made))}")  # minutes, where each start is followed to the end
    assert shown.startswith(f"@{made}")
    assert len(shown) < 2_100


def test_libraries_say_nothing_below_info_and_only_a_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    for name in ("aiokafka.conn", "pymongo.command", "xephang.faststream", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).debug("Request %s", CANARY)
        logging.getLogger(name).warning("something happened\nfuture: %s", CANARY)
    logging.getLogger("httpx").info("GET http://x/?who=%s", CANARY)
    ours.debug("of ours")
    assert [line["event"] for line in lines()] == [*["something happened"] * 4, "of ours"]


def test_a_line_is_not_endless_and_one_that_cannot_be_put_together_is_said_as_it_is() -> None:
    def event(message: str, *args: object) -> str:
        record = logging.LogRecord("shared.x", logging.INFO, "x.py", 1, message, args, None)
        return json.loads(JsonLines().format(record))["event"]

    assert len(event("%s", "x" * 10_000)) < 2_100
    assert event("%d of %s", "no number") == "%d of %s"


def test_for_people_it_is_text_with_errors_below(text: io.StringIO) -> None:
    with being(topic="campaigns", partition=0):
        ours.error("failed", exc_info=failing(ValueError(CANARY)))
    first, second, third = text.getvalue().splitlines()
    assert " ERROR intake shared.messaging.test: failed topic=campaigns partition=0" in first
    assert second.strip() == "ValueError (text withheld)"
    assert third.strip().startswith("at ")
    assert CANARY not in text.getvalue()
