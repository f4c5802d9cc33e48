"""What can go wrong around the servers; each message names the remedy or carries the log that tells it."""

from __future__ import annotations

__all__ = ["ProvisionError", "ServerError", "StartError"]


class ServerError(Exception):
    """The servers for connected tests cannot be had."""


class ProvisionError(ServerError):
    """The server programs could not be brought onto this machine."""


class StartError(ServerError):
    """A server did not come up, or is not in the state that was asked of it."""
