"""Makes a cluster what the registry says: topics, SCRAM users, rights. Doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import admin as confluent
from confluent_kafka.admin import AdminClient

from deploy.kafka.grants import Grant
from shared.contracts.registry import all_topics

__all__ = ["apply_grants", "apply_topics", "apply_users", "held_grants"]

_TIMEOUT = 60.0
_ITERATIONS = 8192  # of PBKDF2; Kafka's least is 4096
_kafka: Any = confluent  # it exports less to type checkers than it has
_OPERATIONS = {
    "read": _kafka.AclOperation.READ,
    "write": _kafka.AclOperation.WRITE,
    "describe": _kafka.AclOperation.DESCRIBE,
}
_KINDS = {"topic": _kafka.ResourceType.TOPIC, "group": _kafka.ResourceType.GROUP}


def apply_topics(admin: AdminClient, replication: int) -> list[str]:
    """Create the topics that are missing; answers their names. Raises `KafkaException`."""
    wanted = [
        _kafka.NewTopic(topic.name, topic.partitions, replication, config=topic.config(replication))
        for topic in all_topics()
    ]
    made = []
    for name, outcome in admin.create_topics(wanted, operation_timeout=_TIMEOUT).items():
        try:
            outcome.result(_TIMEOUT)
            made.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return made


def apply_users(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    """Give every user its password (SCRAM-SHA-512); an older one no longer holds. Raises `KafkaException`."""
    kind = _kafka.ScramCredentialInfo(_kafka.ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    changes = [_kafka.UserScramCredentialUpsertion(user, kind, secret.encode()) for user, secret in passwords.items()]
    _settle(admin.alter_user_scram_credentials(changes, request_timeout=_TIMEOUT))
    _until(lambda: _known(admin, [*passwords]))


def apply_grants(admin: AdminClient, wanted: Iterable[Grant], users: Iterable[str]) -> tuple[list[Grant], list[Grant]]:
    """Grant what lacks and take back what `users` hold beyond it; answers both. Raises `KafkaException`."""
    known, wanted = {*users}, {*wanted}
    held = {grant for grant in held_grants(admin) if grant.user in known}
    lacking, beyond = sorted(wanted - held), sorted(held - wanted)
    _settle(admin.create_acls([_binding(grant) for grant in lacking], request_timeout=_TIMEOUT) if lacking else {})
    _settle(admin.delete_acls([_filter(grant) for grant in beyond], request_timeout=_TIMEOUT) if beyond else {})
    _until(lambda: {grant for grant in held_grants(admin) if grant.user in known} == wanted)
    return lacking, beyond


def held_grants(admin: AdminClient) -> set[Grant]:
    """What the cluster allows now, of the kinds this project grants."""
    anything = _kafka.AclBindingFilter(
        _kafka.ResourceType.ANY,
        None,
        _kafka.ResourcePatternType.ANY,
        None,
        None,
        _kafka.AclOperation.ANY,
        _kafka.AclPermissionType.ALLOW,
    )
    names: dict[Any, Any] = {kind: name for name, kind in _KINDS.items()}
    operations: dict[Any, Any] = {operation: name for name, operation in _OPERATIONS.items()}
    return {
        Grant(
            user=found.principal.removeprefix("User:"),
            kind=names[found.restype],
            name=found.name,
            operation=operations[found.operation],
            prefix=found.resource_pattern_type == _kafka.ResourcePatternType.PREFIXED,
        )
        for found in admin.describe_acls(anything, request_timeout=_TIMEOUT).result(_TIMEOUT)
        if found.restype in names and found.operation in operations
    }


def _known(admin: AdminClient, users: list[str]) -> bool:
    found: Any = admin.describe_user_scram_credentials(users, request_timeout=_TIMEOUT)
    try:
        _settle(found)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.RESOURCE_NOT_FOUND:
            return False
        raise
    return True


def _until(seen: Callable[[], bool]) -> None:
    """Brokers learn of a change from the controller a moment after it was acknowledged."""
    end = time.monotonic() + _TIMEOUT
    while not seen() and time.monotonic() < end:
        time.sleep(0.1)


def _settle(outcomes: Mapping[Any, Any]) -> None:
    for outcome in outcomes.values():
        outcome.result(_TIMEOUT)


def _binding(grant: Grant) -> Any:
    return _kafka.AclBinding(*_parts(grant), _kafka.AclPermissionType.ALLOW)


def _filter(grant: Grant) -> Any:
    return _kafka.AclBindingFilter(*_parts(grant), _kafka.AclPermissionType.ALLOW)


def _parts(grant: Grant) -> tuple[Any, ...]:
    pattern = _kafka.ResourcePatternType.PREFIXED if grant.prefix else _kafka.ResourcePatternType.LITERAL
    return (_KINDS[grant.kind], grant.name, pattern, f"User:{grant.user}", "*", _OPERATIONS[grant.operation])
