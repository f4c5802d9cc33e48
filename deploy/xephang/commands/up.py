"""`xephang up`: the whole platform in one process."""

from __future__ import annotations

import asyncio
import errno
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.client import PlatformSilent
from deploy.xephang.commands import folder
from deploy.xephang.commands.addresses import kafka_fault, store_fault
from deploy.xephang.commands.logging_setup import LogForm, set_up_logging
from deploy.xephang.commands.options import DEFAULT_DATA, Data, Verbose
from deploy.xephang.commands.outcome import examples, say
from deploy.xephang.commands.serving import Stopping
from shared.kernel.errors import Conflict, DomainError, Fault

if TYPE_CHECKING:
    from deploy.xephang.platform import Platform

__all__ = ["Host", "Port", "check_addresses", "no_port", "register", "say_data"]

Host = Annotated[str, typer.Option(help="Địa chỉ lắng nghe (address to listen on).")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Cổng HTTP; 0: cổng trống bất kỳ (any free one).")]
Kafka = Annotated[str, typer.Option(help="Kafka thật host:port thay cho bộ nhúng (a real one).", show_default=False)]
Store = Annotated[
    str, typer.Option(help="mongodb://… hoặc sqlite:///… thay cho SQLite của --data.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up", epilog=examples("xephang up", "xephang up --port 9090 --data du-lieu -v"))(up)


def up(
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    kafka: Kafka = "",
    store: Store = "",
    verbose: Verbose = 0,
    log: LogForm = None,
) -> None:
    """Khởi động cả nền tảng trong một tiến trình, chạy đến khi Ctrl-C (start everything and serve)."""
    from deploy.xephang.collector import keep_little

    keep_little()
    set_up_logging(verbose, log)
    check_addresses(kafka, store)
    with folder.locked(data):
        asyncio.run(_serve(data, host, port, kafka, store))


async def _serve(data: Path, host: str, port: int, kafka: str, store: str) -> None:
    from deploy.xephang.collector import collect_seldom
    from deploy.xephang.platform import Platform

    collect_seldom()
    stopping = Stopping()
    try:
        platform = Platform(data, host=host, port=port, kafka=kafka, store=store)
    except OSError as error:
        raise no_port("up", host, port, error) from error
    try:
        if await stopping.unless_stopped(_start(platform, store)):
            folder.announce(data, platform.url, platform.kafka)
            _greet(platform, embedded=not kafka)
            await stopping.event.wait()
            say("Đang dừng (stopping) …")
    finally:
        folder.withdraw(data)
        await stopping.finish(platform.stop())


async def _start(platform: Platform, store: str) -> None:
    from aiokafka.errors import KafkaError

    from shared.storage.port import StoreUnavailable

    kafka = platform.kafka
    try:
        await platform.start()
    except KafkaError as error:
        raise _part_silent("Kafka", "--kafka", kafka, error) from error
    except StoreUnavailable as error:
        raise _part_silent("kho dữ liệu (store)", "--store", store or str(platform.data), error) from error


def _greet(platform: Platform, *, embedded: bool) -> None:
    say("Nền tảng đang chạy; Ctrl-C để dừng (the platform is running).")
    say(f"  HTTP         {platform.url}")
    say(f"  Kafka        {platform.kafka}{' (nhúng – embedded)' if embedded else ''}")
    for number, name in enumerate(platform.services):
        say(f"  {'Tài liệu API' if number == 0 else '            '} {platform.url}/{name}/docs")
    say_data(platform.data)


def say_data(data: Path) -> None:
    """How to get a token of this data folder (any other one's is refused), and where it is."""
    usual = data.resolve() == DEFAULT_DATA.resolve()
    option = "" if usual else f" --data {shlex.quote(str(data))}"
    say(f"  Mã truy cập  xephang token ROLE{option}  (platform, agency, verifier, rules_admin, operator, chairman)")
    say(f"  Dữ liệu      {data.resolve()}")


def check_addresses(kafka: str, store: str) -> None:
    """Of parts that are named; the embedded ones need no address. Raises `DomainError`."""
    faults = (kafka and kafka_fault("--kafka", kafka), store and store_fault("--store", store))
    wrong = tuple(fault for fault in faults if fault)
    if wrong:
        raise DomainError("Không khởi động được nền tảng", "the platform cannot start", wrong, wrong[0].code)


def no_port(command: str, host: str, port: int, error: OSError) -> DomainError:
    """Why the command cannot listen there, and what to do."""
    busy = error.errno == errno.EADDRINUSE
    reason = error.strerror or str(error)
    other = port + 1 if port < 65535 else 8081
    fault = Fault(
        "port.busy" if busy else "port.unusable",
        f"{host}:{port}",
        "cổng đang được chương trình khác dùng" if busy else f"không mở được cổng: {reason}",
        "the port is in use" if busy else f"the port cannot be opened: {reason}",
        f"chọn cổng khác: `xephang {command} --port {other}`, hoặc --port 0 để lấy cổng trống",
        "choose another one with --port, or --port 0 for any that is free",
    )
    return Conflict("Không khởi động được nền tảng", "the platform cannot start", (fault,), fault.code)


def _part_silent(what: str, option: str, address: str, error: Exception) -> PlatformSilent:
    return PlatformSilent(
        address,
        f"{what} không trả lời",
        f"{what} does not answer: {error}",
        f"kiểm tra địa chỉ trong {option}, hoặc bỏ {option} để dùng phần nhúng",
        f"check the address in {option}, or leave {option} out to use the embedded part",
    )
