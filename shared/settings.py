"""What a service process is told by its environment; nothing else reads the environment.

Variables carry the prefix `XEPHANG_`, for example `XEPHANG_KAFKA=kafka-1:9092,kafka-2:9092`. What is secret may stand
in files instead: with `XEPHANG_SECRETS=/run/secrets` the file `/run/secrets/xephang_kafka_password` is read.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.messaging.access import Access

__all__ = ["SECRETS", "ServiceSettings"]

SECRETS = "XEPHANG_SECRETS"  # names a folder with a file for each secret


class ServiceSettings(BaseSettings):
    """One service against a real broker and store (`xephang serve`)."""

    model_config = SettingsConfigDict(env_prefix="XEPHANG_", extra="ignore")

    kafka: str = Field(description="Kafka's bootstrap addresses, host:port, comma-separated")
    kafka_user: str = Field(default="", description="SCRAM-SHA-512 user; empty where the broker asks nobody")
    kafka_password: SecretStr = Field(
        default=SecretStr(""), description="its password; better in a file (XEPHANG_SECRETS)"
    )
    kafka_tls: bool = Field(default=False, description="speak TLS to the broker")
    kafka_ca: Path | None = Field(default=None, description="certificates (PEM) that the broker's must be signed by")
    store: str = Field(description="sqlite:///folder, or mongodb://…; holds a database for each service")
    jwt_public_key: Path = Field(description="file with the token issuer's Ed25519 public key (PEM)")
    jwt_issuer: str = Field(default="xephang-demo", description="the issuer tokens must name")
    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told")
    port: int = Field(default=8080, ge=0, le=65535, description="HTTP port; 0 takes a free one")
    max_ahead_mib: int = Field(default=64, ge=1, description="how far the relay may run ahead, MiB a partition")
    create_topics: bool = Field(default=True, description="create missing topics from the registry at start")
    otlp: str = Field(
        default="", description="an OpenTelemetry collector (OTLP over HTTP) that takes traces, http://…:4318"
    )
    replication: int = Field(default=1, ge=1, description="replication factor of topics created")

    @classmethod
    def read(cls) -> ServiceSettings:
        """From the environment and the folder of secrets; raises pydantic's `ValidationError`."""
        folder = os.environ.get(SECRETS)
        return cls(_secrets_dir=folder) if folder else cls()

    def access(self) -> Access:
        """Who this process is to the broker."""
        password = self.kafka_password.get_secret_value()
        return Access(user=self.kafka_user, password=password, tls=self.kafka_tls, ca_file=self.kafka_ca)
