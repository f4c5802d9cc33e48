"""The people of the example, acting over HTTP with tokens of their own; nothing is called across services."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

from shared.http.admission import MOST_OF_ONE
from shared.http.auth import DemoIssuer
from shared.kernel.canonical import canonical_json

__all__ = ["Office", "Refused", "wait_for"]

# Who acts in the example (demo persons): subject → roles.
PEOPLE = {
    "can-bo-so-tttt": ("operator",),
    "chuyen-vien-tieu-chi": ("rules_admin",),
    "truong-phong-cntt": ("rules_admin",),
    "chuyen-vien-tham-tra": ("verifier",),
    "nen-tang-tinh": ("platform",),
    "chu-tich-ubnd-tinh": ("chairman",),
}


_AT_ONCE = MOST_OF_ONE // 2  # requests
_BUSY = (429, 503)
_PATIENCE = 120.0  # seconds for which a busy platform is asked again


class Refused(RuntimeError):
    """The platform refused a request of the example: what it said."""


class Office:
    """An HTTP client for everybody in the example. `url` is the platform's, or says by name where each service is.

    `seconds`: for how long it waits for an answer. Who is told to come again (`Retry-After`) does so.
    """

    def __init__(self, url: str | Mapping[str, str], issuer: DemoIssuer, seconds: float = 30) -> None:
        self._address = url
        self._client = httpx.AsyncClient(timeout=seconds, trust_env=False)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tokens = {name: issuer.token(name, roles) for name, roles in PEOPLE.items()}

    async def __aenter__(self) -> Office:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, who: str = "") -> Any:
        """The JSON at a path. Raises `Refused`."""
        return (await self.raw(path, who)).json()

    async def raw(self, path: str, who: str = "") -> httpx.Response:
        """The response as it came. Raises `Refused`."""
        return _accepted(await self._answer("GET", path, self._headers(who)))

    async def found(self, path: str, who: str = "") -> Any | None:
        """The JSON at a path, or None where there is nothing yet. Raises `Refused` otherwise."""
        response = await self._answer("GET", path, self._headers(who))
        return None if response.status_code == 404 else _accepted(response).json()

    async def post(self, path: str, who: str, body: Any) -> Any:
        """POST of plain JSON. Raises `Refused`."""
        return await self.send("POST", path, who, canonical_json(body), "application/json")

    async def put(self, path: str, who: str, body: Any) -> Any:
        """PUT of plain JSON. Raises `Refused`."""
        return await self.send("PUT", path, who, canonical_json(body), "application/json")

    async def send(self, method: str, path: str, who: str, content: bytes, kind: str) -> Any:
        """A request with a body of a kind. Raises `Refused`."""
        headers = {**self._headers(who), "content-type": kind}
        return _accepted(await self._answer(method, path, headers, content)).json()

    async def taken(
        self, path: str, who: str, body: Any, *, kind: str = "application/json", unless: Sequence[str] = ()
    ) -> bool:
        """POST; False if refused for one of the reasons named in `unless`, which pass with time. Raises `Refused`."""
        try:
            await self.send("POST", path, who, body if isinstance(body, bytes) else canonical_json(body), kind)
        except Refused as refused:
            if any(reason in str(refused) for reason in unless):
                return False
            raise
        return True

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while True:
            async with self._room:
                response = await self._client.request(method, self._url(path), headers=headers, content=content)
            later = response.headers.get("retry-after", "")
            if response.status_code not in _BUSY or not later.isdigit() or loop.time() > until:
                return response
            await asyncio.sleep(int(later))

    def _url(self, path: str) -> str:
        """A service that runs by itself answers without its name before the path."""
        if isinstance(self._address, str):
            return self._address + path
        _, service, rest = path.split("/", 2)
        return f"{self._address[service]}/{rest}"

    def _headers(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._tokens[who]}"} if who else {}


def _accepted(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise Refused(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")


async def wait_for(
    what: str, ready: Callable[[], Awaitable[bool]], *, seconds: float = 120, every: float = 0.05
) -> None:
    """Wait until something came about by events. Raises `TimeoutError` that says what did not."""
    try:
        async with asyncio.timeout(seconds):
            while not await ready():  # noqa: ASYNC110 - it comes about in other services, no event tells here
                await asyncio.sleep(every)
    except TimeoutError:
        raise TimeoutError(f"waited {seconds:g} s in vain until {what}") from None
