"""A network that can fail: a TCP relay between two that talk, which can be cut, stalled, and slowed down."""

import asyncio
import contextlib
import socket

from deploy.servers.ports import LOOPBACK, free_port

_CHUNK = 64 * 1024


class Proxy:
    """Passes on what comes to `address` to `target` (host:port). The target may come and go."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self._socket = _bound()  # from now on, so that nobody else gets the port before `start`
        self.address = f"{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, sock=self._socket)

    async def stop(self) -> None:
        """Let everything go."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        self._abort()
        self._flowing.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and every one that is tried, until it heals."""
        self._is_cut = True
        self._abort()

    def stall(self) -> None:
        """Pass nothing on while connections stay open, until it heals; nothing is lost."""
        self._flowing.clear()

    def slow(self, seconds: float) -> None:
        """Keep back all that is passed on for so long, until it heals."""
        self._delay = seconds

    def heal(self) -> None:
        """As if nothing had been."""
        self._is_cut, self._delay = False, 0.0
        self._flowing.set()

    def _abort(self) -> None:
        for writer in self._connections:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):  # by `stop`: nobody waits for what becomes of it
            await self._relay(reader, writer)
        writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            return
        host, _, port = self.target.rpartition(":")
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return
        both = {writer, far_writer}
        self._connections |= both
        try:
            pumps = [self._pump(reader, far_writer), self._pump(far_reader, writer)]
            tasks = [asyncio.create_task(pump) for pump in pumps]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for pump in tasks:
                pump.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._connections -= both
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while content := await reader.read(_CHUNK):
                await self._flowing.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(content)
                await writer.drain()
            await writer.drain()


def _bound() -> socket.socket:
    """A socket on a free port. Whoever connects before it listens is refused."""
    while True:
        found = socket.socket()
        try:
            found.bind((LOOPBACK, free_port()))
        except OSError:  # somebody was faster
            found.close()
        else:
            return found
