"""How often a process of services looks for cyclic garbage."""

from __future__ import annotations

import gc

__all__ = ["collect_seldom"]

_YOUNG = 50_000  # containers made, less those let go, between two looks: a batch of submissions is about as many
_OLDER, _ALL = 20, 20  # looks at the younger ones between two at the next


def collect_seldom() -> None:
    """Look seldom, and never at what was there before: modules, routes, compiled models.

    Nearly all that a message needs is let go by its reference count. Python's defaults look again and again at the
    hundreds of frozen models of the batch at hand, for two fifths of all processor time (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _ALL)
