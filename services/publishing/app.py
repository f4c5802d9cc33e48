"""Composition of the publishing service: what is its own, handed to the skeleton that all services share."""

from __future__ import annotations

from services.publishing.api import build_router
from services.publishing.collections import CARDS, DECISIONS, RANKINGS
from services.publishing.handlers import HANDLERS
from shared.references import CAMPAIGNS, RULE_SETS
from shared.service import Definition

__all__ = ["definition"]


def definition() -> Definition:
    """The publishing service."""
    return Definition(
        name="publishing",
        title="xephang — Công bố kết quả xếp hạng",
        collections=(RANKINGS, CARDS, DECISIONS, CAMPAIGNS, RULE_SETS),
        handlers=HANDLERS,
        router=build_router,
    )
