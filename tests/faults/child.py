"""`xephang serve` by a clock that can be put forward and back while it runs.

    python tests/faults/child.py DAYS SERVICE

As `tests/connected/past.py`, and by so many seconds beside that as stand in the file that FAULTS_CLOCK names. That file
is read again each time somebody asks what time it is.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import shared.kernel.clock
from tests.connected.past import PastClock


class JumpingClock(PastClock):
    """A clock that somebody else may move."""

    def __init__(self, days: int, moved: Path) -> None:
        super().__init__(days)
        self._moved = moved

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._seconds())

    def _seconds(self) -> float:
        try:
            return float(self._moved.read_text())
        except (FileNotFoundError, ValueError):  # never moved, or being moved right now
            return 0.0


if __name__ == "__main__":
    from deploy.xephang.cli import main

    behind, service = int(sys.argv[1]), sys.argv[2]
    moved = Path(os.environ["FAULTS_CLOCK"])
    shared.kernel.clock.SystemClock = lambda: JumpingClock(behind, moved)  # type: ignore[assignment,misc]
    main(["serve", service, "-v"])
