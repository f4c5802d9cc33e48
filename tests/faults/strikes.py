"""The faults: each strikes a platform while a campaign is played on it, and leaves it whole again."""

import asyncio
import json
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from deploy.xephang.year.stage import OPERATOR
from shared.contracts.registry import SERVICES, Topic, topics
from shared.messaging.kafka.topics import create_topics
from tests.faults.campaign import SILENT, Play, Produced, produce
from tests.faults.ground import Ground
from tests.faults.ledger import Letter, Place
from tests.faults.topics import Raw, TopicReader, patiently

__all__ = ["FAMILIES", "STRIKES", "Fault", "Struck"]

_SMALLEST_FILE = 8192  # bytes: a full disk has room for little more than what is there
_TAKEN_OVER = 14.0  # seconds: longer than a consumer group waits for a member that is silent (10 s)
_REPUBLISH = "republish-requests"


@dataclass(frozen=True)
class Fault:
    """What is struck: `target` is a service or a topic, `seconds` how long it lasts, `by` what is drawn besides."""

    kind: str
    target: str = ""
    seconds: float = 0.0
    by: int = 0

    def words(self) -> str:
        """For the ledger."""
        lasting = f" {self.seconds:g} s" if self.seconds else ""
        return f"{self.kind}{f' ({self.target})' if self.target else ''}{lasting}"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass
class Struck:
    """The trial that is struck, and what the faults have done to it that the ledger has to know."""

    ground: Ground
    play: Play
    reader: TopicReader
    injected: set[Place] = field(default_factory=set)
    letters: set[Letter] = field(default_factory=set)
    wiped: bool = False
    replayed: bool = False
    notes: list[str] = field(default_factory=list)


Strike = Callable[[Struck, Fault], Awaitable[None]]
STRIKES: dict[str, Strike] = {}
FAMILIES: dict[str, str] = {}  # kind → family


def _strike(family: str, kind: str) -> Callable[[Strike], Strike]:
    def register(strike: Strike) -> Strike:
        STRIKES[kind], FAMILIES[kind] = strike, family
        return strike

    return register


# Killed --------------------------------------------------------------------------------------------------------------


@_strike("killed", "kill -9 of a service")
async def kill_service(on: Struck, fault: Fault) -> None:
    on.ground.kill(fault.target)
    await asyncio.sleep(fault.seconds)
    await on.ground.run(fault.target)


@_strike("killed", "kill -9 of all services")
async def kill_services(on: Struck, fault: Fault) -> None:
    on.ground.kill(*SERVICES)
    await asyncio.sleep(fault.seconds)
    await on.ground.run(*SERVICES)


@_strike("killed", "kill -9 of the broker")
async def kill_broker(on: Struck, fault: Fault) -> None:
    await _without_broker(on.ground, fault.seconds, on.ground.kafka.kill)


@_strike("killed", "kill -9 of everything")
async def kill_everything(on: Struck, fault: Fault) -> None:
    on.ground.kill(*SERVICES)
    await _without_broker(on.ground, fault.seconds, on.ground.kafka.kill)
    await on.ground.run(*SERVICES)


@_strike("outage", "broker stopped")
async def stop_broker(on: Struck, fault: Fault) -> None:
    await _without_broker(on.ground, fault.seconds, on.ground.kafka.stop)


async def _without_broker(ground: Ground, seconds: float, end: Callable[[], None]) -> None:
    await ground.broker(end)
    await asyncio.sleep(seconds)
    await ground.start_broker()


# Frozen --------------------------------------------------------------------------------------------------------------


@_strike("frozen", "service frozen")
async def freeze_service(on: Struck, fault: Fault) -> None:
    on.ground.send(fault.target, signal.SIGSTOP)
    await asyncio.sleep(fault.seconds)
    on.ground.send(fault.target, signal.SIGCONT)


@_strike("frozen", "broker frozen")
async def freeze_broker(on: Struck, fault: Fault) -> None:
    on.ground.kafka.pause()
    await asyncio.sleep(fault.seconds)
    on.ground.kafka.resume()


@_strike("frozen", "zombie")
async def zombie(on: Struck, fault: Fault) -> None:
    """Frozen until another member has taken its partitions over, and then it goes on as if nothing had been."""
    second = f"{fault.target}.2"
    await on.ground.run(fault.target, second)
    on.ground.send(fault.target, signal.SIGSTOP)
    await asyncio.sleep(_TAKEN_OVER + fault.seconds)
    on.ground.send(fault.target, signal.SIGCONT)
    await asyncio.sleep(2)
    await asyncio.to_thread(on.ground.stop, second)


# The network ---------------------------------------------------------------------------------------------------------


@_strike("network", "broker cut off")
async def cut_broker(on: Struck, fault: Fault) -> None:
    await _badly(on.ground.to_broker[fault.target].cut, fault.seconds, on.ground.to_broker[fault.target].heal)


@_strike("network", "broker stalled")
async def stall_broker(on: Struck, fault: Fault) -> None:
    await _badly(on.ground.to_broker[fault.target].stall, fault.seconds, on.ground.to_broker[fault.target].heal)


