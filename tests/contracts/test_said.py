"""The words of an event are kept as they came only where its class would write the very same."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract_files import example, example_files
from pydantic import BaseModel

from shared.contracts.envelope import Event, read_event
from shared.contracts.said import said
from shared.contracts.upcast import UPCASTS, newest

every_example = pytest.mark.parametrize("path", example_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")


def as_we_say_it(path: Path) -> Event[Any]:
    event = read_event(example(path))
    return Event(envelope=event.envelope.model_copy(update={"data": event.data.plain()}), data=event.data)


def with_more(data: Any, model: Any) -> Iterator[Any]:
    """The data with something that nobody knows yet, in one object of a model after the other."""
    for steps in _models(data, model, ()):
        changed = copy.deepcopy(data)
        inner = changed
        for step in steps:
            inner = inner[step]
        inner["said_later"] = "1"
        yield changed


def _models(data: Any, model: Any, steps: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(model, BaseModel):
        yield steps
        for name in type(model).model_fields:
            if name in data:
                yield from _models(data[name], getattr(model, name), (*steps, name))
    elif isinstance(model, dict):
        for name in list(model)[:2]:
            yield from _models(data[name], model[name], (*steps, name))
    elif isinstance(model, tuple):
        for at in range(min(len(model), 2)):
            yield from _models(data[at], model[at], (*steps, at))


@every_example
def test_what_our_services_say_is_kept_in_their_words(path: Path) -> None:
    event = as_we_say_it(path)
    assert said(event) == event.data.plain()


def test_those_words_are_kept_and_not_written_anew() -> None:
    kept = [path.parent.name for path in example_files() if said(event := as_we_say_it(path)) is event.envelope.data]
    assert {"verification.submission.verified.v1", "scoring.scorecard.computed.v1"} <= set(kept)


@every_example
def test_what_a_later_minor_says_is_left_out_wherever_it_stands(path: Path) -> None:
    event = as_we_say_it(path)
    for data in with_more(event.envelope.data, event.data):
        try:
            later = read_event(event.envelope.model_copy(update={"data": data}))
        except ValueError:
            continue  # requests refuse what they do not know
        assert said(later) == later.data.plain()


def test_a_default_that_is_said_is_left_out() -> None:
    path = next(path for path in example_files() if path.parent.name == "verification.submission.verified.v1")
    event = as_we_say_it(path)
    data = copy.deepcopy(event.envelope.data)
    next(one for one in data["verified"]["findings"] if "adjusted" not in one)["adjusted"] = {}
    assert said(read_event(event.envelope.model_copy(update={"data": data}))) == event.data.plain() != data


def test_an_older_type_is_said_in_the_words_of_the_newest() -> None:
    for path in example_files():
        if path.parent.name in UPCASTS:
            event = newest(read_event(example(path)))
            assert said(event) == event.data.plain()
