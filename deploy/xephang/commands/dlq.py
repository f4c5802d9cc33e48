"""`xephang dlq`: dead letters (thư chết), the messages that could not be handled."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

import typer

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, ServiceName, Token, Url
from deploy.xephang.commands.outcome import SILENT, examples, fault_lines, misuse, note, say, say_json, say_table

__all__ = ["app"]

app = typer.Typer(
    help="Thư chết: thông điệp không xử lý được (dead letters).",
    epilog=examples("xephang dlq list", "xephang dlq retry 5f1c…"),
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(help="Mã thư, như trong `dlq list`.")]
Of = Annotated[ServiceName | None, typer.Option("--service", help="Chỉ dịch vụ này.", show_default=False)]
Status = Literal["waiting", "retried", "discarded"]
_PAGE = 500  # as many as the platform gives at once


@app.command("list", epilog=examples("xephang dlq list", "xephang dlq list --service scoring --status retried"))
def list_(
    service: Of = None,
    status: Annotated[Status, typer.Option(help="Trạng thái thư.")] = "waiting",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Liệt kê thư chết của các dịch vụ (list them)."""
    client = connect(url, token, data, "operator")
    letters: list[dict[str, Any]] = []
    silent = False
    for name in _names(service):
        try:
            letters += [{"service": name, **letter} for letter in _pages(client, name, status)]
        except PlatformSilent as stopped:
            silent = True
            note("\n".join(fault_lines(stopped.fault)))
    _list(letters, as_json)
    if silent:
        raise typer.Exit(SILENT)


@app.command(epilog=examples("xephang dlq show 5f1c…", "xephang dlq show 5f1c… --json"))
def show(
    id_: Id,
    service: Of = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Một thư: nội dung, lý do, nguồn (one letter with its reason and origin)."""
    name, letter = _find(connect(url, token, data, "operator"), id_, service)
    if as_json:
        say_json({"service": name, **letter})
    else:
        _show(name, letter)


@app.command(epilog=examples("xephang dlq retry 5f1c…"))
def retry(
    id_: Id,
    service: Of = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Xử lý lại, đúng một lần (handle it again, exactly once)."""
    client = connect(url, token, data, "operator")
    name, _ = _find(client, id_, service)
    _settled(name, client.post(path_of(name, "dead-letters", id_, "retry")), as_json)


@app.command(epilog=examples('xephang dlq discard 5f1c… --reason "Gửi nhầm đợt"'))
def discard(
    id_: Id,
    reason: Annotated[str, typer.Option(help="Lý do (why).")],
    service: Of = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Bỏ thư, có lý do (let it go)."""
    client = connect(url, token, data, "operator")
    name, _ = _find(client, id_, service)
    _settled(name, client.post(path_of(name, "dead-letters", id_, "discard"), {"reason": reason}), as_json)


def _pages(client: Client, name: str, status: Status) -> list[dict[str, Any]]:
    """All letters of one service, as many requests as that takes."""
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["message"]["id"] if found else None
        page = client.get(f"/{name}/dead-letters", status=status, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


def _names(service: ServiceName | None) -> list[str]:
    return [service.value] if service else [name.value for name in ServiceName]


def _find(client: Client, id_: str, service: ServiceName | None) -> tuple[str, dict[str, Any]]:
    """The service that keeps the letter. A message that failed in two services has one id: then `--service` decides."""
    kept: dict[str, dict[str, Any]] = {}
    refusal: Exception | None = None
    for name in _names(service):
        try:
            kept[name] = client.get(path_of(name, "dead-letters", id_))
        except Refused as refused:
            if refused.status != 404:
                raise
            refusal = refusal or refused
        except PlatformSilent as stopped:
            refusal = stopped  # the letter may be in the one that is stopped
    if len(kept) > 1:
        raise misuse(f"thư {id_} có ở {', '.join(kept)}: hãy nêu --service (say which with --service)")
    if not kept:
        assert refusal is not None
        raise refusal
    return next(iter(kept.items()))


def _list(letters: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(letters)
        return
    rows = [
        (
            each["service"],
            each["message"]["id"],
            f"{each['message']['topic_name']}/{each['message']['partition']}/{each['message']['offset']}",
            str(each["message"]["attempts"]),
            each["message"]["reason"][:120],
        )
        for each in letters
    ]
    say_table(f"{len(rows)} thư chết", ("Dịch vụ", "Mã", "Nguồn", "Số lần", "Lý do"), rows, right=(3,))


def _show(name: str, letter: dict[str, Any]) -> None:
    for field, value in {"service": name, "status": letter["status"], **letter["message"]}.items():
        if field != "value_base64":
            say(f"{field:16} {value}")
    if letter.get("note"):
        say(f"{'note':16} {letter['note']}")
    if letter["message"].get("truncated"):
        say("(chỉ giữ phần đầu, không retry được – only the beginning was kept, it cannot be retried)")
    try:
        say(base64.b64decode(letter["message"]["value_base64"]).decode("utf-8", errors="replace")[:4000])
    except (KeyError, binascii.Error):
        say("(không có nội dung – no payload)")


def _settled(name: str, letter: dict[str, Any] | None, as_json: bool) -> None:
    if as_json:
        say_json(letter)
    else:
        say(f"{name}: {letter['status'] if letter else 'không còn thư này (gone)'}")
