"""A server that speaks MongoDB's wire protocol, on loopback and in memory.

It proves our adapter over a real socket. What it is not: durable (stop, kill and restart lose everything; `pause` is
the outage that keeps the data), and it knows no transactions, change streams or access control.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.servers.ports import LOOPBACK, accepts
from deploy.servers.server import JavaServer

__all__ = ["MongoServer"]


class MongoServer(JavaServer):
    """mongo-java-server with its memory backend."""

    program: ClassVar[str] = "mongo"
    title: ClassVar[str] = "The MongoDB-wire server"
    heap: ClassVar[str] = "512m"

    @property
    def address(self) -> str:
        """A MongoDB connection string."""
        return f"mongodb://{LOOPBACK}:{self.port}"

    def _arguments(self) -> list[str]:
        return ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "MongoLauncher", str(self.port)]

    def _answers(self) -> bool:
        if not accepts(self.port):
            return False
        client: MongoClient[dict[str, Any]] = MongoClient(self.address, serverSelectionTimeoutMS=1000)
        try:
            client.admin.command("ping")
        except PyMongoError:
            return False
        finally:
            client.close()
        return True
