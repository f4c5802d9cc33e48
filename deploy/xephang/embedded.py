"""The embedded broker: librdkafka's in-process one, which speaks the real Kafka protocol over TCP on loopback.

It lives in memory, keeps about 5 MB a partition and silently drops the oldest; the relays' bound and the journals make
up for both (ADR 0006). Topics come into being, with four partitions, when a client asks about them.
"""

from __future__ import annotations

from confluent_kafka.admin import AdminClient

from shared.messaging.relay import RelayLimits

__all__ = ["EMBEDDED_LIMITS", "EmbeddedBroker"]

# Well within the 5 MB a partition that the broker keeps, even when a whole batch falls into one partition.
EMBEDDED_LIMITS = RelayLimits(max_ahead=1_500_000, volatile=True, batch=100)


class EmbeddedBroker:
    """Runs from creation until `close`; `address` is host:port."""

    def __init__(self) -> None:
        # Level 0: the mock cluster announces itself on stderr at level 5.
        self._client: AdminClient | None = AdminClient(
            {"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 0}
        )
        brokers = self._client.list_topics(timeout=10).brokers
        broker = next(iter(brokers.values()))
        self.address = f"{broker.host}:{broker.port}"

    def close(self) -> None:
        """Stop the broker; what it held is gone."""
        self._client = None
