"""What services tell the C library about memory has its effect: large buffers are given back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# A first large buffer makes glibc keep later ones of its size in its heap, where a small one behind them holds them.
BUFFERS = """
import os
import sys
from deploy.bench.processes import resident_mb
from deploy.xephang.collector import keep_little
if sys.argv[1] == "little":
    keep_little()
bytearray(b"x") * 30_000_000
before = resident_mb(os.getpid())
buffers = [bytearray(b"x") * 2_000_000 for _ in range(20)]
behind = bytearray(b"x") * 100_000
del buffers
print(resident_mb(os.getpid()) - before)
"""


def kept_mb(how: str) -> float:
    """Megabytes that stay resident after 40 MB were let go."""
    command = [sys.executable, "-c", BUFFERS, how]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such settings")
def test_large_buffers_are_given_back() -> None:
    assert kept_mb("as it is") > 30
    assert kept_mb("little") < 5
