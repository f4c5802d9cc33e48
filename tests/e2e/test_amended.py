"""A set amended mid-campaign: kept answers stay, one criterion is asked again, the ranking comes out under the new set.

Amended before anybody is verified, or after everybody is: the same bytes.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lengths import WHOLE
from small_year import YEAR, SmallYear, small_year_on_a_platform

from deploy.xephang.year.answering import Posting
from deploy.xephang.year.example import read_bytes, rule_set_path
from deploy.xephang.year.office import Refused, wait_for
from deploy.xephang.year.stage import OPERATOR, PLATFORM, RULES_ADMIN, SECOND_ADMIN, VERIFIER, local
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_text

AMENDING, OVER_KAFKA, MISSING, DISTRICT = "so-tai-chinh", "so-y-te", "so-ngoai-vu", "huyen-tan-yen"
FEW = (AMENDING, OVER_KAFKA, MISSING, DISTRICT)
TABLE = f"{YEAR}/it/province"
FIGURE, CRITERION = "security_drills", "4.7"


def second_version() -> str:
    """The set of the year, in which 4.7 is counted in half days."""
    text = read_bytes(rule_set_path("it-province/2021.1.yaml")).decode()
    head, found, tail = text.partition(f"- id: {FIGURE}\n")
    assert found
    tail = tail.replace("unit: cuộc", "unit: buổi", 1)
    text = (head + found + tail).replace('version: "2021.1"', 'version: "2021.2"', 1)
    return text + '\nmapping:\n  version: "2021.1"\n'


class Amended:
    """The small year, and its amendment."""

    def __init__(self, year: SmallYear, down: Sequence[str] = ()) -> None:
        self.year = year
        self.down = down  # services that stand still while the campaign is amended and agencies answer
        self.office = year.stage.office
        self.rule_set: RuleSet | None = None

    def on_day(self, day: int) -> str:
        """So many days after the dispatch, as a date; the clock is put there."""
        moment = self.year.plan.dispatch.issued_on + timedelta(days=day)
        self.year.stage.at(local(moment, 9))
        return moment.isoformat()

    async def put_in_force(self) -> None:
        """The second version, while the campaign names the first."""
        text = second_version()
        self.rule_set = load_text(text, "second.yaml").rule_set
        base = f"/scoring/rulesets/{self.rule_set.key}"
        await self.office.send("POST", "/scoring/rulesets", RULES_ADMIN, text.encode(), "application/yaml")
        await self.office.post(f"{base}/approve", SECOND_ADMIN, {"hash": self.rule_set.content_hash(), "reason": "x"})
        await self.office.post(f"{base}/activate", SECOND_ADMIN, {"from_year": YEAR})

    async def amend(self, day: int) -> None:
        """The operator amends, agencies answer what is asked again, each with the same in whichever order."""
        assert self.rule_set is not None
        until = self.on_day(day + 7)
        self.on_day(day)
        await self.order("stop")
        order = {"rule_set": self.rule_set.key, "reason": "Tính theo buổi", "answer_by": until}
        unless = ("campaign.unknown_rule_set", "campaign.no_rule_set")
        await wait_for(
            "intake knows the second version",
            lambda: self.office.taken(f"/intake/campaigns/{YEAR}/amend", OPERATOR, order, unless=unless),
        )

        async def carried() -> bool:
            return (await self.table())["not_carried"] == 0

        await wait_for("all submissions are carried", carried)
        asked = (await self.table())["asked_again"]
        assert {agency: [one["criterion"] for one in each["criteria"]] for agency, each in asked.items()} == {
            AMENDING: [CRITERION],
            OVER_KAFKA: [CRITERION],
        }
        self.on_day(day + 2)
        key = {"campaign": str(YEAR), "programme": "it"}
        wrong = {**key, "agency": AMENDING, "figures": {FIGURE: 1, "staff_total": 7}}
        with pytest.raises(Refused, match=r"submission\.not_asked_again"):
            await self.office.post("/intake/submissions", PLATFORM, wrong)
        for number, agency in enumerate((AMENDING, OVER_KAFKA), start=1):
            answer = {**key, "agency": agency, "figures": {FIGURE: number}}
            assert (await self.office.post("/intake/submissions", PLATFORM, answer))["days_late"] == 0

        await self.order("start")

        async def heard() -> bool:
            path = f"/verification/cases/{YEAR}/it"
            found = [await self.office.found(f"{path}/{agency}", VERIFIER) for agency in FEW[:3]]
            cases = [case for case in found if case is not None]  # before the close nobody is missing yet
            rule_sets = {case["rule_set"]["version"] for case in cases}
            waiting = any(case["submission"] and case["submission"]["asked_again"] for case in cases)
            return rule_sets == {"2021.2"} and not waiting

        await wait_for("verification has what was answered", heard)

    async def order(self, order: str) -> None:
        """Stop or start what stands still."""
        for name in self.down:
            await self.office.post(f"/services/{name}/{order}", OPERATOR, {})

    async def table(self) -> dict[str, Any]:
        """How the amended table stands at intake."""
        found = await self.office.get(f"/intake/campaigns/{YEAR}/status", OPERATOR)
        return found["tables"]["it/province"]

    async def case(self, agency: str) -> dict[str, Any]:
        """The verification case of an agency of the table."""
        return await self.office.get(f"/verification/cases/{YEAR}/it/{agency}", VERIFIER)

    async def accept_the_rest(self) -> None:
        """What is still open is accepted."""
        await self.office.post("/verification/cases/accept-all", VERIFIER, {"campaign": str(YEAR)})

    async def outcome(self) -> dict[str, bytes]:
        """The ranking under the second version and its scorecards, as bytes."""
        found: dict[str, Any] = {}

        async def ranked() -> bool:
            found["ranking"] = await self.office.found(f"/scoring/rankings/{TABLE}", OPERATOR)
            return found["ranking"] is not None and found["ranking"]["rule_set"]["version"] == "2021.2"

        await wait_for("the table is ranked under the second version", ranked)
        assert await self.office.get(f"/scoring/rankings/{TABLE}/recomputed", OPERATOR) == found["ranking"]

        async def final() -> bool:
            for agency in FEW[:3]:
                found[agency] = await self.office.get(f"/scoring/scorecards/{YEAR}/it/{agency}", OPERATOR)
            return all(found[agency]["stage"] == "final" for agency in FEW[:3])

        await wait_for("the final scorecards are there", final)
        found["ranking"].pop("revision")  # how often it was computed
        return {name: canonical_json(each) for name, each in found.items()}


async def submissions_open_in_their_forms(amended: Amended) -> None:
    """The first answer beside the form that asked for occasions, the newest beside the one that asks for half days."""
    path = f"/intake/submissions/{YEAR}/it/{AMENDING}"
    versions = (await amended.office.get(path, OPERATOR))["versions"]
    assert [one["rule_set"]["version"] for one in versions] == ["2021.1", "2021.1", "2021.2", "2021.2"]
    opened = [await amended.office.get(f"{path}/versions/{one['number']}", OPERATOR) for one in versions]
    units = [one["form"]["properties"]["figures"]["properties"][FIGURE]["x-unit"] for one in opened]
    assert units == ["cuộc", "cuộc", "buổi", "buổi"]
    counted = versions[versions[2]["carried_from"] - 1]
    kept = [{**one["answers"]["figures"], FIGURE: None} for one in (counted, *versions[2:])]
    assert kept[0] == kept[1] == kept[2]
    assert versions[-1]["answers"]["evidence"] == counted["answers"]["evidence"]


async def played(
    folder: Path,
    when: str,
    arriving: Callable[[Sequence[Posting]], Sequence[Posting]] = tuple,
    down: Sequence[str] = (),
) -> dict[str, bytes]:
    """The small year, amended before anybody is verified or after everybody is; what the table comes to."""
    async with small_year_on_a_platform(folder, arriving, agencies=FEW) as year:
        amended, steps = Amended(year, down), year.steps
        await steps["criteria"]()
        await amended.put_in_force()
        for name in ("open", "take_answers"):
            await steps[name]()
        if when == "unverified":
            await amended.amend(17)
        for name in ("close", "verify"):
            await steps[name]()
        if when == "verified":
            await case_loses_only_what_is_asked_again(amended)
        outcome = await amended.outcome()
        await submissions_open_in_their_forms(amended)
        for name, status in (await amended.office.get("/status", OPERATOR)).items():
            assert (status["dead_letters"], status["parked"]) == (0, {}), name
        for name in ("rankings", "decide"):
            await steps[name]()
        return outcome


async def case_loses_only_what_is_asked_again(amended: Amended) -> None:
    """Who answers it is verified on that alone; who did not answer at all is verified anew by itself."""
    before = await amended.case(AMENDING)
    await amended.amend(40)
    after = await amended.case(AMENDING)
    dropped = {one["criterion"] for one in before["findings"]} - {one["criterion"] for one in after["findings"]}
    assert (dropped, after["summary"]["status"]) == ({CRITERION}, "open")
    missing = (await amended.case(MISSING))["summary"]
    assert (missing["status"], missing["basis"], missing["revision"]) == ("verified", "missing", 2)
    await amended.accept_the_rest()


@pytest.mark.slow
async def test_amended_year_gives_the_same_bytes_whenever_it_is_amended_however_answers_arrive_whoever_stands_still(
    tmp_path: Path,
) -> None:
    """What was answered is kept in each of them, and ranked under the new set."""
    verified = await played(tmp_path / "verified", "verified")
    if WHOLE:
        assert await played(tmp_path / "unverified", "unverified") == verified

    def turned(postings: Sequence[Posting]) -> Sequence[Posting]:
        return list(reversed(postings))

    assert await played(tmp_path / "turned", "unverified", turned) == verified
    still = ("verification", "scoring", "publishing")
    assert await played(tmp_path / "still", "verified", down=still) == verified
