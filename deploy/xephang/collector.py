"""What a process of services does about memory: how often it looks for cyclic garbage, and what it gives back."""

from __future__ import annotations

import ctypes
import gc

__all__ = ["collect_seldom", "keep_little"]

# Containers made, less those let go, between two looks. A batch of submissions holds a third of that, so that none is
# looked at while it is worked on. What only a look finds is one container a submission.
_YOUNG = 400_000
_OLDER, _ALL = 20, 20  # looks at the younger ones between two at the next

# Settings of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS = (
    (_TRIM_THRESHOLD, 1024 * 1024),  # free memory at a heap's end beyond that is given back
    (_MMAP_THRESHOLD, 512 * 1024),  # what is larger is given back at once; unset, this bound grows by itself
    (_ARENA_MAX, 2),  # heaps for threads, each of which keeps what its fullest moment took
)


def collect_seldom() -> None:
    """Look seldom, and never at what was there before: modules, routes, compiled models.

    Nearly all that a message needs is let go by its reference count. Python's defaults look again and again at the
    hundreds of frozen models of the batch at hand, for two fifths of all processor time (docs/benchmarks.md); with a
    bound of 50,000 it was still a tenth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _ALL)


def keep_little() -> None:
    """Give back to the system what a batch needed and nobody needs now; to be called before threads begin.

    The C library keeps it otherwise, some 30 to 60 MB a service, and more the larger the batches were. Only glibc has
    these settings; elsewhere nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for setting, value in _SETTINGS:
        mallopt(setting, value)
