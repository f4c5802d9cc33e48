"""Ranking tables for people and for other programs: rows of text, CSV, and the exact JSON that went to Kafka.

Numbers are rounded here, once, as the rule set says; ranks and levels were decided on exact values before.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.publishing.core.model import Edition
from services.publishing.core.wording import table_title
from shared.contracts.scoring import RankedAgency, Ranking, UnrankedAgency
from shared.kernel.canonical import canonical_json
from shared.kernel.exact import show
from shared.kernel.spreadsheet import harmless
from shared.ruleset.document import RuleSet

__all__ = ["HEADER", "RankingTable", "TableRow", "csv_bytes", "published_bytes", "ranking_table"]

HEADER = ("Hạng", "Cơ quan", "Điểm", "Điểm tối đa áp dụng", "Chỉ số", "Mức độ")
_CSV_HEADER = ("Hạng", "Mã cơ quan", *HEADER[1:], "Lý do không xếp hạng")


@dataclass(frozen=True)
class TableRow:
    """A row as shown; `tied`: another agency has the same rank."""

    rank: str
    agency: str
    name: str
    points: str
    maximum: str
    index: str
    level: str
    tied: bool

    def cells(self) -> tuple[str, ...]:
        """The cells under `HEADER`."""
        return (self.rank, self.name, self.points, self.maximum, self.index, self.level)


@dataclass(frozen=True)
class RankingTable:
    """A table as shown. `unranked`: id, name and reason of agencies without a rank."""

    title: str
    rule_set: str
    rows: tuple[TableRow, ...]
    unranked: tuple[tuple[str, str, str], ...]

    @property
    def tied(self) -> bool:
        """Whether agencies share a rank."""
        return any(row.tied for row in self.rows)


def ranking_table(ranking: Ranking, rule_set: RuleSet, mark: Literal[",", "."] = ",") -> RankingTable:
    """The table with titles and rounding of the rule set; `mark` is the decimal mark (Vietnamese documents: comma)."""
    at_rank = Counter(row.rank for row in ranking.rows)
    levels = {level.id: level.title.vi for level in rule_set.result.levels}
    return RankingTable(
        title=table_title(ranking.key, ranking.year),
        rule_set=f"{rule_set.title.vi}, phiên bản {rule_set.version} (SHA-256 {ranking.rule_set.hash})",
        rows=tuple(_row(row, rule_set, mark, levels, at_rank[row.rank] > 1) for row in ranking.rows),
        unranked=tuple((row.agency, row.name, _reason(row, rule_set)) for row in ranking.unranked),
    )


def csv_bytes(ranking: Ranking, rule_set: RuleSet) -> bytes:
    """RFC 4180 in UTF-8 with a byte-order mark (for Excel), decimal point; no cell can be taken for a formula."""
    table = ranking_table(ranking, rule_set, ".")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_CSV_HEADER)
    for row in table.rows:
        rank, *rest = row.cells()
        writer.writerow([harmless(cell) for cell in (rank, row.agency, *rest, "")])
    for agency, name, reason in table.unranked:
        writer.writerow([harmless(cell) for cell in ("", agency, name, "", "", "", "", reason)])
    return out.getvalue().encode("utf-8-sig")


def published_bytes(edition: Edition) -> bytes:
    """The bytes of the event's value on Kafka: canonical JSON of its data."""
    return canonical_json(edition.event().plain())


def _row(row: RankedAgency, rule_set: RuleSet, mark: str, levels: Mapping[str, str], tied: bool) -> TableRow:
    display = rule_set.result.display
    return TableRow(
        rank=str(row.rank),
        agency=row.agency,
        name=row.name,
        points=show(row.points, display.points_places, display.rounding).replace(".", mark),
        maximum=show(row.maximum, display.points_places, display.rounding).replace(".", mark),
        index=show(row.index, display.index_places, display.rounding).replace(".", mark),
        level=levels.get(row.level, row.level),
        tied=tied,
    )


def _reason(row: UnrankedAgency, rule_set: RuleSet) -> str:
    if row.reason == "not_verified":
        return "Không có phiếu trả lời được thẩm tra"
    titles = {rule.id: rule.title.vi for rule in rule_set.rules}
    rules = "; ".join(titles.get(rule, rule) for rule in row.rules)
    return f"Không xếp hạng theo quy tắc: {rules}" if rules else "Không xếp hạng theo quy tắc của bộ tiêu chí"
