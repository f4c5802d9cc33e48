"""`xephang publish`: the Decision (quyết định công bố), drafted, signed, shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from deploy.xephang.client import Client, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Group, Programme, Token, Url
from deploy.xephang.commands.outcome import examples, misuse, say, say_json
from shared.kernel.errors import Fault, NotFound

__all__ = ["app"]

app = typer.Typer(
    help="Quyết định công bố: dự thảo, ký, xem, đính chính, thu hồi (decisions).",
    epilog=examples("xephang publish draft 2021 --number 2050/QĐ-UBND --date 2021-12-20", "xephang publish sign 2021"),
    no_args_is_help=True,
)
Campaign = Annotated[str, typer.Argument(help="Mã đợt.")]
Number = Annotated[str, typer.Option(help="Số quyết định, ví dụ 2050/QĐ-UBND (its number).")]
IssuedOn = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Ngày ban hành.")]
Title = Annotated[str, typer.Option(help="Trích yếu (title).", show_default=False)]
Reason = Annotated[str, typer.Option(help="Lý do, ghi vào văn bản (why).")]
_TITLE = "Công bố kết quả đánh giá, xếp hạng mức độ ứng dụng công nghệ thông tin, Cổng thông tin điện tử đợt {}"
_CORRECTION = "Đính chính kết quả đánh giá, xếp hạng đã công bố của đợt {}"
_STATUS = {"published": "đã công bố", "withdrawn": "đã thu hồi", "drafted": "dự thảo"}


@app.command(epilog=examples("xephang publish draft 2021 --number 2050/QĐ-UBND --date 2021-12-20"))
def draft(
    campaign: Campaign,
    number: Number,
    date: IssuedOn,
    title: Title = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Trình dự thảo quyết định (lay a draft before the Chairman)."""
    client = connect(url, token, data, "operator")
    body = _paper(number, date, title or _TITLE.format(campaign))
    _told(client.post(path_of("publishing", "decisions", campaign, "draft"), body), as_json, laid=True)


@app.command(
    epilog=examples(
        'xephang publish correct 2021 --number 2101/QĐ-UBND --date 2021-12-28 --reason "Sửa điểm của Sở Y tế"'
    )
)
def correct(
    campaign: Campaign,
    number: Number,
    date: IssuedOn,
    reason: Reason,
    title: Title = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Trình dự thảo đính chính (lay a correction before the Chairman)."""
    client = connect(url, token, data, "operator")
    body = _paper(number, date, title or _CORRECTION.format(campaign)) | {"reason": reason}
    _told(client.post(path_of("publishing", "decisions", campaign, "correction"), body), as_json, laid=True)


@app.command(epilog=examples("xephang publish sign 2021", "xephang publish sign 2021 --content-hash 9f86d0…"))
def sign(
    campaign: Campaign,
    content_hash: Annotated[
        str, typer.Option(help="SHA-256 của dự thảo đã đọc; bỏ trống: dự thảo mới nhất.", show_default=False)
    ] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Ký dự thảo mới nhất và công bố (sign the newest draft, and publish)."""
    client = connect(url, token, data, "chairman")
    newest = _overview(client, campaign)["documents"][-1]
    body = {"draft": newest["draft"], "content_hash": content_hash or newest["content_hash"]}
    _told(client.post(path_of("publishing", "decisions", campaign, "sign"), body), as_json)


@app.command(epilog=examples('xephang publish withdraw 2021 --reason "Phát hiện sai sót trong thẩm tra"'))
def withdraw(
    campaign: Campaign,
    reason: Reason,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Thu hồi kết quả đã công bố (withdraw what is published)."""
    client = connect(url, token, data, "chairman")
    _told(client.post(path_of("publishing", "decisions", campaign, "withdraw"), {"reason": reason}), as_json)


@app.command(
    epilog=examples("xephang publish show 2021", "xephang publish show 2021 --csv --programme it --group province")
)
def show(
    campaign: Campaign,
    csv: Annotated[bool, typer.Option("--csv", help="Các bảng đã công bố, dạng CSV (the tables as CSV).")] = False,
    programme: Annotated[Programme | None, typer.Option(help="Chỉ chương trình này (--csv).")] = None,
    group: Annotated[Group | None, typer.Option(help="Chỉ khối này (--csv).")] = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Văn bản quyết định đã ký; chưa ký thì dự thảo, cho người có quyền (the Decision as text)."""
    if csv and as_json:
        raise misuse("--csv hoặc --json, không cả hai (not both)")
    client = connect(url, token, data, "operator")
    if csv:
        _csv(client, campaign, programme, group)
    elif as_json:
        say_json(_overview(client, campaign))
    else:
        say(client.get_text(path_of("publishing", "decisions", f"{campaign}.md")).rstrip("\n"))


def _paper(number: str, date: datetime, title: str) -> dict[str, Any]:
    return {"number": number, "issued_on": date.date().isoformat(), "title": title}


def _overview(client: Client, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(path_of("publishing", "decisions", campaign))
    return found


def _csv(client: Client, campaign: str, programme: Programme | None, group: Group | None) -> None:
    """The published tables one after the other; one header for all when there are several."""
    published = client.get("/publishing/rankings", campaign=campaign)["rankings"]
    wanted = [e for e in published if programme in (None, e["programme"]) and group in (None, e["group"])]
    if not wanted:
        raise NotFound(
            f"Đợt {campaign} chưa có bảng nào được công bố",
            f"nothing is published of {campaign}",
            (_nothing_published(campaign),),
            "not_published",
        )
    for number, entry in enumerate(wanted):
        steps = ("rankings", campaign, entry["programme"], entry["group"], "ranking.csv")
        text = client.get_text(path_of("publishing", *steps))
        if len(wanted) > 1:
            say(f"{'' if number == 0 else chr(10)}# {campaign}/{entry['programme']}/{entry['group']}")
        typer.echo(text.removeprefix("\ufeff").rstrip("\r\n"))


def _nothing_published(campaign: str) -> Fault:
    return Fault(
        "not_published",
        campaign,
        "chưa có quyết định đã ký, hoặc đã thu hồi",
        "no signed Decision, or it was withdrawn",
        f"`xephang publish draft {campaign} …`, rồi `xephang publish sign {campaign}`",
        "draft and sign one first",
    )


def _told(decision: dict[str, Any], as_json: bool, *, laid: bool = False) -> None:
    """How the Decision stands; of a draft just `laid`, first that it waits for the signature."""
    if as_json:
        say_json(decision)
        return
    newest = decision["documents"][-1]
    content = newest["content"]
    stands = _STATUS.get(decision["status"], decision["status"])
    if laid:
        waits = f"dự thảo {newest['draft']} chờ Chủ tịch ký, `xephang publish sign {decision['campaign']}`"
        stands = waits if decision["status"] == "drafted" else f"{waits} (bản trước: {stands})"
    say(f"Đợt {decision['campaign']}: {stands}")
    say(f"  {content['number']} ngày {content['issued_on']}, dự thảo {newest['draft']}: {content['title']}")
    say(f"  SHA-256 {newest['content_hash']}")
    if newest["signature"]:
        say(f"  Ký: {newest['signature']['signed_by']}, {newest['signature']['signed_at']}")
    for table, edition in decision["published"].items():
        say(f"  Công bố {table}, bản {edition}")
