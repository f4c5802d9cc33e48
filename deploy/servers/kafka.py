"""Apache Kafka on loopback: one process that is broker and controller (KRaft), with data that outlives it."""

from __future__ import annotations

import base64
import logging
import shutil
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.servers.errors import StartError
from deploy.servers.java import call
from deploy.servers.ports import LOOPBACK, accepts, free_port
from deploy.servers.server import JavaServer

__all__ = ["GUARDED", "KafkaServer"]

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


# A second door for everybody but the administrator: SCRAM, and nothing that is not granted.
GUARDED = {
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.sasl.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": "User:ANONYMOUS",  # whoever comes by the plain door on loopback
}


class KafkaServer(JavaServer):
    """A Kafka broker; `properties` override or add to server.properties.

    A `guarded` one has a second address where users have passwords and rights; the first one is the administrator's.
    `doors` are further plain addresses: by name (capitals) what the broker tells clients who came by that door to
    connect to, such as a proxy that stands before it; `door` says where it really listens.
    """

    program: ClassVar[str] = "kafka"
    title: ClassVar[str] = "Kafka"
    heap: ClassVar[str] = "256m"

    def __init__(
        self,
        *,
        properties: Mapping[str, str] | None = None,
        guarded: bool = False,
        doors: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._properties = dict(properties or {})
        self._guarded_port = free_port() if guarded else 0
        self._advertised = dict(doors or {})
        self._doors = {name: f"{LOOPBACK}:{free_port()}" for name in self._advertised}
        self._controller_port = 0

    @property
    def address(self) -> str:
        """host:port, for `bootstrap.servers`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def guarded_address(self) -> str:
        """host:port of the door with passwords, of a guarded broker."""
        return f"{LOOPBACK}:{self._guarded_port}"

    def door(self, name: str) -> str:
        """host:port at which the broker listens behind a door."""
        return self._doors[name]

    def wipe(self) -> None:
        """Delete everything it keeps, as a lost disk does; only while it does not run. The next start begins empty."""
        if self.pid is not None:
            raise StartError(f"{self.title} still runs at {self.address}: stop it before its data is deleted")
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _prepare(self) -> None:
        super()._prepare()
        self._controller_port = self._controller_port or free_port()
        lines = (f"{name}={value}\n" for name, value in self._configuration().items())
        (self.folder / "server.properties").write_text("".join(lines), "utf-8")
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()

    def _configuration(self) -> dict[str, str]:
        controller = f"{LOOPBACK}:{self._controller_port}"
        doors = f"PLAINTEXT://{self.address},CONTROLLER://{controller}"
        if self._guarded_port:
            doors += f",SASL://{self.guarded_address}"
        return {
            **_SINGLE_BROKER,
            **(GUARDED if self._guarded_port else {}),
            "listeners": doors,
            **self._further_doors(doors),
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "data"),
            **self._properties,
        }

    def _further_doors(self, doors: str) -> dict[str, str]:
        """What the further doors change of the listeners."""
        if not self._doors:
            return {}
        protocols = (GUARDED if self._guarded_port else _SINGLE_BROKER)["listener.security.protocol.map"]
        told = [door for door in doors.split(",") if not door.startswith("CONTROLLER:")]
        return {
            "listeners": ",".join([doors, *(f"{name}://{at}" for name, at in self._doors.items())]),
            "advertised.listeners": ",".join([*told, *(f"{name}://{at}" for name, at in self._advertised.items())]),
            "listener.security.protocol.map": ",".join([protocols, *(f"{name}:PLAINTEXT" for name in self._doors)]),
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
