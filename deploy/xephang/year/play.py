"""Plays one assessment year from the dispatch to the published rankings, over HTTP and Kafka only.

Every step looks first whether it is done, so a play that was cut off at any moment goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from deploy.xephang.platform import Platform
from deploy.xephang.year.example import ExampleYear, answers, example_agencies, read_bytes, rule_set_path
from deploy.xephang.year.office import Office, wait_for
from services.intake.core.campaign import DAYS_TO_ANSWER
from shared.contracts.common import Agency
from shared.contracts.intake import PlatformSubmissionV1
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import LOCAL_ZONE, SettableClock
from shared.messaging.broker import FastStreamPublisher, build_broker
from shared.messaging.messages import Message
from shared.ruleset.document import Group, Programme, RuleSet
from shared.ruleset.loader import load_rule_set

__all__ = ["YearPlay"]

Say = Callable[[str], None]
OPERATOR, VERIFIER, PLATFORM, CHAIRMAN = "can-bo-so-tttt", "chuyen-vien-tham-tra", "nen-tang-tinh", "chu-tich-ubnd-tinh"
RULES_ADMIN, SECOND_ADMIN = "chuyen-vien-tieu-chi", "truong-phong-cntt"
PROGRAMMES: tuple[Programme, ...] = ("it", "portal")


@dataclass
class YearPlay:
    """One year: `rule_sets` in force by programme and group (those of `plan` replace them)."""

    platform: Platform
    office: Office
    clock: SettableClock
    plan: ExampleYear
    rule_sets: dict[tuple[Programme, Group], RuleSet]
    say: Say

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return str(self.plan.year)

    async def play(self) -> None:
        """The whole year."""
        self._at(self.plan.dispatch.issued_on - timedelta(days=3))
        await self._rule_sets()
        self._at(self.plan.dispatch.issued_on)
        await self._open()
        await self._submissions()
        await self._close()
        await self._verify()
        await self._rankings()
        await self._decide()

    def _at(self, day: date, hour: int = 8) -> None:
        self.clock.set(datetime.combine(day, time(hour), LOCAL_ZONE))

    async def _rule_sets(self) -> None:
        for name in self.plan.rule_sets:
            path = rule_set_path(name)
            rule_set = load_rule_set(path)
            self.rule_sets[(rule_set.programme, rule_set.group)] = rule_set
            loaded = f"/scoring/rulesets?name={name}"
            await self.office.send("POST", loaded, RULES_ADMIN, read_bytes(path), "application/yaml")
            base = f"/scoring/rulesets/{rule_set.key}"
            await self.office.post(f"{base}/approve", SECOND_ADMIN, {"reason": "Đã thẩm định"})
            await self.office.post(f"{base}/activate", SECOND_ADMIN, {"from_year": self.plan.year})
            self.say(f"Bộ tiêu chí {rule_set.key}: đã nạp, phê duyệt, kích hoạt từ năm {self.plan.year}")

    async def _open(self) -> None:
        agencies = [agency.model_dump() for agency in example_agencies()]
        await self.office.put("/intake/agencies", OPERATOR, agencies)
        plan = {
            "id": self.campaign,
            "year": self.plan.year,
            "title": f"Đánh giá, xếp hạng ứng dụng CNTT và Cổng TTĐT năm {self.plan.year} (dữ liệu ví dụ)",
            "dispatch": self.plan.dispatch.model_dump(mode="json"),
            "rule_sets": [rule_set.key for rule_set in self.rule_sets.values()],
        }
        await self._rule_sets_known_to_intake(plan)
        self.say(f"Công văn {self.plan.dispatch.number}: mở đợt {self.campaign} cho {len(agencies)} cơ quan")

    async def _rule_sets_known_to_intake(self, plan: dict[str, Any]) -> None:
        """Rule sets reach intake by Kafka; until they have, opening is refused and tried again."""
        refusals: list[str] = []

        async def opened() -> bool:
            try:
                await self.office.post("/intake/campaigns", OPERATOR, plan)
            except RuntimeError as error:
                refusals.append(str(error))
                if "campaign.unknown_rule_set" in str(error) or "campaign.no_rule_set" in str(error):
                    return False
                raise
            return True

        await wait_for("intake knows the rule sets", opened)

    async def _submissions(self) -> None:
        last_day = self.plan.dispatch.issued_on + timedelta(days=DAYS_TO_ANSWER)
        in_time = [a for a in example_agencies() if a.id not in self.plan.late and a.id not in self.plan.missing]
        for number, agency in enumerate(in_time):
            self._at(self.plan.dispatch.issued_on + timedelta(days=1 + number % DAYS_TO_ANSWER), 9)
            await self._submit(agency, 1)
        self._at(last_day, 16)
        for agency in (a for a in in_time if a.id in self.plan.amended):
            await self._submit(agency, 2)
        self.say(f"Đã nhận phiếu của {len(in_time)} cơ quan đúng hạn, {len(self.plan.amended)} cơ quan nộp lại")
        for agency in example_agencies():
            if agency.id in self.plan.late:
                self._at(last_day + timedelta(days=self.plan.late[agency.id]), 10)
                await self._submit(agency, 1)
                self.say(f"{agency.name} nộp muộn {self.plan.late[agency.id]} ngày")
        await wait_for("all answers are in", self._all_in)

    async def _submit(self, agency: Agency, version: int) -> None:
        """Both programmes' answers of an agency, as CloudEvents of the platform; some go by Kafka."""
        events = [self._event(agency, programme, version) for programme in PROGRAMMES]
        if agency.id in self.plan.over_kafka:
            await self._publish(agency, events)
            return
        for event in events:
            await self.office.send(
                "POST", "/intake/submissions", PLATFORM, canonical_json(event), "application/cloudevents+json"
            )

    def _event(self, agency: Agency, programme: Programme, version: int) -> dict[str, Any]:
        rule_set = self.rule_sets[(programme, agency.group)]
        return {
            "specversion": "1.0",
            "id": f"{self.campaign}-{programme}-{agency.id}-{version}",
            "source": "/nen-tang-tinh/khao-sat",
            "type": PlatformSubmissionV1.type_,
            "time": self.clock.now().isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "campaign": self.campaign,
                "programme": programme,
                "agency": agency.id,
                **answers(self.plan, agency.id, rule_set, version),
            },
        }

    async def _publish(self, agency: Agency, events: list[dict[str, Any]]) -> None:
        broker = build_broker(self.platform.kafka, "nen-tang-tinh")
        await broker.start()
        try:
            headers = {"content-type": "application/cloudevents+json"}
            key = f"{self.campaign}/{agency.id}"
            messages = [Message("platform-submissions", key, headers, canonical_json(event)) for event in events]
            await FastStreamPublisher(broker).publish(messages)
        finally:
            await broker.stop()

    async def _all_in(self) -> bool:
        status = await self.office.get(f"/intake/campaigns/{self.campaign}/status", OPERATOR)
        waiting = {agency for table in status["tables"].values() for agency in table["waiting_for"]}
        return waiting <= self.plan.missing

    async def _close(self) -> None:
        self._at(self.plan.dispatch.issued_on + timedelta(days=25))
        await self.office.post(f"/intake/campaigns/{self.campaign}/close", OPERATOR, {})
        members = len(example_agencies()) * len(PROGRAMMES)

        async def cases_there() -> bool:
            return len(await self._cases()) == members

        await wait_for("every agency has a verification case", cases_there)
        self.say(f"Đóng nhận phiếu; {len(self.plan.missing)} cơ quan không nộp; {members} hồ sơ thẩm tra")

    async def _cases(self) -> list[dict[str, Any]]:
        cases: list[dict[str, Any]] = await self.office.get(f"/verification/cases?campaign={self.campaign}", VERIFIER)
        return cases

    async def _verify(self) -> None:
        day = self.plan.dispatch.issued_on + timedelta(days=30)
        self._at(day)
        for agency in sorted(self.plan.returned):
            await self._return(agency, day)
        self._at(day + timedelta(days=7))
        for case in await self._cases():
            if case["status"] == "open":
                await self._findings(case)
        await self.office.post("/verification/cases/accept-all", VERIFIER, {"campaign": self.campaign})

        async def all_verified() -> bool:
            return all(case["status"] == "verified" for case in await self._cases())

        await wait_for("every case is verified", all_verified)
        self.say("Thẩm tra xong: mọi tiêu chí đều có kết luận")

    async def _return(self, agency: str, day: date) -> None:
        """The case is returned, and the agency answers again."""
        path = f"/verification/cases/{self.campaign}/it/{agency}"
        if (await self.office.get(path, VERIFIER))["summary"]["submission_number"] > 1:
            return  # done before the play was cut off
        case = await self.office.get(path, VERIFIER)
        if case["summary"]["status"] == "open":
            due = (day + timedelta(days=5)).isoformat()
            reason = "Đề nghị bổ sung tài liệu kiểm chứng"
            await self.office.post(f"{path}/return", VERIFIER, {"reason": reason, "criteria": ["1.1"], "due_on": due})
        self._at(day + timedelta(days=2))
        own = next(a for a in example_agencies() if a.id == agency)
        event = canonical_json(self._event(own, "it", 2))

        async def taken() -> bool:
            try:
                await self.office.send("POST", "/intake/submissions", PLATFORM, event, "application/cloudevents+json")
            except RuntimeError as error:
                if "submission.closed" in str(error):
                    return False  # the return has not reached intake yet
                raise
            return True

        await wait_for("intake knows that the case was returned", taken)

        async def taken_up() -> bool:
            return bool((await self.office.get(path, VERIFIER))["summary"]["submission_number"] > 1)

        await wait_for("verification has the corrected answer", taken_up)
        self.say(f"Trả lại phiếu CNTT của {own.name}; đã nộp lại")

    async def _findings(self, case: dict[str, Any]) -> None:
        """On some criteria the verifier does not accept what was answered."""
        path = f"/verification/cases/{self.campaign}/{case['programme']}/{case['agency']}"
        rule_set = self.rule_sets[(case["programme"], case["group"])]
        scored = [c for c in rule_set.criteria() if c.maximum > 0 and c.inputs]
        start = sum(case["agency"].encode()) % len(scored)
        rejected, adjusted = scored[start], scored[(start + 7) % len(scored)]
        findings: list[dict[str, Any]] = [
            {
                "criterion": rejected.code,
                "finding": "rejected",
                "reason": "Tài liệu kiểm chứng không thuộc kỳ báo cáo (ví dụ)",
            }
        ]
        numeric = next((item for item in adjusted.inputs if item.type == "integer"), None)
        if numeric is not None and not await self._not_applicable(case, numeric.id):
            findings.append(
                {
                    "criterion": adjusted.code,
                    "finding": "adjusted",
                    "reason": "Số liệu thực tế thấp hơn báo cáo (ví dụ)",
                    "adjusted": {numeric.id: int(numeric.minimum or 0)},
                }
            )
        await self.office.post(f"{path}/findings", VERIFIER, {"findings": findings})

    async def _not_applicable(self, case: dict[str, Any], figure: str) -> bool:
        path = f"/intake/submissions/{self.campaign}/{case['programme']}/{case['agency']}"
        versions = (await self.office.get(path, VERIFIER))["versions"]
        return bool(versions[-1]["answers"]["figures"][figure]["state"] != "value")

    async def _rankings(self) -> None:
        async def computed() -> bool:
            found = await asyncio.gather(
                *(
                    self.office.found(f"/scoring/rankings/{self.campaign}/{programme}/{group}", OPERATOR)
                    for programme, group in self.rule_sets
                )
            )
            return all(found)

        await wait_for("all four rankings are computed", computed)
        self.say("Đã chấm điểm và xếp hạng bốn bảng")

    async def _decide(self) -> None:
        path = f"/publishing/decisions/{self.campaign}"
        self._at(self.plan.decision_date, 9)
        body = {
            "number": self.plan.decision_number,
            "issued_on": self.plan.decision_date.isoformat(),
            "title": "Công bố kết quả đánh giá, xếp hạng mức độ ứng dụng CNTT và Cổng TTĐT của các cơ quan nhà nước "
            f"tỉnh Bắc Giang năm {self.plan.year} (ví dụ)",
        }
        if not await self._signed(path):
            drafted = await self._draft(path, body)
            newest = drafted["documents"][-1]
            read = {"draft": newest["draft"], "content_hash": newest["content_hash"]}
            self._at(self.plan.decision_date, 15)
            await self.office.post(f"{path}/sign", CHAIRMAN, read)
        self.say(f"Quyết định {self.plan.decision_number}: đã ký và công bố")

    async def _signed(self, path: str) -> bool:
        decision = await self.office.found(path, OPERATOR)
        return decision is not None and any(document["signature"] for document in decision["documents"])

    async def _draft(self, path: str, body: dict[str, Any]) -> Any:
        """Publishing hears of the rankings by Kafka; until it has all four, drafting is refused."""
        drafted: list[Any] = []

        async def done() -> bool:
            try:
                drafted.append(await self.office.post(f"{path}/draft", OPERATOR, body))
            except RuntimeError as error:
                if ": 409 " in str(error) or ": 422 " in str(error) or ": 404 " in str(error):
                    drafted[:] = []
                    return False
                raise
            return True

        await wait_for("publishing has all four rankings", done, seconds=60)
        return drafted[0]
