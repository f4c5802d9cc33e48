"""What a service process is told by its environment; nothing else reads the environment.

Variables carry the prefix `XEPHANG_`, for example `XEPHANG_KAFKA=kafka-1:9092,kafka-2:9092`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ServiceSettings"]


class ServiceSettings(BaseSettings):
    """One service against a real broker and store (`xephang serve`)."""

    model_config = SettingsConfigDict(env_prefix="XEPHANG_", extra="ignore")

    kafka: str = Field(description="Kafka's bootstrap addresses, host:port, comma-separated")
    store: str = Field(description="sqlite:///folder, or mongodb://…; holds a database for each service")
    jwt_public_key: Path = Field(description="file with the token issuer's Ed25519 public key (PEM)")
    jwt_issuer: str = Field(default="xephang-demo", description="the issuer tokens must name")
    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told")
    port: int = Field(default=8080, ge=0, le=65535, description="HTTP port; 0 takes a free one")
    max_ahead_mib: int = Field(default=64, ge=1, description="how far the relay may run ahead, MiB a partition")
    create_topics: bool = Field(default=True, description="create missing topics from the registry at start")
    replication: int = Field(default=1, ge=1, description="replication factor of topics created")
