"""Which version of which rule set a campaign holds to: those its plan names, else the newest in force for its year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.intake.core.model import CampaignPlan
from shared.contracts.common import Agency, PinnedRuleSet
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import Group, Programme

__all__ = ["GROUPS", "pin_rule_sets"]

GROUPS: tuple[Group, ...] = ("province", "district")

_Table = tuple[Programme, Group]


def pin_rule_sets(
    plan: CampaignPlan, members: Sequence[Agency], rule_sets: Sequence[RuleSetRecord]
) -> tuple[PinnedRuleSet, ...]:
    """One rule set for each programme and group that has members. Raises `Invalid` with every fault.

    A set that the plan names is pinned or refused, never quietly replaced by another.
    """
    groups = [group for group in GROUPS if any(member.group == group for member in members)]
    tables = [(programme, group) for programme in plan.programmes for group in groups]
    faults: list[Fault] = []
    named: dict[_Table, RuleSetRecord] = {}
    known = {record.ref.key: record for record in rule_sets}
    for number, name in enumerate(plan.rule_sets):
        record = known.get(name)
        fault = _unfit(plan, f"rule_sets[{number}]", name, record, tables, named)
        if fault is not None:
            faults.append(fault)
        if record is not None:
            named.setdefault(_table(record), record)
    chosen = {table: named.get(table) or _newest(plan, table, rule_sets) for table in tables}
    faults += _lacking(plan, chosen, rule_sets)
    if faults:
        raise Invalid("Chưa đủ bộ tiêu chí cho đợt đánh giá", "rule sets are missing for the campaign", faults)
    return tuple(
        PinnedRuleSet(programme=programme, group=group, rule_set=record.ref)
        for (programme, group), record in chosen.items()
        if record is not None
    )


def _unfit(
    plan: CampaignPlan,
    place: str,
    name: str,
    record: RuleSetRecord | None,
    tables: Sequence[_Table],
    named: dict[_Table, RuleSetRecord],
) -> Fault | None:
    """Why a named set cannot be pinned."""
    if record is None:
        return Fault(
            "campaign.unknown_rule_set",
            place,
            f"Không có bộ tiêu chí {name[:90]!r} đã được phê duyệt",
            f"there is no approved rule set {name[:90]!r}",
            "Nạp, phê duyệt và kích hoạt bộ tiêu chí trước",
            "load, approve and activate it first",
        )
    if not record.in_force(plan.year):
        return Fault(
            "campaign.no_rule_set",
            place,
            f"Bộ tiêu chí {name} không có hiệu lực cho năm {plan.year}",
            f"the rule set {name} is not in force for {plan.year}",
            f"Kích hoạt bộ tiêu chí từ năm {plan.year} trở về trước, trong các năm áp dụng của nó",
            f"activate it from {plan.year} or earlier, within the years it is made for",
        )
    table = _table(record)
    if table not in tables or named.get(table, record) is not record:
        return Fault(
            "campaign.rule_set_unused",
            place,
            f"Bộ tiêu chí {name} ({'/'.join(table)}) không dùng đến: không có bảng nào, hoặc đã nêu bộ khác",
            f"the rule set {name} ({'/'.join(table)}) would not be used: no such table, or another is named for it",
            "Bỏ bộ tiêu chí này khỏi danh sách",
            "leave it out",
        )
    return None


def _table(record: RuleSetRecord) -> _Table:
    rule_set = record.rule_set()
    return rule_set.programme, rule_set.group


def _newest(plan: CampaignPlan, table: _Table, rule_sets: Sequence[RuleSetRecord]) -> RuleSetRecord | None:
    """The set activated from the latest year, and of those the highest version."""
    fitting = [record for record in rule_sets if _table(record) == table and record.in_force(plan.year)]
    return max(fitting, key=lambda record: record.precedence, default=None)


def _lacking(
    plan: CampaignPlan, chosen: dict[_Table, RuleSetRecord | None], rule_sets: Sequence[RuleSetRecord]
) -> Iterator[Fault]:
    for (programme, group), record in chosen.items():
        if record is None:
            active = _active(rule_sets, (programme, group))
            yield Fault(
                "campaign.no_rule_set",
                f"rule_sets.{programme}.{group}",
                f"Không có bộ tiêu chí nào đang có hiệu lực cho năm {plan.year}"
                + (active and f"; đang dùng: {active}"),
                f"no rule set is active for {plan.year}" + (active and f"; active are: {active}"),
                f"Kích hoạt một bộ tiêu chí cho {programme}/{group} từ năm {plan.year} trở về trước,"
                " trong các năm áp dụng của nó",
                f"activate a rule set for {programme}/{group} from {plan.year} or earlier,"
                " within the years it is made for",
            )


def _active(rule_sets: Sequence[RuleSetRecord], table: _Table) -> str:
    """The table's active sets with the years that campaigns may pin them for."""
    found = [(record.ref.key, record.years()) for record in rule_sets if _table(record) == table]
    return ", ".join(sorted(f"{name} ({years[0]}–{years[-1]})" for name, years in found if years))
