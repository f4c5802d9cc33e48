"""A sender that gives up on nothing: who is refused or cut off sends the same again, as the platform does."""

import asyncio
from collections import Counter
from collections.abc import Iterable

import httpx

from deploy.xephang.year.answering import STRUCTURED
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.stage import OPERATOR, PLATFORM, VERIFIER
from shared.contracts.registry import SERVICES
from shared.http.auth import DemoIssuer

POSTING = 24  # at once


class Insistent:
    """Posts bodies to the platform at `url`, which may change while it goes on; counts what it was answered."""

    def __init__(self, url: str, issuer: DemoIssuer, bodies: Iterable[bytes]) -> None:
        self.url = url
        self.answers: Counter[int] = Counter()  # by status; 0 where there was no answer
        self._bodies = iter(bodies)
        self._headers = {
            "authorization": f"Bearer {issuer.token(PLATFORM, ['platform'])}",
            "content-type": STRUCTURED,
        }

    async def post_all(self) -> None:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            await asyncio.gather(*(self._post(client) for _ in range(POSTING)))

    async def until_accepted(self, count: int) -> None:
        async def enough() -> bool:
            return self.answers[201] >= count

        await wait_for(f"{count} posts were accepted", enough, every=0.01)

    async def _post(self, client: httpx.AsyncClient) -> None:
        for body in self._bodies:
            status = 0
            while status not in (200, 201):
                try:
                    url = f"{self.url}/intake/submissions"
                    status = (await client.post(url, content=body, headers=self._headers)).status_code
                except httpx.HTTPError:
                    status = 0
                self.answers[status] += 1
                await asyncio.sleep(0 if status in (200, 201) else 0.2)


async def until_each_has_one_case(office: Office, agencies: set[str]) -> None:
    """All of the campaign's answers are verified-to-be, once each, and nothing was set aside."""

    async def all_there() -> bool:
        cases = await office.get("/verification/cases?campaign=2021-0", VERIFIER)
        assert len({case["agency"] for case in cases}) == len(cases)
        return len(cases) == len(agencies)

    await wait_for("every answer has a case", all_there, seconds=120, every=0.5)
    for agency in agencies:
        record = await office.get(f"/intake/submissions/2021-0/portal/{agency}", OPERATOR)
        assert [version["number"] for version in record["versions"]] == [1], agency
    for name in SERVICES:
        assert (await office.get(f"/{name}/status", OPERATOR))["dead_letters"] == 0
