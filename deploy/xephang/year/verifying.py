"""Verification of a year: some cases go back to their agency, some findings differ from what was answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from deploy.xephang.year.answering import STRUCTURED, Posting, RuleSets, answer_event
from deploy.xephang.year.example import ExampleYear
from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import PLATFORM, VERIFIER, Stage, local
from shared.contracts.common import Agency
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import Criterion

__all__ = ["Verifying"]

_TO_CORRECT = timedelta(days=5)


@dataclass(frozen=True)
class Verifying:
    """The verification part of a year."""

    stage: Stage
    plan: ExampleYear
    rule_sets: RuleSets

    async def verify(self) -> None:
        """Return what is to be returned, record findings, accept the rest."""
        day = self.plan.dispatch.issued_on + timedelta(days=30)
        for agency in self.plan.agencies:
            if agency.id in self.plan.returned:
                self.stage.at(local(day))
                await self._return(agency)
        self.stage.at(local(day + timedelta(days=7)))
        open_ = [case for case in await self._cases() if case["status"] == "open"]
        await asyncio.gather(*(self._findings(case) for case in open_))
        await self.stage.office.post("/verification/cases/accept-all", VERIFIER, {"campaign": self.plan.campaign})

        async def all_verified() -> bool:
            return all(case["status"] == "verified" for case in await self._cases())

        await wait_for("every case is verified", all_verified)
        self.stage.say("Thẩm tra xong: mọi tiêu chí đều có kết luận")

    async def _cases(self) -> list[dict[str, Any]]:
        path = f"/verification/cases?campaign={self.plan.campaign}"
        cases: list[dict[str, Any]] = await self.stage.office.get(path, VERIFIER)
        return cases

    async def _return(self, agency: Agency) -> None:
        """The case is returned, and the agency answers again."""
        office = self.stage.office
        path = f"/verification/cases/{self.plan.campaign}/it/{agency.id}"

        async def answered_again() -> bool:
            return bool((await office.get(path, VERIFIER))["summary"]["submission_number"] > 1)

        if await answered_again():
            return  # done before the play was cut off
        if (await office.get(path, VERIFIER))["summary"]["status"] == "open":
            due = (self.stage.today + _TO_CORRECT).isoformat()
            reason = "Đề nghị bổ sung tài liệu kiểm chứng"
            await office.post(f"{path}/return", VERIFIER, {"reason": reason, "criteria": ["1.1"], "due_on": due})
        self.stage.at(local(self.plan.dispatch.issued_on + timedelta(days=32)))
        posting = Posting(agency, "it", 2, self.stage.clock.now())
        event = canonical_json(answer_event(self.plan, self.rule_sets, posting))

        async def taken() -> bool:
            """Until the return has reached intake, the answer is refused."""
            path = "/intake/submissions"
            return await office.taken(path, PLATFORM, event, kind=STRUCTURED, unless=("submission.closed",))

        await wait_for("intake knows that the case was returned", taken)
        await wait_for("verification has the corrected answer", answered_again)
        self.stage.say(f"Trả lại phiếu CNTT của {agency.name}; đã nộp lại")

    async def _findings(self, case: dict[str, Any]) -> None:
        """On some criteria the verifier does not accept what was answered."""
        path = f"/verification/cases/{self.plan.campaign}/{case['programme']}/{case['agency']}"
        rule_set = self.rule_sets[(case["programme"], case["group"])]
        scored = [c for c in rule_set.criteria() if c.maximum > 0 and c.inputs]
        start = sum(case["agency"].encode()) % len(scored)
        rejected, adjusted = scored[start], scored[(start + 7) % len(scored)]
        findings: list[dict[str, Any]] = [
            {
                "criterion": rejected.code,
                "finding": "rejected",
                "reason": "Tài liệu kiểm chứng không thuộc kỳ báo cáo (ví dụ)",
            },
            *await self._adjustments(case, adjusted),
        ]
        await self.stage.office.post(f"{path}/findings", VERIFIER, {"findings": findings})

    async def _adjustments(self, case: dict[str, Any], criterion: Criterion) -> list[dict[str, Any]]:
        numeric = next((item for item in criterion.inputs if item.type == "integer"), None)
        if numeric is None or not await self._has_value(case, numeric.id):
            return []
        return [
            {
                "criterion": criterion.code,
                "finding": "adjusted",
                "reason": "Số liệu thực tế thấp hơn báo cáo (ví dụ)",
                "adjusted": {numeric.id: int(numeric.minimum or 0)},
            }
        ]

    async def _has_value(self, case: dict[str, Any], figure: str) -> bool:
        path = f"/intake/submissions/{self.plan.campaign}/{case['programme']}/{case['agency']}"
        versions = (await self.stage.office.get(path, VERIFIER))["versions"]
        return bool(versions) and versions[-1]["answers"]["figures"][figure]["state"] == "value"
