"""An amendment to be read on a screen: one list for each kind of change, in Vietnamese."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.scoring.core.amendment_model import Amendment, Change, Moved, Named, Noted, Renamed
from shared.ruleset.words import number, points_words

__all__ = ["moved_words", "render_text"]


def render_text(amendment: Amendment) -> str:
    """The amendment as the department's notice would list it, in Vietnamese Markdown."""
    return "\n".join(_lines(amendment)) + "\n"


def _lines(one: Amendment) -> Iterator[str]:
    yield f"# Sửa đổi bộ tiêu chí {one.rule_set}: phiên bản {one.before} → {one.after}"
    if one.is_empty():
        yield from ("", "Nội dung không thay đổi.")
    yield from _block("Thay đổi quy định chung", map(_change, one.set_changed))
    yield from _block("Bổ sung hạng mục", _named("hạng mục", one.sections_added))
    yield from _block("Bãi bỏ hạng mục", _named("hạng mục", one.sections_dropped))
    yield from _block("Sửa hạng mục", map(_change, one.sections_changed))
    yield from _block("Bổ sung tiêu chí", _named("tiêu chí", one.criteria_added))
    yield from _block("Bãi bỏ tiêu chí", _named("tiêu chí", one.criteria_dropped))
    yield from _block("Đổi mã, đổi tên, tách, gộp tiêu chí", map(_renaming, one.criteria_renamed))
    yield from _block("Điều chỉnh điểm", map(_points, one.points_moved))
    yield from _block("Thay đổi cách chấm, ngưỡng điểm và mức độ", map(_change, one.thresholds_changed))
    yield from _block("Thay đổi số liệu khảo sát", map(_change, one.inputs_changed))
    yield from _block("Thay đổi tài liệu kiểm chứng", map(_change, one.evidence_changed))
    yield from _block("Thay đổi khác của tiêu chí", map(_change, one.criteria_changed))
    yield from _block("Bổ sung quy tắc", _named("quy tắc", one.rules_added))
    yield from _block("Bãi bỏ quy tắc", _named("quy tắc", one.rules_dropped))
    yield from _block("Sửa quy tắc", map(_change, one.rules_changed))
    yield from _block("Thay đổi thứ tự", map(_change, one.order_changed))
    yield from _block("Thay đổi ví dụ", _examples(one.examples_changed))
    yield from _block("Thay đổi phần đối chiếu", map(_change, one.mapping_changed))
    if not one.is_empty():
        yield from _block("Lý do, ghi chú", map(_note, one.notes))


def _block(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = list(items)
    if lines:
        yield from ("", f"## {title}", "", *(f"- {line}" for line in lines))


def _named(kind: str, named: Iterable[Named]) -> Iterator[str]:
    for one in named:
        points = "" if one.points is None else f" ({points_words(one.points)})"
        yield f"{kind} {one.code}: {one.title}{points}"


def _renaming(one: Renamed) -> str:
    codes = f"{', '.join(one.before)} → {', '.join(one.after)}" if one.before != one.after else one.before[0]
    titles = f"“{one.title_before}” → “{one.title_after}”" if one.title_before != one.title_after else one.title_after
    return f"tiêu chí {codes}: {titles}"


def _points(one: Moved) -> str:
    kind = "tiêu chí" if "." in one.code else "hạng mục"
    return f"{kind} {one.code}: từ {points_words(one.before)} thành {points_words(one.after)} ({moved_words(one)})"


def moved_words(one: Moved) -> str:
    """By how much, and which way."""
    return f"{'tăng' if one.after > one.before else 'giảm'} {number(abs(one.after - one.before))}"


def _change(one: Change) -> str:
    before = f"trước: {'; '.join(one.before)}" if one.before else ""
    after = f"nay: {'; '.join(one.after)}" if one.after else ""
    return f"{one.subject} — {' | '.join(side for side in (before, after) if side)}"


def _examples(changes: Iterable[Change]) -> Iterator[str]:
    """Only which: what stands in them binds nobody, and the JSON has it."""
    kinds: dict[str, list[str]] = {"bổ sung": [], "bãi bỏ": [], "sửa": []}
    for one in changes:
        kinds["bổ sung" if not one.before else "sửa" if one.after else "bãi bỏ"].append(one.code)
    yield from (f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)


def _note(one: Noted) -> str:
    return f"tiêu chí {', '.join(one.codes)}: {one.note}" if one.codes else one.note
