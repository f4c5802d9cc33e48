"""From the rows of “Thang điểm” back to methods: bands, options, parts, cases, classes, whatever nests in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.numbers import shown
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.scales import (
    BAND,
    CASE,
    CLASS,
    COLUMNS,
    EACH,
    ENDS,
    HEAD_COLUMNS,
    INNER,
    NO,
    OPTION,
    PART,
    YES,
)
from services.scoring.core.workbook.tables import Row
from shared.ruleset.places import join

__all__ = ["Scales"]

_MAX_DEPTH = 12
# form → the rows that it has on this sheet
_ROWS: Mapping[str, tuple[str, ...]] = {
    "yes_no": (YES, NO),
    "ratio": (),
    "bands": (BAND,),
    "count": (EACH,),
    "choice": (OPTION,),
    "relative": (),
    "information": (),
    "sum": (PART,),
    "best": (CASE,),
    "average": (INNER,),
    "by": (CLASS,),
}
_ANY = ("criterion", "part", "kind", "label")
# what a row of each kind uses besides
_USED: Mapping[str, tuple[str, ...]] = {
    BAND: (*ENDS, "points"),
    OPTION: ("title", "option", "points"),
    EACH: ("points",),
    YES: ("points",),
    NO: ("points",),
    PART: ("title", "points", "form", "measure", "zero", "best", "en"),
    CASE: ("title", "points", "form", "measure", "zero", "best", "en"),
    CLASS: ("title", "option", "form", "measure", "zero", "best"),
    INNER: ("form", "measure", "zero", "best"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    BAND: ("points",),
    OPTION: ("option", "points"),
    EACH: ("points",),
    YES: ("points",),
    NO: ("points",),
    PART: ("title", "points", "form"),
    CASE: ("title", "points", "form"),
    CLASS: ("option", "form"),
    INNER: ("form",),
}
_MEASURED = {"yes_no": "input", "ratio": "of", "bands": "of", "count": "input", "choice": "input", "relative": "input"}
_QUOTIENT_FORMS = ("ratio", "bands", "relative")


@dataclass
class Scales:
    """The rows of the sheet, by criterion and part, as the methods take them."""

    reading: Reading
    rows: list[Row]
    options: Mapping[str, Mapping[str, tuple[str, str]]]  # input → option → its title and the title's place
    _own: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for row in self.rows:
            part, kind = row.get("part") or "", row.get("kind")
            # A row that opens a part belongs to what it is a part of.
            owner = part.rpartition(".")[0] if kind in (PART, CASE, CLASS, INNER) else part
            self._own.setdefault((row.get("criterion") or "", owner), []).append(row)
            if kind:
                row.only(self.reading, COLUMNS, (*_ANY, *_USED[kind]), (f"dòng “{kind}”", kind))
                row.needs(self.reading, COLUMNS, *_NEEDED[kind])

    def method(self, head: Row, code: str, path: str, part: str = "") -> dict[str, Any]:
        """The method that a criterion's or part's row begins, as plain data."""
        form = head.get("form")
        self.reading.label(path, head.places["form"])
        if form is None:
            return {}
        rows = self._rows_for(form, code, part)
        data: dict[str, Any] = {"form": form} | self._measured(head, form, path)
        match form:
            case "yes_no":
                return data | self._yes_no(rows, path)
            case "bands":
                return data | {"rows": [self._band(row, join(path, "rows", at)) for at, row in enumerate(rows)]}
            case "count":
                return data | self._points(rows, path, "unit_points", EACH, head)
            case "choice":
                return data | {"points": self._choice(rows, path, data.get("input"))}
            case "sum" | "best":
                key = "parts" if form == "sum" else "cases"
                return data | {key: [self._part(row, code, join(path, key, at)) for at, row in enumerate(rows)]}
            case "average":
                return data | self._inner(rows, code, path, head)
            case "by":
                return data | {"cases": self._classes(rows, code, path, data.get("input"))}
            case _:
                return data

    def refuse_untaken(self, codes: set[str], sheet: str) -> None:
        """Refuse rows that belong to no criterion or to no part of it."""
        for row in self.rows:
            code, part = row.get("criterion"), row.get("part") or ""
            if row.number in self._taken or code is None or row.get("kind") is None:
                continue
            if code not in codes:
                self.reading.refuse("unknown_criterion", row.places["criterion"], value=shown(code), sheet=sheet)
            else:
                self.reading.refuse("no_part", row.places["part"], criterion=code, part=part)

    def _rows_for(self, form: str, code: str, part: str) -> list[Row]:
        rows = self._own.get((code, part), [])
        taken: list[Row] = []
        for row in rows:
            self._taken.add(row.number)
            kind = row.get("kind")
            if kind in _ROWS[form]:
                taken.append(row)
            elif kind:
                labels = {value: word for word, value in words.FORMS.items()}
                expected = ", ".join(_ROWS[form]) or "–"
                self.reading.refuse(
                    "row_not_for_form", row.places["kind"], row=kind, form=labels[form], expected=expected
                )
        return taken

    def _measured(self, head: Row, form: str, path: str) -> dict[str, Any]:
        place, measure = head.places["measure"], head.get("measure")
        key = _MEASURED.get(form) or {"average": "total", "by": "input"}.get(form, "")
        self._used_only_by(head, "best", form == "relative", form)
        self._used_only_by(head, "zero", isinstance(measure, dict) and form in _QUOTIENT_FORMS, form)
        self._used_only_by(head, "measure", bool(key), form)
        if not key:
            return {}
        self.reading.label(join(path, key), place)
        if "measure" not in head.filled and form != "average":
            self.reading.refuse("empty_cell", place, column=HEAD_COLUMNS[1].heading)
        if isinstance(measure, dict):
            if form not in _QUOTIENT_FORMS:
                self.reading.refuse("measure", place, value="`… / …`")
            self.reading.label(join(path, key, "zero_denominator"), head.places["zero"])
            measure = measure | ({"zero_denominator": head.get("zero")} if head.get("zero") else {})
        best = {"zero_best": head.get("best")} if head.get("best") else {}
        return ({key: measure} if measure is not None else {}) | best

    def _used_only_by(self, head: Row, key: str, used: bool, form: str) -> None:
        if key in head.filled and not used:
            heading = next(column.heading for column in HEAD_COLUMNS if column.key == key)
            labels = {value: word for word, value in words.FORMS.items()}
            what = {"what": f"hình thức tính “{labels[form]}”", "what_en": f"the form “{labels[form]}”"}
            self.reading.refuse("does_not_belong", head.places[key], column=heading, **what)

    def _yes_no(self, rows: list[Row], path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for row in rows:
            key = "yes" if row.get("kind") == YES else "no"
            self._once(seen, str(row.get("kind")), row, "kind")
            self.reading.label(join(path, key), row.places["points"])
            found[key] = row.get("points")
        return found

    def _band(self, row: Row, path: str) -> dict[str, Any]:
        self.reading.label(path, row.places["kind"])
        for key in (*ENDS, "points"):
            self.reading.label(join(path, key), row.places[key])
        return {key: row.get(key) for key in (*ENDS, "points") if row.get(key) is not None}

    def _points(self, rows: list[Row], path: str, key: str, kind: str, head: Row) -> dict[str, Any]:
        found: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for row in rows:
            self._once(seen, kind, row, "kind")
            self.reading.label(join(path, key), row.places["points"])
            found[key] = row.get("points")
        if not rows:
            self._lacks(head, kind)
        return found

    def _choice(self, rows: list[Row], path: str, name: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for row in rows:
            option = row.get("option")
            if option is not None:
                self._once(seen, option, row, "option")
                self.reading.label(join(path, "points", option), row.places["points"])
                self.reading.label(join(path, "points"), row.places["points"])
                self._repeated_title(row, name, option)
                found[option] = row.get("points")
        return found

    def _part(self, row: Row, code: str, path: str) -> dict[str, Any]:
        for key, cell in (("title", "title"), ("maximum", "points")):
            self.reading.label(join(path, key), row.places[cell])
        self.reading.label(join(path, "title", "en"), row.places["en"])
        title = {"vi": row.get("title")} | ({"en": row.get("en")} if row.get("en") is not None else {})
        return {"title": title, "maximum": row.get("points"), "method": self._inside(row, code, join(path, "method"))}

    def _inside(self, row: Row, code: str, path: str) -> dict[str, Any]:
        """The method of a part, whose number says where its rows are."""
        part = row.get("part") or ""
        if part.count(".") >= _MAX_DEPTH or not part:
            self.reading.refuse("too_deep", row.places["part"], part=part[:40], limit=_MAX_DEPTH)
            return {}
        self.reading.label(path.rpartition(".")[0], row.places["kind"])
        first = [each for each in self._own.get((code, part.rpartition(".")[0]), []) if each.get("part") == part]
        if first and first[0] is not row:
            self._duplicate(row, "part", part, first[0].places["part"])
            return {}
        return self.method(row, code, path, part)

    def _inner(self, rows: list[Row], code: str, path: str, head: Row) -> dict[str, Any]:
        if not rows:
            self._lacks(head, INNER)
            return {}
        for row in rows[1:]:
            self._duplicate(row, "kind", INNER, rows[0].places["kind"])
        return {"of": self._inside(rows[0], code, join(path, "of"))}

    def _classes(self, rows: list[Row], code: str, path: str, name: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for row in rows:
            option = row.get("option")
            if option is not None:
                self._once(seen, option, row, "option")
                self.reading.label(join(path, "cases", option), row.places["option"])
                self._repeated_title(row, name, option)
                found[option] = self._inside(row, code, join(path, "cases", option))
        return found

    def _repeated_title(self, row: Row, name: Any, option: str) -> None:
        title, place = self.options.get(str(name), {}).get(option, (words.YES_NO_TITLES.get(option, ""), ""))
        if title and row.get("title") is not None and plain(row.get("title")) != plain(title):
            source = place or words.GUIDE
            self.reading.refuse("repeated", row.places["title"], source=source, expected=title[:80])

    def _lacks(self, head: Row, kind: str) -> None:
        self.reading.refuse("lacks_row", head.places["form"], row=kind, sheet=words.SCALES)

    def _once(self, seen: dict[str, str], key: str, row: Row, cell: str) -> None:
        """Refuse what one of the rows before has said already; `seen` maps it to its place."""
        if key in seen:
            self._duplicate(row, cell, key, seen[key])
        seen.setdefault(key, row.places[cell])

    def _duplicate(self, row: Row, cell: str, value: str, other: str) -> None:
        self.reading.refuse("duplicate", row.places[cell], value=shown(value), other=other)
