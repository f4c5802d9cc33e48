"""The HTTP face of publishing: what is published needs no token, and a ranking's bytes are those sent to Kafka."""

from __future__ import annotations

from fastapi import APIRouter

from services.publishing.routes.decisions import decision_routes
from services.publishing.routes.rankings import ranking_routes
from services.publishing.routes.scorecards import scorecard_routes
from shared.messaging.commands import Aggregates

__all__ = ["build_router"]


def build_router(aggregates: Aggregates) -> APIRouter:
    """All routes of the service."""
    router = APIRouter()
    for routes in (ranking_routes, scorecard_routes, decision_routes):
        router.include_router(routes(aggregates))
    return router