@_strike("network", "broker slow")
async def slow_broker(on: Struck, fault: Fault) -> None:
    proxy = on.ground.to_broker[fault.target]
    await _badly(lambda: proxy.slow(0.05), fault.seconds, proxy.heal)


@_strike("network", "store cut off")
async def cut_store(on: Struck, fault: Fault) -> None:
    await _badly(on.ground.to_store[fault.target].cut, fault.seconds, on.ground.to_store[fault.target].heal)


@_strike("network", "store stalled")
async def stall_store(on: Struck, fault: Fault) -> None:
    await _badly(on.ground.to_store[fault.target].stall, fault.seconds, on.ground.to_store[fault.target].heal)


async def _badly(begin: Callable[[], None], seconds: float, end: Callable[[], None]) -> None:
    begin()
    await asyncio.sleep(seconds)
    end()


# The store and the clock ---------------------------------------------------------------------------------------------


@_strike("store", "disk full")
async def fill_disk(on: Struck, fault: Fault) -> None:
    """No file of the service may grow (RLIMIT_FSIZE): SQLite gets an error for its log, in the middle of writes."""
    on.ground.limit_files(fault.target, _SMALLEST_FILE)
    await asyncio.sleep(fault.seconds)
    on.ground.limit_files(fault.target, None)


@_strike("store", "store frozen")
async def freeze_store(on: Struck, fault: Fault) -> None:
    assert on.ground.mongo is not None
    on.ground.mongo.pause()
    await asyncio.sleep(fault.seconds)
    on.ground.mongo.resume()


@_strike("clock", "clock jumps")
async def jump(on: Struck, fault: Fault) -> None:
    """By so many seconds (`by`), and after a while back again."""
    on.ground.clock(fault.target).write_text(str(fault.by))
    await asyncio.sleep(fault.seconds)
    on.ground.clock(fault.target).write_text("0")


# Consumer groups -----------------------------------------------------------------------------------------------------


@_strike("group", "members join and leave")
async def rebalance(on: Struck, fault: Fault) -> None:
    """`by` is how many come; they leave as asked."""
    await _with_members(on.ground, fault, on.ground.stop)


@_strike("group", "members join and are killed")
async def rebalance_killed(on: Struck, fault: Fault) -> None:
    await _with_members(on.ground, fault, on.ground.kill)


async def _with_members(ground: Ground, fault: Fault, end: Callable[[str], None]) -> None:
    members = [f"{fault.target}.{number + 2}" for number in range(max(fault.by, 1))]
    await ground.run(*members)
    await asyncio.sleep(fault.seconds)
    for member in members:
        await asyncio.to_thread(end, member)


# Deliveries ----------------------------------------------------------------------------------------------------------


@_strike("delivery", "delivered again")
async def duplicate(on: Struck, fault: Fault) -> None:
    """All that a topic holds is delivered again, keys mixed."""
    await asyncio.to_thread(_deliver_again, on, fault, _mixed)


@_strike("delivery", "delivered again backwards")
async def duplicate_backwards(on: Struck, fault: Fault) -> None:
    await asyncio.to_thread(_deliver_again, on, fault, lambda records, _: records[::-1])


def _deliver_again(on: Struck, fault: Fault, order: Callable[[list[Raw], random.Random], list[Raw]]) -> None:
    on.reader.read()
    records = [each for each in on.reader.records[fault.target] if not _is_injected(on, each)][-200:]
    again = order(records, random.Random(fault.by))
    produce(on.ground.kafka.address, [*map(_copy, again), *map(_copy, _newest(fault.target, records))])
    on.notes.append(f"{len(again)} delivered again")


@_strike("delivery", "delivered out of order")
async def reorder(on: Struck, fault: Fault) -> None:
    """What a service has not read yet reaches it in another order than it was said in, also within a key."""
    ground = on.ground
    await asyncio.to_thread(ground.stop, fault.target)
    await asyncio.sleep(fault.seconds)
    try:
        count = await asyncio.to_thread(_shuffle_unread, on, fault)
    finally:
        await ground.run(fault.target)
    on.notes.append(f"{count} delivered out of order")


def _shuffle_unread(on: Struck, fault: Fault) -> int:
    names = [topic.name for topic in topics().values() if fault.target in topic.consumers and topic.name != _REPUBLISH]
    on.reader.read()
    client = Consumer(
        {
            "bootstrap.servers": on.ground.kafka.address,
            "group.id": fault.target,
            "enable.auto.commit": False,
            "logger": SILENT,
        }
    )
    try:
        unread, ends = patiently(lambda: _not_consumed(on, client, names))
        if not unread:
            return 0
        mixed = list(unread)
        random.Random(fault.by).shuffle(mixed)
        newest = [record for name in names for record in _newest(name, [r for r in unread if r.topic == name])]
        produce(on.ground.kafka.address, [*map(_copy, mixed), *map(_copy, newest)])
        patiently(lambda: client.commit(offsets=ends, asynchronous=False))
        return len(mixed)
    finally:
        client.close()


