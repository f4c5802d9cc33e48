"""Spans of events for OpenTelemetry: one where a service publishes an event, one where a service takes it in.

They are made from what stands in the envelopes, after the fact, so that nothing waits for them and nothing is kept:
the span of an event has the event's own place (trace_context.py), the span of taking it in one that follows from it.
Without an exporter nothing is made at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from shared.telemetry.links import campaign_of, rests_on
from shared.telemetry.trace_context import Place, of_event, parse

__all__ = ["Answered", "Spans", "Told", "exporting_to"]

_ASKED_MAX = 1_000  # requests whose events are still to go out; of those before nobody will ask


class Told(Protocol):
    """What a span is made of: an event's envelope as headers, its topic, and its data, which tells what it rests on."""

    @property
    def topic(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def value(self) -> bytes: ...


@dataclass(frozen=True)
class Answered:
    """A request that was answered: the place its sender named, and that of what it was about, where there are any."""

    id: str
    method: str
    route: str
    status: int
    given: Place
    about: Place


class Spans:
    """The spans of one service; `processor` exports them, None makes none. Times are nanoseconds since 1970."""

    def __init__(self, service: str, processor: SpanProcessor | None = None) -> None:
        self._service = service
        self._processor = processor
        self._resource = Resource({"service.namespace": "xephang", "service.name": service})
        self._asked: dict[str, str] = {}  # by the span of an event, that of the request that brought it about

    @property
    def on(self) -> bool:
        """Whether anybody wants spans."""
        return self._processor is not None

    def published(self, event: Told, began: int, ended: int) -> None:
        """An event went out; it follows from taking in what caused it, or from the request that asked for it.

        Of a request only if this process has answered it before, as nearly always; an event of two that one request
        brought about in one document, only if it is the last of them.
        """
        cause = event.headers.get("ce_causationid", "")
        own = _place(event)
        asked = self._asked.pop(own.span, "")
        parent = _taken_in(self._service, cause, own.trace) if cause else Place(own.trace if asked else "", asked)
        links = tuple(Link(_context(place)) for place in rests_on(event.headers, event.value))
        self._make("publish", event, own, parent, SpanKind.PRODUCER, began, ended, links)

    def taken_in(self, event: Told, began: int, ended: int) -> None:
        """An event's effects are stored."""
        told = _place(event)
        own = _taken_in(self._service, event.headers.get("ce_id", ""), told.trace)
        # What came without a place in a trace has one by its correlation, but no span that anybody exported.
        parent = told if event.headers.get("ce_traceparent") else Place()
        self._make("process", event, own, parent, SpanKind.CONSUMER, began, ended)

    def answered(self, request: Answered, began: int, ended: int) -> None:
        """A request was answered; no span where it is of no trace.

        It is in the trace that its sender named, and links to that of what it was about if that is another one.
        """
        about, given = request.about, request.given
        if self._processor is None or not (given.trace or about.trace):
            return
        span_id = sha256(f"{self._service} answers {request.id}".encode()).hexdigest()[:16]
        span = ReadableSpan(
            name=f"{request.method} {request.route}",
            context=_context(Place(given.trace or about.trace, span_id)),
            parent=_context(given) if given.trace else None,
            resource=self._resource,
            attributes={
                "http.request.method": request.method,
                "http.route": request.route,
                "http.response.status_code": request.status,
            },
            kind=SpanKind.SERVER,
            links=(Link(_context(about)),) if about.trace else (),
            start_time=began,
            end_time=ended,
        )
        self._processor.on_end(span)
        if about.trace and given.trace in ("", about.trace):
            self._asked.setdefault(about.span, span_id)
            if len(self._asked) > _ASKED_MAX:
                self._asked.pop(next(iter(self._asked)))

    def stop(self) -> None:
        """Export what is left."""
        if self._processor is not None:
            self._processor.shutdown()

    def _make(
        self,
        deed: str,
        event: Told,
        own: Place,
        parent: Place,
        kind: SpanKind,
        began: int,
        ended: int,
        links: Sequence[Link] = (),
    ) -> None:
        if self._processor is None:
            return
        headers = event.headers
        attributes = {
            "messaging.system": "kafka",
            "messaging.operation.name": deed,
            "messaging.destination.name": event.topic,
            "cloudevents.event_type": headers.get("ce_type", ""),
            "cloudevents.event_id": headers.get("ce_id", ""),
            "xephang.subject": headers.get("ce_subject", ""),
            "xephang.campaign": campaign_of(headers),
        }
        span = ReadableSpan(
            name=f"{deed} {headers.get('ce_type', event.topic)}",
            context=_context(own),
            parent=_context(parent) if parent.trace else None,
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            links=links,
            start_time=began,
            end_time=ended,
        )
        self._processor.on_end(span)


def exporting_to(address: str) -> SpanProcessor:
    """Sends spans in batches to an OpenTelemetry collector, over HTTP: `http://collector:4318`."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces"))


def _place(event: Told) -> Place:
    headers = event.headers
    found = parse(headers.get("ce_traceparent", ""))
    id_ = headers.get("ce_id", "")
    return found if found.trace else of_event(id_, headers.get("ce_correlationid", "") or id_, found)


def _taken_in(service: str, event_id: str, trace: str) -> Place:
    return Place(trace, sha256(f"{service} takes in {event_id}".encode()).hexdigest()[:16])


def _context(place: Place) -> SpanContext:
    return SpanContext(int(place.trace, 16), int(place.span, 16), is_remote=False, trace_flags=TraceFlags(1))
