"""Rights on the broker, as the registry implies them: enough for each, and no more."""

from __future__ import annotations

from deploy.kafka.grants import MONITOR, Grant, grants, users
from shared.contracts.registry import SERVICES, dead_letter_topics, topics

ALL = set(grants())


def may(user: str, operation: str, topic: str) -> bool:
    return Grant(user, "topic", topic, operation) in ALL


def test_services_write_what_is_theirs_and_nothing_else() -> None:
    for topic in topics().values():
        for service in SERVICES:
            assert may(service, "write", topic.name) == (topic.producer in (service, "any"))


def test_services_read_what_they_consume_and_nothing_else() -> None:
    for topic in topics().values():
        for service in SERVICES:
            assert may(service, "read", topic.name) == (service in topic.consumers)


def test_dead_letters_are_written_by_who_reads_the_topic_and_read_by_nobody() -> None:
    for topic in topics().values():
        if topic.dlq:
            assert {user for user in users() if may(user, "write", topic.dlq)} == {*topic.consumers}
    assert not [one for one in ALL if one.name in dead_letter_topics() and one.operation == "read"]


def test_who_is_outside_has_groups_under_their_own_name_only() -> None:
    outside = set(users()) - {*SERVICES, MONITOR}
    assert {"platform", "so-noi-vu"} <= outside
    for grant in ALL:
        if grant.user in outside and grant.kind == "group":
            assert (grant.name, grant.prefix) == (grant.user, True)


def test_the_monitor_sees_how_far_groups_are_and_no_message() -> None:
    assert {grant.operation for grant in ALL if grant.user == MONITOR} == {"describe"}


def test_whoever_reads_or_writes_may_describe() -> None:
    for grant in ALL:
        if grant.kind == "topic":
            assert may(grant.user, "describe", grant.name)
