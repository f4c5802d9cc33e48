"""After the publication: a case is heard again, a correction is signed, and in the end everything is withdrawn."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small_year import YEAR, SmallYear, small_year_on_a_platform

from deploy.xephang.year.example import answers
from deploy.xephang.year.office import Refused, wait_for
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR, PLATFORM, VERIFIER
from shared.contracts.scoring import Ranking

CORRECTED, MISSING = "so-tai-chinh", "so-ngoai-vu"
FEW = (CORRECTED, MISSING, "so-y-te", "huyen-tan-yen")
TABLE, OTHER = f"{YEAR}/it/province", f"{YEAR}/it/district"
DECISION = f"/publishing/decisions/{YEAR}"
PAPER = {"issued_on": "2021-12-30", "title": "Đính chính kết quả", "reason": "Khiếu nại của cơ quan"}


@dataclass
class Desk:
    """The published small year, and what is done about it afterwards."""

    year: SmallYear

    def __post_init__(self) -> None:
        self.office = self.year.stage.office

    async def case(self, agency: str, act: str, who: str, body: dict[str, Any]) -> dict[str, Any]:
        """An act on a case of the table."""
        return await self.office.post(f"/verification/cases/{YEAR}/it/{agency}/{act}", who, body)

    async def ranking(self) -> dict[str, Any]:
        """The newest ranking of the table, as computed."""
        return await self.office.get(f"/scoring/rankings/{TABLE}", OPERATOR)

    async def ranked_anew(self, before: dict[str, Any]) -> dict[str, Any]:
        """The ranking that comes after another one, when publishing has it too."""

        async def there() -> bool:
            computed = await self.office.get(f"/publishing/computed-rankings?campaign={YEAR}", OPERATOR)
            (table,) = [one for one in computed["tables"] if (one["programme"], one["group"]) == ("it", "province")]
            return table["ranking"]["revision"] == before["revision"] + 1

        await wait_for("publishing has the new ranking", there, seconds=30)
        return await self.ranking()

    async def public(self, path: str) -> bytes:
        """What everybody gets."""
        return (await self.office.raw(f"/publishing/{path}")).content

    async def gone(self, path: str) -> bool:
        """Whether everybody is told that it was withdrawn."""
        with pytest.raises(Refused) as refused:
            await self.office.raw(f"/publishing/{path}")
        return ": 410 " in str(refused.value)

    async def draft_correction(self, number: str) -> dict[str, Any]:
        """What the signer of a new correction says that he read."""
        laid = await self.office.post(f"{DECISION}/correction", OPERATOR, {**PAPER, "number": number})
        return {"draft": laid["documents"][-1]["draft"], "content_hash": laid["documents"][-1]["content_hash"]}

    async def heard(self, key: str, kind: str) -> dict[str, Any]:
        """The newest that the subscriber has of a table, when it is of a kind."""

        async def there() -> bool:
            return self.year.subscriber.received.get(key, ("", b""))[0] == f"publishing.ranking.{kind}.v1"

        await wait_for(f"the subscriber hears of {key}: {kind}", there, seconds=30)
        return json.loads(self.year.subscriber.received[key][1])


def places(ranking: dict[str, Any]) -> dict[str, str]:
    """The exact index of each agency."""
    return {row["agency"]: row["index"] for row in ranking["rows"]}


@pytest.mark.slow
async def test_published_ranking_is_corrected_and_in_the_end_withdrawn(tmp_path: Path):
    async with small_year_on_a_platform(tmp_path, agencies=FEW) as year:
        for step in year.steps.values():
            await step()
        desk = Desk(year)
        published, first = await desk.ranking(), await desk.public(f"rankings/{TABLE}")
        await desk.heard(TABLE, "published")
        assert first == year.subscriber.received[TABLE][1]

        second = await another_finding_makes_a_new_ranking(desk, published, first)
        outdated = await desk.draft_correction("98/QĐ-UBND")
        third = await who_did_not_answer_is_heard(desk, second)
        with pytest.raises(Refused, match=r"draft\.outdated"):
            await desk.office.post(f"{DECISION}/sign", CHAIRMAN, outdated)
        await correction_is_signed_and_told(desk, third, first)
        await everything_is_withdrawn(desk)

        for name, status in (await desk.office.get("/status", OPERATOR)).items():
            assert (status["dead_letters"], status["parked"]) == (0, {}), name


async def another_finding_makes_a_new_ranking(desk: Desk, published: dict[str, Any], first: bytes) -> dict[str, Any]:
    """Until somebody signs, the public sees what it saw."""
    await desk.case(CORRECTED, "reopen", OPERATOR, {"reason": "Khiếu nại"})
    with pytest.raises(Refused, match=r"correction\.nothing_changed"):
        await desk.draft_correction("97/QĐ-UBND")
    checklist = await desk.office.get(f"/verification/cases/{YEAR}/it/{CORRECTED}/checklist", VERIFIER)
    codes = [one["code"] for section in checklist["sections"] for one in section["criteria"] if one["required"]]
    rejected = [{"criterion": code, "finding": "rejected", "reason": "Không có tài liệu"} for code in codes[:5]]
    await desk.case(CORRECTED, "findings", VERIFIER, {"findings": rejected})
    await desk.case(CORRECTED, "complete", VERIFIER, {})
    second = await desk.ranked_anew(published)
    assert places(second)[CORRECTED] != places(published)[CORRECTED]
    assert await desk.public(f"rankings/{TABLE}") == first
    paper = {"number": "97/QĐ-UBND", "issued_on": PAPER["issued_on"], "title": "Công bố lại"}
    with pytest.raises(Refused, match=r"decision\.published"):
        await desk.office.post(f"{DECISION}/draft", OPERATOR, paper)
    return second


async def who_did_not_answer_is_heard(desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    """The case is returned, taken back too early, and amended by the answer that comes while there is time."""
    assert places(before)[MISSING] == "0"
    await desk.case(MISSING, "reopen", OPERATOR, {"reason": "Khiếu nại"})
    returned = {"criteria": ["1.1"], "reason": "Được trả lời", "due_on": f"{YEAR}-12-25"}
    await desk.case(MISSING, "return", VERIFIER, returned)
    assert (await desk.case(MISSING, "resume", VERIFIER, {"reason": "Nhầm"}))["summary"]["status"] == "open"

    async def answered() -> bool:
        body = answers(desk.year.plan, MISSING, desk.year.rule_sets[("it", "province")])
        key = {"campaign": str(YEAR), "programme": "it", "agency": MISSING}
        return await desk.office.taken("/intake/submissions", PLATFORM, {**key, **body}, unless=("submission.closed",))

    async def opened() -> bool:
        case = await desk.office.get(f"/verification/cases/{YEAR}/it/{MISSING}", VERIFIER)
        return case["summary"]["basis"] == "answered"

    await wait_for("intake takes the answer", answered, seconds=30)
    await wait_for("verification has the answer", opened, seconds=30)
    await desk.case(MISSING, "accept-all", VERIFIER, {"complete": True})
    third = await desk.ranked_anew(before)
    assert places(third)[MISSING] != "0"
    return third


async def correction_is_signed_and_told(desk: Desk, newest: dict[str, Any], first: bytes) -> None:
    """Edition 2 of this table, the same bytes on Kafka and over HTTP; edition 1 and the other tables stand."""
    read = await desk.draft_correction("99/QĐ-UBND")
    with pytest.raises(Refused, match=": 403 "):
        await desk.office.post(f"{DECISION}/sign", OPERATOR, read)
    with pytest.raises(Refused, match=": 409 "):
        await desk.office.post(f"{DECISION}/sign", CHAIRMAN, {**read, "content_hash": "0" * 64})
    signed = await desk.office.post(f"{DECISION}/sign", CHAIRMAN, read)
    assert signed["published"] == {key: 1 + (key == TABLE) for key in signed["published"]}
    told = (await desk.heard(TABLE, "corrected"))["published"]
    assert (told["edition"], told["correction_reason"]) == (2, PAPER["reason"])
    assert Ranking.model_validate(told["ranking"]) == Ranking.model_validate(newest)
    for path in (f"rankings/{TABLE}", f"rankings/{TABLE}/editions/2"):
        assert await desk.public(path) == desk.year.subscriber.received[TABLE][1]
    assert await desk.public(f"rankings/{TABLE}/editions/1") == first
    assert await desk.public(f"rankings/{OTHER}") == desk.year.subscriber.received[OTHER][1]
    card = json.loads(await desk.public(f"scorecards/{YEAR}/it/{CORRECTED}"))
    assert card["index"] == places(newest)[CORRECTED]


async def everything_is_withdrawn(desk: Desk) -> None:
    await desk.office.post(f"{DECISION}/withdraw", CHAIRMAN, {"reason": "Sai quy trình"})
    for path in (f"rankings/{TABLE}", f"rankings/{OTHER}", f"scorecards/{YEAR}/it/{CORRECTED}"):
        assert await desk.gone(path)
    for number in (1, 2):
        assert await desk.gone(f"rankings/{TABLE}/editions/{number}")
    for key in (TABLE, OTHER):
        assert (await desk.heard(key, "withdrawn"))["reason"] == "Sai quy trình"
    assert json.loads(await desk.public("rankings")) == {"rankings": []}
