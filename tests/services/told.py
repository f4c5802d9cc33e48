"""What aggregates told: the events that their writes left to be published."""

from __future__ import annotations

from shared.contracts.envelope import CloudEvent, decode
from shared.contracts.registry import all_topics
from shared.storage.port import DocumentStore


async def told_by(store: DocumentStore, collection: str, key: str) -> list[CloudEvent]:
    """Oldest first; of a service whose relay does not run."""
    waiting = [event for topic in all_topics() for event in await store.unpublished(topic.name, limit=10_000)]
    own = [event.entry for event in waiting if (event.collection, event.key) == (collection, key)]
    return [decode(entry.headers, entry.value) for entry in sorted(own, key=lambda entry: entry.position)]
