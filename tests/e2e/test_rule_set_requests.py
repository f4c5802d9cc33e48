"""A rule set over Kafka from load to activation, on a running platform; what is refused is set aside."""

from typing import Any

import pytest
from serving import SOURCE, Serving

from deploy.xephang.year.example import read_bytes, rule_set_path
from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR
from shared.kernel.canonical import canonical_json

pytestmark = pytest.mark.asyncio(loop_scope="session")

ID = "bac-giang-portal-kafka"
KEY = f"{ID}@2021.1"
TEXT = read_bytes(rule_set_path("portal-province/2021.1.yaml")).decode().replace("bac-giang-portal-province", ID, 1)


async def ask(serving: Serving, kind: str, actor: str, **data: Any) -> bytes:
    """Ask for a step as the platform does; the value that was published."""
    serving.made += 1
    headers = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": f"bo-tieu-chi-{serving.made}",
        "ce_source": SOURCE,
        "ce_type": f"platform.ruleset.{kind}.v1",
        "ce_time": serving.now.isoformat(),
        "ce_actor": actor,
    }
    value = canonical_json({"rule_set": KEY, **data})
    await serving.publish("ruleset-requests", value, headers, key=KEY)
    return value


async def state(serving: Serving) -> dict[str, Any]:
    known = await serving.year.stage.office.get("/scoring/rulesets/all", OPERATOR)
    return next((one for one in known if one["ref"]["id"] == ID), {"status": "none"})


async def stands_at(serving: Serving, status: str) -> None:
    async def there() -> bool:
        return (await state(serving))["status"] == status

    await wait_for(f"{KEY} is {status}", there, seconds=30)


@pytest.mark.slow
async def test_a_rule_set_is_put_in_force_over_kafka(serving: Serving):
    broken = await ask(serving, "posted", "an", content=TEXT.replace("maximum: 6", "maximum: 7", 1), name="bo.yaml")
    letter = await serving.dead_letter("scoring", broken)
    assert "bo.yaml:" in letter["reason"]
    assert (await state(serving))["status"] == "none"

    await ask(serving, "posted", "an", content=TEXT, name="bo.yaml")
    await stands_at(serving, "draft")
    seen = (await state(serving))["ref"]["hash"]
    own = await ask(serving, "approvalrequested", "an", hash=seen)
    assert "Người nạp" in (await serving.dead_letter("scoring", own))["reason"]
    await ask(serving, "approvalrequested", "binh", hash=seen)
    await ask(serving, "activationrequested", "binh", from_year=2025)
    await stands_at(serving, "active")
    steps = (await state(serving))["steps"]
    assert [(step["action"], step["by"]) for step in steps] == [
        ("loaded", f"{SOURCE}#an"),
        ("linted", f"{SOURCE}#an"),
        ("approved", f"{SOURCE}#binh"),
        ("activated", f"{SOURCE}#binh"),
    ]
