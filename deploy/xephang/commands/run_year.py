"""`xephang run-year`: the worked example, a year or two from criteria to publication."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.xephang.commands.logging_setup import set_up_logging
from deploy.xephang.commands.options import AsJson, Verbose
from deploy.xephang.commands.outcome import examples, misuse

__all__ = ["register"]

YEARS = (2021, 2022)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "run-year", epilog=examples("xephang run-year --out out", "xephang run-year --years 2021 --fresh --json")
    )(run_year)


def run_year(
    out: Annotated[Path, typer.Option(file_okay=False, help="Thư mục kết quả (results).")] = Path("out"),
    data: Annotated[
        Path, typer.Option(file_okay=False, help="Thư mục dữ liệu; lần chạy dở được tiếp tục (continued).")
    ] = Path(".xephang/run-year"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Bắt đầu lại từ đầu (start anew).")] = False,
    years: Annotated[str, typer.Option(help="Các năm, cách nhau bằng dấu phẩy (comma-separated).")] = "2021,2022",
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Diễn lại trọn một đợt đánh giá với số liệu giả định (play a whole assessment on the embedded parts)."""
    chosen = _years(years)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise misuse(f"--out: không tạo được thư mục {out}: {error.strerror}") from error
    from deploy.xephang.collector import collect_seldom
    from deploy.xephang.year import play_command

    collect_seldom()
    set_up_logging(verbose)
    code = asyncio.run(play_command(out, data, fresh=fresh, years=chosen, as_json=as_json))
    raise typer.Exit(code)


def _years(text: str) -> tuple[int, ...]:
    given = [part.strip() for part in text.split(",") if part.strip()]
    known = {str(year): year for year in YEARS}
    unknown = [part for part in given if part not in known]
    if unknown or not given:
        raise misuse(f"--years: chỉ có {', '.join(known)}, không có {', '.join(unknown) or 'năm nào được nêu'}")
    chosen = tuple(sorted({known[part] for part in given}))
    if chosen[0] != YEARS[0]:
        raise misuse(f"--years: năm {chosen[0]} sửa đổi bộ tiêu chí của năm {YEARS[0]}, nên phải có cả {YEARS[0]}")
    return chosen
