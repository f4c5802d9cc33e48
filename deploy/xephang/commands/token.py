"""`xephang token`: demo tokens of a data folder."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from deploy.xephang.commands.connection import ISSUER_KEY
from deploy.xephang.commands.options import DEFAULT_DATA, Data
from deploy.xephang.commands.outcome import examples, misuse, say

__all__ = ["RoleName", "register"]


class RoleName(StrEnum):
    """The roles of shared.http.auth."""

    platform = "platform"
    agency = "agency"
    verifier = "verifier"
    rules_admin = "rules_admin"
    operator = "operator"
    chairman = "chairman"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "token",
        epilog=examples(
            "xephang token operator",
            "xephang token agency --agency so-noi-vu --hours 2",
            'curl -H "Authorization: Bearer $(xephang token operator)" http://127.0.0.1:8080/status',
        ),
    )(token)


def token(
    role: Annotated[RoleName, typer.Argument(help="Vai trò (role).")],
    agency: Annotated[str, typer.Option(help="Mã cơ quan, cho vai trò agency.", show_default=False)] = "",
    name: Annotated[str, typer.Option(help="Tên người dùng ghi vào nhật ký (who acts).", show_default=False)] = "",
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="Số giờ hiệu lực (validity).")] = 12,
    data: Data = DEFAULT_DATA,
) -> None:
    """Cấp mã truy cập thử từ thư mục dữ liệu (issue a demo token); chỉ dùng cho `xephang up`."""
    if (role is RoleName.agency) != bool(agency):
        raise misuse("--agency đi cùng vai trò agency, và chỉ vai trò đó (goes with the role agency only)")
    if not (data / ISSUER_KEY).is_file():
        raise misuse(f"thư mục {str(data)!r} chưa có bộ phát hành thử: chạy `xephang up` trước, hoặc nêu đúng --data")
    from shared.http.auth import DemoIssuer

    person = name or f"demo-{agency or role.value.replace('_', '-')}"
    say(DemoIssuer(data).token(person, [role.value], agency=agency, hours=hours))
