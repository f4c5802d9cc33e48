"""`xephang serve`: one service against a real broker and store, as in production."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.xephang.client import PlatformSilent
from deploy.xephang.commands.addresses import kafka_fault, store_fault
from deploy.xephang.commands.logging_setup import LogForm, set_up_logging
from deploy.xephang.commands.options import ServiceName, Verbose
from deploy.xephang.commands.outcome import examples, misuse, say
from deploy.xephang.commands.serve_help import ServeCommand
from deploy.xephang.commands.serving import Stopping

if TYPE_CHECKING:
    from shared.service import Definition, Service
    from shared.settings import ServiceSettings
    from shared.storage.port import DocumentStore

__all__ = ["register"]

_T = TypeVar("_T")
_PAUSE = 2.0
Wait = Annotated[float, typer.Option(min=0, help="Số giây chờ broker và kho dữ liệu khi khởi động.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "serve",
        cls=ServeCommand,
        epilog=examples("XEPHANG_KAFKA=kafka-1:9092 XEPHANG_STORE=mongodb://db-1 … xephang serve scoring"),
    )(serve)


def serve(
    service: Annotated[ServiceName, typer.Argument(help="Dịch vụ (service).")],
    wait: Wait = 60,
    verbose: Verbose = 0,
    log: LogForm = None,
) -> None:
    """Chạy một dịch vụ với Kafka và kho dữ liệu thật, theo biến môi trường (one service for production)."""
    from deploy.xephang.collector import keep_little

    keep_little()
    set_up_logging(verbose, log, service=service.value)
    asyncio.run(_serve(service.value, _settings(), wait))


def _settings() -> ServiceSettings:
    from pydantic import ValidationError

    from shared.settings import ServiceSettings

    try:
        settings = ServiceSettings.read()
    except ValidationError as error:
        wrong = [f"XEPHANG_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
        raise misuse(
            "biến môi trường thiếu hoặc sai (missing or wrong settings): " + "; ".join(wrong) + ". Xem --help."
        ) from error
    _check(settings)
    return settings


def _check(settings: ServiceSettings) -> None:
    """What no waiting can mend is refused before anything is waited for."""
    for fault in (kafka_fault("XEPHANG_KAFKA", settings.kafka), store_fault("XEPHANG_STORE", settings.store)):
        if fault is not None:
            raise misuse(fault)
    try:
        _ = settings.access().context
    except OSError as error:
        place = f"XEPHANG_KAFKA_CA={settings.kafka_ca}"
        raise misuse(f"{place}: không đọc được chứng thư ({error.strerror or error})") from error


async def _serve(name: str, settings: ServiceSettings, wait: float) -> None:
    from deploy.xephang.collector import collect_seldom
    from deploy.xephang.http import HttpServer
    from deploy.xephang.platform import DEFINITIONS

    stopping = Stopping()
    definition = DEFINITIONS[name]()
    key = _public_key(settings)
    running: list[Callable[[], Awaitable[None]]] = []

    async def start() -> None:
        await _retried(lambda: _broker(settings), wait, "Kafka", settings.kafka)
        store = await _retried(
            lambda: _store(definition, settings), wait, "kho dữ liệu (store)", _shown(settings.store)
        )
        running.append(store.close)
        service = _service(definition, settings, key, store)
        running.append(service.stop)
        collect_seldom()
        await service.start()
        try:
            server = HttpServer(service.api, settings.host, settings.port)
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            raise misuse(f"không mở được {place}: {error.strerror or error}; đặt XEPHANG_PORT khác") from error
        running.append(server.stop)
        await server.start()
        say(f"{name}: {server.url}/docs")

    async def stop() -> None:
        for each in reversed(running):
            await each()

    try:
        if await stopping.unless_stopped(start()):
            await stopping.event.wait()
    finally:
        await stopping.finish(stop())


async def _retried(attempt: Callable[[], Awaitable[_T]], wait: float, what: str, address: str) -> _T:
    """Try until it answers; brokers and databases start at the same time as services do."""
    from aiokafka.errors import KafkaError

    from shared.storage.port import StoreUnavailable

    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        try:
            return await attempt()
        except (KafkaError, StoreUnavailable, OSError) as error:
            if loop.time() + _PAUSE > until:
                raise PlatformSilent(
                    address,
                    f"{what} không trả lời sau {wait:g} giây",
                    f"{what} does not answer: {error}",
                    "kiểm tra địa chỉ và mạng, hoặc chờ lâu hơn bằng --wait",
                    "check the address and the network, or wait longer with --wait",
                ) from error
        await asyncio.sleep(_PAUSE)


async def _broker(settings: ServiceSettings) -> None:
    from aiokafka.errors import KafkaError

    from shared.messaging.kafka.topics import check_broker, create_topics

    if not settings.create_topics:
        await check_broker(settings.kafka, settings.access())
        return
    try:
        await create_topics(settings.kafka, settings.replication, settings.access())
    except AttributeError as error:  # aiokafka asks the controller for its number before there is one
        raise KafkaError("the cluster has no controller yet") from error


async def _store(definition: Definition, settings: ServiceSettings) -> DocumentStore:
    from shared.service import store_indexes
    from shared.storage.opening import open_store

    return await open_store(settings.store, definition.name, store_indexes(definition.collections))


def _service(definition: Definition, settings: ServiceSettings, key: bytes, store: DocumentStore) -> Service:
    from shared.http.auth import TokenVerifier
    from shared.kernel.clock import SystemClock
    from shared.messaging.relay import RelayLimits
    from shared.service import Parts, Service
    from shared.telemetry.spans import exporting_to

    limits = RelayLimits(max_ahead=settings.max_ahead_mib * 2**20)
    tokens = TokenVerifier(key, issuer=settings.jwt_issuer)
    spans = exporting_to(settings.otlp) if settings.otlp else None
    return Service(definition, Parts(store, settings.kafka, SystemClock(), tokens, limits, settings.access(), spans))


def _public_key(settings: ServiceSettings) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    place = f"XEPHANG_JWT_PUBLIC_KEY={settings.jwt_public_key}"
    try:
        content = settings.jwt_public_key.read_bytes()
        key = load_pem_public_key(content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "không phải khóa công khai PEM (no public key in PEM)"
        raise misuse(f"{place}: {reason}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise misuse(f"{place}: cần khóa Ed25519 (an Ed25519 key is needed)")
    return content


def _shown(address: str) -> str:
    """A store's address without its password."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
