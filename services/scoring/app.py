"""Scoring (chấm điểm): wiring only."""

from __future__ import annotations

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.api import build_router
from services.scoring.collections import CAMPAIGNS, CARDS, COLLECTIONS, REHEARSALS, RULE_SETS
from services.scoring.handlers import build_handlers
from services.scoring.scorer import Scorer
from services.scoring.usecases.let_go import let_go_retired
from services.scoring.usecases.reconcile_rankings import RankingsDue
from services.scoring.usecases.rehearse import rehearse_due
from shared.messaging.commands import Aggregates
from shared.messaging.reconcile import Reconciler
from shared.service import Definition

__all__ = ["definition"]


def definition() -> Definition:
    """What is scoring's own, over a rule engine of its own."""
    engine = DurableEngine()
    scorer = Scorer(engine)

    def reconcilers(aggregates: Aggregates) -> list[Reconciler]:
        rankings = RankingsDue(aggregates, scorer)

        async def rehearse(_: frozenset[str] | None) -> None:
            await rehearse_due(aggregates, scorer)

        async def let_go(written: frozenset[str] | None) -> None:
            await let_go_retired(aggregates, scorer, written)

        return [
            Reconciler("let go of retired rule sets", RULE_SETS.name, let_go),
            Reconciler("rank complete tables (cards)", CARDS.name, rankings.after_cards),
            Reconciler("rank complete tables (campaigns)", CAMPAIGNS.name, rankings.after_campaigns),
            Reconciler("rehearse", REHEARSALS.name, rehearse, long=True),
        ]

    return Definition(
        name="scoring",
        title="Xephang – Chấm điểm (scoring)",
        collections=COLLECTIONS,
        handlers=build_handlers(scorer),
        router=lambda aggregates: build_router(aggregates, scorer, engine),
        reconcilers=reconcilers,
    )
