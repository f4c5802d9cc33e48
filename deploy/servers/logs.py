"""What a process said last, for whoever is told that it ended."""

from pathlib import Path

__all__ = ["last_lines"]


def last_lines(log: Path, count: int, *, after: int = 0) -> str:
    """The last lines of a log beyond its first `after` bytes, which others wrote; nothing where there is no log."""
    if not log.exists():
        return ""
    with log.open("rb") as said:
        said.seek(after)
        return "\n".join(said.read().decode("utf-8", errors="replace").splitlines()[-count:])
