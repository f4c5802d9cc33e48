"""The sheet “Thang điểm”: one row for each band, option, part or case of a criterion's method.

A method's form and what it measures stand with its criterion, or with the part that it belongs to; what a form has
more of stands in rows here, under the criterion's code and the part's number (empty for the criterion itself, `2` for
its second part, `2.1` for the first part of that).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import NUMBER, TEXT, Codec, choice, text_of
from services.scoring.core.workbook.numbers import number_text, shown, text_number
from services.scoring.core.workbook.reading import CellError
from services.scoring.core.workbook.sheets import Value
from services.scoring.core.workbook.tables import Column
from shared.kernel.exact import exact_text
from shared.ruleset.document import (
    AverageMethod,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    InformationMethod,
    Input,
    InputId,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)

__all__ = ["COLUMNS", "HEAD_COLUMNS", "head_of", "scale_rows"]

BAND, OPTION, EACH = "Bậc", "Lựa chọn", "Mỗi đơn vị tính"
YES, NO = "Nếu có", "Nếu không"
PART, CASE, CLASS, INNER = "Phần", "Trường hợp", "Loại cơ quan", "Mỗi đơn vị cấp dưới"
KINDS = (BAND, OPTION, EACH, YES, NO, PART, CASE, CLASS, INNER)
ENDS = ("at_least", "above", "at_most", "below")


# --- what is measured --------------------------------------------------------------------------------------------

_ID = r"[A-Za-z_]\w*"
_MEASURE = re.compile(rf"({_ID})(?:\s*(/)\s*({_ID})?\s*/?\s*([-0-9][0-9.,/]*)?)?")


def _measure_text(of: InputId | Quotient) -> str:
    """`a`, `a / b`, `a / 100`; both denominators, or none, as well, since a document may say so."""
    if isinstance(of, str):
        return of
    under = [of.denominator] if of.denominator is not None else []
    under += [number_text(of.whole)] if of.whole is not None else []
    return " / ".join([of.numerator, *under]) if under else f"{of.numerator} /"


def _measure(value: Value) -> str | dict[str, Any]:
    text = text_of(value)
    match = _MEASURE.fullmatch(text)
    if not match:
        raise CellError("measure", value=shown(text))
    if not match[2]:
        return match[1]
    whole = {"whole": exact_text(text_number(match[4]))} if match[4] else {}
    return {"numerator": match[1], **({"denominator": match[3]} if match[3] else {}), **whole}


_MEASURE_CODEC = Codec(_measure_text, _measure)
HEAD_COLUMNS = (
    Column("form", "Hình thức tính", choice(words.FORMS), 16, technical=True),
    Column("measure", "Số liệu dùng để tính", _MEASURE_CODEC, 34, technical=True),
    Column("zero", "Khi mẫu số bằng 0", choice(words.ZERO), 15, technical=True),
    Column("best", "Khi cao nhất bằng 0", choice(words.BEST), 15, technical=True),
)
COLUMNS = (
    Column("criterion", "Mã tiêu chí", Codec(TEXT.encode, TEXT.decode, "key"), 9, required=True),
    Column("part", "Phần số", Codec(TEXT.encode, TEXT.decode, "center"), 7),
    Column("kind", "Dòng", Codec(str, choice({kind: kind for kind in KINDS}).decode, "body", KINDS), 14, True),
    Column("label", "Tiêu chí (chỉ để đọc)", Codec(TEXT.encode, lambda _: None, "repeat"), 32),
    Column("title", "Nội dung", TEXT, 46),
    Column("at_least", "Từ (≥)", NUMBER, 10),
    Column("above", "Trên (>)", NUMBER, 10),
    Column("at_most", "Đến (≤)", NUMBER, 10),
    Column("below", "Dưới (<)", NUMBER, 10),
    Column("points", "Điểm", NUMBER, 9),
    Column("option", "Mã lựa chọn", TEXT, 16, technical=True),
    *HEAD_COLUMNS,
    Column("en", "Nội dung (tiếng Anh)", TEXT, 30, technical=True),
)


# --- writing -----------------------------------------------------------------------------------------------------


def head_of(method: Method) -> dict[str, Any]:
    """The columns that stand with the criterion or part a method belongs to."""
    head: dict[str, Any] = {"form": method.form}
    match method:
        case RatioMethod(of=of) | BandsMethod(of=of):
            head["measure"] = of
        case RelativeMethod(input=of, zero_best=zero_best):
            head |= {"measure": of, "best": zero_best}
        case YesNoMethod(input=of) | CountMethod(input=of) | ChoiceMethod(input=of) | ByMethod(input=of):
            head["measure"] = of
        case AverageMethod(total=total):
            head["measure"] = total
        case InformationMethod() | SumMethod() | BestMethod():
            pass
    if isinstance(head.get("measure"), Quotient):
        head["zero"] = head["measure"].zero_denominator
    return head


def scale_rows(criterion: Criterion, inputs: Mapping[str, Input]) -> Iterator[dict[str, Any]]:
    """The rows of one criterion, top down."""
    for number, row in enumerate(_rows(criterion.code, "", criterion.method, inputs)):
        yield row if number else {**row, "label": criterion.title.vi}


def _rows(code: str, part: str, method: Method, inputs: Mapping[str, Input]) -> Iterator[dict[str, Any]]:
    at = {"criterion": code, "part": part or None}
    match method:
        case YesNoMethod(yes=yes, no=no):
            yield from ({**at, "kind": YES, "points": points} for points in (yes,) if points is not None)
            yield from ({**at, "kind": NO, "points": points} for points in (no,) if points != 0)
        case BandsMethod(rows=rows):
            percent = ENDS if isinstance(method.of, Quotient) else ()
            for row in rows:
                ends = {end: getattr(row, end) for end in ENDS}
                yield {**at, "kind": BAND, "points": row.points, **ends, "percent": percent}
        case CountMethod(unit_points=points):
            yield {**at, "kind": EACH, "points": points}
        case ChoiceMethod(input=name, points=by_option):
            for option in _in_order(by_option, inputs.get(name)):
                title = _option_title(inputs, name, option) or None
                yield {**at, "kind": OPTION, "title": title, "option": option, "points": by_option[option]}
        case SumMethod(parts=parts):
            yield from _part_rows(code, part, PART, parts, inputs)
        case BestMethod(cases=cases):
            yield from _part_rows(code, part, CASE, cases, inputs)
        case AverageMethod(of=inner):
            inside = f"{part}.1".lstrip(".")
            yield {**at, "part": inside, "kind": INNER, **head_of(inner)}
            yield from _rows(code, inside, inner, inputs)
        case ByMethod(input=name, cases=by_class):
            for number, option in enumerate(_in_order(by_class, inputs.get(name)), 1):
                inside, inner = f"{part}.{number}".lstrip("."), by_class[option]
                title = _option_title(inputs, name, option) or None
                yield {**at, "part": inside, "kind": CLASS, "title": title, "option": option, **head_of(inner)}
                yield from _rows(code, inside, inner, inputs)
        case RatioMethod() | RelativeMethod() | InformationMethod():
            pass


def _part_rows(
    code: str, part: str, kind: str, parts: Sequence[Part], inputs: Mapping[str, Input]
) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(parts, 1):
        inside = f"{part}.{number}".lstrip(".")
        title = {"title": each.title.vi, "en": each.title.en, "points": each.maximum}
        yield {"criterion": code, "part": inside, "kind": kind, **title, **head_of(each.method)}
        yield from _rows(code, inside, each.method, inputs)


def _in_order(options: Iterable[str], item: Input | None) -> list[str]:
    """Options as the input lists them (yes before no where it lists none), then others: the order of a set's bytes."""
    listed = [option.id for option in item.options] if item and item.options else [*words.YES_NO_TITLES]
    places = {option: at for at, option in enumerate(listed)}
    return sorted(options, key=lambda option: (places.get(option, len(places)), option))


def _option_title(inputs: Mapping[str, Input], name: str, option: str) -> str:
    item = inputs.get(name)
    found = (each.title.vi for each in item.options if each.id == option) if item else iter(())
    return next(found, words.YES_NO_TITLES.get(option, ""))
