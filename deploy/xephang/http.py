"""An HTTP server inside this process, bound before it is announced."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

__all__ = ["HttpServer"]

_FINISHING = 2  # seconds
_IDLE = 40  # seconds a connection may lie idle: longer than anybody is told to wait before coming again


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's business: it stops everything in order."""
        yield


class HttpServer:
    """Serves an ASGI application; `start` returns when it answers, `url` then tells where."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port), reuse_port=False, backlog=2048)
        bound = self._socket.getsockname()
        self.url = f"http://{host}:{bound[1]}"
        config = uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=_FINISHING,
            timeout_keep_alive=_IDLE,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the HTTP server ended while starting")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Take no more requests; finish those under way, or cut them off after 2 s."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()
