"""`xephang parked`: messages that wait for a campaign or rule set (đang chờ), and giving up what waits in vain."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.dlq_words import moment, shortened, status_words, value_of
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, ServiceName, Token, Url
from deploy.xephang.commands.outcome import REFUSED, SILENT, examples, misuse, say, say_json, say_table
from deploy.xephang.commands.parked_messages import find_one, give_up, messages_of, outcome_of

__all__ = ["app"]

app = typer.Typer(
    help="Thông điệp đang chờ đợt đánh giá hoặc bộ tiêu chí (messages that wait for a reference).",
    epilog=examples("xephang parked list", 'xephang parked set-aside 5f1c9a0b7d2e4c8a1f36 --reason "Gõ nhầm năm"'),
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(help="Mã thông điệp, như trong `parked list`.")]
Of = Annotated[ServiceName | None, typer.Option("--service", help="Chỉ dịch vụ này.", show_default=False)]
For = Annotated[
    str,
    typer.Option("--for", metavar="REF", help="Chỉ những gì chờ REF (only what waits for it): campaigns/2021."),
]
_FIELDS = {
    "service": "Dịch vụ",
    "id": "Mã",
    "aggregate": "Hồ sơ",
    "waits_for": "Đang chờ",
    "topic_name": "Chủ đề",
    "origin": "Nguồn",
    "type": "Loại sự kiện",
    "event_id": "Mã sự kiện",
    "time": "Thời điểm",
    "stream": "Dòng sự kiện",
    "sequence": "Số thứ tự",
    "size": "Kích thước, byte",
    "headers": "Thuộc tính",
}
_OUTCOMES = {
    "waiting": "đã thành thư chết (a dead letter now)",
    "gone": "không còn chờ như thế (taken up, or waits for something else)",
    "refused": "bị từ chối (refused)",
    "silent": "không trả lời (no answer)",
}


@app.command(
    "list", epilog=examples("xephang parked list", "xephang parked list --service intake --for campaigns/2021")
)
def list_(
    service: Of = None,
    waits_for: For = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Liệt kê thông điệp đang chờ, và chờ gì (list them, with what they wait for)."""
    messages, silent = messages_of(connect(url, token, data, "operator"), service, waits_for)
    if as_json:
        say_json(messages)
    else:
        header = ("Dịch vụ", "Mã", "Đang chờ", "Hồ sơ", "Chủ đề", "Nguồn", "Thời điểm")
        say_table(f"{len(messages)} thông điệp đang chờ (parked)", header, map(_row, messages))
    if silent:
        raise typer.Exit(SILENT)


@app.command(epilog=examples("xephang parked show 5f1c9a0b7d2e4c8a1f36"))
def show(
    id_: Id,
    service: Of = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Một thông điệp đang chờ: nội dung, nguồn (one of them with its value)."""
    message = find_one(connect(url, token, data, "operator"), id_, service)
    if as_json:
        say_json(message)
    else:
        _show(message)


@app.command(
    "set-aside",
    epilog=examples(
        'xephang parked set-aside 5f1c9a0b7d2e4c8a1f36 --reason "Gõ nhầm năm"',
        'xephang parked set-aside --all --for campaigns/2012 --reason "Gõ nhầm năm" --discard',
    ),
)
def set_aside(
    reason: Annotated[str, typer.Option(help="Lý do (why).", show_default=False)],
    id_: Annotated[str, typer.Argument(help="Mã thông điệp, như trong `parked list`.", show_default=False)] = "",
    every: Annotated[bool, typer.Option("--all", help="Mọi thông điệp chờ --for (all that wait for it).")] = False,
    waits_for: For = "",
    discard: Annotated[bool, typer.Option("--discard", help="Bỏ luôn thư chết (and discard the dead letter).")] = False,
    service: Of = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Thôi chờ: thông điệp thành thư chết, phía sau nó đi tiếp (make dead letters of what waits in vain)."""
    if bool(id_) == every or bool(waits_for) != every:
        raise misuse("nêu mã một thông điệp, hoặc --all cùng --for (name one message, or --all with --for)")
    client = connect(url, token, data, "operator")
    if not every:
        outcome = give_up(client, find_one(client, id_, service), reason, discard=discard)
        say_json(outcome) if as_json else say(_told(outcome))
        return
    messages, silent = messages_of(client, service, waits_for)
    outcomes = [outcome_of(client, message, reason, discard=discard) for message in messages]
    _summary(outcomes, as_json)
    if silent or any(each["status"] == "silent" for each in outcomes):
        raise typer.Exit(SILENT)
    if any(each["status"] == "refused" for each in outcomes):
        raise typer.Exit(REFUSED)


def _row(message: dict[str, Any]) -> tuple[str, ...]:
    names = ("service", "id", "waits_for", "aggregate", "topic_name", "origin")
    return (*(str(message[name]) for name in names), moment(message["time"]))


def _show(message: dict[str, Any]) -> None:
    for name, value in message.items():
        label = f"{_FIELDS[name]} ({name})" if name in _FIELDS else name  # of a newer platform
        if name == "headers":
            say(label)
            for header, given in value.items():
                say(f"{f'  {header}':40} {given}")
        elif name != "value_base64":
            say(f"{label:40} {moment(value) if name == 'time' else value or '–'}")
    say(value_of(message))


def _summary(outcomes: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(outcomes)
        return
    done = sum(each["status"] in ("waiting", "discarded") for each in outcomes)
    say(f"{done}/{len(outcomes)} thông điệp thôi chờ (set aside)")
    for each in outcomes:
        if each["status"] not in ("waiting", "discarded"):
            say(f"  {_told(each)}: {shortened(each['reason'], 300)}")


def _told(outcome: dict[str, Any]) -> str:
    status = outcome["status"]
    return f"{outcome['service']} {outcome['id']}: {_OUTCOMES.get(status) or status_words(status)}"
