"""What the system tells of a process: processor time and resident memory (Linux; elsewhere 0)."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["highest_mb", "processor_seconds", "resident_mb"]


def processor_seconds(pid: int | None) -> float:
    """Seconds of processor time it has taken so far, all its threads together."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text("ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int | None) -> float:
    """Megabytes that lie in memory now."""
    return _megabytes(pid, "VmRSS")


def highest_mb(pid: int | None) -> float:
    """The most megabytes that ever lay in memory."""
    return _megabytes(pid, "VmHWM")


def _megabytes(pid: int | None, field: str) -> float:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text("ascii", errors="replace").splitlines() if status.exists() else []
    found = next((line for line in lines if line.startswith(f"{field}:")), None)
    return int(found.split()[1]) / 1024 if found else 0.0
