"""All four services in one process: embedded broker and SQLite unless told otherwise, one HTTP address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.xephang.embedded import EMBEDDED_LIMITS, EmbeddedBroker
from deploy.xephang.gateway import build_gateway
from deploy.xephang.http import HttpServer
from services.intake.app import definition as intake
from services.publishing.app import definition as publishing
from services.scoring.app import definition as scoring
from services.verification.app import definition as verification
from shared.contracts.registry import SERVICES
from shared.http.auth import DemoIssuer
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.kafka.topics import create_topics, touch_topics
from shared.messaging.relay import RelayLimits
from shared.service import Definition, Parts, Service, store_indexes
from shared.storage.opening import open_store
from shared.storage.port import DocumentStore

__all__ = ["DEFINITIONS", "Platform"]

log = logging.getLogger(__name__)

DEFINITIONS: dict[str, Callable[[], Definition]] = {
    "intake": intake,
    "verification": verification,
    "scoring": scoring,
    "publishing": publishing,
}


class Platform:
    """`xephang up`: start, stop, and stop or start a single service while the others run.

    `data` holds the SQLite files and the demo issuer's key. `kafka` and `store` name real parts instead.
    """

    def __init__(
        self,
        data: Path,
        *,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        kafka: str = "",
        store: str = "",
    ) -> None:
        self.data = data
        self.clock = clock or SystemClock()
        self.issuer = DemoIssuer(data)
        self.services: dict[str, Service] = {}
        self.kafka = kafka
        self._store_address = store or f"sqlite:///{data}"
        self._broker: EmbeddedBroker | None = None
        self._stores: dict[str, DocumentStore] = {}
        self._definitions: dict[str, Definition] = {}
        self._one_at_a_time = {name: asyncio.Lock() for name in SERVICES}  # that start or stop
        self._http = HttpServer(build_gateway(self), host, port)

    @property
    def url(self) -> str:
        """Where HTTP answers."""
        return self._http.url

    async def start(self) -> None:
        """Broker, topics, stores, services, HTTP — in this order; when it returns everything serves."""
        if self.kafka:
            await create_topics(self.kafka)
        else:
            self._broker = EmbeddedBroker()
            self.kafka = self._broker.address
            await touch_topics(self.kafka)
        for name in SERVICES:
            definition = self._definitions[name] = DEFINITIONS[name]()
            self._stores[name] = await open_store(self._store_address, name, store_indexes(definition.collections))
        # Together, because a consumer group takes its time to form, and each service has its own.
        await asyncio.gather(*(self.start_service(name) for name in SERVICES))
        await self._http.start()

    async def stop(self) -> None:
        """HTTP first, then the services, the stores and the broker."""
        await self._http.stop()
        # Together: each has its bound, and all of them have to end in little more than one.
        await asyncio.gather(*(self.stop_service(name) for name in list(self.services)))
        for store in self._stores.values():
            await store.close()
        self._stores.clear()
        if self._broker is not None:
            self._broker.close()

    async def start_service(self, name: str) -> None:
        """Start one service; one that runs is left alone."""
        async with self._one_at_a_time[name]:
            if name in self.services:
                return
            embedded = self._broker is not None
            limits = EMBEDDED_LIMITS if embedded else RelayLimits()
            parts = Parts(self._stores[name], self.kafka, self.clock, self.issuer.verifier(), limits, alone=embedded)
            service = Service(self._definitions[name], parts)
            await service.start()
            self.services[name] = service

    async def stop_service(self, name: str) -> None:
        """Stop one service; the others go on and what is meant for it waits."""
        async with self._one_at_a_time[name]:
            service = self.services.pop(name, None)
            if service is not None:
                await service.stop()

    async def status(self) -> dict[str, Any]:
        """Every service's status, by name."""
        running = dict(self.services)
        told = await asyncio.gather(*(service.status() for service in running.values()))
        found = dict(zip(running, told, strict=True))
        return {name: found.get(name, {"service": name, "running": False}) for name in SERVICES}
