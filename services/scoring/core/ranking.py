"""The ranking (bảng xếp hạng): one group of agencies, put in order by exact values.

Equal exact value, equal rank, and the next rank skips (1, 2, 2, 4), unless the rule set's tie-breakers decide between
them. Nothing rounded is ever compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from shared.contracts.common import GroupKey
from shared.contracts.scoring import (
    CriterionPoints,
    RankedAgency,
    Ranking,
    ScorecardSummary,
    SectionPoints,
    UnrankedAgency,
)
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.ruleset.document import ExcludeFromRanking, RuleSet, TieBreaker

__all__ = ["Entry", "rank"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An agency with its final scorecard."""

    agency: str
    name: str
    scorecard: ScorecardSummary


class _Placed(NamedTuple):
    value: Fraction
    ties: tuple[Fraction, ...]
    entry: Entry

    def order(self, breakers: tuple[TieBreaker, ...]) -> tuple[Fraction, ...]:
        """What is sorted by, from high to low."""
        signed = (v if one.first == "highest" else -v for one, v in zip(breakers, self.ties, strict=True))
        return (self.value, *signed)


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
    by_index = rule_set.result.form == "index"
    ranked = [
        _Placed(
            entry.scorecard.index if by_index else entry.scorecard.points,
            tuple(_tie_value(one, entry.scorecard) for one in rule_set.result.tie_breakers),
            entry,
        )
        for entry in everyone
        if not entry.scorecard.excluded
    ]
    # Stable: who is equal in everything stays in the order of agency ids.
    ranked.sort(key=lambda placed: placed.order(rule_set.result.tie_breakers), reverse=True)
    return Ranking(
        key=key,
        year=year,
        rule_set=rule_set.ref(),
        revision=revision,
        basis_hash=_basis_hash(key, year, rule_set, everyone, out),
        rows=_rows(ranked),
        unranked=tuple(out),
    )


def _tie_value(breaker: TieBreaker, scorecard: ScorecardSummary) -> Fraction:
    kind, _, code = breaker.of.partition(".")
    if kind == "points":
        return scorecard.points
    if kind == "index":
        return scorecard.index
    parts: Iterable[SectionPoints | CriterionPoints] = scorecard.sections if kind == "section" else scorecard.criteria
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
