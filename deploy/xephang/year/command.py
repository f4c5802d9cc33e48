"""The play as a command: one at a time in a data folder, and what stops it is told with what to do about it."""

from __future__ import annotations

from pathlib import Path

from deploy.xephang.commands.folder import locked
from deploy.xephang.year.office import Refused
from deploy.xephang.year.run import play
from shared.kernel.errors import DomainError, Fault

__all__ = ["play_command"]


async def play_command(out: Path, data: Path, *, fresh: bool, years: tuple[int, ...], as_json: bool) -> int:
    """Play, or go on with what was cut off. Returns the exit code; raises `DomainError` if the play cannot go on."""
    with locked(data):
        try:
            return await play(out, data, fresh=fresh, years=years, as_json=as_json)
        except (Refused, TimeoutError) as error:
            fault = Fault(
                "run_year.stopped",
                str(data),
                f"diễn lại bị dừng: {error}",
                f"the play stopped: {error}",
                "chạy lại để tiếp tục từ chỗ dừng, hoặc thêm --fresh để làm lại từ đầu",
                "run it again to go on where it stopped, or add --fresh to start anew",
            )
            raise DomainError("Chưa diễn lại xong", "the play did not come to its end", (fault,)) from error
