"""The undisturbed way: from a command to the last consumer."""

from __future__ import annotations

from delivery_world import World


async def test_an_order_is_cooked_and_billed(world: World) -> None:
    await world.set_price(3)
    for number in range(1, 6):
        await world.order("pho", number, amount=number)
    await world.finish()
    assert world.states()["scoring/bills/pho"] == {"billed": [1, 2, 3, 4, 5], "total": 45}
    world.assert_nothing_left()
    world.assert_watermarks_hold()


async def test_what_is_handled_stands_in_the_outgoing_event(world: World) -> None:
    await world.order("pho", 1)
    await world.intake.publish()
    await world.kitchen.deliver("toy-orders")
    await world.kitchen.publish()
    (served,) = world.broker.records("toy-dishes")
    (placed,) = world.broker.records("toy-orders")
    assert served.headers["ce_causationid"] == placed.headers["ce_id"]
    assert served.headers["ce_correlationid"] == placed.headers["ce_correlationid"]
    assert served.headers["ce_stream"] == "verification/kitchens/pho"
    assert served.headers["ce_sequence"] == "1"