def _not_consumed(on: Struck, client: Consumer, names: list[str]) -> tuple[list[Raw], list[TopicPartition]]:
    """What a group has not consumed of topics, as far as they have been read; and up to where that is."""
    known = client.list_topics(timeout=10).topics
    places = [TopicPartition(name, number) for name in names for number in known[name].partitions]
    committed = {(p.topic, p.partition): max(p.offset, 0) for p in client.committed(places, timeout=10)}
    ends = dict(committed)
    unread: list[Raw] = []
    for record in (record for name in names for record in on.reader.records[name]):
        place = record.topic, record.partition
        ends[place] = max(ends[place], record.offset + 1)
        if record.offset >= committed[place] and not _is_injected(on, record):
            unread.append(record)
    return unread, [TopicPartition(*place, end) for place, end in ends.items()]


def _mixed(records: list[Raw], chance: random.Random) -> list[Raw]:
    """Another order of keys, the same order within each."""
    keys = [record.key for record in records]
    chance.shuffle(keys)
    waiting = {key: [record for record in records if record.key == key] for key in keys}
    return [waiting[key].pop(0) for key in keys]


def _newest(topic: str, records: list[Raw]) -> list[Raw]:
    """On a compacted topic whoever writes leaves the newest state of each key last."""
    if topics()[topic].cleanup != "compact":
        return []
    newest: dict[bytes | None, Raw] = {}
    for record in records:
        held = newest.get(record.key)
        if held is None or _sequence(record) >= _sequence(held):
            newest[record.key] = record
    return list(newest.values())


def _sequence(record: Raw) -> int:
    return int(record.header("ce_sequence") or 0)


def _copy(record: Raw) -> Produced:
    return record.topic, record.key, record.value, list(record.headers), record.partition


def _is_injected(on: Struck, record: Raw) -> bool:
    return (record.topic, record.partition, record.offset) in on.injected


@_strike("poison", "poisoned topic")
async def poison(on: Struck, fault: Fault) -> None:
    """Six messages that nobody can read: each is a dead letter of each consumer, and everything else goes on."""
    topic = topics()[fault.target]
    messages = poisons(topic, f"{on.play.plan.id}-{fault.by}")
    placed = await asyncio.to_thread(produce, on.ground.kafka.address, messages)
    on.injected.update(placed)
    if topic.dlq is not None:
        keys = [(key or b"").decode() for _, key, *_ in messages]
        on.letters.update((service, topic.name, key) for service in topic.consumers for key in keys)
    on.notes.append(f"{len(placed)} messages, {len(on.letters)} dead letters to come")


def poisons(topic: Topic, name: str) -> list[Produced]:
    """No JSON, an unknown type, data of another shape, far too large, empty, and no value at all."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": f"poison-{name}",
        "ce_source": "/poison",
        "ce_type": topic.events[0],
        "ce_time": "2021-12-10T00:00:00Z",
        "ce_stream": f"poison/{name}",
        "ce_sequence": "1",
    }
    unknown = attributes | {"ce_type": "nobody.ever.said.v1", "ce_stream": f"poison/{name}/unknown"}
    shapes: list[tuple[str, dict[str, str], bytes | None]] = [
        ("garbage", {}, b"\x00\xff{"),
        ("unknown", unknown, b"{}"),
        ("shape", attributes, json.dumps({"nothing": name}).encode()),
        ("huge", {}, b'{"filler": "%s"}' % (b"0" * (9 * 2**20))),
        ("empty", {}, b""),
        ("tombstone", {}, None),
    ]
    return [
        (topic.name, f"poison/{name}/{shape}".encode(), value, [(k, v.encode()) for k, v in headers.items()], -1)
        for shape, headers, value in shapes
    ]


# The broker's data ---------------------------------------------------------------------------------------------------


@_strike("deleted", "broker's data deleted")
async def wipe(on: Struck, fault: Fault) -> None:
    """Services go on running; topics are made anew; what is needed comes from the journals by itself."""
    await _wiped(on, fault)


@_strike("deleted", "broker's data deleted, services started again")
async def wipe_and_restart(on: Struck, fault: Fault) -> None:
    await _wiped(on, fault)
    on.ground.kill(*SERVICES)
    await on.ground.run(*SERVICES)


@_strike("deleted", "broker's data deleted, then replay")
async def wipe_and_replay(on: Struck, fault: Fault) -> None:
    """As `xephang replay` does: every topic is published again, whole."""
    await _wiped(on, fault)
    on.ground.kill(*SERVICES)
    await on.ground.run(*SERVICES)
    for topic in topics().values():
        if topic.producer in SERVICES:
            await on.ground.office.post(f"/{topic.producer}/replay", OPERATOR, {"topic": topic.name})
    on.replayed = True


async def _wiped(on: Struck, fault: Fault) -> None:
    ground = on.ground
    await ground.broker(ground.kafka.kill)
    await ground.broker(ground.kafka.wipe)
    await asyncio.sleep(fault.seconds)
    on.wiped = True
    on.reader.forget()
    on.injected.clear()
    await ground.start_broker()
    await create_topics(ground.kafka.address)
    await on.play.post_again()
