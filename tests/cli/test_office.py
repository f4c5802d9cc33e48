"""The people of the example behave as senders should: not all at once, and again when they are told to come again."""

import asyncio
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from deploy.xephang.year import office as module
from deploy.xephang.year.office import Office, Refused
from deploy.xephang.year.stage import VERIFIER
from shared.http.auth import DemoIssuer


class Platform:
    """Answers with these statuses, the last one from then on; counts who is there at once."""

    def __init__(self, *statuses: int, later: str | None = "0") -> None:
        self.statuses = list(statuses)
        self.later = {} if later is None else {"retry-after": later}
        self.asked: list[bytes] = []
        self.there = self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.there += 1
        self.most = max(self.most, self.there)
        await asyncio.sleep(0)
        self.asked.append(request.content)
        self.there -= 1
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, json={"status": status}, headers={} if status == 200 else self.later)


def office_of(platform: Platform, folder: Path) -> Office:
    office = Office("http://127.0.0.1:1", DemoIssuer(folder / "issuer"))
    office._client = httpx.AsyncClient(transport=httpx.MockTransport(platform))
    return office


async def test_who_is_told_to_come_again_sends_the_same_again(tmp_path: Path) -> None:
    platform = Platform(429, 503, 429, 200)
    async with office_of(platform, tmp_path) as office:
        assert await office.post("/verification/cases", VERIFIER, {"a": 1}) == {"status": 200}
    assert platform.asked == [b'{"a":1}'] * 4


@pytest.mark.parametrize("platform", [Platform(503, later=None), Platform(429, later="soon"), Platform(409)])
async def test_any_other_refusal_is_told_at_once(tmp_path: Path, platform: Platform) -> None:
    async with office_of(platform, tmp_path) as office:
        with pytest.raises(Refused):
            await office.post("/verification/cases", VERIFIER, {})
    assert len(platform.asked) == 1


async def test_patience_ends(tmp_path: Path) -> None:
    platform = Platform(429)
    async with office_of(platform, tmp_path) as office:
        with patch.object(module, "_PATIENCE", 0.0), pytest.raises(Refused, match="429"):
            await office.post("/verification/cases", VERIFIER, {})


async def test_fewer_are_sent_at_once_than_a_service_takes_of_one_person(tmp_path: Path) -> None:
    platform = Platform(200)
    async with office_of(platform, tmp_path) as office:
        await asyncio.gather(*(office.post("/verification/cases", VERIFIER, {}) for _ in range(100)))
    assert 1 < platform.most <= 16
