"""What is struck: four service processes, a broker and stores, with a network between them that can fail."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.servers import KafkaServer, MongoServer
from deploy.xephang.year.answering import RuleSets
from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import Stage
from shared.contracts.registry import SERVICES
from tests.connected.past import PastClock, days_since
from tests.connected.processes import Processes
from tests.faults.campaign import PATIENCE, plan_of, prepare
from tests.faults.proxy import Proxy
from tests.faults.stores import MongoDatabases, RawStores, SqliteFiles

ANSWER_SECONDS = 90.0  # longer than anything stands still, so that no request is under way when it is made again


class _Children(Processes):
    program = Path(__file__).with_name("child.py")
    patience = PATIENCE


class Ground:
    """A platform to be struck, with `store` sqlite or mongo. Made by `standing_ground`."""

    def __init__(self, folder: Path, mongo: MongoServer | None) -> None:
        self.folder = folder
        self.mongo = mongo
        self.to_broker = {name: Proxy() for name in SERVICES}
        doors = {name.upper(): proxy.address for name, proxy in self.to_broker.items()}
        self.kafka = KafkaServer(doors=doors, folder=folder / "kafka")
        self.to_store = {name: Proxy() for name in SERVICES} if mongo else {}
        self.rule_sets: RuleSets = {}
        self.office: Office
        self.processes: Processes
        self._restarting = asyncio.Lock()
        self._starting_broker = asyncio.Lock()

    @property
    def stores(self) -> RawStores:
        """The services' stores, past the services and their network."""
        return MongoDatabases(self.mongo.address) if self.mongo else SqliteFiles(self.folder / "stores")

    async def connect(self) -> None:
        """Put the network between broker, stores and services."""
        for name, proxy in self.to_broker.items():
            proxy.target = self.kafka.door(name.upper())
            await proxy.start()
        for proxy in self.to_store.values():
            proxy.target = self.mongo.address.removeprefix("mongodb://") if self.mongo else ""
            await proxy.start()

    def clock(self, service: str) -> Path:
        """The file that moves a service's clock by so many seconds."""
        return self.folder / f"{service}.clock"

    async def start(self) -> None:
        """All services, ready; the agencies registered and the criteria in force."""
        plan = plan_of("none")
        behind = days_since(plan.decision_date)
        self.processes = _Children(
            self.folder, self.kafka.address, f"sqlite:///{self.folder / 'stores'}", behind, self._settings()
        )
        await self.processes.start(*SERVICES)
        self.office = Office(self.processes.urls, self.processes.issuer, ANSWER_SECONDS)
        stage = Stage(self.office, self.kafka.address, PastClock(behind), lambda _: None)
        self.rule_sets = await prepare(stage)

    async def end(self) -> None:
        """Let everything go; the servers are their owner's."""
        if hasattr(self, "processes"):
            self.processes.end_all()
        if hasattr(self, "office"):
            await self.office.__aexit__()
        for proxy in [*self.to_broker.values(), *self.to_store.values()]:
            await proxy.stop()

    # What can be done to it ------------------------------------------------------------------------------------------

    def kill(self, *names: str) -> None:
        """kill -9; those that do not run are left alone."""
        for name in names:
            if self.processes.pid(name) is not None:
                self.processes.end(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """SIGTERM, and wait until it has ended."""
        if self.processes.pid(name) is not None:
            code = self.processes.end(name, signal.SIGTERM)
            assert code in (0, -signal.SIGKILL), f"{name} ended with {code} when it was asked to stop"

    def send(self, name: str, what: signal.Signals) -> None:
        """A signal to a process that may run."""
        pid = self.processes.pid(name)
        if pid is not None:
            os.kill(pid, what)

    def limit_files(self, name: str, size: int | None) -> bool:
        """Let a process write files up to a size only, as a full disk does; None: as large as it likes."""
        pid = self.processes.pid(name)
        if pid is None:
            return False
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
        return True

    async def run(self, *names: str) -> None:
        """See to it that these run and are ready, as a supervisor does: what ends while it starts is started again."""
        async with self._restarting:
            until = asyncio.get_running_loop().time() + PATIENCE
            while missing := [name for name in names if self.processes.pid(name) is None]:
                try:
                    await self.processes.start(*missing)
                except AssertionError:
                    if asyncio.get_running_loop().time() > until:
                        raise

    async def broker(self, act: Callable[[], None]) -> None:
        """Something that takes its time, with the broker."""
        await asyncio.to_thread(act)

    async def start_broker(self) -> None:
        """See to it that the broker runs and answers."""
        async with self._starting_broker:
            if self.kafka.pid is None:
                await self.broker(self.kafka.start)

    async def mend(self) -> None:
        """Whatever was struck is well again; processes beside the first of a service are gone."""
        for proxy in [*self.to_broker.values(), *self.to_store.values()]:
            proxy.heal()
        for service in SERVICES:
            self.clock(service).write_text("0")
        self.kafka.resume()
        if self.mongo is not None:
            self.mongo.resume()
        for name in list(self.processes.ports):
            self.send(name, signal.SIGCONT)
            self.limit_files(name, None)
            if name not in SERVICES:
                self.kill(name)
        await self.start_broker()
        await self.run(*SERVICES)

    def log_tail(self, lines: int = 15) -> str:
        """The ends of what the services said."""
        parts: list[str] = []
        for service in SERVICES:
            content = (self.folder / f"{service}.log").read_text(errors="replace").splitlines()
            parts += [f"--- {service}", *content[-lines:]]
        return "\n".join(parts)

    def _settings(self) -> dict[str, dict[str, str]]:
        return {name: self._settings_of(name) for name in SERVICES}

    def _settings_of(self, service: str) -> dict[str, str]:
        settings = {"XEPHANG_KAFKA": self.to_broker[service].address, "FAULTS_CLOCK": str(self.clock(service))}
        if self.to_store:
            settings["XEPHANG_STORE"] = f"mongodb://{self.to_store[service].address}"
        return settings


@asynccontextmanager
async def standing_ground(folder: Path, store: str) -> AsyncIterator[Ground]:
    """A platform of its own in a folder, ready for campaigns."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    async with AsyncExitStack() as stack:
        mongo = await stack.enter_async_context(MongoServer()) if store == "mongo" else None
        ground = Ground(folder, mongo)
        await stack.enter_async_context(ground.kafka)
        try:
            await ground.connect()
            await ground.start()
            yield ground
        finally:
            await ground.end()
