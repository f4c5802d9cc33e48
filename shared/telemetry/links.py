"""Which traces an event rests on without being of them: a ranking comes of many submissions, and belongs to none.

Like all places here these are worked out, from the names of streams: nothing is kept for it, and nothing travels.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.telemetry.trace_context import NOWHERE, Place, of_event

__all__ = ["campaign_of", "rests_on"]

_FINAL, _PROVINCE = b'"stage":"final"', b'"group":"province"'


def rests_on(headers: Mapping[str, str], value: bytes) -> tuple[Place, ...]:
    """The first span of the ranking that a final scorecard, or a published edition, rests on.

    It is another one where whoever closed that table over HTTP named a trace of their own.
    """
    kind = headers.get("ce_type", "").rpartition(".v")[0]
    if kind in ("publishing.ranking.published", "publishing.ranking.corrected"):
        return (_ranking(headers.get("ce_partitionkey", "")),)
    if kind == "scoring.scorecard.computed" and _FINAL in value:
        table, _, _ = headers.get("ce_subject", "").rpartition("/")
        return (_ranking(f"{table}/{'province' if _PROVINCE in value else 'district'}"),)
    return ()


def campaign_of(headers: Mapping[str, str]) -> str:
    """The campaign that an event is of, or nothing: rule sets are of none."""
    key = headers.get("ce_partitionkey", "")
    return "" if "@" in key else key.partition("/")[0]


def _ranking(table: str) -> Place:
    first = f"scoring/rankings/{table}#computed-rankings.1"
    return of_event(first, first, NOWHERE)
