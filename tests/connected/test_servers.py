"""The real servers answer real clients, and keep what they promised to keep."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection

from deploy.servers import KafkaServer, MongoServer, StartError, lockfile
from deploy.servers.ports import accepts

pytestmark = pytest.mark.connected


def create_topic(address: str) -> str:
    """A new topic of one partition, with a name of its own."""
    name = f"servers-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": address})  # kept by name: what it was asked dies with it
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(timeout=20)
    return name


async def produce(address: str, topic: str, values: list[bytes]) -> None:
    """Returns when the broker has acknowledged every value."""
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True) as producer:
        acknowledged = [await producer.send(topic, value) for value in values]
        await asyncio.wait_for(asyncio.gather(*acknowledged), timeout=20)


async def consume(address: str, topic: str, count: int) -> list[bytes]:
    """The first `count` values of the topic, read by a group of its own."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=address, group_id=f"{topic}-readers", auto_offset_reset="earliest"
    )
    async with consumer, asyncio.timeout(30):
        return [(await consumer.getone()).value for _ in range(count)]


@pytest.fixture
async def documents(mongo_uri: str) -> AsyncIterator[AsyncIOMotorCollection]:
    with closing(AsyncIOMotorClient(mongo_uri)) as client:
        database = f"servers-{uuid.uuid4().hex}"
        yield client[database]["documents"]
        await client.drop_database(database)


async def test_consumer_reads_what_was_produced(kafka_address: str) -> None:
    topic = create_topic(kafka_address)
    await produce(kafka_address, topic, [b"one", b"two", b"three"])
    assert await consume(kafka_address, topic, 3) == [b"one", b"two", b"three"]


def test_admin_client_lists_the_topic_it_created(kafka_address: str) -> None:
    topic = create_topic(kafka_address)
    admin = AdminClient({"bootstrap.servers": kafka_address})
    described = admin.list_topics(topic, timeout=10).topics[topic]
    assert described.error is None
    assert list(described.partitions) == [0]


async def test_replacement_happens_only_at_the_expected_version(documents: AsyncIOMotorCollection) -> None:
    await documents.insert_one({"_id": "a", "version": 1})
    first = await documents.replace_one({"_id": "a", "version": 1}, {"version": 2, "by": "first"})
    second = await documents.replace_one({"_id": "a", "version": 1}, {"version": 2, "by": "second"})
    assert (first.modified_count, second.modified_count) == (1, 0)
    assert await documents.find_one({"_id": "a"}) == {"_id": "a", "version": 2, "by": "first"}


async def test_one_of_many_writers_wins_a_version(documents: AsyncIOMotorCollection) -> None:
    await documents.insert_one({"_id": "a", "version": 1})
    writes = [documents.replace_one({"_id": "a", "version": 1}, {"version": 2, "by": n}) for n in range(20)]
    assert sum(result.modified_count for result in await asyncio.gather(*writes)) == 1


async def test_kafka_keeps_acknowledged_messages_when_killed_and_restarted() -> None:
    values = [str(number).encode() for number in range(500)]
    async with KafkaServer() as kafka:
        address, topic = kafka.address, create_topic(kafka.address)
        await produce(address, topic, values)
        await asyncio.to_thread(kafka.kill)
        await asyncio.to_thread(kafka.restart)
        assert kafka.address == address
        await produce(address, topic, [b"after"])
        assert await consume(address, topic, 501) == [*values, b"after"]


async def test_paused_mongo_is_silent_and_loses_nothing() -> None:
    async with MongoServer() as mongo:
        with closing(AsyncIOMotorClient(mongo.address)) as client:
            await client.test.things.insert_one({"_id": 1})
            mongo.pause()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.test.things.find_one(), timeout=0.5)
            mongo.resume()
            assert await asyncio.wait_for(client.test.things.find_one(), timeout=10) == {"_id": 1}


def test_nothing_is_left_when_a_server_is_closed() -> None:
    with MongoServer() as mongo:
        folder, pid = mongo.folder, mongo.pid
        assert folder.is_dir()
    assert not folder.exists()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent ended")
