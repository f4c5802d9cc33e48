"""The checklist of a case: every criterion with what was answered, what shows it, and what was found."""

from __future__ import annotations

from services.verification.core.checklist import Checklist
from services.verification.core.model import Case
from services.verification.rules import Checklists
from services.verification.usecases.act_on_case import load_case
from shared.contracts.common import SubmissionKey
from shared.messaging.commands import Aggregates

__all__ = ["show_checklist"]


async def show_checklist(aggregates: Aggregates, key: SubmissionKey) -> tuple[Case, Checklist]:
    """The case and what its rule set asks. Raises `NotFound`, or `Conflict` where the rule set is not here."""
    case = await load_case(aggregates, key)
    return case, (await Checklists.load(aggregates, [case.rule_set])).of(case.rule_set)
