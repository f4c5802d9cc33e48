"""The words for values, in Vietnamese: numbers, percentages, states, intervals, inputs as people say them.

One place for the survey form, the method, the proof and whoever else speaks to people. How criteria are scored is said
in `words_methods`, what cuts across in `words_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from shared.kernel.exact import exact_text, show, vietnamese
from shared.ruleset.document import Band, Comparison, Input, LegalBasis, Quotient

__all__ = [
    "FINDINGS",
    "STATES",
    "Inputs",
    "Typed",
    "amount",
    "answer_words",
    "basis_words",
    "interval_words",
    "number",
    "option_words",
    "percent",
    "points_words",
    "quotient_words",
    "title_words",
    "value_words",
]

Typed = bool | Fraction | str
Inputs = Mapping[str, Input]

STATES: Mapping[str, str] = {
    "value": "có số liệu",
    "not_applicable": "không áp dụng",
    "not_reported": "không báo cáo",
    "rejected": "bị bác khi thẩm tra",
    "information": "chỉ thu thập thông tin",
    "pending": "chờ so sánh trong nhóm",
}
FINDINGS: Mapping[str, str] = {"accepted": "chấp nhận", "adjusted": "điều chỉnh", "rejected": "bác"}
_ZERO_CASES = {"zero": "tỷ lệ tính là 0%", "full": "tỷ lệ tính là 100%", "not_applicable": "tiêu chí không áp dụng"}
_PLACES = 4
_MAX_DECIMALS = 6


def number(value: Fraction) -> str:
    """A number as written in Vietnamese: exact if it has at most six decimals, else rounded and marked so."""
    text = exact_text(value)
    if "/" not in text and len(text.partition(".")[2]) <= _MAX_DECIMALS:
        return vietnamese(text)
    return "≈" + vietnamese(show(value, _PLACES))


def percent(value: Fraction) -> str:
    """A quotient as a percentage."""
    text = exact_text(value * 100)
    if "/" not in text and len(text.partition(".")[2]) <= 2:
        return vietnamese(text) + "%"
    return "≈" + vietnamese(show(value * 100, 2)) + "%"


def points_words(value: Fraction) -> str:
    """`1,5 điểm`."""
    return f"{number(value)} điểm"


def amount(value: Fraction, item: Input | None) -> str:
    """A number with the unit of its input."""
    return f"{number(value)}{_unit(item.unit if item is not None else None)}"


def _unit(unit: str | None) -> str:
    """` cuộc họp`, but `%` close to its number."""
    return f" {unit}" if unit and unit != "%" else unit or ""


def value_words(state: str, value: Typed | None, item: Input) -> str:
    """A figure as people read it: the value with its unit, the title of an option, or its state."""
    if state != "value" or value is None:
        return STATES[state]
    return answer_words(value, item)


def answer_words(value: Typed, item: Input | None) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, Fraction):
        return amount(value, item)
    return option_words(item, value)


def interval_words(row: Band | Comparison, say: Callable[[Fraction], str] = number, unit: str | None = None) -> str:
    """An interval with open or closed ends: "từ 3 đến dưới 4 cuộc họp"; `percent` as `say` for quotients."""
    counted = _unit(unit)
    low = ""
    if row.at_least is not None:
        low = f"từ {say(row.at_least)}"
    elif row.above is not None:
        low = f"trên {say(row.above)}"
    if row.at_most is not None:
        if row.at_most == row.at_least:
            return f"bằng {say(row.at_most)}{counted}"
        return f"{low} đến {say(row.at_most)}{counted}" if low else f"không quá {say(row.at_most)}{counted}"
    if row.below is not None:
        return f"{low} đến dưới {say(row.below)}{counted}" if low else f"dưới {say(row.below)}{counted}"
    if not low:
        return "mọi giá trị"
    return f"{low}{counted} trở lên" if row.at_least is not None else f"{low}{counted}"


def title_words(inputs: Inputs, name: str) -> str:
    """The title of an input in quotation marks; its name where the set has none such."""
    item = inputs.get(name)
    return f"“{item.title.vi}”" if item is not None else name


def option_words(item: Input | None, name: str) -> str:
    """The title of an option of a choice."""
    options = item.options if item is not None else ()
    return next((option.title.vi for option in options if option.id == name), name)


def quotient_words(of: Quotient, inputs: Inputs) -> str:
    """`tỷ lệ “a” / “b”`, with what a zero denominator means."""
    whole = title_words(inputs, of.denominator) if of.denominator is not None else number(of.whole or Fraction(0))
    zero = "" if of.denominator is None else f" (mẫu số bằng 0: {_ZERO_CASES[of.zero_denominator]})"
    return f"tỷ lệ {title_words(inputs, of.numerator)} / {whole}{zero}"


def basis_words(basis: LegalBasis) -> str:
    """A legal document as it is cited."""
    return f"{basis.title} ({basis.number} ngày {basis.issued_on:%d/%m/%Y} của {basis.issuer})"
