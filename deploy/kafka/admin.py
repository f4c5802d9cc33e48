"""An administrator's connection to a cluster: quiet, and known to answer before anything is asked of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

__all__ = ["Unanswered", "connected"]

# librdkafka tries again for ever and says so each time, on stderr: whoever asked is told once, by `Unanswered`.
_quiet = logging.getLogger("xephang.kafka.admin")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False
# "All brokers are down": the consequence, told beside the reason.
_CONSEQUENCE = KafkaError._ALL_BROKERS_DOWN


class Unanswered(Exception):
    """No broker answers at the address; says why, as the last attempt found."""


def connected(bootstrap: str, options: Mapping[str, str], seconds: float) -> AdminClient:
    """The cluster at `bootstrap`, once it has answered. Raises `Unanswered` after `seconds`, `KafkaException` for
    options that cannot be."""
    reasons: list[str] = []

    def note(error: KafkaError) -> None:
        if error.code() != _CONSEQUENCE:
            reasons.append(error.str())

    settings: dict[str, Any] = {**options, "bootstrap.servers": bootstrap, "error_cb": note}
    admin = AdminClient(settings, logger=_quiet)
    try:
        admin.list_topics(timeout=seconds)
    except KafkaException as error:
        admin.poll(0)  # what led to it waits there
        raise Unanswered(reasons[-1] if reasons else error.args[0].str()) from error
    return admin
