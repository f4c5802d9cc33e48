"""A ranking shown in a terminal, rounded once and as its rule set says."""

from __future__ import annotations

from collections import Counter
from typing import Any

from deploy.xephang.client import Client, Refused, path_of
from deploy.xephang.commands.outcome import say, say_table
from shared.kernel.exact import Rounding, parse_exact, show, vietnamese

__all__ = ["Labels", "say_ranking"]

_HEADER = ("Hạng", "Cơ quan", "Điểm", "Chỉ số", "Mức độ")
_REASONS = {"excluded": "không xếp hạng theo quy tắc", "not_verified": "chưa thẩm tra"}


class Labels:
    """What the rule sets of a platform say about showing results: names of levels, places, rounding."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._results: dict[str, dict[str, Any]] = {}

    def result(self, key: str) -> dict[str, Any]:
        """The part `result` of a rule set; empty where the platform does not show it."""
        if key not in self._results:
            try:
                self._results[key] = self._client.get(path_of("scoring", "rulesets", key))["result"]
            except Refused:
                self._results[key] = {}
        return self._results[key]


def say_ranking(ranking: dict[str, Any], labels: Labels) -> None:
    """The table, and beneath it who has no rank and why."""
    ref = f"{ranking['rule_set']['id']}@{ranking['rule_set']['version']}"
    result = labels.result(ref)
    levels = {level["id"]: level["title"]["vi"] for level in result.get("levels", ())}
    display = result.get("display", {})
    points, index = display.get("points_places", 2), display.get("index_places", 4)
    rounding = display.get("rounding", "half_up")
    ties = Counter(row["rank"] for row in ranking["rows"])
    rows = [
        (
            f"{row['rank']}{'=' if ties[row['rank']] > 1 else ''}",
            row["name"],
            _number(row["points"], points, rounding),
            _number(row["index"], index, rounding),
            levels.get(row["level"], row["level"]),
        )
        for row in ranking["rows"]
    ]
    key = ranking["key"]
    title = f"{key['campaign']}/{key['programme']}/{key['group']} – {ref}, lần tính {ranking['revision']}"
    say_table(title, _HEADER, rows, right=(0, 2, 3))
    for agency in ranking["unranked"]:
        rules = f" ({', '.join(agency['rules'])})" if agency.get("rules") else ""
        say(f"  –  {agency['name']}: {_REASONS.get(agency['reason'], agency['reason'])}{rules}")


def _number(text: str, places: int, rounding: Rounding) -> str:
    """Vietnamese decimal comma."""
    return vietnamese(show(parse_exact(text), places, rounding))
