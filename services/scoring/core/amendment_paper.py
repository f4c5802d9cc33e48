"""An amendment as the annex of the dispatch (công văn): what the rules were and what they are, side by side.

TT · tiêu chí · quy định cũ · quy định mới, criteria under their sections, then rules, then what concerns the set as a
whole. Examples and the order of things bind nobody and are left to the text and the JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.scoring.core.amendment_leaves import ENGLISH
from services.scoring.core.amendment_model import Amendment, Change, Named
from services.scoring.core.amendment_text import moved_words
from shared.kernel.paper import Block, Grid, Heading, Items, Paper, Row, Says
from shared.ruleset.words import points_words

__all__ = ["amendment_paper"]

_WIDTHS = (6, 24, 35, 35)
_NONE = "(không quy định)"


@dataclass
class _Line:
    """One row of the table: its subject, and the lines of either side."""

    subject: str
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def amendment_paper(amendment: Amendment) -> Paper:
    """The annex; what is not named in it stays as it was."""
    title = f"PHỤ LỤC: SỬA ĐỔI, BỔ SUNG {amendment.title.upper()}"
    return Paper(title, tuple(_blocks(amendment)))


def _blocks(one: Amendment) -> Iterator[Block]:
    first, last = one.years
    years = f"năm {first}" if first == last else f"các năm {first}–{last}"
    yield Says(f"Phiên bản {one.after}, thay phiên bản {one.before}; áp dụng cho {years}.")
    yield Items(tuple(f"Căn cứ {basis}." for basis in one.legal_basis))
    if one.is_empty():
        yield Says("Nội dung không thay đổi.")
        return
    parts = (
        ("Tiêu chí", "Tiêu chí", list(_criteria(one))),
        ("Quy tắc chung", "Quy tắc", list(_rules(one))),
        ("Quy định khác", "Nội dung", list(_set(one))),
    )
    for numeral, (heading, subject, lines) in zip(
        ("I", "II", "III"), (part for part in parts if part[2]), strict=False
    ):
        yield from _table(f"{numeral}. {heading}", subject, one, lines)
    yield Says(f"Các nội dung không nêu ở trên giữ nguyên như phiên bản {one.before}.")
    yield Says(f"SHA-256 của phiên bản {one.before}: {one.hash_before}; của phiên bản {one.after}: {one.hash_after}.")


def _table(heading: str, subject: str, one: Amendment, lines: list[_Line | str]) -> Iterator[Block]:
    header = ("TT", subject, f"Quy định cũ (phiên bản {one.before})", f"Quy định mới (phiên bản {one.after})")
    yield Heading(2, heading)
    yield Grid("", header, tuple(_rows(lines)), _WIDTHS)


def _rows(lines: Iterable[_Line | str]) -> Iterator[Row]:
    number = 0
    for line in lines:
        if isinstance(line, str):
            yield Row(("", line, "", ""), strong=True)
            continue
        number += 1
        yield Row((str(number), line.subject, _binding(line.before) or _NONE, _binding(line.after) or _NONE))


def _binding(lines: list[str]) -> tuple[str, ...]:
    """The lines without English, and without explanations that only say the others again."""
    vietnamese = [line for line in lines if f"{ENGLISH}: " not in line]
    rules = [line for line in vietnamese if not line.startswith("giải thích: ")]
    return tuple(rules or vietnamese or lines)


# --- criteria ----------------------------------------------------------------------------------------------------


def _criteria(one: Amendment) -> Iterator[_Line | str]:
    """The rows of criteria in the order of their codes, under the titles of their sections."""
    lines = _by_code(one)
    titles = dict(one.sections)
    section = ""
    for code in sorted(lines, key=_in_order):
        home = code.partition(".")[0]
        if home != section:
            section = home
            yield f"Hạng mục {home}. {titles[home]}" if home in titles else f"Hạng mục {home}"
        yield lines[code]


def _in_order(code: str) -> tuple[tuple[int, ...], str]:
    return tuple(int(part) for part in code.split("/")[0].split(".")), code


def _by_code(one: Amendment) -> dict[str, _Line]:
    lines: dict[str, _Line] = {}
    for named in one.criteria_dropped:
        lines[f"{named.code}/cũ"] = _Line(f"{named.code}. {named.title}", [*_all_of(named)], ["Bãi bỏ"])
    for renamed in one.criteria_renamed:
        line = lines.setdefault(renamed.after[0], _Line(""))
        line.before += renamed.lines_before or [f"{'; '.join(renamed.before)}. {renamed.title_before}"]
        line.after += renamed.lines_after or [f"{'; '.join(renamed.after)}. {renamed.title_after}"]
        line.subject = f"{'; '.join(renamed.after)}. {renamed.title_after}"
    for named in one.criteria_added:
        lines[named.code] = _Line(f"{named.code}. {named.title}", [], ["Bổ sung", *_all_of(named)])
    for moved in one.points_moved:
        if "." in moved.code:
            line = lines.setdefault(moved.code, _Line(""))
            line.before.append(points_words(moved.before))
            line.after.append(f"{points_words(moved.after)} ({moved_words(moved)})")
    for change in (*one.thresholds_changed, *one.inputs_changed, *one.evidence_changed, *one.criteria_changed):
        if change.code:
            line = lines.setdefault(change.code, _Line(""))
            line.before += change.before
            line.after += change.after
    titles = dict(one.criteria)
    for code, line in lines.items():
        line.subject = line.subject or f"{code}. {titles[code]}"
    _add_notes(one, lines)
    return lines


def _all_of(named: Named) -> Iterator[str]:
    if named.points is not None:
        yield points_words(named.points)
    yield from named.lines


def _add_notes(one: Amendment, lines: dict[str, _Line]) -> None:
    """Why, below what is new."""
    for note in one.notes:
        for code in note.codes[:1]:
            line = lines.get(code) or lines.get(f"{code}/cũ")
            if line is not None:
                line.after.append(f"Ghi chú: {note.note}")


# --- the rest ----------------------------------------------------------------------------------------------------


def _rules(one: Amendment) -> Iterator[_Line | str]:
    for named in one.rules_added:
        yield _Line(named.title, [], ["Bổ sung", *named.lines])
    for change in one.rules_changed:
        yield _changed(change)
    for named in one.rules_dropped:
        yield _Line(named.title, [*named.lines], ["Bãi bỏ"])


def _set(one: Amendment) -> Iterator[_Line | str]:
    for change in (*one.set_changed, *(each for each in one.thresholds_changed if not each.code)):
        yield _changed(change)
    for named in one.sections_added:
        yield _Line(f"Hạng mục {named.code}. {named.title}", [], ["Bổ sung", *_all_of(named)])
    for named in one.sections_dropped:
        yield _Line(f"Hạng mục {named.code}. {named.title}", [*_all_of(named)], ["Bãi bỏ"])
    for moved in one.points_moved:
        if "." not in moved.code:
            after = f"{points_words(moved.after)} ({moved_words(moved)})"
            yield _Line(f"Hạng mục {moved.code}", [points_words(moved.before)], [after])
    yield from map(_changed, one.sections_changed)


def _changed(change: Change) -> _Line:
    return _Line(change.subject[:1].upper() + change.subject[1:], [*change.before], [*change.after])
