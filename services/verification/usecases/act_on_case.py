"""Act on one case: load it with its checklist, let the core decide, replace it — one atomic write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.verification.collections import CASES
from services.verification.core.checklist import Checklist
from services.verification.core.model import Case
from services.verification.core.refusals import absent
from services.verification.rules import Checklists
from shared.contracts.common import SubmissionKey
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates

__all__ = ["Decide", "act_on_case", "load_case"]

# case, its checklist, the present moment → what becomes of the case.
Decide = Callable[[Case, Checklist, datetime], Change[Case]]


async def load_case(aggregates: Aggregates, key: SubmissionKey) -> Case:
    """The case. Raises `NotFound`."""
    case = await aggregates.get(CASES, key.text)
    if case is None:
        raise absent(key)
    return case


async def act_on_case(aggregates: Aggregates, key: SubmissionKey, decide: Decide, *, actor: str) -> Case:
    """The case as it stands after the act. Raises `NotFound`, `Conflict` or `Invalid`, and then nothing is written."""
    checklists = await Checklists.load(aggregates, [(await load_case(aggregates, key)).rule_set])

    def decided(case: Case | None) -> Change[Case]:
        if case is None:
            raise absent(key)
        return decide(case, checklists.of(case.rule_set), aggregates.clock.now())

    done = await aggregates.execute(CASES, key.text, decided, actor=actor)
    assert done is not None
    return done
