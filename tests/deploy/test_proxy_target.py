"""The gateway passes on to its own services and to nobody else, however an address is written."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.xephang.proxy import Proxy

SERVICE = "http://127.0.0.1:5000"


async def passed_on(path: str) -> tuple[int, list[str]]:
    """How a request is answered, and to which addresses it was passed on."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as behind:
        gateway = Starlette(routes=[Mount("/intake", app=Proxy(SERVICE, behind))])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://gateway") as client:
            return (await client.get(path)).status_code, asked


@pytest.mark.parametrize("path", ["/a%2Fb?c=%20d", "//elsewhere.example/x", "/@elsewhere.example/x"])
async def test_what_is_escaped_stays_so(path: str) -> None:
    assert await passed_on(f"/intake{path}") == (200, [f"{SERVICE}{path}"])


@pytest.mark.parametrize("path", ["/intake%2F@elsewhere.example/x", "/%69ntake/x"])
async def test_a_prefix_that_is_escaped_leads_nowhere(path: str) -> None:
    assert await passed_on(path) == (404, [])