def test_server_dies_with_the_process_that_started_it() -> None:
    """Even by kill -9, when no cleaning up of ours can run."""
    program = (
        "import os\nfrom deploy.servers import MongoServer\nserver = MongoServer()\nserver.start()\n"
        "print(server.pid, server.folder, flush=True)\nos.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=60)
    pid, folder = ended.stdout.split()
    assert ended.returncode == -9
    assert is_gone_soon(int(pid))
    shutil.rmtree(folder)


def is_gone_soon(pid: int) -> bool:
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as status:
                # An orphan that nobody has collected yet is dead all the same.
                if status.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


RUN = [sys.executable, "-m", "deploy.servers", "run"]


def test_run_gives_the_command_both_addresses_and_returns_its_exit_code() -> None:
    command = (
        "import os; print(os.environ['XEPHANG_TEST_KAFKA'], os.environ['XEPHANG_TEST_MONGO']); raise SystemExit(7)"
    )
    ended = subprocess.run([*RUN, "--", sys.executable, "-c", command], stdout=subprocess.PIPE, text=True, timeout=120)
    kafka, mongo = ended.stdout.split()
    assert ended.returncode == 7
    assert kafka.startswith("127.0.0.1:")
    assert mongo.startswith("mongodb://127.0.0.1:")
    assert not accepts(int(kafka.rpartition(":")[2]))
    assert not accepts(int(mongo.rpartition(":")[2]))


def test_run_stops_the_servers_when_it_is_told_to_end() -> None:
    with subprocess.Popen([*RUN, "--json"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        addresses = json.loads(running.stdout.readline())
        ports = [int(address.rpartition(":")[2]) for address in addresses.values()]
        assert all(accepts(port) for port in ports)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert not any(accepts(port) for port in ports)


def test_server_refuses_to_start_where_another_listens() -> None:
    with MongoServer() as first, pytest.raises(StartError, match="something else listens"):
        MongoServer(port=first.port, folder=first.folder).start()


def test_jar_that_is_not_the_locked_one_is_named() -> None:
    locked = {"kafka/a.jar": "1", "kafka/b.jar": "2"}
    assert lockfile.difference(locked, locked) == []
    assert lockfile.difference(locked, {"kafka/a.jar": "1", "kafka/b.jar": "3", "kafka/c.jar": "4"}) == [
        "kafka/b.jar: locked 2, found 3",
        "kafka/c.jar: locked not at all, found 4",
    ]


def test_env_file_tells_where_the_servers_are_and_stops_them(tmp_path: Path) -> None:
    told = tmp_path / "of" / "servers.env"
    stop = [sys.executable, "-m", "deploy.servers", "stop", "--env", str(told)]
    with subprocess.Popen([*RUN, "--env", str(told)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while "up until" not in running.stdout.readline():
            assert running.poll() is None
        shell = ["sh", "-c", f'. {told} && echo "$XEPHANG_KAFKA $XEPHANG_STORE $XEPHANG_TEST_KAFKA"']
        kafka, store, same = subprocess.run(shell, stdout=subprocess.PIPE, text=True, timeout=60).stdout.split()
        assert kafka == same
        ports = [int(address.rpartition(":")[2]) for address in (kafka, store)]
        assert all(accepts(port) for port in ports)
        second = subprocess.run([*RUN, "--env", str(told)], stderr=subprocess.PIPE, text=True, timeout=60)
        assert second.returncode == 125
        assert str(told) in second.stderr
        assert subprocess.run(stop, stdout=subprocess.PIPE, timeout=90).returncode == 0
        assert running.wait(60) == 0
    assert not told.exists()
    assert not any(accepts(port) for port in ports)
    told.write_text(f"# pid {os.getpid()}\n")  # left behind by a process that was killed: nobody is to be ended for it
    assert subprocess.run(stop, stdout=subprocess.PIPE, timeout=60).returncode == 0
    assert not told.exists()
