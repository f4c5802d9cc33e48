"""A rehearsal in words: what drove the change of one agency, in Vietnamese; a table of all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

from services.scoring.core.rehearsal import MovedCriterion, Names, Report, Row, Standing
from shared.contracts.scoring import FiredRule
from shared.kernel.exact import exact_text, show, vietnamese
from shared.kernel.spreadsheet import harmless
from shared.ruleset.words import number

__all__ = ["CSV_HEADER", "csv_lines", "drivers", "value_shown"]

CSV_HEADER = (
    "agency",
    "name",
    *(f"{what}_{when}" for what in ("points", "maximum", "index", "level", "rank") for when in ("before", "after")),
    "why",
)


def drivers(report: Report, row: Row) -> tuple[str, ...]:
    """What drove the change, one sentence each, the level first; empty if nothing changed."""
    return tuple(_sentences(report.names, row))


def value_shown(standing: Standing, names: Names) -> str:
    """What an agency is ranked by, rounded for show: the index or the points."""
    display = names.display
    if names.by_index:
        return vietnamese(show(standing.index, display.index_places, display.rounding))
    return vietnamese(show(standing.points, display.points_places, display.rounding))


def csv_lines(report: Report, rows: Iterable[Row]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), exact numbers, without the header; no text can be taken for a formula."""
    for row in rows:
        text, why = io.StringIO(), "; ".join(drivers(report, row))
        csv.writer(text).writerow([row.agency, harmless(row.name), *_cells(row), harmless(why)])
        yield text.getvalue()


def _cells(row: Row) -> Iterator[str]:
    for name in ("points", "maximum", "index"):
        yield from (exact_text(getattr(standing, name)) for standing in (row.before, row.after))
    yield from (row.before.level, row.after.level)
    yield from (str(standing.rank or "") for standing in (row.before, row.after))


def _sentences(names: tuple[Names, Names], row: Row) -> Iterator[str]:
    before, after = row.before, row.after
    if before.level != after.level:
        yield f"Mức độ: {names[0].levels[before.level]} → {names[1].levels[after.level]}"
    if (before.rank is None) != (after.rank is None):
        yield "Nay không được xếp hạng" if after.rank is None else "Nay được xếp hạng"
    yield from (_criterion(names, moved, row.asked_again) for moved in row.criteria)
    yield from (_rule(names[1], fired, "nay được áp dụng") for fired in row.fires)
    yield from (_rule(names[0], fired, "không còn áp dụng") for fired in row.no_longer)
    if before.deducted != after.deducted:
        yield f"Tổng điểm trừ: {_change(before.deducted, after.deducted)}"
    if before.cut != after.cut:
        yield f"Điểm bị cắt do mức trần: {_change(before.cut, after.cut)}"
    said = {code for moved in row.criteria if not moved.before for code in moved.after}
    for code in row.asked_again:
        if code not in said:
            yield f"Tiêu chí {_titled(names[1], (code,))}: phải hỏi lại, chưa có số liệu nên tạm coi là chưa báo cáo"


def _criterion(names: tuple[Names, Names], moved: MovedCriterion, asked_again: tuple[str, ...]) -> str:
    (points_before, points_after), (maximum_before, maximum_after) = moved.points, moved.maximum
    if not moved.before:
        unasked = " (chưa hỏi nên chưa có số liệu)" if set(moved.after) <= set(asked_again) else ""
        return f"Tiêu chí mới {_titled(names[1], moved.after)}: {_of(points_after, maximum_after)}{unasked}"
    if not moved.after:
        return f"Bỏ tiêu chí {_titled(names[0], moved.before)}: mất {_of(points_before, maximum_before)}"
    codes = "" if moved.before == moved.after else f" (trước: {', '.join(moved.before)})"
    head = f"Tiêu chí {_titled(names[1], moved.after)}{codes}"
    if maximum_before == maximum_after:
        return f"{head}: {_change(points_before, points_after)} điểm"
    return f"{head}: {_of(points_before, maximum_before)} → {_of(points_after, maximum_after)}"


def _titled(names: Names, codes: tuple[str, ...]) -> str:
    return f"{codes[0]} «{names.criteria[codes[0]]}»" if len(codes) == 1 else ", ".join(codes)


def _of(points: Fraction, maximum: Fraction) -> str:
    return f"{number(points)}/{number(maximum)} điểm"


def _change(before: Fraction, after: Fraction) -> str:
    return f"{number(before)} → {number(after)}"


def _rule(names: Names, fired: FiredRule, what: str) -> str:
    where = f" đối với tiêu chí {', '.join(fired.criteria)}" if fired.criteria else ""
    return f"Quy tắc «{names.rules[fired.rule]}» {what}{where}"
