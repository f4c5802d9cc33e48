"""One submission, one trace: every hop of it hangs under the one before, and a person's act on it belongs there too."""

from __future__ import annotations

from delivery_world import World
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry.spans import Spans
from shared.telemetry.trace_context import NOWHERE, Place, current, of_event, parse

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def hops(world: World) -> list[dict[str, str]]:
    """Headers of the events that an order leads to, in order of the hops."""
    await world.finish()
    return [world.broker.records(topic)[0].headers for topic in ("toy-orders", "toy-dishes")]


async def test_an_order_is_one_trace(world: World) -> None:
    await world.order("pho", 1)
    placed, served = [parse(headers["ce_traceparent"]) for headers in await hops(world)]
    assert placed.trace == served.trace
    assert placed.span != served.span


async def test_whoever_asks_by_http_names_the_trace(world: World) -> None:
    token = current.set(parse(GIVEN))
    try:
        await world.order("pho", 1)
    finally:
        current.reset(token)
    assert {parse(headers["ce_traceparent"]).trace for headers in await hops(world)} == {parse(GIVEN).trace}


async def test_what_a_person_does_later_belongs_to_what_it_is_about(world: World) -> None:
    await world.order("pho", 1)
    await world.order("pho", 2)
    await world.order("bun", 1)
    await world.finish()
    told = [record.headers for record in world.broker.records("toy-orders")]
    by_shop = {shop: [one for one in told if one["ce_subject"] == shop] for shop in ("pho", "bun")}
    assert len({parse(one["ce_traceparent"]).trace for one in by_shop["pho"]}) == 1
    assert len({one["ce_correlationid"] for one in by_shop["pho"]}) == 1
    assert by_shop["bun"][0]["ce_correlationid"] != by_shop["pho"][0]["ce_correlationid"]


async def test_every_span_but_the_first_hangs_under_one_that_was_exported(world: World) -> None:
    exporter = InMemorySpanExporter()
    spans = {name: Spans(name, SimpleSpanProcessor(exporter)) for name in ("intake", "verification", "scoring")}
    await world.order("pho", 1)
    await world.finish()
    for topic, producer, consumer in (
        ("toy-orders", "intake", "verification"),
        ("toy-dishes", "verification", "scoring"),
    ):
        for record in world.broker.records(topic):
            spans[producer].published(record, 1, 2)
            spans[consumer].taken_in(record, 3, 4)
    made = exporter.get_finished_spans()
    ids = {span.context.span_id for span in made}
    roots = [span for span in made if span.parent is None]
    assert len(ids) == len(made) == 4
    assert [span.name for span in roots] == ["publish toy.order.placed.v1"]
    assert all(span.parent.span_id in ids for span in made if span.parent is not None)
    assert len({span.context.trace_id for span in made}) == 1


def test_without_an_exporter_nothing_is_made() -> None:
    spans = Spans("intake")
    assert not spans.on
    spans.stop()


@given(st.text(max_size=80))
def test_what_is_no_trace_context_is_nowhere(text: str) -> None:
    assert parse(text) == NOWHERE


def test_zeros_and_unknown_versions_are_nowhere() -> None:
    assert parse(GIVEN) == Place("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    for wrong in (GIVEN.replace("4bf9", "0000", 1)[:3] + "0" * 32 + GIVEN[35:], "01" + GIVEN[2:], GIVEN.upper()):
        assert parse(wrong) == NOWHERE


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_the_same_event_has_the_same_place(event_id: str, correlation: str) -> None:
    place = of_event(event_id, correlation, NOWHERE)
    assert place == of_event(event_id, correlation, NOWHERE) == parse(place.traceparent)
    assert of_event(event_id, correlation, parse(GIVEN)) == Place(parse(GIVEN).trace, place.span)
