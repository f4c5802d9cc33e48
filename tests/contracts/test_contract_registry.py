"""topics.yaml and the event classes agree: nothing unused, everything owned."""

from __future__ import annotations

import re

import pytest
from contract_files import TYPES

from shared.contracts.envelope import EVENT_TYPES
from shared.contracts.registry import DEAD_LETTER_TYPE, SERVICES, all_topics, dead_letter_topics, topic, topics

# Who may speak besides the four services: software of the province (the platform where answers are given, and another
# user for rule sets, which not everybody who posts answers may touch), and for what delivery itself says any of them.
OUTSIDE = {"platform", "rules-office"}
PRODUCERS = {*SERVICES, *OUTSIDE, "any"}
PRODUCERS_OF_PREFIX = {"platform": OUTSIDE, "delivery": {"any"}} | {service: {service} for service in SERVICES}
LEGAL_TYPE = re.compile(r"[a-z]+\.[a-z]+\.[a-z]+\.v[1-9][0-9]*")


@pytest.mark.parametrize("type_", TYPES)
def test_every_event_type_is_on_exactly_one_topic(type_: str) -> None:
    on = [name for name, declared in topics().items() if type_ in declared.events]
    assert on == ([] if type_ == DEAD_LETTER_TYPE else [EVENT_TYPES[type_].topic])


def test_dead_letters_are_on_every_dead_letter_topic_and_nothing_else_is() -> None:
    assert {events for declared in dead_letter_topics().values() for events in declared.events} == {DEAD_LETTER_TYPE}


@pytest.mark.parametrize("name", list(topics()))
def test_every_event_of_a_topic_is_a_class_that_names_the_topic(name: str) -> None:
    for type_ in topics()[name].events:
        assert type_ in EVENT_TYPES, f"{name} lists {type_}, for which there is no class"
        assert EVENT_TYPES[type_].topic == name


@pytest.mark.parametrize("type_", TYPES)
def test_event_types_are_legally_named_and_owned_by_who_says_them(type_: str) -> None:
    assert LEGAL_TYPE.fullmatch(type_)
    producers = PRODUCERS_OF_PREFIX[type_.split(".")[0]]
    if type_ != DEAD_LETTER_TYPE:
        assert topics()[EVENT_TYPES[type_].topic].producer in producers


@pytest.mark.parametrize("type_", TYPES)
def test_the_class_carries_the_major_version_and_the_subject_of_its_type(type_: str) -> None:
    _, subject, _, version = type_.split(".")
    name = EVENT_TYPES[type_].__name__
    assert name.endswith(version.upper())
    assert subject in name.lower()


def test_major_versions_count_up_from_1() -> None:
    versions: dict[str, list[int]] = {}
    for type_ in TYPES:
        name, _, major = type_.rpartition(".v")
        versions.setdefault(name, []).append(int(major))
    assert {name: sorted(found) for name, found in versions.items()} == {
        name: list(range(1, len(found) + 1)) for name, found in versions.items()
    }


@pytest.mark.parametrize("name", list(topics()))
def test_producers_and_consumers_are_known(name: str) -> None:
    declared = topics()[name]
    assert declared.producer in PRODUCERS
    assert set(declared.consumers) <= set(SERVICES)
    assert len(set(declared.consumers)) == len(declared.consumers)
    assert not set(declared.subscribers) & set(SERVICES), "a service that reads a topic is a consumer"
    assert declared.consumers or declared.subscribers, f"nobody reads {name}"
    assert declared.producer not in declared.consumers, "a service does not hear itself"


@pytest.mark.parametrize("name", list(topics()))
def test_a_topic_has_a_dead_letter_topic_if_a_service_handles_it(name: str) -> None:
    declared = topics()[name]
    # Requests to publish again are answered by the relay, or asked again: none is worth keeping.
    needs = bool(declared.consumers) and name != "republish-requests"
    assert declared.dlq == (f"{name}-dlq" if needs else None)


@pytest.mark.parametrize("name", list(topics()))
def test_keeping_is_bounded_or_compacted(name: str) -> None:
    declared = topics()[name]
    if declared.cleanup == "delete":
        assert declared.retention_hours, f"{name} must say how long it is kept"
    else:
        assert declared.retention_hours is None, f"{name} is compacted: it keeps the newest of each key for ever"


def test_a_dead_letter_fits_its_topic_and_outlives_the_message() -> None:
    for declared in topics().values():
        if declared.dlq:
            dead = dead_letter_topics()[declared.dlq]
            assert dead.max_message_mib >= 2 * declared.max_message_mib
            assert (dead.retention_hours or 0) >= (declared.retention_hours or 0)


def test_topic_names_are_legal_and_given_once() -> None:
    names = [declared.name for declared in all_topics()]
    assert len(set(names)) == len(names)
    # No dots and no underscores: in Kafka's metrics one collides with the other.
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,79}", name) for name in names)


def test_an_unknown_topic_is_refused_with_what_there_is() -> None:
    with pytest.raises(KeyError, match=r"no topic 'nope'.*campaigns"):
        topic("nope")


@pytest.mark.parametrize("name", [declared.name for declared in all_topics()])
def test_with_three_replicas_two_must_have_what_is_acknowledged(name: str) -> None:
    declared = topics().get(name) or dead_letter_topics()[name]
    assert "min.insync.replicas" not in declared.config()
    assert "min.insync.replicas" not in declared.config(2)
    assert declared.config(3) == {**declared.config(), "min.insync.replicas": "2"}
