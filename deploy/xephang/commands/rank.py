"""`xephang rank`: the rankings (bảng xếp hạng) as computed, before any decision."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.xephang.client import Client, Refused, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Group, Programme, Token, Url
from deploy.xephang.commands.outcome import REFUSED, examples, misuse, note, say, say_json
from deploy.xephang.commands.ranking_table import Labels, say_ranking

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "rank",
        epilog=examples(
            "xephang rank 2021",
            "xephang rank 2021 --programme it --group district --json",
            'xephang rank --close 2021/it/district --reason "Hai huyện chưa thẩm tra xong"',
        ),
    )(rank)


def rank(
    campaign: Annotated[str, typer.Argument(help="Mã đợt (campaign).", show_default=False)] = "",
    programme: Annotated[Programme | None, typer.Option(help="Chỉ chương trình này.", show_default=False)] = None,
    group: Annotated[Group | None, typer.Option(help="Chỉ khối này.", show_default=False)] = None,
    recomputed: Annotated[
        bool, typer.Option("--recomputed", help="Tính lại từ đầu, không lưu (worked out anew).")
    ] = False,
    close: Annotated[
        str, typer.Option(metavar="TABLE", help="Chốt bảng đợt/chương-trình/khối.", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option(help="Lý do chốt khi chưa đủ (why close).", show_default=False)] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Bảng xếp hạng vừa tính, trước khi công bố; --close: xếp hạng ngay, bỏ ngoài cơ quan chưa thẩm tra."""
    if bool(campaign) == bool(close):
        raise misuse("nêu mã đợt, hoặc --close BẢNG (either a campaign or --close)")
    client = connect(url, token, data, "operator")
    if close:
        _show(client, [_close(client, close, reason)], as_json)
        return
    tables = _tables(client, campaign, programme, group)
    found, lacking = _rankings(client, tables, "/recomputed" if recomputed else "")
    _show(client, found, as_json)
    if lacking:
        raise typer.Exit(REFUSED)


def _close(client: Client, table: str, reason: str) -> dict[str, Any]:
    if table.count("/") != 2:
        raise misuse(f"--close cần đợt/chương-trình/khối, ví dụ 2021/it/district, không phải {table!r}")
    if not reason:
        raise misuse("--close cần --reason: vì sao xếp hạng khi chưa đủ (why rank without them)")
    ranking: dict[str, Any] = client.post(
        path_of("scoring", "rankings", *table.split("/"), "close"), {"reason": reason}
    )
    return ranking


def _tables(client: Client, campaign: str, programme: Programme | None, group: Group | None) -> list[str]:
    pins = client.get(path_of("intake", "campaigns", campaign))["rule_sets"]
    return [
        f"{campaign}/{pin['programme']}/{pin['group']}"
        for pin in pins
        if programme in (None, pin["programme"]) and group in (None, pin["group"])
    ]


def _rankings(client: Client, tables: list[str], kind: str) -> tuple[list[dict[str, Any]], bool]:
    """The rankings there are; a table without one is named on stderr."""
    found = []
    for table in tables:
        try:
            found.append(client.get(path_of("scoring", "rankings", *table.split("/")) + kind))
        except Refused as refused:
            if refused.status != 404:
                raise
            note(f"✗ {table}: {refused.vi} ({refused.en})")
    if not tables:
        note("✗ Đợt không có bảng nào như vậy (the campaign has no such table)")
    return found, len(found) < max(len(tables), 1)


def _show(client: Client, rankings: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json(rankings)
        return
    labels = Labels(client)
    for ranking in rankings:
        say_ranking(ranking, labels)
        say()
