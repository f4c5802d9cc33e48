"""Retired rule sets are let go of: no compiled form and no rules in the engine are kept for want of an occasion."""

from __future__ import annotations

from services.scoring.collections import RULE_SETS
from services.scoring.scorer import Scorer
from shared.messaging.commands import Aggregates

__all__ = ["let_go_retired"]


async def let_go_retired(aggregates: Aggregates, scorer: Scorer, written: frozenset[str] | None) -> None:
    """Reconciler: free what was retired just now. A campaign that still pins it makes it ready again, and it stays.

    Where nothing is named (another process may have retired it) the bound on versions in memory does the same, later.
    """
    for kept in (await aggregates.get_many(RULE_SETS, sorted(written or ()))).values():
        if kept.status == "retired":
            scorer.let_go(kept.ref.hash)
