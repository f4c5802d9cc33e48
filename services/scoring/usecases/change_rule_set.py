"""Load, approve, activate and retire rule sets while everything runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.scoring.collections import RULE_SETS
from services.scoring.core import life_cycle
from services.scoring.core.examples import run_examples
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.lint import lint
from services.scoring.ports import RuleEngine
from shared.kernel.errors import Fault
from shared.messaging.commands import Aggregates
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused, load_text

__all__ = ["activate_rule_set", "approve_rule_set", "check_rule_set", "load_rule_set", "retire_rule_set"]


def check_rule_set(content: bytes, name: str, engine: RuleEngine) -> tuple[LoadedRuleSet, Sequence[Fault]]:
    """Read, lint and try the examples. Returns the warnings; raises `RuleSetRefused` with every error at its place."""
    loaded = load_text(content, name)
    return loaded, _check(loaded, engine)


def _check(loaded: LoadedRuleSet, engine: RuleEngine) -> Sequence[Fault]:
    """The warnings of a document that was read. Raises `RuleSetRefused`."""
    findings = lint(loaded)
    errors: list[Fault] = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        errors = [_placed(loaded, fault) for fault in run_examples(loaded.rule_set, engine)]
    if errors:
        raise RuleSetRefused(tuple(errors))
    return [finding for finding in findings if finding.severity != "error"]


def _placed(loaded: LoadedRuleSet, fault: Fault) -> Fault:
    """An example's fault with the line the example stands on."""
    parts = fault.place.split(".")
    ids = [example.id for example in loaded.rule_set.examples]
    if len(parts) < 2 or parts[1] not in ids:
        return fault
    place = f"{loaded.places.at(f'examples[{ids.index(parts[1])}]')} ({fault.place})"
    return Fault(fault.code, place, fault.vi, fault.en, fault.remedy_vi, fault.remedy_en)


async def load_rule_set(
    aggregates: Aggregates, engine: RuleEngine, content: bytes, name: str, by: str
) -> tuple[KeptRuleSet, Sequence[Fault]]:
    """Keep a sound document as a draft. Raises `RuleSetRefused` or `Conflict`; what is active stays as it is."""
    loaded, warnings = await asyncio.to_thread(check_rule_set, content, name, engine)  # takes a while: others go on
    now = aggregates.clock.now()
    kept = await aggregates.execute(
        RULE_SETS, loaded.rule_set.key, lambda old: life_cycle.load(old, loaded.rule_set, by, now), actor=by
    )
    assert kept is not None
    return kept, warnings


async def approve_rule_set(
    aggregates: Aggregates, engine: RuleEngine, key: str, by: str, reason: str = "", seen: str = ""
) -> KeptRuleSet:
    """Approve as a second person what is still sound. Raises `NotFound`, `Forbidden`, `Conflict` or `RuleSetRefused`.

    `seen` is the hash of the document that the person has looked at, if it is told.
    """
    now = aggregates.clock.now()
    draft = await aggregates.get(RULE_SETS, key)
    if draft is not None and life_cycle.approve(draft, key, by, now, reason, seen).state is not draft:
        loaded = LoadedRuleSet.without_places(draft.rule_set(draft.ref))
        await asyncio.to_thread(_check, loaded, engine)  # its examples may come out otherwise than when it was loaded
        seen = draft.ref.hash
    kept = await aggregates.execute(
        RULE_SETS, key, lambda k: life_cycle.approve(k, key, by, now, reason, seen), actor=by
    )
    assert kept is not None
    return kept


async def activate_rule_set(aggregates: Aggregates, key: str, from_year: int, by: str, reason: str = "") -> KeptRuleSet:
    """Let campaigns pin it from a year on. Raises `NotFound`, `Conflict` or `Invalid`."""
    now = aggregates.clock.now()
    kept = await aggregates.execute(
        RULE_SETS, key, lambda k: life_cycle.activate(k, key, from_year, by, now, reason), actor=by
    )
    assert kept is not None
    return kept


async def retire_rule_set(aggregates: Aggregates, key: str, by: str, reason: str) -> KeptRuleSet:
    """Let no new campaign pin it. Raises `NotFound` or `Conflict`."""
    now = aggregates.clock.now()
    kept = await aggregates.execute(RULE_SETS, key, lambda k: life_cycle.retire(k, key, by, now, reason), actor=by)
    assert kept is not None
    return kept
