"""`xephang up-real`: the four services as four processes on a real Kafka and MongoDB-wire server of this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.commands import folder
from deploy.xephang.commands.logging_setup import set_up_logging
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Verbose
from deploy.xephang.commands.outcome import examples, note, say, say_json
from deploy.xephang.commands.serving import Stopping
from deploy.xephang.commands.up import Host, Port, check_addresses, no_port, say_data
from shared.kernel.errors import DomainError, Fault

if TYPE_CHECKING:
    from deploy.xephang.real import RealPlatform

__all__ = ["register"]

# Four services at ten seconds, together, and then the servers.
_STOP_SECONDS = 25.0
_SQLITE = "sqlite:///"
_KEEPING = (
    "giữ dữ liệu khi dừng; mặc định là máy chủ thử trong bộ nhớ (keeps data; by default a test server in memory)."
)
Kafka = Annotated[str, typer.Option(help="Kafka đã có, host:port (one that runs already).", show_default=False)]
Store = Annotated[str, typer.Option(help=f"mongodb://… hoặc sqlite:///…: {_KEEPING}", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up-real", epilog=examples("xephang up-real", "xephang up-real --port 0 --data du-lieu --json"))(
        up_real
    )


def up_real(
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    kafka: Kafka = "",
    store: Store = "",
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Bốn dịch vụ, bốn tiến trình, Kafka thật, một địa chỉ, đến khi Ctrl-C (needs Java 17 and Maven).

    Một dịch vụ tự kết thúc thì tất cả dừng và mã thoát là 1 (if one ends on its own, all stop with exit code 1).
    """
    from deploy.servers import ServerError
    from deploy.servers.archive import provision_for_quick_starts

    set_up_logging(verbose)
    check_addresses(kafka, store)
    with folder.locked(data):
        try:
            if not (kafka and store):
                provision_for_quick_starts()
            asyncio.run(_serve(data.resolve(), host, port, kafka, _absolute(store), as_json))
        except ServerError as error:
            fault = Fault(
                "servers.unavailable",
                "Kafka, MongoDB",
                "không có được máy chủ thật",
                str(error),
                "cài JDK 17 và Maven, hoặc nêu --kafka và --store của máy chủ đang chạy",
                "install a JDK 17 and Maven, or name servers that run with --kafka and --store",
            )
            raise DomainError("Không khởi động được nền tảng", "the platform cannot start", (fault,)) from error


async def _serve(data: Path, host: str, port: int, kafka: str, store: str, as_json: bool) -> None:
    from deploy.xephang.real import Ended, RealPlatform

    stopping = Stopping(_STOP_SECONDS)
    try:
        platform = RealPlatform(data, host=host, port=port, kafka=kafka, store=store)
    except OSError as error:
        raise no_port("up-real", host, port, error) from error
    try:
        if await stopping.unless_stopped(platform.start()):
            folder.announce(data, platform.url, platform.kafka)
            _greet(platform, as_json, own=not store)
            await stopping.unless_stopped(platform.watch())
            note("Đang dừng (stopping) …")
    except Ended as ended:
        note(ended.beside)
        note("Đang dừng tất cả (stopping everything) …")
        raise
    finally:
        folder.withdraw(data)
        await stopping.finish(platform.stop())


def _greet(platform: RealPlatform, as_json: bool, *, own: bool) -> None:
    if as_json:
        services = {
            name: {"url": one.url, "pid": one.pid, "log": str(one.log)} for name, one in platform.services.items()
        }
        say_json({"url": platform.url, "kafka": platform.kafka, "store": platform.store, "services": services})
        return
    say("Nền tảng đang chạy; Ctrl-C để dừng (the platform is running).")
    say(f"  HTTP         {platform.url}")
    say(f"  Kafka        {platform.kafka}")
    say(f"  Kho          {platform.store}{' (trong bộ nhớ, dừng là mất – in memory)' if own else ''}")
    for name, one in platform.services.items():
        say(f"  {name:<12} {one.url}/docs, pid {one.pid}, {one.log}")
    say_data(platform.data)


def _absolute(store: str) -> str:
    """A folder as it is found from everywhere; other addresses as they are."""
    folder = store.removeprefix(_SQLITE)
    return f"{_SQLITE}{Path(folder).resolve()}" if store.startswith(_SQLITE) else store
