"""The ranking (bảng xếp hạng): one group of agencies, put in order by exact values.

Equal exact value, equal rank, and the next rank skips (1, 2, 2, 4), unless the rule set's tie-breakers decide between
them. Nothing rounded is ever compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from services.scoring.core.scorecard import CriterionResult, Scorecard, SectionResult, fired_rules
from shared.contracts.common import GroupKey
from shared.contracts.scoring import (
    CriterionPoints,
    FiredRule,
    RankedAgency,
    Ranking,
    ScorecardSummary,
    SectionPoints,
    UnrankedAgency,
)
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.ruleset.document import ExcludeFromRanking, Result, RuleSet, TieBreaker

__all__ = ["Counted", "Entry", "counted", "order_of", "places", "rank"]

_Part = SectionPoints | CriterionPoints | SectionResult | CriterionResult


@dataclass(frozen=True, slots=True)
class Counted:
    """The little that a ranking reads of a final scorecard: a nation's can be held side by side.

    `sections` and `criteria` are those that tie-breakers name; `fired` says nothing of who has a rank.
    """

    points: Fraction
    maximum: Fraction
    index: Fraction
    level: str
    basis_hash: str
    excluded: bool
    sections: tuple[SectionResult, ...]
    criteria: tuple[CriterionResult, ...]
    fired: tuple[FiredRule, ...]


Scored = ScorecardSummary | Scorecard | Counted


@dataclass(frozen=True, slots=True)
class Entry:
    """An agency with its final scorecard."""

    agency: str
    name: str
    scorecard: ScorecardSummary | Counted


class _Placed(NamedTuple):
    value: Fraction
    ties: tuple[Fraction, ...]
    entry: Entry


def counted(result: Result, card: Scorecard, basis_hash: str) -> Counted:
    """What a ranking reads of a scorecard with this basis."""
    named = {breaker.of for breaker in result.tie_breakers}
    return Counted(
        points=card.points,
        maximum=card.maximum,
        index=card.index,
        level=card.level,
        basis_hash=basis_hash,
        excluded=card.excluded,
        sections=tuple(one for one in card.sections if f"section.{one.code}" in named) if named else (),
        criteria=tuple(one for one in card.criteria if f"criterion.{one.code}" in named) if named else (),
        fired=fired_rules(card.firings) if card.excluded else (),
    )


def order_of(result: Result, scorecard: Scored) -> tuple[Fraction, ...]:
    """What is ranked by, the greatest first: the exact value, then what decides between equals."""
    signed = (
        tie if one.first == "highest" else -tie
        for one, tie in zip(result.tie_breakers, _ties(result, scorecard), strict=True)
    )
    return (_value(result, scorecard), *signed)


def places(orders: Mapping[str, tuple[Fraction, ...]]) -> dict[str, int]:
    """The rank of each by what it is ranked by; equal order, equal rank, and the next rank skips."""
    ranks: dict[tuple[Fraction, ...], int] = {}
    for place, order in enumerate(sorted(orders.values(), reverse=True), start=1):
        ranks.setdefault(order, place)
    return {name: ranks[order] for name, order in orders.items()}


def rank(
    key: GroupKey,
    year: int,
    rule_set: RuleSet,
    revision: int,
    entries: Iterable[Entry],
    unranked: Iterable[UnrankedAgency] = (),
) -> Ranking:
    """Rank `entries`; those that a rule excludes join `unranked`. The order of either does not matter."""
    everyone = sorted(entries, key=lambda entry: entry.agency)
    out = [*unranked, *(_excluded(rule_set, entry) for entry in everyone if entry.scorecard.excluded)]
    out.sort(key=lambda agency: agency.agency)
    result = rule_set.result
    ranked = [
        _Placed(_value(result, entry.scorecard), _ties(result, entry.scorecard), entry)
        for entry in everyone
        if not entry.scorecard.excluded
    ]
    # Stable: who is equal in everything stays in the order of agency ids.
    ranked.sort(key=lambda placed: order_of(result, placed.entry.scorecard), reverse=True)
    return Ranking(
        key=key,
        year=year,
        rule_set=rule_set.ref(),
        revision=revision,
        basis_hash=_basis_hash(key, year, rule_set, everyone, out),
        rows=_rows(ranked),
        unranked=tuple(out),
    )


def _value(result: Result, scorecard: Scored) -> Fraction:
    return scorecard.index if result.form == "index" else scorecard.points


def _ties(result: Result, scorecard: Scored) -> tuple[Fraction, ...]:
    return tuple(_tie_value(one, scorecard) for one in result.tie_breakers)


def _tie_value(breaker: TieBreaker, scorecard: Scored) -> Fraction:
    kind, _, code = breaker.of.partition(".")
    if kind == "points":
        return scorecard.points
    if kind == "index":
        return scorecard.index
    parts: Iterable[_Part] = scorecard.sections if kind == "section" else scorecard.criteria
    return next((part.points for part in parts if part.code == code), Fraction(0))


def _rows(ranked: list[_Placed]) -> tuple[RankedAgency, ...]:
    rows: list[RankedAgency] = []
    for place, (value, ties, entry) in enumerate(ranked, start=1):
        tied = bool(rows) and (rows[-1].value, rows[-1].tie_breakers) == (value, ties)
        rows.append(
            RankedAgency(
                rank=rows[-1].rank if tied else place,
                agency=entry.agency,
                name=entry.name,
                points=entry.scorecard.points,
                maximum=entry.scorecard.maximum,
                index=entry.scorecard.index,
                value=value,
                tie_breakers=ties,
                level=entry.scorecard.level,
                basis_hash=entry.scorecard.basis_hash,
            )
        )
    return tuple(rows)


def _excluded(rule_set: RuleSet, entry: Entry) -> UnrankedAgency:
    excluding = {
        rule.id for rule in rule_set.rules if any(isinstance(effect, ExcludeFromRanking) for effect in rule.then)
    }
    rules = tuple(fired.rule for fired in entry.scorecard.fired if fired.rule in excluding)
    return UnrankedAgency(agency=entry.agency, name=entry.name, reason="excluded", rules=rules)


def _basis_hash(
    key: GroupKey, year: int, rule_set: RuleSet, entries: list[Entry], unranked: list[UnrankedAgency]
) -> str:
    """SHA-256 of what was ranked; the revision is left out: the same basis gives the same hash."""
    basis: dict[str, Any] = {
        "key": key.model_dump(mode="json"),
        "year": year,
        "rule_set": rule_set.ref().model_dump(mode="json"),
        "scorecards": {entry.agency: entry.scorecard.basis_hash for entry in entries},
        "unranked": [one.model_dump(mode="json") for one in unranked],
    }
    return sha256_hex(canonical_json(basis))
