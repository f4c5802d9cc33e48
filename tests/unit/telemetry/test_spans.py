"""Spans of requests, and what late steps link to: the names that links are worked out from are those of real events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from services.publishing.collections import DECISIONS
from services.scoring.collections import RANKINGS
from shared.contracts.publishing import RankingCorrectedV1, RankingPublishedV1, RankingWithdrawnV1
from shared.contracts.scoring import RankingComputedV1, ScorecardComputedV1
from shared.http.request_log import RequestLog
from shared.messaging.messages import Message
from shared.telemetry.links import campaign_of, rests_on
from shared.telemetry.situation import note
from shared.telemetry.spans import Answered, Spans
from shared.telemetry.trace_context import NOWHERE, Place, of_event, parse

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TABLE = "2022/it/province"
FIRST = f"scoring/{RANKINGS.name}/{TABLE}#{RankingComputedV1.topic}.1"
RANKING = of_event(FIRST, FIRST, NOWHERE)
OWN = of_event("an event", "its correlation", NOWHERE)


@dataclass
class Watched:
    """Spans that are kept."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def of(self, service: str) -> Spans:
        return Spans(service, SimpleSpanProcessor(self.exporter))


def message(type_: str, key: str, subject: str, value: bytes = b"{}") -> Message:
    headers = {"ce_id": "x#1", "ce_type": type_, "ce_partitionkey": key, "ce_subject": subject}
    return Message("t", key, headers, value)


FINAL = b'{"scorecard":{"group":"province","stage":"final"}}'


@pytest.mark.parametrize(
    ("told", "rests"),
    [
        (message(RankingPublishedV1.type_, TABLE, "2022"), (RANKING,)),
        (message(RankingCorrectedV1.type_, TABLE, "2022"), (RANKING,)),
        (message(RankingWithdrawnV1.type_, TABLE, "2022"), ()),
        (message(ScorecardComputedV1.type_, "2022/so-y-te", "2022/it/so-y-te", FINAL), (RANKING,)),
        (message(ScorecardComputedV1.type_, "2022/so-y-te", "2022/it/so-y-te", FINAL.replace(b"final", b"x")), ()),
        (message(RankingComputedV1.type_, TABLE, TABLE), ()),
    ],
)
def test_late_steps_link_to_the_ranking_they_rest_on(told: Message, rests: tuple[object, ...]) -> None:
    assert rests_on(told.headers, told.value) == rests
    watched = Watched()
    watched.of("publishing").published(told, 1, 2)
    (span,) = watched.exporter.get_finished_spans()
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [each.trace for each in rests]
    assert span.attributes["xephang.campaign"] == "2022"
    assert DECISIONS.name == "decisions"


def test_a_rule_set_is_of_no_campaign() -> None:
    assert campaign_of({"ce_partitionkey": "bac-giang-it-province@2022.1"}) == ""
    assert campaign_of({}) == ""


async def asked(watched: Watched, path: str, spans: Spans | None = None, **headers: str) -> None:
    app = FastAPI()

    @app.post("/answers/{agency}")
    async def answer(agency: str) -> str:
        note(correlation="c", trace=OWN.trace, span=OWN.span)
        return agency

    @app.get("/read")
    async def read() -> str:
        return "x"

    app.add_middleware(RequestLog, service="intake", spans=spans or watched.of("intake"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as client:
        await client.request("GET" if path == "/read" else "POST", path)


async def test_a_request_is_a_span_of_the_trace_that_it_began() -> None:
    watched = Watched()
    await asked(watched, "/answers/so-y-te")
    (span,) = watched.exporter.get_finished_spans()
    assert (span.name, span.kind) == ("POST /answers/{agency}", SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == OWN.trace
    assert span.parent is None
    assert [f"{link.context.span_id:016x}" for link in span.links] == [OWN.span]
    assert span.attributes["http.response.status_code"] == 200
    assert span.end_time >= span.start_time


async def test_in_the_trace_of_its_sender_it_links_to_what_it_was_about() -> None:
    watched = Watched()
    await asked(watched, "/answers/so-y-te", traceparent=GIVEN)
    (span,) = watched.exporter.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == parse(GIVEN).trace
    assert f"{span.parent.span_id:016x}" == parse(GIVEN).span
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [OWN.trace]


@pytest.mark.parametrize("given", [{}, {"traceparent": f"00-{OWN.trace}-00f067aa0ba902b7-01"}], ids=["alone", "within"])
async def test_what_a_request_brought_about_goes_out_under_it(given: dict[str, str]) -> None:
    watched = Watched()
    intake = watched.of("intake")
    await asked(watched, "/answers/so-y-te", intake, **given)
    event = message("x.y.z.v1", "2022/so-y-te", "so-y-te")
    event = replace(event, headers={**event.headers, "ce_traceparent": OWN.traceparent})
    for _ in range(2):  # the second time it is told again by somebody
        intake.published(event, 1, 2)
    answered, went_out, again = watched.exporter.get_finished_spans()
    assert went_out.parent == answered.context
    assert again.parent is None


async def test_what_follows_from_an_event_hangs_under_that_whoever_asked_about_it() -> None:
    watched = Watched()
    intake = watched.of("intake")
    await asked(watched, "/answers/so-y-te", intake)
    event = message("x.y.z.v1", "2022/so-y-te", "so-y-te")
    headers = {**event.headers, "ce_traceparent": OWN.traceparent, "ce_causationid": "what came before"}
    intake.published(replace(event, headers=headers), 1, 2)
    answered, went_out = watched.exporter.get_finished_spans()
    assert went_out.parent is not None
    assert went_out.parent != answered.context


async def test_of_requests_without_number_a_bounded_number_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.telemetry.spans._ASKED_MAX", 3)
    spans = Watched().of("intake")
    for number in range(9):
        spans.answered(Answered(f"{number}", "POST", "/", 200, NOWHERE, Place(OWN.trace, f"{number:016x}")), 1, 2)
    assert len(spans._asked) == 3


async def test_what_is_of_no_trace_has_no_span() -> None:
    watched = Watched()
    await asked(watched, "/read")
    assert watched.exporter.get_finished_spans() == ()
