"""Which criterion of the version before became which: the mapping followed, and codes kept where it is silent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.ruleset.document import Criterion, RuleSet

__all__ = ["Followed", "Pairs", "follow"]

Pairs = tuple[tuple[Criterion, Criterion], ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """Criteria followed from one version to the next; `regrouped` were split or merged."""

    pairs: Pairs
    regrouped: tuple[tuple[tuple[Criterion, ...], tuple[Criterion, ...]], ...]
    added: tuple[Criterion, ...]
    dropped: tuple[Criterion, ...]


def follow(old: RuleSet, new: RuleSet) -> Followed:
    """Follow the mapping of `new` if it starts from `old`; a criterion it does not name is kept under its code."""
    was = {criterion.code: criterion for criterion in old.criteria()}
    now = {criterion.code: criterion for criterion in new.criteria()}
    mapping = new.mapping if new.mapping is not None and new.mapping.version == old.version else None
    entries = mapping.entries if mapping is not None else ()
    sides = [(_known(was, entry.before), _known(now, entry.after)) for entry in entries]
    named_before = {code for entry in entries for code in entry.before}
    named_after = {code for entry in entries for code in entry.after}
    became = {afters[0].code: befores[0] for befores, afters in sides if len(befores) == len(afters) == 1}
    became |= {code: was[code] for code in now if code in was and code not in named_before | named_after}
    regrouped = tuple(
        (befores, afters) for befores, afters in sides if befores and afters and len(befores + afters) > 2
    )
    followed_before = {one.code for one in became.values()} | {one.code for side, _ in regrouped for one in side}
    followed_after = {*became, *(one.code for _, side in regrouped for one in side)}
    return Followed(
        pairs=tuple((became[code], one) for code, one in now.items() if code in became),
        regrouped=regrouped,
        added=_others(now, followed_after),
        dropped=_others(was, followed_before),
    )


def _known(criteria: dict[str, Criterion], codes: tuple[str, ...]) -> tuple[Criterion, ...]:
    return tuple(criteria[code] for code in codes if code in criteria)


def _others(criteria: dict[str, Criterion], followed: Collection[str]) -> tuple[Criterion, ...]:
    return tuple(one for code, one in criteria.items() if code not in followed)
