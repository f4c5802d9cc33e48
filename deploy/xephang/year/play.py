"""Plays one assessment year from the dispatch to the published rankings, over HTTP and Kafka only.

Every step looks first whether it is done, so a play that was cut off at any moment goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from deploy.xephang.year.answering import Answering, Posting, RuleSets
from deploy.xephang.year.example import ExampleYear, read_bytes, rule_set_path
from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR, RULES_ADMIN, SECOND_ADMIN, Stage, local
from deploy.xephang.year.verifying import Verifying
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set

__all__ = ["YearPlay", "put_in_force"]


async def put_in_force(stage: Stage, name: str, from_year: int) -> RuleSet:
    """Load, rehearse, approve and activate one of the project's rule-set files, while everything runs."""
    path = rule_set_path(name)
    rule_set = load_rule_set(path)
    office, base = stage.office, f"/scoring/rulesets/{rule_set.key}"
    content = read_bytes(path)
    state = await office.send("POST", f"/scoring/rulesets?name={name}", RULES_ADMIN, content, "application/yaml")
    if state["status"] in ("draft", "approved"):
        await _rehearse(stage, rule_set, str(from_year - 1))
    seen = {"hash": rule_set.content_hash(), "reason": "Đã thẩm định"}
    await office.post(f"{base}/approve", SECOND_ADMIN, seen)
    await office.post(f"{base}/activate", SECOND_ADMIN, {"from_year": from_year})
    stage.say(f"Bộ tiêu chí {rule_set.key}: đã nạp, phê duyệt, kích hoạt từ năm {from_year}")
    return rule_set


async def _rehearse(stage: Stage, rule_set: RuleSet, campaign: str) -> None:
    """On the data of the year before, where there is any; a second person acknowledges what it shows."""
    office, base = stage.office, f"/scoring/rulesets/{rule_set.key}/rehearsals"
    unless = ("rehearsal.no_table", "rehearsal.no_data")
    if not await office.taken(base, RULES_ADMIN, {"campaign": campaign}, unless=unless):
        return
    seen: dict[str, Any] = {}

    async def done() -> bool:
        seen.update(await office.get(f"{base}/{campaign}", SECOND_ADMIN))
        return bool(seen["state"] not in ("requested", "running"))

    await wait_for(f"{rule_set.key} is rehearsed on {campaign}", done)
    body = {"basis_hash": seen["report"]["basis_hash"], "reason": "Đã xem tác động"}
    await office.post(f"{base}/{campaign}/acknowledge", SECOND_ADMIN, body)
    stage.say(f"Bộ tiêu chí {rule_set.key}: đã chấm thử trên số liệu đợt {campaign}, người thứ hai đã xác nhận")


class YearPlay:
    """One year on a stage. `rule_sets` are those in force by programme and group; those of `plan` replace them."""

    def __init__(
        self,
        stage: Stage,
        plan: ExampleYear,
        rule_sets: RuleSets,
        arriving: Callable[[Sequence[Posting]], Sequence[Posting]] = tuple,
    ) -> None:
        self._stage = stage
        self._plan = plan
        self._rule_sets = rule_sets
        self._answering = Answering(stage, plan, rule_sets, arriving)
        self._verifying = Verifying(stage, plan, rule_sets)

    def steps(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What is done one after the other, from the criteria to the signature."""
        answering = self._answering
        return (
            self._criteria,
            answering.open,
            answering.take_answers,
            answering.close,
            self._verifying.verify,
            self._rankings,
            self._decide,
        )

    async def play(self) -> None:
        """The whole year."""
        for step in self.steps():
            await step()

    async def _criteria(self) -> None:
        self._stage.at(local(self._plan.dispatch.issued_on - timedelta(days=3)))
        for name in self._plan.rule_sets:
            rule_set = await put_in_force(self._stage, name, self._plan.year)
            self._rule_sets[(rule_set.programme, rule_set.group)] = rule_set

    async def _rankings(self) -> None:
        office, campaign = self._stage.office, self._plan.campaign

        async def computed() -> bool:
            tables = [f"{campaign}/{programme}/{group}" for programme, group in self._rule_sets]
            found = await asyncio.gather(*(office.found(f"/scoring/rankings/{each}", OPERATOR) for each in tables))
            return all(found)

        await wait_for("all four rankings are computed", computed)
        self._stage.say("Đã chấm điểm và xếp hạng bốn bảng")

    async def _decide(self) -> None:
        office, plan = self._stage.office, self._plan
        path = f"/publishing/decisions/{plan.campaign}"
        if not await self._signed(path):
            self._stage.at(local(plan.decision_date, 9))
            await wait_for("publishing has all four rankings", lambda: self._drafted(path), seconds=60)
            newest = (await office.get(path, OPERATOR))["documents"][-1]
            read = {"draft": newest["draft"], "content_hash": newest["content_hash"]}
            self._stage.at(local(plan.decision_date, 15))
            await office.post(f"{path}/sign", CHAIRMAN, read)
        self._stage.say(f"Quyết định {plan.decision_number}: đã ký và công bố")

    async def _signed(self, path: str) -> bool:
        decision = await self._stage.office.found(path, OPERATOR)
        return decision is not None and any(document["signature"] for document in decision["documents"])

    async def _drafted(self, path: str) -> bool:
        """Publishing hears of the rankings by Kafka; until it has all four, drafting is refused."""
        plan = self._plan
        body = {
            "number": plan.decision_number,
            "issued_on": plan.decision_date.isoformat(),
            "title": "Công bố kết quả đánh giá, xếp hạng mức độ ứng dụng CNTT và Cổng TTĐT của các cơ quan nhà nước "
            f"tỉnh Bắc Giang năm {plan.year} (ví dụ)",
        }
        unless = (": 404 ", ": 409 ", ": 422 ")
        return await self._stage.office.taken(f"{path}/draft", OPERATOR, body, unless=unless)
