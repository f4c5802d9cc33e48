"""`xephang serve` says which setting is missing or wrong, and waits for its parts only so long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deploy.xephang.commands.addresses import kafka_fault, store_fault
from deploy.xephang.embedded import EmbeddedBroker
from shared.http.auth import DemoIssuer
from shared.messaging.kafka.topics import touch_topics
from tests.cli.conftest import ROOT, Run


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Sound settings for a broker that nobody runs."""
    key = tmp_path / "key.pem"
    key.write_bytes(DemoIssuer(tmp_path / "issuer").public_key())
    monkeypatch.setenv("XEPHANG_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("XEPHANG_STORE", f"sqlite:///{tmp_path}")
    monkeypatch.setenv("XEPHANG_JWT_PUBLIC_KEY", str(key))
    return monkeypatch


def test_missing_settings_are_named(run: Run) -> None:
    ended = run("serve", "scoring")
    assert ended.code == 2
    for name in ("XEPHANG_KAFKA", "XEPHANG_STORE", "XEPHANG_JWT_PUBLIC_KEY"):
        assert name in ended.err


def test_a_wrong_setting_is_named(run: Run, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("XEPHANG_PORT", "many")
    ended = run("serve", "scoring")
    assert ended.code == 2
    assert "XEPHANG_PORT" in ended.err


def test_a_key_of_another_kind_is_refused(run: Run, settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    public = generate_private_key(65537, 2048).public_key()
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    ended = run("serve", "scoring")
    assert ended.code == 2
    assert "XEPHANG_JWT_PUBLIC_KEY" in ended.err
    assert "Ed25519" in ended.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XEPHANG_STORE", ""),
        ("XEPHANG_STORE", "oracle://db-1"),
        ("XEPHANG_STORE", "mongodb://"),
        ("XEPHANG_STORE", "mongodb://user:pa@ss@db-1"),
        ("XEPHANG_STORE", "mongodb://db-1:port"),
        ("XEPHANG_STORE", "sqlite:////dev/null/data"),
        ("XEPHANG_KAFKA", ""),
        ("XEPHANG_KAFKA", "kafka-1:9092,"),
        ("XEPHANG_KAFKA", "kafka-1:port"),
        ("XEPHANG_KAFKA", "kafka-1:70000"),
        ("XEPHANG_KAFKA", "http://kafka-1:9092"),
    ],
)
def test_an_address_that_cannot_be_is_refused_before_anything_is_waited_for(
    run: Run, settings: pytest.MonkeyPatch, name: str, value: str
) -> None:
    settings.setattr("deploy.xephang.commands.serve._serve", None)  # nothing may be started
    settings.setenv(name, value)
    ended = run("serve", "scoring")
    assert ended.code == 2
    assert name in ended.err
    assert "pa@ss" not in ended.err


def test_certificates_that_are_not_there_are_refused_at_once(run: Run, settings: pytest.MonkeyPatch) -> None:
    settings.setattr("deploy.xephang.commands.serve._serve", None)
    settings.setenv("XEPHANG_KAFKA_TLS", "true")
    settings.setenv("XEPHANG_KAFKA_CA", "nowhere.pem")
    ended = run("serve", "scoring")
    assert ended.code == 2
    assert "XEPHANG_KAFKA_CA=nowhere.pem" in ended.err


@pytest.mark.parametrize("kafka", ["kafka-1", "[::1]:9092", "[::1]", "kafka-1:9092, kafka-2:9093"])
@pytest.mark.parametrize(
    "store", ["mongodb://a:b%40@db-1,db-2/?replicaSet=rs0&odd=1", "mongodb+srv://db", "sqlite:///new/x"]
)
def test_addresses_that_can_be_are_let_pass(settings: pytest.MonkeyPatch, kafka: str, store: str) -> None:
    assert kafka_fault("XEPHANG_KAFKA", kafka) is None
    assert store_fault("XEPHANG_STORE", store) is None


def test_a_silent_broker_is_exit_code_3(run: Run, settings: pytest.MonkeyPatch) -> None:
    ended = run("serve", "scoring", "--wait", "0")
    assert ended.code == 3
    assert "127.0.0.1:9" in ended.err


@pytest.mark.slow
def test_a_service_serves_until_a_signal(settings: pytest.MonkeyPatch) -> None:
    broker = EmbeddedBroker()
    asyncio.run(touch_topics(broker.address))
    settings.setenv("XEPHANG_KAFKA", broker.address)
    settings.setenv("XEPHANG_CREATE_TOPICS", "false")
    settings.setenv("XEPHANG_PORT", "0")
    command = [sys.executable, "-m", "deploy.xephang", "serve", "intake"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1].removesuffix("/docs")
            health = httpx.get(f"{url}/health/ready", trust_env=False).json()
            assert health.pop("oldest_seconds") == 0
            good = {"status": "ready", "running": True, "store": True, "broker": True, "lag": 0, "stuck": []}
            assert health == good
            process.terminate()
            assert process.wait(timeout=15) == 0
        finally:
            process.kill()
    broker.close()
