"""Child processes that cannot outlive us, however we end (kill -9 included)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

__all__ = ["spawn"]

# Linux tells a child when the *thread* that started it ends, not the process. So every child is started by this one
# thread, which lives until the interpreter exits, and not by whichever short-lived worker happens to call.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servers-spawner")

# Runs in the child before the real program takes its place: same pid, no preexec_fn (unsafe next to threads).
_PR_SET_PDEATHSIG = 1
_BEFORE_EXEC = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl({_PR_SET_PDEATHSIG}, int(sys.argv[1]))
if os.getppid() != int(sys.argv[2]):
    sys.exit("the parent ended before its child began")
os.execv(sys.argv[3], sys.argv[3:])
"""


def spawn(
    command: Sequence[str],
    *,
    death_signal: signal.Signals,
    output: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    own_session: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` (its first word a full path); Linux sends it `death_signal` when we are gone.

    With `output`, both its streams go there and it reads nothing; without, it has our streams. With `own_session`, a
    Ctrl-C in the terminal does not reach it. On other systems than Linux only an orderly end of ours ends it.
    """
    arguments: dict[str, Any] = {"env": environment, "start_new_session": own_session}
    if output is not None:
        arguments |= {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
    whole = [*_dying_with_us(death_signal), *command]
    return _SPAWNER.submit(lambda: subprocess.Popen(whole, **arguments)).result()  # noqa: S603 - no shell


def _dying_with_us(death_signal: signal.Signals) -> list[str]:
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", _BEFORE_EXEC, str(int(death_signal)), str(os.getpid())]
