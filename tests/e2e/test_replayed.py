"""The broker's data is deleted, and the topics are rebuilt: subscribers see the same rankings in the same order."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from small_year import YEAR, small_year_on_a_platform
from test_correction import DECISION, FEW, TABLE, Desk, another_finding_makes_a_new_ranking

from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR
from shared.contracts.registry import SERVICES, topics
from shared.kernel.clock import SettableClock

Log = dict[int, list[tuple[str, str, str, bytes]]]  # by partition: key, type, sequence, value


async def log_of(kafka: str, topic: str) -> Log:
    """Everything that a newcomer reads on a topic."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka, max_partition_fetch_bytes=16 * 2**20) as consumer:
        places = [TopicPartition(topic, number) for number in range(topics()[topic].partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: Log = {place.partition: [] for place in places}
        while [place for place in places if await consumer.position(place) < ends[place]]:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    told = (record.key.decode(), headers["ce_type"], headers["ce_sequence"], record.value)
                    found[place.partition].append(told)
    return found


def newest(log: Log) -> Log:
    """What compaction leaves: the last of each key, where it stood."""
    last = {partition: {message[0]: at for at, message in enumerate(found)} for partition, found in log.items()}
    return {
        partition: [message for at, message in enumerate(found) if last[partition][message[0]] == at]
        for partition, found in log.items()
    }


@pytest.mark.slow
async def test_rankings_are_the_same_and_in_the_same_order_after_the_broker_lost_everything(tmp_path: Path) -> None:
    async with small_year_on_a_platform(tmp_path, agencies=FEW) as year:
        for step in year.steps.values():
            await step()
        desk = Desk(year)
        public = await desk.public(f"rankings/{TABLE}")
        await another_finding_makes_a_new_ranking(desk, await desk.ranking(), public)
        read = await desk.draft_correction("99/QĐ-UBND")
        await desk.office.post(f"{DECISION}/sign", CHAIRMAN, read)
        await desk.heard(TABLE, "corrected")
        before = await log_of(year.platform.kafka, "rankings")
        decisions = await log_of(year.platform.kafka, "decisions")
        public = await desk.public(f"rankings/{TABLE}")
    told = [message[1] for found in before.values() for message in found]
    assert sorted(told) == ["publishing.ranking.corrected.v1", *["publishing.ranking.published.v1"] * 4]

    platform = Platform(tmp_path, clock=SettableClock(datetime(YEAR, 12, 30, tzinfo=UTC)))
    await platform.start()  # the embedded broker keeps nothing: its data is gone
    try:
        async with Office(platform.url, platform.issuer) as office:
            again = newest(before)

            async def healed() -> bool:
                return await log_of(platform.kafka, "rankings") == again

            await wait_for("what is compacted is there again by itself", healed)
            await _replay_all(office)
            twice = {partition: [*found, *found] for partition, found in again.items()}
            assert await log_of(platform.kafka, "rankings") == twice
            replayed = await log_of(platform.kafka, "decisions")
            assert {p: found[-len(decisions[p]) :] for p, found in replayed.items() if found} == {
                p: found for p, found in decisions.items() if found
            }
            await wait_for("all have had it", lambda: _at_rest(office))
            assert (await office.raw(f"/publishing/rankings/{TABLE}")).content == public
            for name, status in (await office.get("/status", OPERATOR)).items():
                assert (status["dead_letters"], status["parked"], status["unpublished"]) == (0, {}, {}), name
            assert await log_of(platform.kafka, "rankings") == twice, "nobody says anything anew because of it"
    finally:
        await platform.stop()


async def _replay_all(office: Office) -> None:
    """As `xephang replay` does."""
    for topic in topics().values():
        if topic.producer in SERVICES:
            await office.post(f"/{topic.producer}/replay", OPERATOR, {"topic": topic.name})


async def _at_rest(office: Office) -> bool:
    status = await office.get("/status", OPERATOR)
    return not any(topic["lag"] for own in status.values() for topic in own["consumed"].values())
