"""`xephang dlq`: dead letters (thư chết), the messages that could not be handled."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.xephang.client import Client, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.dlq_letters import Status, letters_of, retry_all
from deploy.xephang.commands.dlq_words import moment, shortened, shown, status_words, value_of, what_became
from deploy.xephang.commands.of_services import one_of
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, ServiceName, Token, Url
from deploy.xephang.commands.outcome import (
    SILENT,
    examples,
    misuse,
    say,
    say_json,
    say_table,
)

__all__ = ["app"]

app = typer.Typer(
    help="Thư chết: thông điệp không xử lý được (dead letters).",
    epilog=examples(
        "xephang dlq list", "xephang dlq retry 5f1c9a0b7d2e4c8a1f36", "xephang dlq retry --all --topic submissions"
    ),
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(help="Mã thư, như trong `dlq list`.")]
Of = Annotated[ServiceName | None, typer.Option("--service", help="Chỉ dịch vụ này.", show_default=False)]


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
    letters, silent = letters_of(connect(url, token, data, "operator"), service, status)
    _list(letters, as_json)
    if silent:
        raise typer.Exit(SILENT)


@app.command(epilog=examples("xephang dlq show 5f1c9a0b7d2e4c8a1f36", "xephang dlq show 5f1c9a0b7d2e4c8a1f36 --json"))
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


@app.command(
    epilog=examples(
        "xephang dlq retry 5f1c9a0b7d2e4c8a1f36",
        "xephang dlq retry --all",
        "xephang dlq retry --all --topic rulesets",
    )
)
def retry(
    id_: Annotated[str, typer.Argument(help="Mã thư, như trong `dlq list`.", show_default=False)] = "",
    every: Annotated[bool, typer.Option("--all", help="Mọi thư đang chờ (all that wait).")] = False,
    service: Of = None,
    topic: Annotated[str, typer.Option(help="Với --all: chỉ chủ đề này (of this topic only).")] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Xử lý lại một thư hoặc tất cả, mỗi thư đúng một lần (handle one or all again, each exactly once)."""
    if bool(id_) == every or (topic and not every):
        raise misuse("nêu mã một thư, hoặc --all (có thể kèm --service, --topic) (name one letter, or --all)")
    client = connect(url, token, data, "operator")
    if every:
        retry_all(client, service, topic, as_json)
        return
    name, _ = _find(client, id_, service)
    _settled(name, client.post(path_of(name, "dead-letters", id_, "retry")), as_json)


@app.command(epilog=examples('xephang dlq discard 5f1c9a0b7d2e4c8a1f36 --reason "Gửi nhầm đợt"'))
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


def _find(client: Client, id_: str, service: ServiceName | None) -> tuple[str, dict[str, Any]]:
    """The service that keeps the letter, and the letter."""
    return one_of(client, service, "dead-letters", id_, "thư")


def _list(letters: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(letters)
        return
    header = ["Dịch vụ", "Mã", "Nguồn", "Bước xử lý", "Số lần", "Lỗi lần đầu", "Lỗi gần nhất", "Lý do"]
    settled = any(each["status"] != "waiting" for each in letters)
    rows = [[*_row(each), *([what_became(each["note"])] if settled else [])] for each in letters]
    say_table(f"{len(rows)} thư chết", [*header, *(["Ai xử lý, thế nào"] if settled else [])], rows, right=(4,))


def _row(letter: dict[str, Any]) -> list[str]:
    message = letter["message"]
    return [
        letter["service"],
        message["id"],
        f"{message['topic_name']}/{message['partition']}/{message['offset']} {message.get('origin', '')}".rstrip(),
        message["handler"].rpartition(".")[2],
        str(message["attempts"]),
        moment(message["first_failed_at"]),
        moment(message["last_failed_at"]),
        shortened(message["reason"], 120),
    ]


def _show(name: str, letter: dict[str, Any]) -> None:
    for label, value in shown(name, letter):
        say(f"{label:40} {value}")
    if letter["message"].get("truncated"):
        say("(chỉ giữ phần đầu, không retry được – only the beginning was kept, it cannot be retried)")
    say(value_of(letter["message"]))


def _settled(name: str, letter: dict[str, Any] | None, as_json: bool) -> None:
    if as_json:
        say_json(letter)
    else:
        say(f"{name}: {status_words(letter['status']) if letter else 'không còn thư này (gone)'}")
