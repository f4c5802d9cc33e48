"""W3C Trace Context (traceparent) for events: one submission, one trace, whichever services it goes through.

Ids are worked out, not drawn: the trace of what came without one from its correlation, the span of an event from its
id. So an event that is made again after a crash has the same place in the same trace, and nothing need be kept.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256

__all__ = ["NOWHERE", "Place", "current", "of_event", "parse"]

_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a trace: both ids in hex, empty for nowhere."""

    trace: str = ""
    span: str = ""

    @property
    def traceparent(self) -> str:
        """As it travels; empty for nowhere."""
        return f"00-{self.trace}-{self.span}-01" if self.trace else ""


NOWHERE = Place()
# Of the HTTP request that is being answered, where whoever sent it named one.
current: ContextVar[Place] = ContextVar("trace_place", default=NOWHERE)


def parse(traceparent: str) -> Place:
    """The place that a traceparent names; nowhere if it is none (an unknown version, zeros, anything else)."""
    found = _FORM.fullmatch(traceparent)
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return NOWHERE
    return Place(found[1], found[2])


def of_event(event_id: str, correlation: str, parent: Place) -> Place:
    """The place of an event: in the trace of its parent, or in one of its own correlation."""
    trace = parent.trace or sha256(correlation.encode()).hexdigest()[:32]
    return Place(trace, sha256(event_id.encode()).hexdigest()[:16])
