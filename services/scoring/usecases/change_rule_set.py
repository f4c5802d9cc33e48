"""Load, approve, activate, roll back and retire rule sets while everything runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.scoring.collections import CAMPAIGNS, CARDS, RULE_SETS, TABLE
from services.scoring.core import life_cycle
from services.scoring.core.examples import run_examples
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.life_cycle_refusals import no_reason, nothing_before, out_of_turn
from services.scoring.core.lint import amended, lint
from services.scoring.core.two_clocks import applicable, version_before
from services.scoring.documents import load_document
from services.scoring.ports import RuleEngine
from services.scoring.usecases.try_examples import placed
from shared.contracts.common import GroupKey
from shared.kernel.errors import Fault, NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme, RuleSet
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused

__all__ = [
    "acknowledge_rehearsal",
    "activate_rule_set",
    "approve_rule_set",
    "approved_rule_sets",
    "check_again",
    "check_rule_set",
    "has_verified_data",
    "load_rule_set",
    "retire_rule_set",
    "roll_back_rule_set",
    "tables_with_data",
]


def check_rule_set(
    content: bytes, name: str, engine: RuleEngine, approved: Sequence[RuleSet] = ()
) -> tuple[LoadedRuleSet, Sequence[Fault]]:
    """Read, lint and try the examples. Returns the warnings; raises `RuleSetRefused` with every error at its place.

    Of the `approved` sets the one that it amends is compared with it.
    """
    loaded = load_document(content, name)
    return loaded, _check(loaded, engine, approved)


def check_again(draft: KeptRuleSet, engine: RuleEngine, approved: Sequence[RuleSet] = ()) -> None:
    """Whether a draft is still sound: a rule or an example may come out otherwise than when it was loaded.

    Raises `RuleSetRefused`.
    """
    _check(LoadedRuleSet.without_places(draft.rule_set(draft.ref)), engine, approved)


async def approved_rule_sets(aggregates: Aggregates) -> list[RuleSet]:
    """Every version that was approved once: what a new one may amend."""
    kept = await aggregates.all(RULE_SETS)
    return [one.rule_set(one.ref) for one in kept.values() if one.status != "draft"]


def _check(loaded: LoadedRuleSet, engine: RuleEngine, approved: Sequence[RuleSet]) -> Sequence[Fault]:
    """The warnings of a document that was read. Raises `RuleSetRefused`."""
    findings = lint(loaded, amended(loaded.rule_set, approved))
    errors: list[Fault] = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        errors = [placed(loaded, fault) for fault in run_examples(loaded.rule_set, engine)]
    if errors:
        raise RuleSetRefused(tuple(errors))
    return [finding for finding in findings if finding.severity != "error"]


async def tables_with_data(aggregates: Aggregates) -> dict[tuple[Programme, Group], tuple[str, ...]]:
    """The campaigns that hold verified data, by programme and group: what a draft can be rehearsed on."""
    found: dict[tuple[Programme, Group], list[str]] = {}
    for campaign in (await aggregates.all(CAMPAIGNS)).values():
        for key in campaign.groups():
            if await has_verified_data(aggregates, key):
                found.setdefault((key.programme, key.group), []).append(campaign.id)
    return {table: tuple(sorted(campaigns)) for table, campaigns in found.items()}


async def has_verified_data(aggregates: Aggregates, table: GroupKey) -> bool:
    """Whether anybody in the table is verified who answered: who did not has 0 points under any rule set."""
    async for page in aggregates.pages(CARDS, TABLE, table.text, limit=20):
        if any(card.scored.basis == "answered" for card in page.values()):
            return True
    return False


async def load_rule_set(
    aggregates: Aggregates, engine: RuleEngine, content: bytes, name: str, by: str
) -> tuple[KeptRuleSet, Sequence[Fault]]:
    """Keep a sound document as a draft. Raises `RuleSetRefused` or `Conflict`; what is active stays as it is."""
    approved = await approved_rule_sets(aggregates)
    # It takes a while: others go on.
    loaded, warnings = await asyncio.to_thread(check_rule_set, content, name, engine, approved)
    now = aggregates.clock.now()
    kept = await aggregates.execute(
        RULE_SETS,
        loaded.rule_set.key,
        lambda old: life_cycle.load(old, loaded.rule_set, by, now, len(warnings)),
        actor=by,
    )
    assert kept is not None
    return kept, warnings


async def acknowledge_rehearsal(
    aggregates: Aggregates, key: str, campaign: str, basis_hash: str, by: str, reason: str = ""
) -> KeptRuleSet:
    """Take as a second person what a rehearsal shows. Raises `NotFound`, `Forbidden` or `Conflict`."""
    now = aggregates.clock.now()
    kept = await aggregates.execute(
        RULE_SETS,
        key,
        lambda k: life_cycle.acknowledge(k, key, campaign, basis_hash, by, now, reason),
        actor=by,
    )
    assert kept is not None
    return kept


async def approve_rule_set(
    aggregates: Aggregates, engine: RuleEngine, key: str, by: str, seen: str, reason: str = ""
) -> KeptRuleSet:
    """Approve as a second person what is still sound. Raises `NotFound`, `Forbidden`, `Conflict` or `RuleSetRefused`.

    `seen` is the hash of the document that the person has looked at.
    """
    now = aggregates.clock.now()
    draft = await aggregates.get(RULE_SETS, key)
    data_in = await _data_for(aggregates, draft)
    if draft is not None and life_cycle.approve(draft, key, by, now, seen, reason, data_in=data_in).state is not draft:
        await asyncio.to_thread(check_again, draft, engine, await approved_rule_sets(aggregates))
    kept = await aggregates.execute(
        RULE_SETS, key, lambda k: life_cycle.approve(k, key, by, now, seen, reason, data_in=data_in), actor=by
    )
    assert kept is not None
    return kept


async def activate_rule_set(aggregates: Aggregates, key: str, from_year: int, by: str, reason: str = "") -> KeptRuleSet:
    """Let campaigns pin it from a year on. Raises `NotFound`, `Conflict` or `Invalid`."""
    now = aggregates.clock.now()
    data_in = await _data_for(aggregates, await aggregates.get(RULE_SETS, key))
    kept = await aggregates.execute(
        RULE_SETS, key, lambda k: life_cycle.activate(k, key, from_year, by, now, reason, data_in=data_in), actor=by
    )
    assert kept is not None
    return kept


async def roll_back_rule_set(
    aggregates: Aggregates, key: str, year: int, by: str, reason: str
) -> tuple[KeptRuleSet, KeptRuleSet]:
    """Let campaigns from a year on pin the version before again; returns the set rolled back, and that version.

    The version before comes first: cut off between the two writes there is still a version for everybody, and asking
    again ends it. Raises `NotFound`, `Conflict` or `Invalid`.
    """
    if not reason.strip():
        raise no_reason(key)
    now = aggregates.clock.now()
    kept = await aggregates.all(RULE_SETS)
    older = _version_before(kept, key, year, now)
    before = await aggregates.execute(
        RULE_SETS,
        older.ref.key,
        lambda k: life_cycle.reinstate(k, older.ref.key, year, key, by, now, reason),
        actor=by,
    )
    after = await aggregates.execute(
        RULE_SETS, key, lambda k: life_cycle.roll_back(k, key, year, older.ref.key, by, now, reason), actor=by
    )
    assert before is not None
    assert after is not None
    return after, before


def _version_before(kept: Mapping[str, KeptRuleSet], key: str, year: int, now: datetime) -> KeptRuleSet:
    """What a rollback returns to. Raises `NotFound` or `Conflict`."""
    newer = kept.get(key)
    if newer is None:
        raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
    last = newer.steps[-1]
    if (last.action, last.year) == ("rolled_back", year):
        return kept[last.other]  # done already
    if newer.status != "active" or not newer.record().in_force(year):
        raise out_of_turn(key, "not_in_force", year)
    older = version_before(kept.values(), newer, year)
    if older is None:
        raise nothing_before(key, year)
    applies = applicable(kept.values(), newer.parsed.programme, newer.parsed.group, year, now).rule_set
    if applies is None or applies.key not in (key, older.ref.key):  # the older one: cut off half-way before
        raise out_of_turn(key, "not_applied", year)
    return older


async def retire_rule_set(aggregates: Aggregates, key: str, by: str, reason: str) -> KeptRuleSet:
    """Let no new campaign pin it. Raises `NotFound` or `Conflict`."""
    now = aggregates.clock.now()
    kept = await aggregates.execute(RULE_SETS, key, lambda k: life_cycle.retire(k, key, by, now, reason), actor=by)
    assert kept is not None
    return kept


async def _data_for(aggregates: Aggregates, kept: KeptRuleSet | None) -> tuple[str, ...]:
    if kept is None:
        return ()
    return (await tables_with_data(aggregates)).get((kept.parsed.programme, kept.parsed.group), ())
