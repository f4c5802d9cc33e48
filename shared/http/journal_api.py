"""The journal over HTTP, for operators: what became of one stream, and which streams a name belongs to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shared.http.auth import Person, require
from shared.messaging.story import Stories, Story

__all__ = ["journal_routes"]

Operator = Annotated[Person, Depends(require("operator"))]
Stream = Annotated[str, Query(max_length=512, description="service/collection/key")]
Topic = Annotated[str, Query(max_length=80, description="Only events on this topic")]
After = Annotated[str, Query(max_length=100, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
WithData = Annotated[bool, Query(description="With the events' data")]
Word = Annotated[str, Query(min_length=4, max_length=512, description="Id of an event, correlation, trace, or answer")]


def journal_routes(stories: Stories) -> APIRouter:
    """Routes under /journal."""
    router = APIRouter(tags=["operation"])

    @router.get("/journal", summary="One stream's events in pages, and how its aggregate stands")
    async def journal(
        _: Operator, stream: Stream, topic: Topic = "", after: After = "", limit: Limit = 100, data: WithData = True
    ) -> Story:
        return await stories.of(stream, topic=topic, after=after, limit=limit, data=data)

    @router.get(
        "/journal/streams",
        summary="Streams and dead letters that an id, correlation or trace belongs to; goes through all",
    )
    async def streams(_: Operator, of: Word) -> list[str]:
        return await stories.streams_of(of)

    return router
