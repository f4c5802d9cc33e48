"""The story of a submission as `xephang trace` tells it, at every stage of a year."""

from pathlib import Path
from typing import Any

import pytest
from small_year import YEAR, small_year_on_a_platform
from told import Told

from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR


def now(story: dict[str, Any]) -> list[str]:
    return [wait["code"] for wait in story["now"]]


def kinds(story: dict[str, Any]) -> list[str]:
    return [step["type"].split(".", 1)[1].rpartition(".v")[0] for step in story["steps"]]


@pytest.mark.slow
async def test_a_submission_is_followed_from_the_platform_to_the_publication(tmp_path: Path, tell: Told) -> None:
    key = f"{YEAR}/it/so-y-te"  # over Kafka
    returned, silent = f"{YEAR}/it/so-xay-dung", f"{YEAR}/portal/so-ngoai-vu"
    async with small_year_on_a_platform(tmp_path) as year:

        async def reaches(code: str, name: str = key) -> dict[str, Any]:
            found: dict[str, Any] = {}

            async def there() -> bool:
                _, story = await tell(year.platform, name)
                found.update(story)
                return now(story) == [code]

            await wait_for(f"{name} is at {code}", there, seconds=30)
            return found

        await year.steps["criteria"]()
        assert (await tell(year.platform, key))[0] == 1, "there is no such campaign yet"
        await year.steps["open"]()
        assert now((await tell(year.platform, key))[1]) == ["no_answer"]
        assert (await tell(year.platform, f"{YEAR}/it/so-nao-do"))[0] == 1
        code, nothing = await tell(year.platform, "khong-co-ma-nay", text=True)
        assert (code, nothing) == (1, "")

        await year.platform.stop_service("verification")
        await year.steps["take_answers"]()
        code, story = await tell(year.platform, key)
        assert code == 3
        assert story["silent"] == ["verification"]
        assert now(story) == ["silent"]
        await year.platform.start_service("verification")
        story = await reaches("verification")
        assert kinds(story) == ["submission.posted", "submission.received", "case.opened"]

        await year.steps["close"]()
        assert kinds((await tell(year.platform, silent))[1])[0] == "submission.missing"
        await year.steps["verify"]()
        await year.steps["rankings"]()
        story = await reaches("draft")
        assert sorted(kinds(story)[-3:]) == ["ranking.computed", "scorecard.computed", "scorecard.computed"]
        await year.steps["decide"]()
        story = await reaches("published")
        assert kinds(story)[-3:] == ["decision.drafted", "decision.signed", "ranking.published"]
        assert "hạng" in story["steps"][-1]["vi"]
        assert len({step["event"]["correlation"] for step in story["steps"][:5]}) == 1

        for name in (story["correlation"], story["trace"], story["steps"][2]["event"]["id"], f"{YEAR}-it-so-y-te-1"):
            assert (await tell(year.platform, name))[1] == story, name
        assert (await tell(year.platform, str(YEAR), "it", "so-y-te"))[1] == story
        code, text = await tell(year.platform, key, text=True)
        assert code == 0
        for words in ("Nhận phiếu lần 1 của so-y-te: trong hạn", "điểm", "Chủ tịch ký", "Đã công bố"):
            assert words in text
        assert "case.returned" in kinds((await tell(year.platform, returned))[1])
        late = (await tell(year.platform, f"{YEAR}/it/huyen-son-dong"))[1]
        assert "muộn 6 ngày" in next(step["vi"] for step in late["steps"] if step["type"].startswith("intake."))

        path = f"/verification/cases/{YEAR}/it/so-y-te/reopen"
        await year.stage.office.post(path, OPERATOR, {"reason": "Có khiếu nại"})
        assert "case.reopened" in kinds(await reaches("verification"))
