"""`xephang campaign`: open, watch, amend and close a campaign (đợt đánh giá)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import read_document
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import examples, say, say_json, say_table

__all__ = ["app"]

app = typer.Typer(
    help="Đợt đánh giá: mở, theo dõi, sửa đổi bộ tiêu chí, đóng (campaigns).",
    epilog=examples("xephang campaign open dot-2021.yaml", "xephang campaign status 2021"),
    no_args_is_help=True,
)
# Seconds until the table of a campaign just closed is shown as it is, and between two looks.
_PATIENCE, _PAUSE = 5.0, 0.2
_STATUS = {"open": "đang nhận phiếu", "closed": "đã đóng"}


@app.command("open", epilog=examples("xephang campaign open dot-2021.yaml"))
def open_(
    file: Annotated[
        Path, typer.Argument(help="Kế hoạch: id, year, title, dispatch {number, issued_on}, members?, rule_sets?")
    ],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Mở đợt đánh giá theo công văn (open a campaign with its dispatch)."""
    plan = read_document(file)
    client = connect(url, token, data, "operator")
    try:
        campaign = client.post("/intake/campaigns", plan.body())
    except Refused as refused:
        if refused.status == 422:
            refused.faults = plan.placed(refused.faults)
        raise
    if as_json:
        say_json(campaign)
        return
    say(f"Đã mở đợt {campaign['id']}: {len(campaign['members'])} cơ quan, hạn nộp {_local(campaign['deadline'])}")
    for pin in campaign["rule_sets"]:
        ref = pin["rule_set"]
        say(f"  {pin['programme']}/{pin['group']}: {ref['id']}@{ref['version']}")


@app.command(epilog=examples("xephang campaign status", "xephang campaign status 2021 --json"))
def status(
    campaign: Annotated[str, typer.Argument(help="Mã đợt; bỏ trống: mọi đợt.", show_default=False)] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Ai đã nộp, nộp muộn, chưa nộp (who has answered, is late or missing)."""
    client = connect(url, token, data, "operator")
    names = [campaign] if campaign else [each["id"] for each in client.get("/intake/campaigns")]
    found = [_status_of(client, name) for name in names]
    if as_json:
        say_json(found[0] if campaign else found)
        return
    if not found:
        say("Chưa có đợt đánh giá nào (no campaign yet).")
    for each in found:
        _show(each)


@app.command(epilog=examples("xephang campaign close 2021", 'xephang campaign close 2021 --early-reason "Đã nộp đủ"'))
def close(
    campaign: Annotated[str, typer.Argument(help="Mã đợt.")],
    early_reason: Annotated[str, typer.Option(help="Lý do đóng trước hạn (why early).", show_default=False)] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Đóng đợt: không nhận phiếu nữa, ghi nhận cơ quan không nộp (take no more answers)."""
    client = connect(url, token, data, "operator")
    closed = client.post(path_of("intake", "campaigns", campaign, "close"), {"early_reason": early_reason})
    if as_json:
        say_json(closed)
    else:
        _show_closed(client, campaign)


@app.command(
    epilog=examples(
        'xephang campaign amend 2021 bac-giang-it-province@2021.2 --answer-by 2021-11-30 --reason "Bổ sung câu hỏi"'
    )
)
def amend(
    campaign: Annotated[str, typer.Argument(help="Mã đợt.")],
    rule_set: Annotated[str, typer.Argument(metavar="ID@VERSION", help="Phiên bản mới, đã kích hoạt.")],
    answer_by: Annotated[str, typer.Option(help="Ngày cuối trả lời nội dung hỏi lại, 2021-11-30 (last day).")],
    reason: Annotated[str, typer.Option(help="Lý do sửa đổi (why).")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Sửa đổi bộ tiêu chí giữa đợt: phiếu đã nộp được chuyển sang, chỉ hỏi lại phần thay đổi (amend mid-campaign)."""
    client = connect(url, token, data, "operator")
    order = {"rule_set": rule_set, "reason": reason, "answer_by": answer_by}
    amended = client.post(path_of("intake", "campaigns", campaign, "amend"), order)
    if as_json:
        say_json(amended)
        return
    last = amended["amendments"][-1]
    before, after = (f"{last[side]['id']}@{last[side]['version']}" for side in ("before", "after"))
    say(f"Đợt {campaign}, bảng {last['programme']}/{last['group']}: {before} → {after}")
    say(f"Trả lời nội dung hỏi lại đến {_local(last['answer_until'])}; xem `xephang campaign status {campaign}`.")


def _status_of(client: Client, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(path_of("intake", "campaigns", campaign, "status"))
    return found


def _show_closed(client: Client, campaign: str) -> None:
    """The table once those who did not answer are marked, which is done in the background; else a word on that.

    The campaign is closed by now, whatever the platform answers to those who look.
    """
    until = time.monotonic() + _PATIENCE
    while (found := _counted(client, campaign)) is None or _is_counting(found):
        if time.monotonic() >= until:
            break
        time.sleep(_PAUSE)
    if found is not None:
        _show(found)
    else:
        say(f"Đợt {campaign} đã đóng (the campaign is closed); nền tảng đang bận, chưa xem được bảng.")
    if found is None or _is_counting(found):
        say("Đang ghi nhận các cơ quan không nộp (those who did not answer are being marked).")
        say(f"Xem lại sau giây lát: `xephang campaign status {campaign}`.")


def _counted(client: Client, campaign: str) -> dict[str, Any] | None:
    """None where the platform does not answer just now."""
    try:
        return _status_of(client, campaign)
    except PlatformSilent:
        return None


def _is_counting(found: dict[str, Any]) -> bool:
    return any(counts["waiting_for"] for counts in found["tables"].values())


def _show(found: dict[str, Any]) -> None:
    rows = [
        (
            table,
            str(counts["members"]),
            str(counts["received"]),
            str(counts["late"]),
            str(counts["missing"]),
            ", ".join(counts["waiting_for"]) or "–",
        )
        for table, counts in found["tables"].items()
    ]
    header = ("Bảng", "Cơ quan", "Đúng hạn", "Muộn", "Không nộp", "Còn chờ")
    title = f"Đợt {found['campaign']}: {_STATUS.get(found['status'], found['status'])}"
    say_table(title, header, rows, right=(1, 2, 3, 4))
    for table, counts in found["tables"].items():
        _show_amended(table, counts)


def _show_amended(table: str, counts: dict[str, Any]) -> None:
    """Which version holds since an amendment, and who is asked what again."""
    for one in counts.get("amended", ()):
        before, after = (f"{one[side]['id']}@{one[side]['version']}" for side in ("before", "after"))
        say(f"{table}: {before} → {after} ({one['reason']}), trả lời lại đến {_local(one['answer_until'])}")
    if waiting := counts.get("not_carried"):
        say(f"  đang chuyển {waiting} phiếu sang phiên bản mới (still to be carried)")
    for agency, asked in counts.get("asked_again", {}).items():
        codes = ", ".join(one["criterion"] for one in asked["criteria"])
        say(f"  {agency}: hỏi lại tiêu chí {codes}")


def _local(moment: str) -> str:
    """The first late moment as the last moment that is in time, on the province's clock."""
    from datetime import datetime, timedelta

    from shared.kernel.clock import LOCAL_ZONE

    last = datetime.fromisoformat(moment) - timedelta(seconds=1)
    return f"{last.astimezone(LOCAL_ZONE):hết ngày %d/%m/%Y}"
