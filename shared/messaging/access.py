"""Who a process is to the broker: nobody in particular on loopback, a SCRAM user (RFC 5802) over TLS elsewhere."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["ANYBODY", "MECHANISM", "Access"]

MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Access:
    """Credentials and transport; the password is in no representation. `ca_file` (PEM) speaks for the broker."""

    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: Path | None = None

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """What checks the broker's certificate; None without TLS."""
        return ssl.create_default_context(cafile=self.ca_file) if self.tls else None

    def client_options(self) -> dict[str, Any]:
        """Options of aiokafka's own clients."""
        options: dict[str, Any] = {}
        if self.tls:
            options["ssl_context"] = self.context
        if self.user:
            options |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        if options:
            options["security_protocol"] = ("SASL_" if self.user else "") + ("SSL" if self.tls else "PLAINTEXT")
        return options


ANYBODY = Access()
