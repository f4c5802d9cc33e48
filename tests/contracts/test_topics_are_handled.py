"""A service handles every event type on each topic it consumes: so the sequence of a stream has no gap by design."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from shared.contracts.registry import SERVICES, topics
from shared.contracts.upcast import UPCASTS, older_types
from shared.messaging.handlers import Handler

# Answered by the relay of every service, not by handlers.
BY_THE_RELAY = {"republish-requests"}


def unhandled(service: str, handlers: tuple[Handler, ...]) -> set[str]:
    """Event types on the topics of a service that none of its handlers takes, not even as a newer type."""
    taken = [handler.event.type_ for handler in handlers]
    return _heard(service) - {type_ for newest in taken for type_ in (newest, *older_types(newest))}


def _heard(service: str) -> set[str]:
    return {
        type_
        for topic in topics().values()
        if service in topic.consumers and topic.name not in BY_THE_RELAY
        for type_ in topic.events
    }


def _handlers(service: str) -> tuple[Handler, ...]:
    """`HANDLERS`; or `build_handlers` where they need something to work with, which is not asked for anything here."""
    module: Any = importlib.import_module(f"services.{service}.handlers")
    handlers: tuple[Handler, ...] = module.HANDLERS if hasattr(module, "HANDLERS") else module.build_handlers(None)
    return handlers


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_every_event_type_on_its_topics(service: str) -> None:
    assert unhandled(service, _handlers(service)) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_nothing_that_it_does_not_hear(service: str) -> None:
    handled = [handler.event.type_ for handler in _handlers(service)]
    assert set(handled) <= _heard(service)
    assert not set(handled) & UPCASTS.keys(), "only the newest type is handled: older ones are read as it"
    assert len(set(handled)) == len(handled), "two handlers for one event type: which of them would win?"


def test_a_forgotten_event_type_is_seen() -> None:
    handlers = _handlers("intake")
    assert unhandled("intake", handlers[1:]) == {handlers[0].event.type_}
