"""The four services as four processes (`xephang serve`) on a real Kafka and store, behind one HTTP address."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from deploy.servers import KafkaServer, MongoServer
from deploy.servers.logs import last_lines
from deploy.servers.ports import LOOPBACK, free_port
from deploy.servers.server import JavaServer
from deploy.servers.spawn import spawn
from deploy.xephang.gateway import build_gateway
from deploy.xephang.http import HttpServer
from deploy.xephang.proxy import Proxy, build_client
from shared.contracts.registry import SERVICES
from shared.http.auth import ISSUER, DemoIssuer
from shared.kernel.errors import Conflict, Fault

__all__ = ["Ended", "RealPlatform", "ServiceProcess"]

_START_SECONDS = 90
_STOP_SECONDS = 12  # services promise ten
_LOOK_EVERY = 0.2
_TAIL = 25  # lines
_LINE = 300  # characters of the last one


class Ended(Conflict):
    """Something that should run does not: it has ended, or is not ready in time.

    `beside` is what its log says last, for people: what led to it; only one line where somebody outside ended it.
    """

    def __init__(self, fault: Fault, beside: str) -> None:
        super().__init__(
            "Một phần của nền tảng không chạy", "a part of the platform does not run", (fault,), fault.code
        )
        self.beside = beside


def _ended(name: str, code: int | None, log: Path, tail: str) -> Ended:
    """By its exit code: ended by somebody outside (a signal), of which its log knows nothing, or on its own."""
    number = _signal_of(code)
    if number is None:
        return _failed(name, f"đã kết thúc với mã {code}", f"it ended with {code}", log, tail, "service.ended")
    if number not in _FROM_OUTSIDE:  # as C code ends what it finds broken; Java and others write then why
        vi, en = f"đã tự ngắt (tín hiệu {number.name})", f"it broke off (signal {number.name})"
        return _failed(name, vi, en, log, tail, "service.ended")
    often = _FROM_OUTSIDE[number]
    fault = Fault(
        "service.ended",
        name,
        f"bị buộc dừng từ bên ngoài (tín hiệu {number.name}{often[0]})",
        f"it was ended from outside (signal {number.name}{often[1]})",
        f"xem máy còn đủ bộ nhớ không và ai đã dừng nó, rồi chạy lại; nhật ký: {log}",
        f"see whether memory ran out and who ended it, then start it again; its log: {log}",
    )
    return Ended(fault, f"Dòng cuối nhật ký trước đó (the last line of its log before that): {_last_line(tail)}")


_FROM_OUTSIDE = {
    signal.SIGHUP: ("", ""),
    signal.SIGINT: ("", ""),
    signal.SIGKILL: ("; thường do hết bộ nhớ hoặc ai đó dừng", "; mostly memory ran out, or somebody did it"),
    signal.SIGTERM: ("; ai đó yêu cầu dừng", "; somebody asked it to stop"),
}


def _failed(name: str, vi: str, en: str, log: Path, tail: str, code: str) -> Ended:
    """On its own: its log tells why."""
    fault = Fault(
        code,
        name,
        f"{vi}; dòng cuối nhật ký: {_last_line(tail)}",
        en,
        f"xem nhật ký {log}, loại bỏ nguyên nhân rồi chạy lại",
        f"see its log, {log}, remove the cause and start it again",
    )
    return Ended(fault, tail)


def _last_line(tail: str) -> str:
    return tail.rpartition("\n")[2][:_LINE]


def _signal_of(code: int | None) -> signal.Signals | None:
    """The signal that ended a process; Java catches SIGTERM and then says 128 and its number."""
    number = -code if code is not None and code < 0 else (code or 0) - 128
    return next((each for each in signal.Signals if each == number), None)


class ServiceProcess:
    """One service in a process of its own. What it says goes to `log`; it never outlives this process."""

    def __init__(
        self, name: str, environment: Mapping[str, str], log: Path, client: httpx.AsyncClient, issuer: DemoIssuer
    ):
        self.name = name
        self.log = log
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.api = Proxy(self.url, client)
        self._environment = os.environ | environment | {"XEPHANG_HOST": LOOPBACK, "XEPHANG_PORT": str(port)}
        self._client = client
        self._issuer = issuer
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0  # bytes in its log that are of earlier starts
        self.serves = False  # it was ready once: from then on it is expected to run

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Start and wait until it is ready. Raises `Ended`, also where it runs but is not ready in time."""
        command = [sys.executable, "-m", "deploy.xephang", "serve", self.name]
        with self.log.open("ab") as output:
            self._said_before = output.tell()
            # Told to stop in order if this process should be killed; not by the terminal's Ctrl-C, but by us.
            self._process = spawn(
                command, death_signal=signal.SIGTERM, output=output, environment=self._environment, own_session=True
            )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self.ready():
                    self.check()
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError as error:
            vi, en = f"chưa sẵn sàng sau {_START_SECONDS:g} giây", f"it is not ready after {_START_SECONDS:g} s"
            raise _failed(self.name, vi, en, self.log, self._tail(), "service.not_ready") from error
        self.serves = True

    def check(self) -> None:
        """Raises `Ended` if it is not running."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            raise _ended(self.name, code, self.log, self._tail())

    def _tail(self) -> str:
        return last_lines(self.log, _TAIL, after=self._said_before)

    async def stop(self) -> int:
        """End in order, or at once if that takes too long; its exit code."""
        process = self._process
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return await asyncio.to_thread(process.wait)

    async def ready(self) -> bool:
        """Whether it answers and says so."""
        try:
            return (await self._client.get(f"{self.url}/health/ready", timeout=10)).status_code == 200
        except httpx.HTTPError:
            return False

    async def status(self) -> dict[str, Any]:
        """What it says of itself; not running where it does not answer."""
        headers = {"Authorization": f"Bearer {self._issuer.token('up-real', ['operator'], hours=1)}"}
        try:
            response = await self._client.get(f"{self.url}/status", headers=headers, timeout=10)
            return response.raise_for_status().json()  # type: ignore[no-any-return]
        except (httpx.HTTPError, ValueError):
            return {"service": self.name, "running": False, "silent": True}


class RealPlatform:
    """`xephang up-real`. Without `kafka` or `store` it runs a Kafka or a MongoDB-wire server (in memory) of its own.

    `data` holds the demo issuer's key and `logs/`.
    """

    def __init__(self, data: Path, *, host: str = LOOPBACK, port: int = 0, kafka: str = "", store: str = "") -> None:
        self.data = data
        self.issuer = DemoIssuer(data)
        self.services: dict[str, ServiceProcess] = {}
        self.kafka = kafka
        self.store = store
        self._one_at_a_time = {name: asyncio.Lock() for name in SERVICES}  # that start or stop
        self._servers: list[JavaServer] = []
        self._client = build_client()
        self._http = HttpServer(build_gateway(self), host, port)

    @property
    def url(self) -> str:
        """Where HTTP answers for all four."""
        return self._http.url

    async def start(self) -> None:
        """Servers, services, the common address; when it returns everything serves. Raises `Ended`, `ServerError`."""
        logs = self.data / "logs"
        logs.mkdir(exist_ok=True)
        # Not in their own folders: those go when they stop, and then somebody wants to read why they did.
        kafka, mongo = KafkaServer(log=logs / "kafka.log"), MongoServer(log=logs / "mongodb.log")
        self._servers = [*([] if self.kafka else [kafka]), *([] if self.store else [mongo])]
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in self._servers))
        self.kafka, self.store = self.kafka or kafka.address, self.store or mongo.address
        (self.data / "issuer-public.pem").write_bytes(self.issuer.public_key())
        # The first makes the topics; after that the others need not come in each other's way.
        await self.start_service(SERVICES[0])
        await asyncio.gather(*(self.start_service(name) for name in SERVICES[1:]))
        await self._http.start()

    async def stop(self) -> None:
        """The common address first, then the services together, then the servers."""
        await self._http.stop()
        # Without their turn: one that is still starting need not come so far.
        await asyncio.gather(*(service.stop() for service in self.services.values()))
        self.services.clear()
        await self._client.aclose()
        await asyncio.gather(*(asyncio.to_thread(server.close) for server in self._servers))

    async def start_service(self, name: str) -> None:
        """Start one service; one that runs is left alone. Raises `Ended`; nothing is left of it then."""
        async with self._one_at_a_time[name]:
            if name in self.services:
                return
            environment = {
                "XEPHANG_KAFKA": self.kafka,
                "XEPHANG_STORE": self.store,
                "XEPHANG_JWT_PUBLIC_KEY": str(self.data / "issuer-public.pem"),
                "XEPHANG_JWT_ISSUER": ISSUER,
            }
            log = self.data / "logs" / f"{name}.log"
            service = self.services[name] = ServiceProcess(name, environment, log, self._client, self.issuer)
            try:
                await service.start()
            except Ended:
                await service.stop()
                self.services.pop(name, None)
                raise

    async def stop_service(self, name: str) -> None:
        """Stop one service; what is meant for it waits on the broker and in the others' stores."""
        async with self._one_at_a_time[name]:
            service = self.services.pop(name, None)
            if service is not None:
                await service.stop()

    async def status(self) -> dict[str, Any]:
        """Every service's status, by name."""
        running = [self.services[name].status() for name in SERVICES if name in self.services]
        found = {own["service"]: own for own in await asyncio.gather(*running)}
        return {name: found.get(name, {"service": name, "running": False}) for name in SERVICES}

    async def watch(self) -> None:
        """Go on for as long as all that was started runs. Raises `Ended`."""
        while True:
            for service in self.services.values():
                if service.serves:  # of one that is being started, whoever starts it is told
                    service.check()
            for server in self._servers:
                if server.pid is None:
                    raise _ended(server.title, server.exit_code, server.log, server.log_tail())
            await asyncio.sleep(_LOOK_EVERY)
