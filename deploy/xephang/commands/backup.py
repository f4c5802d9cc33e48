"""`xephang backup` and `xephang restore`: the data folder of a platform that runs, copied as of one moment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.xephang.commands import folder
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data
from deploy.xephang.commands.outcome import examples, note, say, say_json
from shared.kernel.clock import LOCAL_ZONE
from shared.storage.backup import Manifest, back_up, check_backup
from shared.storage.backup import restore as put_back

__all__ = ["register"]

_ISSUER = "demo-issuer.pem"
Into = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Thư mục mới cho bản sao (a new folder).")]
From = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Bản sao lưu (made by `xephang backup`).")]
Check = Annotated[bool, typer.Option("--check", help="Chỉ kiểm tra, không khôi phục (only check it).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup", epilog=examples("xephang backup sao-luu/2026-01-05"))(backup)
    app.command(
        "restore",
        epilog=examples("xephang restore sao-luu/2026-01-05 --check", "xephang restore sao-luu/2026-01-05 --data moi"),
    )(restore)


def backup(into: Into, data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Sao lưu bốn kho dữ liệu SQLite, cả khi nền tảng đang chạy (copy the stores while it runs)."""
    from shared.contracts.registry import SERVICES

    stores = [data / f"{service}.sqlite3" for service in SERVICES]
    others = [data / _ISSUER] if (data / _ISSUER).exists() else []
    _tell(back_up(stores, others, into, datetime.now(UTC)), as_json, f"Đã sao lưu vào {into} (backed up)")


def restore(source: From, data: Data = DEFAULT_DATA, check: Check = False, as_json: AsJson = False) -> None:
    """Kiểm tra bản sao lưu và đưa vào một thư mục dữ liệu trống (check a backup, put it into an empty data folder)."""
    if check:
        _tell(check_backup(source), as_json, f"{source}: nguyên vẹn (whole)")
        return
    with folder.locked(data):
        manifest = put_back(source, data)
    _tell(manifest, as_json, f"Đã khôi phục vào {data} (restored)")
    note("Nền tảng tỉnh gửi lại các phiếu từ thời điểm sao lưu (answers since then are to be sent again).")
    note("Nếu dùng Kafka thật: xoá chủ đề và nhóm tiêu thụ trước khi khởi động (delete topics and groups first).")


def _tell(manifest: Manifest, as_json: bool, words: str) -> None:
    if as_json:
        say_json(manifest.model_dump(mode="json"))
        return
    say(words)
    say(f"  thời điểm (as of)  {manifest.taken_at.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M:%S}")
    for file in manifest.files:
        say(f"  {file.name:24} {file.bytes:>12} byte  sha256 {file.sha256}")
