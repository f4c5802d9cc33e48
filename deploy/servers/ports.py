"""Ports that stay ours while a server is down."""

from __future__ import annotations

import random
import socket

from deploy.servers.errors import StartError

__all__ = ["LOOPBACK", "accepts", "free_port"]

LOOPBACK = "127.0.0.1"
# Below the range that systems hand to outgoing connections (from 32768 on Linux, 49152 elsewhere): there, a client
# that keeps trying the port of a killed server can be given that very port as its own, connect to itself, and block
# the restart.
_RANGE = range(20_000, 32_000)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    for port in random.sample(_RANGE, 200):
        with socket.socket() as candidate:
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise StartError(f"no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")


def accepts(port: int) -> bool:
    """Whether somebody takes connections on the loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
