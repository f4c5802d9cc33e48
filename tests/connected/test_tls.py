"""TLS to a real broker: what is said to it is said only to the one whose certificate is signed by whom we trust."""

from __future__ import annotations

import asyncio
import datetime
import gc
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from deploy.servers import KafkaServer
from deploy.xephang.cli import app
from shared.messaging.access import Access
from shared.messaging.kafka.broker import build_broker
from shared.messaging.kafka.progress import GroupProgress
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.kafka.topics import check_broker
from shared.messaging.messages import Message

pytestmark = [
    pytest.mark.connected,
    # aiokafka leaves the connection of a client that was refused to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True)
class Identity:
    """A certificate for 127.0.0.1, signed by its own key, and that key; PEM."""

    certificate: str
    key: str

    @classmethod
    def new(cls) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker")])
        today = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=1))
            .not_valid_after(today + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
            .sign(key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return cls(certificate.public_bytes(serialization.Encoding.PEM).decode(), secret.decode())

    def properties(self) -> dict[str, str]:
        """The broker's door with passwords speaks TLS as this."""
        return {
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL",
            "listener.name.sasl.ssl.keystore.type": "PEM",
            "listener.name.sasl.ssl.keystore.certificate.chain": self.certificate.replace("\n", "\\n"),
            "listener.name.sasl.ssl.keystore.key": self.key.replace("\n", "\\n"),
        }


@dataclass(frozen=True)
class Ciphered:
    """A broker that speaks TLS at `address`, and files with the certificate to trust and with another one."""

    address: str
    password: str
    trusted: Path
    strange: Path

    def access(self, ca_file: Path | None, *, tls: bool = True) -> Access:
        return Access("scoring", self.password, tls=tls, ca_file=ca_file)


@pytest.fixture(scope="module")
def ciphered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ciphered]:
    folder = tmp_path_factory.mktemp("tls")
    folder.chmod(0o700)
    mine, another = Identity.new(), Identity.new()
    (folder / "trusted.pem").write_text(mine.certificate)
    (folder / "strange.pem").write_text(another.certificate)
    with KafkaServer(guarded=True, properties=mine.properties()) as server:
        run = CliRunner().invoke(app, ["kafka", "apply", "--bootstrap", server.address, "--secrets", str(folder)])
        assert run.exit_code == 0, run.output
        password = (folder / "scoring.password").read_text().strip()
        yield Ciphered(server.guarded_address, password, folder / "trusted.pem", folder / "strange.pem")
    gc.collect()


async def test_a_service_publishes_and_asks_over_tls(ciphered: Ciphered) -> None:
    access = ciphered.access(ciphered.trusted)
    await check_broker(ciphered.address, access)
    broker = build_broker(ciphered.address, "scoring", access)
    await broker.start()
    progress = GroupProgress(ciphered.address, access)
    try:
        (placed,) = await FastStreamPublisher(broker).publish([Message("scorecards", "k", {}, b"{}")])
        assert (await progress.ends("scorecards"))[placed.partition] == placed.offset + 1
    finally:
        await progress.close()
        await broker.stop()


@pytest.mark.parametrize("how", ["signed by somebody else", "not in the system's list", "without TLS"])
async def test_nothing_is_said_to_a_broker_that_cannot_be_trusted(ciphered: Ciphered, how: str) -> None:
    wrong = {
        "signed by somebody else": ciphered.access(ciphered.strange),
        "not in the system's list": ciphered.access(None),
        "without TLS": ciphered.access(None, tls=False),
    }[how]
    with pytest.raises((KafkaError, TimeoutError)):
        async with asyncio.timeout(10):
            await check_broker(ciphered.address, wrong)
