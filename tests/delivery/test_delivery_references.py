"""References are read once for each version of them, and never shown as they were before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from delivery_toys import PRICES, Price

from shared.contracts.common import Agency, Campaign
from shared.kernel.clock import SettableClock
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates
from shared.storage.port import Document
from shared.storage.sqlite import SqliteStore

NOW = datetime(2021, 10, 1, tzinfo=UTC)


async def test_a_reference_that_another_process_changed_is_read_anew(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.sqlite", {PRICES.name: PRICES.declared_indexes()})
    ours, theirs = (Aggregates("intake", store, SettableClock(NOW)) for _ in range(2))
    for amount in (1, 2, 3):
        await theirs.execute(PRICES, "tea", lambda _, amount=amount: Change(Price(price=amount)))  # type: ignore[misc]
        first = await ours.get(PRICES, "tea")
        assert first == Price(price=amount)
        assert (await ours.get_many(PRICES, ["tea", "none"])) == {"tea": first}
        assert (await ours.all(PRICES))["tea"] is first
    await store.close()


async def test_a_reference_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.sqlite", {PRICES.name: PRICES.declared_indexes()})
    ours = Aggregates("intake", store, SettableClock(NOW))
    for name in ("tea", "rice"):
        await ours.execute(PRICES, name, lambda _: Change(Price(price=1)))
    assert await ours.get(PRICES, "tea") == Price(price=1)
    read: list[list[str]] = []
    whole = store.get_many

    async def get_many(collection: str, keys: Sequence[str]) -> dict[str, Document]:
        read.append(list(keys))
        return await whole(collection, keys)

    store.get_many = get_many  # type: ignore[method-assign]
    assert list(await ours.get_many(PRICES, ["tea", "none", "rice"])) == ["tea", "rice"]
    assert list(await ours.get_many(PRICES, ["rice", "tea"])) == ["rice", "tea"]
    assert read == [["none", "rice"]]
    await store.delete(PRICES.name, "tea", 1)
    assert await ours.get(PRICES, "tea") is None
    await store.close()


def test_a_changed_campaign_knows_its_new_members() -> None:
    one, two = (Agency(id=f"agency-{number}", name="Sở", group="province") for number in (1, 2))
    campaign = Campaign.model_validate(
        {
            "id": "2021",
            "year": 2021,
            "title": "Đợt 2021",
            "programmes": ["it"],
            "period": {"first_day": "2021-01-01", "last_day": "2021-12-31"},
            "dispatch": {"number": "1/CV", "issued_on": "2021-10-01"},
            "deadline": NOW,
            "members": [one],
            "rule_sets": [],
            "status": "open",
        }
    )
    assert campaign.member(one.id) == one
    assert campaign.member(two.id) is None
    wider = campaign.model_copy(update={"members": (one, two)})
    assert wider.member(two.id) == two
    assert campaign.member(two.id) is None
    assert campaign == Campaign.model_validate(campaign.model_dump())
