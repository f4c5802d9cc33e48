"""`xephang ruleset rehearse|acknowledge`: what a draft would change, agency by agency, before anybody approves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from deploy.xephang.client import Client, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import examples, misuse, note, say, say_json, say_table
from deploy.xephang.commands.ruleset_life import FIRST, SECOND, Key, Why
from services.scoring.core.rehearsal import Report, Standing
from services.scoring.core.rehearsal_words import value_shown
from shared.kernel.errors import DomainError, Fault

__all__ = ["read_rows", "register", "wait_until_done"]

Campaign = Annotated[str, typer.Option("--campaign", help="Đợt có số liệu đã thẩm tra (whose verified data).")]
_KEY = "bac-giang-it-province@2022.1"
_LOOK_EVERY = 0.2  # seconds
_TALLY = {
    "level_up": "lên mức độ",
    "level_down": "xuống mức độ",
    "rank_moved": "đổi hạng",
    "points_up": "tăng điểm",
    "points_down": "giảm điểm",
    "index_moved": "chỉ đổi chỉ số",
    "unchanged": "không đổi điểm, hạng, mức độ",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the group `ruleset`."""
    command = f"xephang ruleset rehearse {_KEY} --campaign 2021"
    app.command("rehearse", epilog=examples(command, f"{command} --csv"))(rehearse)
    app.command("acknowledge", epilog=examples(f"xephang ruleset acknowledge {_KEY} --campaign 2021"))(acknowledge)


def rehearse(
    key: Key,
    campaign: Campaign,
    shown: Annotated[int, typer.Option("--shown", min=0, help="In tối đa chừng này cơ quan (how many rows).")] = 40,
    as_csv: Annotated[bool, typer.Option("--csv", help="In CSV mọi cơ quan, số chính xác (all, exact).")] = False,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Chấm thử số liệu đã thẩm tra của một đợt theo bản nháp; không sửa gì (what the draft would change)."""
    if as_csv and as_json:
        raise misuse("chọn --csv hoặc --json, không chọn cả hai")
    client = connect(url, token, data, "rules_admin", person=FIRST)
    base = path_of("scoring", "rulesets", key, "rehearsals")
    client.post(base, {"campaign": campaign})
    state = wait_until_done(client, f"{base}{path_of(campaign)}")
    if as_csv:
        typer.echo(client.get_text(f"{base}{path_of(campaign, 'rows.csv')}"), nl=False)
        return
    report = Report.model_validate(state["report"])
    rows = read_rows(client, f"{base}{path_of(campaign)}", report)
    if as_json:
        say_json({**state, "rows": list(rows)})
        return
    _summary(report)
    _table(report, list(rows), shown)
    if not state["acknowledged_by"]:
        say(f"Người thứ hai xác nhận: xephang ruleset acknowledge {key} --campaign {campaign}")


def acknowledge(
    key: Key,
    campaign: Campaign,
    basis: Annotated[
        str, typer.Option("--basis", show_default=False, help="Mã băm của kết quả đã xem; bỏ trống: bản mới nhất.")
    ] = "",
    reason: Why = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Người thứ hai xác nhận đã xem kết quả chấm thử (a second person takes what it shows)."""
    client = connect(url, token, data, "rules_admin", person=SECOND)
    path = path_of("scoring", "rulesets", key, "rehearsals", campaign)
    report = Report.model_validate(client.get(f"{path}/report"))
    if not as_json:
        _summary(report)
    body = {"basis_hash": basis or report.basis_hash, "reason": reason}
    state = client.post(f"{path}/acknowledge", body)
    if as_json:
        say_json(state)
    else:
        say(f"Đã xác nhận: {state['acknowledged_by']}")


def wait_until_done(client: Client, path: str) -> dict[str, Any]:
    """The state of a rehearsal when it is done, with its progress on a terminal. Raises `DomainError` if refused."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Chấm thử", total=None)
        while (state := client.get(path))["state"] in ("requested", "running"):
            progress.update(task, completed=state["done"], total=state["of"] or None)
            time.sleep(_LOOK_EVERY)
    if state["state"] == "refused":
        fault = Fault("rehearsal.refused", path, state["fault"], state["fault"])
        raise DomainError("Không chấm thử được", "the rehearsal was refused", (fault,), fault.code)
    return dict(state)


def read_rows(client: Client, path: str, report: Report) -> Iterator[dict[str, Any]]:
    """The rows of a report, page by page."""
    for page in range(report.pages):
        yield from client.get(f"{path}/rows", page=page, basis_hash=report.basis_hash)["rows"]


def _summary(report: Report) -> None:
    say(f"{report.rule_set.key} so với {report.compared_with.key}, số liệu đợt {report.campaign}")
    say(f"  {report.agencies} cơ quan: " + ", ".join(_counted(report)))
    for code, count in report.asked_again.items():
        title = report.names[1].criteria[code]
        say(f"  tiêu chí {code} «{title}» phải hỏi lại {count} cơ quan; tạm coi là chưa báo cáo")
    if report.left_out:
        say(f"  {len(report.left_out)} cơ quan chưa thẩm tra xong nên không chấm thử")
    say(f"  SHA-256 {report.basis_hash}")


def _counted(report: Report) -> Iterator[str]:
    for name, words in _TALLY.items():
        if report.tally.get(name):
            yield f"{report.tally[name]} {words}"


def _table(report: Report, rows: list[dict[str, Any]], shown: int) -> None:
    moved = sorted((row for row in rows if row["why"] or row["before"] != row["after"]), key=_by_weight)
    lines = [
        (
            row["name"],
            _arrow(*(_rank(row[when]) for when in ("before", "after"))),
            _arrow(*(_value(row[when], report, place) for place, when in enumerate(("before", "after")))),
            _arrow(*(report.names[i].levels[row[when]["level"]] for i, when in enumerate(("before", "after")))),
            "\n".join(row["why"]),
        )
        for row in moved[:shown]
    ]
    value = "Chỉ số" if report.names[1].by_index else "Điểm"
    say_table(
        f"{len(moved)} cơ quan có điểm, hạng hoặc tiêu chí thay đổi",
        ("Cơ quan", "Hạng", value, "Mức độ", "Vì sao"),
        lines,
    )
    if len(moved) > shown:
        note(f"còn {len(moved) - shown} cơ quan nữa; --shown, --csv hoặc --json cho đủ")


def _by_weight(row: dict[str, Any]) -> tuple[Any, ...]:
    """Who crosses a level first, then by the new rank."""
    crosses = row["before"]["level"] != row["after"]["level"]
    return not crosses, row["after"]["rank"] or 10**9, row["agency"]


def _rank(standing: dict[str, Any]) -> str:
    return str(standing["rank"] or "–")


def _value(standing: dict[str, Any], report: Report, place: int) -> str:
    return value_shown(Standing.model_validate(standing), report.names[place])


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
