"""Apache Kafka on loopback: one process that is broker and controller (KRaft), with data that outlives it."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.servers.java import call
from deploy.servers.ports import LOOPBACK, accepts, free_port
from deploy.servers.server import JavaServer

__all__ = ["KafkaServer"]

_SINGLE_BROKER = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A consumer alone need not wait for others to join.
    "group.initial.rebalance.delay.ms": "0",
    # Topics come from the registry (architecture.md), never by a misspelt name.
    "auto.create.topics.enable": "false",
    # The default takes 128 MB of heap.
    "log.cleaner.dedupe.buffer.size": "4194304",
    # After kill -9 the controller waits for the old session to end: 4 s instead of 11 s until it answers again.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}


class KafkaServer(JavaServer):
    """A Kafka broker; `properties` override or add to server.properties."""

    program: ClassVar[str] = "kafka"
    title: ClassVar[str] = "Kafka"
    heap: ClassVar[str] = "256m"

    def __init__(self, *, properties: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._properties = dict(properties or {})
        self._controller_port = 0

    @property
    def address(self) -> str:
        """host:port, for `bootstrap.servers`."""
        return f"{LOOPBACK}:{self.port}"

    def _prepare(self) -> None:
        super()._prepare()
        self._controller_port = self._controller_port or free_port()
        lines = (f"{name}={value}\n" for name, value in self._configuration().items())
        (self.folder / "server.properties").write_text("".join(lines), "utf-8")
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()

    def _configuration(self) -> dict[str, str]:
        controller = f"{LOOPBACK}:{self._controller_port}"
        return {
            **_SINGLE_BROKER,
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "data"),
            **self._properties,
        }

    def _format(self) -> None:
        tool = ["kafka.tools.StorageTool", "format", "--standalone", f"--cluster-id={_cluster_id()}"]
        quick = [*self._archive(), "-XX:TieredStopAtLevel=1"]
        call(self._java([*quick, *tool, f"--config={self.folder / 'server.properties'}"]), timeout=120)

    def _arguments(self) -> list[str]:
        level = "-Dorg.apache.logging.log4j.level=WARN"
        return [level, "kafka.Kafka", str(self.folder / "server.properties")]

    def _answers(self) -> bool:
        return accepts(self.port) and _every_partition_is_led(self.address)


def _every_partition_is_led(address: str) -> bool:
    """Whether the broker is in service: it is listed, and no partition of what it held before still lacks a leader."""
    silent = logging.Logger("kafka-not-up-yet", level=logging.CRITICAL + 1)
    client = AdminClient({"bootstrap.servers": address}, logger=silent)
    try:
        cluster = client.list_topics(timeout=1)
    except KafkaException:
        return False
    partitions = [partition for topic in cluster.topics.values() for partition in topic.partitions.values()]
    return bool(cluster.brokers) and all(partition.leader >= 0 for partition in partitions)


def _cluster_id() -> str:
    """Kafka's own form of a random id; one that begins with '-' would be read as an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
