"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DEFAULT_DATA", "AsJson", "Data", "Group", "Programme", "ServiceName", "Token", "Url", "Verbose"]

DEFAULT_DATA = Path(".xephang")


class Programme(StrEnum):
    """The two programmes of Decision 2294/QĐ-UBND."""

    it = "it"
    portal = "portal"


class Group(StrEnum):
    """The two groups of agencies."""

    province = "province"
    district = "district"


class ServiceName(StrEnum):
    """The four services."""

    intake = "intake"
    verification = "verification"
    scoring = "scoring"
    publishing = "publishing"


Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="XEPHANG_URL",
        show_default=False,
        help="Địa chỉ nền tảng (the platform's address); mặc định theo nền tảng của thư mục --data.",
    ),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="XEPHANG_TOKEN",
        show_default=False,
        help="Mã truy cập (bearer token); mặc định do bộ phát hành thử của --data cấp.",
    ),
]
Data = Annotated[
    Path,
    typer.Option(
        "--data", envvar="XEPHANG_DATA", file_okay=False, help="Thư mục dữ liệu của `xephang up` (its data folder)."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="In JSON cho chương trình đọc (for programs).")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Nhật ký chi tiết hơn; -vv: tất cả.")
]
