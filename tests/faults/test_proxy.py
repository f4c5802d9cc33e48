"""The network that can fail fails as it is told, and loses nothing while it only stalls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.faults.proxy import Proxy


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that answers with what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while content := await reader.read(1000):
                writer.write(content)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    made = Proxy(f"{host}:{port}")
    await made.start()
    yield made
    await made.stop()
    server.close()
    await asyncio.sleep(0.01)  # connections that were aborted are let go


class Line:
    """A connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def answers(self, content: bytes) -> bool:
        """Whether the other side says the same again; False where the connection is broken."""
        self._writer.write(content)
        try:
            return await self._reader.readexactly(len(content)) == content
        except (asyncio.IncompleteReadError, ConnectionError):
            return False


@asynccontextmanager
async def connected(proxy: Proxy) -> AsyncIterator[Line]:
    host, _, port = proxy.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_cut_breaks_connections_and_takes_none_until_it_heals(proxy: Proxy):
    async with connected(proxy) as line:
        assert await line.answers(b"one")
        proxy.cut()
        assert not await line.answers(b"two")
    async with connected(proxy) as line:
        assert not await line.answers(b"three")
    proxy.heal()
    async with connected(proxy) as line:
        assert await line.answers(b"four")


async def test_what_is_stalled_comes_when_it_heals(proxy: Proxy):
    async with connected(proxy) as line:
        assert await line.answers(b"one")
        proxy.stall()
        answer = asyncio.create_task(line.answers(b"two"))
        await asyncio.wait([answer], timeout=0.05)
        assert not answer.done()
        proxy.heal()
        assert await answer


async def test_what_is_slow_comes(proxy: Proxy):
    proxy.slow(0.01)
    async with connected(proxy) as line:
        assert await line.answers(b"one")


async def test_nobody_behind_it_is_as_if_it_were_cut():
    proxy = Proxy("127.0.0.1:1")
    await proxy.start()
    async with connected(proxy) as line:
        assert not await line.answers(b"one")
    await proxy.stop()


async def test_nobody_else_gets_its_port_before_it_starts() -> None:
    proxy = Proxy()
    host, _, port = proxy.address.rpartition(":")
    with pytest.raises(OSError, match="in use"):
        await asyncio.start_server(lambda _, __: None, host, int(port))
    await proxy.start()
    await proxy.stop()
