"""Users and rights on a real broker with an authorizer: who is who says so, and does no more than the registry lets."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from deploy.kafka.apply import apply_grants, held_grants
from deploy.kafka.grants import Grant, grants, users
from deploy.servers import KafkaServer
from deploy.xephang.cli import app
from shared.messaging.access import Access
from shared.messaging.kafka.progress import GroupProgress
from shared.messaging.kafka.topics import check_broker
from shared.messaging.messages import PublisherUnavailable

pytestmark = [
    pytest.mark.connected,
    # aiokafka leaves the connection of a client that was refused to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def refused_connections() -> Iterator[None]:
    """They are collected here, where it is expected."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The services' address, the administrator's (loopback, no password), and the folder of passwords."""
    secrets = tmp_path_factory.mktemp("secrets")
    secrets.chmod(0o700)
    with KafkaServer(guarded=True) as server:
        run = CliRunner().invoke(app, ["kafka", "apply", "--bootstrap", server.address, "--secrets", str(secrets)])
        assert run.exit_code == 0, run.output
        yield server.guarded_address, server.address, secrets


def access(secrets: Path, user: str) -> Access:
    return Access(user, (secrets / f"{user}.password").read_text().strip())


def options(address: str, secrets: Path, user: str) -> dict[str, object]:
    return {"bootstrap_servers": address, **access(secrets, user).client_options()}


async def send(options: dict[str, object], topic: str) -> None:
    async with asyncio.timeout(20), AIOKafkaProducer(acks="all", enable_idempotence=True, **options) as producer:
        await producer.send_and_wait(topic, b"{}", key=b"k")


async def fetch(options: dict[str, object], topic: str, group: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, group_id=group, auto_offset_reset="earliest", **options)
    async with asyncio.timeout(20), consumer:
        return (await consumer.getone()).value


async def test_nobody_comes_in_without_a_password(guarded: tuple[str, str, Path]) -> None:
    address, _, secrets = guarded
    await check_broker(address, access(secrets, "scoring"))
    for wrong in (Access(), Access("scoring", "not-the-password"), Access("nobody", "x" * 20)):
        with pytest.raises(KafkaError):
            async with asyncio.timeout(20):
                await check_broker(address, wrong)


async def test_a_service_writes_its_own_topics_and_no_other(guarded: tuple[str, str, Path]) -> None:
    address, _, secrets = guarded
    await send(options(address, secrets, "scoring"), "scorecards")
    await send(options(address, secrets, "scoring"), "verifications-dlq")
    for topic in ("submissions", "rankings", "decisions", "submissions-dlq", "no-such-topic"):
        with pytest.raises((TopicAuthorizationFailedError, KafkaError, TimeoutError)):
            await send(options(address, secrets, "scoring"), topic)


async def test_a_service_reads_what_it_consumes_in_its_own_group(guarded: tuple[str, str, Path]) -> None:
    address, _, secrets = guarded
    await send(options(address, secrets, "verification"), "verifications")
    assert await fetch(options(address, secrets, "scoring"), "verifications", "scoring") == b"{}"
    with pytest.raises(GroupAuthorizationFailedError):
        await fetch(options(address, secrets, "scoring"), "verifications", "publishing")
    with pytest.raises(TopicAuthorizationFailedError):
        await fetch(options(address, secrets, "publishing"), "verifications", "publishing")


async def test_a_relay_sees_how_far_its_consumers_are_and_nobody_elses(guarded: tuple[str, str, Path]) -> None:
    address, _, secrets = guarded
    progress = GroupProgress(address, access(secrets, "verification"))
    try:
        assert set(await progress.committed("scoring", "verifications")) == {0, 1, 2, 3}
    finally:
        await progress.close()
    foreign = GroupProgress(address, access(secrets, "so-noi-vu"))
    try:
        with pytest.raises(PublisherUnavailable):
            async with asyncio.timeout(30):
                await foreign.committed("scoring", "rankings")
    finally:
        await foreign.close()


async def test_who_is_outside_does_what_the_registry_names_them_for(guarded: tuple[str, str, Path]) -> None:
    address, _, secrets = guarded
    await send(options(address, secrets, "platform"), "platform-submissions")
    await send(options(address, secrets, "publishing"), "rankings")
    assert await fetch(options(address, secrets, "so-noi-vu"), "rankings", "so-noi-vu-emulation") == b"{}"
    with pytest.raises(KafkaError):
        await send(options(address, secrets, "so-noi-vu"), "rankings")
    with pytest.raises(KafkaError):
        await fetch(options(address, secrets, "platform"), "scorecards", "platform-1")


def test_doing_it_again_changes_nothing_and_what_is_beyond_is_taken_back(guarded: tuple[str, str, Path]) -> None:
    _, address, _ = guarded
    admin = AdminClient({"bootstrap.servers": address})
    assert apply_grants(admin, grants(), users()) == ([], [])
    beyond = Grant("scoring", "topic", "decisions", "write")
    assert apply_grants(admin, [*grants(), beyond], users()) == ([beyond], [])
    assert apply_grants(admin, grants(), users()) == ([], [beyond])
    assert {grant for grant in held_grants(admin) if grant.user in users()} == {*grants()}
