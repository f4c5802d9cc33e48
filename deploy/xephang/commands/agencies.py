"""`xephang agencies`: the register (danh mục cơ quan)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.xephang.client import Refused
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import Document, read_items
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import examples, say, say_json, say_table
from shared.kernel.errors import Fault

__all__ = ["app"]

app = typer.Typer(
    help="Danh mục cơ quan được đánh giá (the register of agencies).",
    epilog=examples("xephang agencies register co-quan.yaml", "xephang agencies list"),
    no_args_is_help=True,
)
GROUPS = {"province": "cấp tỉnh", "district": "cấp huyện"}


@app.command(epilog=examples("xephang agencies register co-quan.yaml"))
def register(
    file: Annotated[Path, typer.Argument(help="Danh sách {id, name, group: province|district}, YAML hoặc JSON.")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Ghi các cơ quan vào danh mục; ghi lại lần nữa để đổi tên (enter or rename agencies)."""
    found = read_items(file, "agencies")
    client = connect(url, token, data, "operator")
    try:
        answer = client.put("/intake/agencies", [each.body() for each in found])
    except Refused as refused:
        refused.faults = tuple(_placed(found, fault) for fault in refused.faults)
        raise
    if as_json:
        say_json(answer)
    else:
        say(f"Đã ghi {answer['registered']} cơ quan (registered).")


@app.command("list", epilog=examples("xephang agencies list", "xephang agencies list --json"))
def list_(url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Liệt kê danh mục (list the register)."""
    agencies = connect(url, token, data).get("/intake/agencies")
    if as_json:
        say_json(agencies)
        return
    rows = [(each["id"], each["name"], GROUPS[each["group"]]) for each in agencies]
    say_table(f"{len(rows)} cơ quan", ("Mã", "Tên", "Khối"), rows)


def _placed(found: list[Document], fault: Fault) -> Fault:
    """`body.3.name` is in the fourth agency of the file."""
    steps = fault.place.split(".")
    if len(steps) > 1 and steps[0] == "body" and steps[1].isdecimal() and int(steps[1]) < len(found):
        rest = Fault(fault.code, ".".join(steps[2:]), fault.vi, fault.en, fault.remedy_vi, fault.remedy_en)
        return found[int(steps[1])].placed([rest])[0]
    return fault
