"""`xephang status`, `replay`, `service`: running the platform."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, ServiceName, Token, Url
from deploy.xephang.commands.outcome import examples, misuse, say, say_json, say_table
from deploy.xephang.words import state_words

__all__ = ["register", "service"]

service = typer.Typer(
    help="Dừng, chạy lại một dịch vụ của `xephang up` (stop and start one service).",
    epilog=examples("xephang service stop scoring", "xephang service start scoring"),
    no_args_is_help=True,
)
Name = Annotated[ServiceName, typer.Argument(help="Dịch vụ (service).")]


def register(app: typer.Typer) -> None:
    """Add the commands that stand alone."""
    app.command("status", epilog=examples("xephang status", "xephang status --json"))(status)
    app.command("replay", epilog=examples("xephang replay", "xephang replay rankings scorecards"))(replay)


def status(url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Từng dịch vụ đã tiêu thụ gì, còn gì chờ phát, chờ tham chiếu, thư chết (consumed, lag, parked)."""
    found = connect(url, token, data, "operator").get("/status")
    if as_json:
        say_json(found)
        return
    services = {str(found["service"]): found} if "service" in found else found
    header = ("Dịch vụ", "Trạng thái", "Đã tiêu thụ", "Còn lại", "Chưa phát", "Đang chờ", "Thư chết")
    say_table("Nền tảng", header, [_row(name, own) for name, own in services.items()], right=(2, 3, 4, 5, 6))
    for name, own in services.items():
        for line in _waiting(own):
            say(f"  {name}: {line}")


@service.command(epilog=examples("xephang service stop scoring"))
def stop(name: Name, url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Dừng một dịch vụ; việc dành cho nó được giữ lại (what is meant for it waits)."""
    answer = connect(url, token, data, "operator").post(f"/services/{name.value}/stop")
    _told(name, answer, as_json)


@service.command(epilog=examples("xephang service start scoring"))
def start(name: Name, url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Chạy lại một dịch vụ (start one service)."""
    answer = connect(url, token, data, "operator").post(f"/services/{name.value}/start")
    _told(name, answer, as_json)


def replay(
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="TOPIC", help="Chủ đề; bỏ trống: tất cả.", show_default=False)
    ] = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Phát lại các chủ đề từ nhật ký của dịch vụ (publish topics again from the journals)."""
    from shared.contracts.registry import SERVICES
    from shared.contracts.registry import topics as registry

    producers = {topic.name: topic.producer for topic in registry().values() if topic.producer in SERVICES}
    unknown = [name for name in topics or () if name not in producers]
    if unknown:
        raise misuse(f"không có chủ đề {', '.join(unknown)}; có: {', '.join(producers)}")
    client = connect(url, token, data, "operator")
    done = [client.post(f"/{producers[name]}/replay", {"topic": name}) for name in topics or producers]
    if as_json:
        say_json(done)
    else:
        rows = [(each["topic"], producers[each["topic"]], str(each["published"])) for each in done]
        say_table("Đã phát lại (replayed)", ("Chủ đề", "Dịch vụ", "Sự kiện"), rows, right=(2,))


def _told(name: ServiceName, answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        say(f"{name.value}: {'đang chạy (running)' if answer['running'] else 'đã dừng (stopped)'}")


def _row(name: str, own: dict[str, Any]) -> tuple[str, ...]:
    if "consumed" not in own:  # it does not say, so nobody knows: that is not nothing
        return (name, state_words(own), *["–"] * 5)
    consumed = own["consumed"].values()
    counts = (
        sum(topic["consumed"] for topic in consumed),
        sum(topic["lag"] for topic in consumed),
        sum(own.get("unpublished", {}).values()),
        own.get("parked_aggregates", 0),
        own.get("dead_letters", 0),
    )
    return (name, state_words(own), *(str(count) for count in counts))


def _waiting(own: dict[str, Any]) -> list[str]:
    """Only what somebody may have to look into."""
    if own.get("silent"):
        return ["tiến trình đang chạy nhưng không trả lời, xem nhật ký của nó (it runs and does not answer)"]
    lines = [
        f"{topic}: còn {counts['lag']} sự kiện chưa tiêu thụ, cũ nhất đã {counts.get('oldest_seconds', 0):.0f} giây"
        for topic, counts in own.get("consumed", {}).items()
        if counts["lag"]
    ]
    lines += [f"{topic}: {count} sự kiện chưa phát" for topic, count in own.get("unpublished", {}).items() if count]
    lines += [f"{place}: có thông điệp chờ mà không tiêu thụ, đang chạy lại (stuck)" for place in own.get("stuck", ())]
    for reference, keys in own.get("parked", {}).items():
        shown = ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "")
        lines.append(f"chờ {reference}: {shown}; xem `xephang parked list`")
    if own.get("dead_letters"):
        lines.append(f"{own['dead_letters']} thư chết, xem `xephang dlq list`")
    return lines
