"""From the dispatch to the last answer: opening the campaign, the agencies' answers, closing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deploy.xephang.year.example import ExampleYear, answers
from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR, PLATFORM, VERIFIER, Stage, local
from services.intake.core.campaign import DAYS_TO_ANSWER
from shared.contracts.common import Agency
from shared.contracts.intake import PlatformSubmissionV1
from shared.kernel.canonical import canonical_json
from shared.messaging.messages import Message
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["PROGRAMMES", "Answering", "Posting", "answer_event"]

PROGRAMMES: tuple[Programme, ...] = ("it", "portal")
RuleSets = dict[tuple[Programme, Group], RuleSet]
STRUCTURED = "application/cloudevents+json"


@dataclass(frozen=True)
class Posting:
    """One answer of an agency to one programme, and when it was given."""

    agency: Agency
    programme: Programme
    version: int
    given_at: datetime


@dataclass(frozen=True)
class Answering:
    """The intake part of a year. `arriving` puts the answers into another order than they were given in."""

    stage: Stage
    plan: ExampleYear
    rule_sets: RuleSets
    arriving: Callable[[Sequence[Posting]], Sequence[Posting]] = tuple

    async def open(self) -> None:
        """Enter the register and open the campaign with its dispatch."""
        plan = self.plan
        self.stage.at(local(plan.dispatch.issued_on))
        agencies = [agency.model_dump() for agency in plan.agencies]
        await self.stage.office.put("/intake/agencies", OPERATOR, agencies)
        campaign = {
            "id": plan.campaign,
            "year": plan.year,
            "title": f"Đánh giá, xếp hạng ứng dụng CNTT và Cổng TTĐT năm {plan.year} (dữ liệu ví dụ)",
            "dispatch": plan.dispatch.model_dump(mode="json"),
            "members": [agency.id for agency in plan.agencies],
            "rule_sets": [rule_set.key for rule_set in self.rule_sets.values()],
        }

        async def opened() -> bool:
            """Rule sets reach intake by Kafka; until they have, opening is refused and tried again."""
            path = "/intake/campaigns"
            return await self.stage.office.taken(
                path, OPERATOR, campaign, unless=("campaign.unknown_rule_set", "campaign.no_rule_set")
            )

        await wait_for("intake knows the rule sets", opened)
        self.stage.say(f"Công văn {plan.dispatch.number}: mở đợt {plan.campaign} cho {len(agencies)} cơ quan")

    async def take_answers(self) -> None:
        """Every answer of the year arrives, in the order of `arriving`."""
        plan, latest = self.plan, local(self.plan.dispatch.issued_on)
        for posting in self.arriving(self.postings()):
            latest = max(latest, posting.given_at)
            self.stage.at(latest)
            await self._post(posting)
        await wait_for("all answers are in", self._all_in)
        in_time = len(plan.agencies) - len(plan.late) - len(plan.missing)
        self.stage.say(f"Đã nhận phiếu của {in_time} cơ quan đúng hạn, {len(plan.amended)} cơ quan nộp lại")
        for agency in plan.agencies:
            if agency.id in plan.late:
                self.stage.say(f"{agency.name} nộp muộn {plan.late[agency.id]} ngày")

    async def close(self) -> None:
        """Take no more answers; every agency gets its verification cases."""
        self.stage.at(local(self.plan.dispatch.issued_on + timedelta(days=25)))
        await self.stage.office.post(f"/intake/campaigns/{self.plan.campaign}/close", OPERATOR, {})
        cases = len(self.plan.agencies) * len(PROGRAMMES)

        async def cases_there() -> bool:
            path = f"/verification/cases?campaign={self.plan.campaign}"
            return len(await self.stage.office.get(path, VERIFIER)) == cases

        await wait_for("every agency has a verification case", cases_there)
        missing = len(self.plan.missing)
        self.stage.say(f"Đóng nhận phiếu; {missing} cơ quan không nộp; {cases} hồ sơ thẩm tra")

    def postings(self) -> list[Posting]:
        """All answers of the year, in the order in which they were given."""
        plan, issued_on = self.plan, self.plan.dispatch.issued_on
        last_day = issued_on + timedelta(days=DAYS_TO_ANSWER)
        given: list[tuple[datetime, Agency, int]] = []
        for number, agency in enumerate(agency for agency in plan.agencies if agency.id not in plan.missing):
            if agency.id in plan.late:
                given.append((local(last_day + timedelta(days=plan.late[agency.id]), 10), agency, 1))
                continue
            given.append((local(issued_on + timedelta(days=1 + number % DAYS_TO_ANSWER), 9), agency, 1))
            if agency.id in plan.amended:
                given.append((local(last_day, 16), agency, 2))
        given.sort(key=lambda one: one[0])
        return [Posting(agency, programme, version, at) for at, agency, version in given for programme in PROGRAMMES]

    async def _post(self, posting: Posting) -> None:
        """As a CloudEvent of the platform, over HTTP or Kafka."""
        event = canonical_json(answer_event(self.plan, self.rule_sets, posting))
        if posting.agency.id in self.plan.over_kafka:
            key = f"{self.plan.campaign}/{posting.agency.id}"
            await self.stage.publish([Message("platform-submissions", key, {"content-type": STRUCTURED}, event)])
            return
        await self.stage.office.send("POST", "/intake/submissions", PLATFORM, event, STRUCTURED)

    async def _all_in(self) -> bool:
        status = await self.stage.office.get(f"/intake/campaigns/{self.plan.campaign}/status", OPERATOR)
        waiting = {agency for table in status["tables"].values() for agency in table["waiting_for"]}
        return waiting <= self.plan.missing


def answer_event(plan: ExampleYear, rule_sets: RuleSets, posting: Posting) -> dict[str, Any]:
    """An answer as the structured CloudEvent that the platform sends."""
    agency, programme = posting.agency, posting.programme
    return {
        "specversion": "1.0",
        "id": f"{plan.campaign}-{programme}-{agency.id}-{posting.version}",
        "source": "/nen-tang-tinh/khao-sat",
        "type": PlatformSubmissionV1.type_,
        "time": posting.given_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "campaign": plan.campaign,
            "programme": programme,
            "agency": agency.id,
            **answers(plan, agency.id, rule_sets[(programme, agency.group)], posting.version),
        },
    }
