"""Metrics in the words of Prometheus, one registry a service; names and units follow its conventions.

Counters are moved where things happen; what can be asked for (lag, backlog, dead letters) is asked when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

__all__ = ["CONTENT_TYPE", "Figures", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True)
class Figures:
    """What nobody but a watcher asks for: aggregates with a gap, and bytes that are out and not consumed, by topic."""

    held: int
    ahead: Mapping[str, int]
    most_ahead: int


class Metrics:
    """The metrics of one service."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._labels = {"service": service}
        self._consumed = self._counter("events_consumed", "Messages whose effects are stored.", "topic")
        self._published = self._counter("events_published", "Events that the broker acknowledged.", "topic")
        self._set_aside = self._counter("events_set_aside", "Messages that became dead letters.", "topic")
        self._settled = self._counter("dead_letters_settled", "Dead letters retried or discarded.", "outcome")
        self._retried = self._counter("batches_retried", "Batches that could not be stored and come again.", "topic")
        self._restarts = self._counter("consumer_restarts", "Times that the watchdog started the consumer again.")
        self._requests = self._counter("http_requests", "HTTP requests.", "method", "route", "status")
        self._refused = self._counter("http_refused_busy", "HTTP requests refused because too much is under way.")
        self._duration = Histogram(
            "xephang_http_request_duration_seconds",
            "Time to answer an HTTP request.",
            ("service", "method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batch = Histogram(
            "xephang_batch_duration_seconds",
            "Time from taking a batch to its effects being stored.",
            ("service",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stored = Histogram(
            "xephang_store_duration_seconds",
            "Time that the store takes to answer.",
            ("service", "operation"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stored_by: dict[str, Histogram] = {}
        self._silent = self._counter("store_unavailable", "Calls that the store did not answer.", "operation")
        self._sent = Histogram(
            "xephang_publish_duration_seconds",
            "Time until the broker acknowledges what is published at once.",
            ("service",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._asked = self._counter("republish_requested", "Times that missing events were asked for again.", "topic")
        self._lag = self._gauge("consumer_lag_messages", "Messages not yet consumed.", "topic")
        self._oldest = self._gauge(
            "oldest_unconsumed_seconds", "For how long nothing was consumed of what waits.", "topic"
        )
        self._stuck = self._gauge("stuck_partitions", "Partitions with messages of which none is consumed.")
        self._unpublished = self._gauge("unpublished_documents", "Documents with events not yet published.", "topic")
        self._parked = self._gauge("parked_aggregates", "Aggregates with events that wait for a reference.")
        self._held = self._gauge("held_aggregates", "Aggregates with events that came before their predecessors.")
        self._ahead = self._gauge(
            "relay_ahead_bytes", "What the fullest partition holds for the slowest consumer group.", "topic"
        )
        self._most_ahead = self._gauge("relay_ahead_limit_bytes", "How much that may be.")
        self._letters = self._gauge("dead_letters_waiting", "Dead letters that nobody has settled.")
        self._running = self._gauge("running", "1 while all tasks of the service run.")
        ProcessCollector(registry=self._registry)  # memory, processor time and files, of the whole process

    def consumed(self, topic: str, count: int) -> None:
        """Effects of so many messages are stored."""
        self._consumed.labels(**self._labels, topic=topic).inc(count)

    def published(self, topic: str, count: int) -> None:
        """The broker has acknowledged so many events."""
        self._published.labels(**self._labels, topic=topic).inc(count)

    def set_aside(self, topic: str) -> None:
        """A message became a dead letter."""
        self._set_aside.labels(**self._labels, topic=topic).inc()

    def settled(self, outcome: Literal["retried", "failed", "discarded"]) -> None:
        """Somebody retried a dead letter, or let it go."""
        self._settled.labels(**self._labels, outcome=outcome).inc()

    def retried(self, topic: str) -> None:
        """A batch comes again."""
        self._retried.labels(**self._labels, topic=topic).inc()

    def restarted(self) -> None:
        """The watchdog started the consumer again."""
        self._restarts.labels(**self._labels).inc()

    def stored(self, operation: str, seconds: float, answered: bool) -> None:
        """The store took so long, and answered or not."""
        child = self._stored_by.get(operation)
        if child is None:  # asked for thousands of times a second: looking it up by its labels costs more than counting
            child = self._stored_by[operation] = self._stored.labels(**self._labels, operation=operation)
        child.observe(seconds)
        if not answered:
            self._silent.labels(**self._labels, operation=operation).inc()

    def sent(self, seconds: float) -> None:
        """The broker took so long to acknowledge."""
        self._sent.labels(**self._labels).observe(seconds)

    def asked(self, topic: str) -> None:
        """Missing events of a topic were asked for."""
        self._asked.labels(**self._labels, topic=topic).inc()

    def batch(self, seconds: float) -> None:
        """A batch took so long."""
        self._batch.labels(**self._labels).observe(seconds)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the pattern, not the path: paths would name agencies."""
        self._requests.labels(**self._labels, method=method, route=route, status=str(status)).inc()
        self._duration.labels(**self._labels, method=method, route=route).observe(seconds)

    def refused_busy(self) -> None:
        """A request was refused because too much was under way."""
        self._refused.labels(**self._labels).inc()

    def render(self, status: Mapping[str, Any], figures: Figures | None = None) -> bytes:
        """Everything as text, with the gauges as `Service.status` and `Service.figures` tell them now."""
        for gauge in (self._lag, self._oldest, self._unpublished, self._ahead):
            gauge.clear()
        if figures is not None:
            self._held.labels(**self._labels).set(figures.held)
            self._most_ahead.labels(**self._labels).set(figures.most_ahead)
            for topic, count in figures.ahead.items():
                self._ahead.labels(**self._labels, topic=topic).set(count)
        for topic, place in status["consumed"].items():
            self._lag.labels(**self._labels, topic=topic).set(place["lag"])
            self._oldest.labels(**self._labels, topic=topic).set(place["waiting_seconds"])
        for topic, count in status["unpublished"].items():
            self._unpublished.labels(**self._labels, topic=topic).set(count)
        self._stuck.labels(**self._labels).set(len(status["stuck"]))
        self._parked.labels(**self._labels).set(status["parked_aggregates"])
        self._letters.labels(**self._labels).set(status["dead_letters"])
        self._running.labels(**self._labels).set(int(status["running"]))
        return generate_latest(self._registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"xephang_{name}", help_, ("service", *labels), registry=self._registry)

    def _gauge(self, name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(f"xephang_{name}", help_, ("service", *labels), registry=self._registry)
