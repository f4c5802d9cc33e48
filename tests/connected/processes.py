"""The four services as four processes (`xephang serve`) on real servers of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.servers import KafkaServer, MongoServer
from deploy.servers.ports import free_port
from deploy.servers.spawn import spawn
from deploy.xephang.year.office import wait_for
from shared.contracts.registry import SERVICES
from shared.http.auth import DemoIssuer


class Processes:
    """One process a service, each with its own port; what they say goes to a file a process in `folder`.

    Their clock runs some days `behind` the machine's. `settings` are further environment variables of a service. A
    process beside a service's first one is named after it: `scoring.2`.
    """

    program = Path(__file__).with_name("past.py")
    patience = 90.0  # seconds until a started process has to be ready

    def __init__(
        self,
        folder: Path,
        kafka: str,
        store: str,
        behind: int,
        settings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.kafka = kafka
        self._settings = settings or {}
        self._behind = behind
        self.issuer = DemoIssuer(folder / "issuer")
        self.ports = {name: free_port() for name in SERVICES}
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        key = folder / "issuer.pem"
        key.write_bytes(self.issuer.public_key())
        self._environment = {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "XEPHANG_KAFKA": kafka,
            "XEPHANG_STORE": store,
            "XEPHANG_JWT_PUBLIC_KEY": str(key),
        }

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each service answers."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}

    def pid(self, name: str) -> int | None:
        """The process's id, or None where it does not run."""
        process = self._running.get(name)
        return process.pid if process is not None and process.poll() is None else None

    async def start(self, *names: str) -> None:
        """Start services; returns when they are ready."""
        for name in names:
            service = name.partition(".")[0]
            port = str(self.ports.setdefault(name, free_port()))
            own = {**self._settings.get(service, {}), "XEPHANG_PORT": port}
            environment = os.environ | self._environment | own
            command = [sys.executable, str(self.program), str(self._behind), service]
            with (self._folder / f"{name}.log").open("ab") as output:
                self._running[name] = spawn(
                    command, death_signal=signal.SIGKILL, output=output, environment=environment
                )
        for name in names:
            await wait_for(f"{name} is ready", lambda name=name: self._ready(name), seconds=self.patience, every=0.2)

    def end(self, name: str, how: signal.Signals) -> int:
        """End a service by a signal; its exit code (minus the signal's number where that ended it)."""
        process = self._running.pop(name)
        process.send_signal(how)
        return process.wait(60)

    def end_all(self) -> None:
        for name in list(self._running):
            self.end(name, signal.SIGKILL)

    async def _ready(self, name: str) -> bool:
        code = self._running[name].poll()
        assert code is None, f"{name} ended with {code}:\n{(self._folder / f'{name}.log').read_text()[-3000:]}"
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{self.urls[name]}/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False


@asynccontextmanager
async def four_processes(folder: Path, behind: int) -> AsyncIterator[Processes]:
    """All four services, ready, on a Kafka broker and a MongoDB-wire server that nobody else uses."""
    async with KafkaServer() as kafka, MongoServer() as mongo:
        processes = Processes(folder, kafka.address, mongo.address, behind)
        try:
            await processes.start(*SERVICES)
            yield processes
        finally:
            processes.end_all()
