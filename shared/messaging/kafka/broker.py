"""A service's client of the broker: how it connects, and what it publishes with."""

from __future__ import annotations

import logging

from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from shared.messaging.access import ANYBODY, Access

__all__ = ["ACK_TIMEOUT", "MAX_MESSAGE", "build_broker"]

MAX_MESSAGE = 16 * 2**20
ACK_TIMEOUT = 30.0  # seconds that anything asked of the broker may take


def build_broker(address: str, service: str, access: Access = ANYBODY) -> KafkaBroker:
    """A broker client for one service: idempotent producer, all acknowledgements, batches that fit our messages."""
    return KafkaBroker(
        address.split(","),
        security=_security(access),
        client_id=f"xephang-{service}",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,  # what is published at once goes into one batch anyway; a lone event would only wait
        max_batch_size=256 * 1024,
        max_request_size=MAX_MESSAGE,
        allow_auto_create_topics=False,
        logger=logging.getLogger("xephang.faststream"),
        log_level=logging.DEBUG,
    )


def _security(access: Access) -> BaseSecurity | None:
    if access.user:
        return SASLScram512(access.user, access.password, ssl_context=access.context, use_ssl=access.tls)
    return BaseSecurity(ssl_context=access.context, use_ssl=True) if access.tls else None
