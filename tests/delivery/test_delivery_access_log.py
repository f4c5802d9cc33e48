"""Whose request it was: one aggregate's, or of how many; and what is written outside of requests is noted nowhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from delivery_toys import SHOPS, place
from delivery_world import World

from shared.telemetry.situation import being, now

WHOSE = ("correlation", "span", "changed")


def told() -> dict[str, Any]:
    """What the access log would say of whose it is."""
    return {name: now()[name] for name in WHOSE if now().get(name)}


async def order_at_once(world: World, *shops: str) -> None:
    await world.intake.aggregates.execute_many(SHOPS, {shop: place(shop, 1) for shop in shops})


def correlation(shop: str) -> str:
    return f"intake/shops/{shop}#toy-orders.1"


async def test_a_bulk_command_about_one_has_its_correlation(world: World) -> None:
    with being(request="1"):
        await order_at_once(world, "pho")
        one = told()
    with being(request="2"):
        await world.order("pho", 2)
        await world.order("pho", 3)
        assert told()["correlation"] == correlation("pho"), "all of it is about the same"
    assert (one["correlation"], len(one["span"])) == (correlation("pho"), 16)
    assert "changed" not in one


async def test_one_about_several_tells_how_many_and_names_none(world: World) -> None:
    with being(request="1", trace="4bf92f3577b34da6a3ce929d0e0e4736"):
        await order_at_once(world, "pho")
        await order_at_once(world, "bun", "banh")
        await world.order("com", 1)
        assert told() == {"changed": 4}
        assert now()["trace"] == "", "it is that of whoever asked, who named none"


async def test_with_everything_logged_each_of_them_has_a_line_with_its_correlation(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="shared.messaging.commands")
    with being(request="1"):
        await order_at_once(world, "pho", "bun")
    lines: list[Mapping[str, str]] = [record.fields for record in caplog.records if record.message == "changed"]
    assert [line["correlation"] for line in lines] == [correlation("pho"), correlation("bun")]


async def test_what_a_service_does_by_itself_is_not_said_of_all_that_it_does_later(world: World) -> None:
    with being(service="intake"):
        await world.order("pho", 1)
        await order_at_once(world, "bun", "banh")
        assert now() == {"service": "intake"}
