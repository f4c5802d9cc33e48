"""`xephang verify`: verification (thẩm tra) of many cases at once, and how far it has come."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Programme, Token, Url
from deploy.xephang.commands.outcome import REFUSED, examples, say, say_json, say_table

__all__ = ["app"]

app = typer.Typer(
    help="Thẩm tra phiếu (verification).",
    epilog=examples("xephang verify status 2021", "xephang verify accept-all 2021 --programme it"),
    no_args_is_help=True,
)
Campaign = Annotated[str, typer.Argument(help="Mã đợt.")]
OneProgramme = Annotated[Programme | None, typer.Option(help="Chỉ chương trình này.", show_default=False)]
_STATUS = {"open": "đang thẩm tra", "returned": "trả lại", "verified": "đã thẩm tra"}


@app.command(
    "accept-all",
    epilog=examples(
        "xephang verify accept-all 2021", "xephang verify accept-all 2021 --agency so-y-te --agency so-noi-vu"
    ),
)
def accept_all(
    campaign: Campaign,
    programme: OneProgramme = None,
    agency: Annotated[list[str] | None, typer.Option(help="Chỉ cơ quan này; nêu được nhiều lần.")] = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Chấp nhận mọi tiêu chí chưa có kết luận và hoàn thành hồ sơ (accept and complete)."""
    body: dict[str, Any] = {"campaign": campaign}
    if programme is not None:
        body["programme"] = programme.value
    if agency:
        body["agencies"] = agency
    found = connect(url, token, data, "verifier").post("/verification/cases/accept-all", body)
    if as_json:
        say_json(found)
    else:
        say(f"Đã thẩm tra {found['verified']} hồ sơ, từ chối {found['refused']} (verified, refused).")
        for case in found["cases"]:
            if not case["verified"]:
                say(f"✗ {campaign}/{case['programme']}/{case['agency']}: {case['title']} [{case['code']}]")
                say(f"    ({case['detail']})")
    if found["refused"]:
        raise typer.Exit(REFUSED)


@app.command(epilog=examples("xephang verify status 2021", "xephang verify status 2021 --programme portal --json"))
def status(
    campaign: Campaign,
    programme: OneProgramme = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Các hồ sơ thẩm tra của đợt (the cases of a campaign)."""
    client = connect(url, token, data, "verifier")
    cases = client.get("/verification/cases", campaign=campaign, programme=programme.value if programme else None)
    if as_json:
        say_json(cases)
        return
    rows = [
        (
            case["programme"],
            case["agency_name"] or case["agency"],
            _STATUS.get(case["status"], case["status"]),
            "không nộp" if case["basis"] == "missing" else str(case["submission_number"]),
            str(case["findings"]),
            str(case["days_late"] or "–"),
        )
        for case in cases
    ]
    counts = Counter(case["status"] for case in cases)
    title = ", ".join(f"{_STATUS.get(name, name)} {count}" for name, count in sorted(counts.items()))
    header = ("Chương trình", "Cơ quan", "Trạng thái", "Lần nộp", "Kết luận", "Muộn (ngày)")
    say_table(f"Đợt {campaign}: {title or 'chưa có hồ sơ'}", header, rows, right=(3, 4, 5))
