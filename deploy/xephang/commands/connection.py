"""Which platform a command speaks to, and as whom."""

from __future__ import annotations

from pathlib import Path

from deploy.xephang.client import Client, PlatformSilent, is_loopback
from deploy.xephang.commands.folder import announced
from deploy.xephang.commands.outcome import note

__all__ = ["ISSUER_KEY", "connect", "disconnect"]

ISSUER_KEY = "demo-issuer.pem"
_opened: list[Client] = []


def connect(url: str, token: str, data: Path, role: str = "", *, person: str = "") -> Client:
    """The platform at `url`, or the one that runs on `data`. Raises `PlatformSilent` where neither is known.

    Without a token the demo issuer of `data` speaks for `person`; nothing is issued for strangers' addresses.
    """
    found = announced(data)
    address = url or (str(found["url"]) if found else "")
    if not address:
        raise _nowhere(data)
    own = (found is not None and address.rstrip("/") == found["url"]) or is_loopback(address)
    if role and not token and own and (data / ISSUER_KEY).is_file():
        token = _demo_token(data, role, person or f"demo-{role.replace('_', '-')}")
    client = Client(address, token)
    _opened.append(client)
    return client


def disconnect() -> None:
    """Close what the command opened."""
    while _opened:
        _opened.pop().close()


def _demo_token(data: Path, role: str, person: str) -> str:
    from shared.http.auth import DemoIssuer

    note(f"(thử nghiệm) làm với tư cách {person}, vai trò {role} – demo token of {data}")
    return DemoIssuer(data).token(person, [role], hours=1)


def _nowhere(data: Path) -> PlatformSilent:
    return PlatformSilent(
        str(data),
        "không có nền tảng nào đang chạy trên thư mục này",
        "no platform runs on this data folder",
        "chạy `xephang up`, hoặc nêu --url (hay XEPHANG_URL), hoặc --data",
        "run `xephang up`, or give --url (or XEPHANG_URL), or --data",
    )
