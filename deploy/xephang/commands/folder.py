"""The data folder of `xephang up`: one platform at a time, and where it answers."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.kernel.errors import Conflict, DomainError, Fault

__all__ = ["announce", "announced", "locked", "withdraw"]

_LOCK = "up.lock"
_PLATFORM = "platform.json"


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it however the process ends. Raises `Conflict`."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(data, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _in_use(data) from error
        yield
    finally:
        os.close(descriptor)


def announce(data: Path, url: str, kafka: str) -> None:
    """Tell other commands where the platform answers."""
    temporary = data / f".{_PLATFORM}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": url, "kafka": kafka, "pid": os.getpid()}, file)
    temporary.replace(data / _PLATFORM)


def announced(data: Path) -> dict[str, Any] | None:
    """What the folder's platform announced; None where none runs or it cannot be read."""
    try:
        found = json.loads((data / _PLATFORM).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("url"), str) else None


def withdraw(data: Path) -> None:
    """The platform stops."""
    (data / _PLATFORM).unlink(missing_ok=True)


def _in_use(data: Path) -> DomainError:
    other = announced(data)
    where = f" ({other['url']}, pid {other.get('pid')})" if other else ""
    fault = Fault(
        "data.in_use",
        str(data),
        f"một nền tảng khác đang dùng thư mục này{where}",
        f"another platform uses this folder{where}",
        "dùng nền tảng đang chạy, dừng nó trước, hoặc chọn thư mục khác bằng --data",
        "use the one that runs, stop it first, or choose another folder with --data",
    )
    return Conflict.of(fault)


def _unusable(data: Path, error: OSError) -> DomainError:
    reason = error.strerror or str(error)
    fault = Fault(
        "data.unusable",
        str(data),
        f"không dùng được thư mục dữ liệu: {reason}",
        f"the data folder cannot be used: {reason}",
        "chọn thư mục ghi được bằng --data",
        "choose a folder that can be written with --data",
    )
    return DomainError.of(fault)
