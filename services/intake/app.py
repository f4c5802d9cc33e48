"""Intake (tiếp nhận): wiring only."""

from __future__ import annotations

from services.intake.api import build_router
from services.intake.collections import CAMPAIGNS, COLLECTIONS
from services.intake.handlers import HANDLERS
from services.intake.usecases.carry_submissions import carry_submissions
from services.intake.usecases.close_campaign import mark_missing
from shared.messaging.commands import Aggregates
from shared.messaging.reconcile import Reconciler
from shared.service import Definition

__all__ = ["definition"]


def _reconcilers(aggregates: Aggregates) -> list[Reconciler]:
    async def mark(_: frozenset[str] | None) -> None:
        await mark_missing(aggregates)

    async def carry(_: frozenset[str] | None) -> None:
        await carry_submissions(aggregates)

    return [
        Reconciler("mark missing submissions", CAMPAIGNS.name, mark),
        Reconciler("carry submissions over amendments", CAMPAIGNS.name, carry),
    ]


def definition() -> Definition:
    """What is intake's own."""
    return Definition(
        name="intake",
        title="Xephang – Tiếp nhận (intake)",
        collections=COLLECTIONS,
        handlers=HANDLERS,
        router=build_router,
        reconcilers=_reconcilers,
    )
