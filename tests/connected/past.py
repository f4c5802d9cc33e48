"""`xephang serve` in the past: the same program by a clock that runs some days behind the machine's.

    python tests/connected/past.py DAYS SERVICE

A year that is over cannot be played to services that go by the machine's clock, and no service lets itself be told the
time by its environment; so the clock is exchanged here, where only tests can do it.
"""

import sys
from datetime import UTC, date, datetime, timedelta

import shared.kernel.clock
from shared.kernel.clock import LOCAL_ZONE


class PastClock:
    """The machine's clock, some days behind."""

    def __init__(self, days: int) -> None:
        self._behind = timedelta(days=days)

    def now(self) -> datetime:
        return datetime.now(UTC) - self._behind


def days_since(day: date) -> int:
    """By how many days a clock must be behind to show that day."""
    return (datetime.now(LOCAL_ZONE).date() - day).days


if __name__ == "__main__":
    from deploy.xephang.cli import main

    behind, service = int(sys.argv[1]), sys.argv[2]
    shared.kernel.clock.SystemClock = lambda: PastClock(behind)  # type: ignore[assignment,misc]
    main(["serve", service, "-v"])
