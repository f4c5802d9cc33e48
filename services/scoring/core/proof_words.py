"""The words of a proof, in Vietnamese: numbers, states, methods, rows and effects as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from services.scoring.core.card import State, Typed
from shared.kernel.exact import exact_text, show, vietnamese
from shared.ruleset.document import (
    Band,
    BandsMethod,
    BestMethod,
    CapSection,
    ChoiceMethod,
    CountMethod,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    Flag,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
    ZeroCriterion,
    ZeroSection,
)

__all__ = [
    "FINDINGS",
    "STATES",
    "amount",
    "effect_words",
    "method_words",
    "number",
    "percent",
    "row_words",
    "value_words",
]

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


def number(value: Fraction) -> str:
    """A number as written in Vietnamese: exact if it has at most six decimals, else rounded and marked so."""
    text = exact_text(value)
    if "/" not in text and len(text.partition(".")[2]) <= 6:
        return vietnamese(text)
    return "≈" + vietnamese(show(value, _PLACES))


def percent(value: Fraction) -> str:
    """A quotient as a percentage."""
    text = exact_text(value * 100)
    if "/" not in text and len(text.partition(".")[2]) <= 2:
        return vietnamese(text) + "%"
    return "≈" + vietnamese(show(value * 100, 2)) + "%"


def amount(value: Fraction, item: Input | None) -> str:
    """A number with the unit of its input."""
    unit = item.unit if item is not None else None
    return f"{number(value)} {unit}" if unit else number(value)


def value_words(state: State, value: Typed | None, item: Input) -> str:
    """A figure as people read it."""
    if state != "value" or value is None:
        return STATES[state]
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, Fraction):
        return amount(value, item)
    return next((option.title.vi for option in item.options if option.id == value), value)


def row_words(row: Band, as_percent: bool = False) -> str:
    """The interval of a row: "từ 3 đến dưới 4"."""
    say = percent if as_percent else number
    low = (
        f"từ {say(row.at_least)}"
        if row.at_least is not None
        else f"trên {say(row.above)}"
        if row.above is not None
        else ""
    )
    if row.at_most is not None:
        if row.at_most == row.at_least:
            return f"bằng {say(row.at_most)}"
        return f"{low} đến {say(row.at_most)}" if low else f"không quá {say(row.at_most)}"
    if row.below is not None:
        return f"{low} đến dưới {say(row.below)}" if low else f"dưới {say(row.below)}"
    return f"{low} trở lên" if row.at_least is not None else low or "mọi giá trị"


def method_words(method: Method, maximum: Fraction, inputs: Mapping[str, Input]) -> str:
    """How points are worked out."""
    match method:
        case YesNoMethod():
            yes = maximum if method.yes is None else method.yes
            return f"{_title(inputs, method.input)}: có {number(yes)} điểm, không {number(method.no)} điểm"
        case RatioMethod(of=of):
            return f"{_quotient(of, inputs)} × {number(maximum)} điểm"
        case BandsMethod(of=of):
            rows = "; ".join(f"{row_words(r, isinstance(of, Quotient))}: {number(r.points)} điểm" for r in method.rows)
            what = _title(inputs, of) if isinstance(of, str) else _quotient(of, inputs)
            return f"Theo mức của {what}: {rows}"
        case CountMethod():
            each = number(method.unit_points)
            return f"{_title(inputs, method.input)} × {each} điểm, tối đa {number(maximum)} điểm"
        case ChoiceMethod():
            item = inputs.get(method.input)
            # In the order of the form: the order of the points is lost in canonical JSON, which sorts names.
            asked = [option.id for option in item.options] if item is not None else sorted(method.points)
            ordered = [option for option in asked if option in method.points]
            chosen = [f"{_option(item, option)}: {number(method.points[option])} điểm" for option in ordered]
            return f"{_title(inputs, method.input)}: " + "; ".join(chosen)
        case RelativeMethod():
            return f"{_title(inputs, method.input)} / giá trị cao nhất trong nhóm × {number(maximum)} điểm"
        case SumMethod(parts=parts):
            return f"Tổng các phần, tối đa {number(maximum)} điểm: " + "; ".join(
                f"({place}) {part.title.vi} – {method_words(part.method, part.maximum, inputs)}"
                for place, part in enumerate(parts, start=1)
            )
        case BestMethod(cases=cases):
            return "Lấy trường hợp được nhiều điểm nhất: " + "; ".join(
                f"({place}) {case.title.vi} – {method_words(case.method, case.maximum, inputs)}"
                for place, case in enumerate(cases, start=1)
            )
        case _:
            return "Chỉ thu thập thông tin, không chấm điểm"


def effect_words(effect: Effect) -> str:
    """What a rule does."""
    match effect:
        case Deduct(from_=from_, points=points):
            where = "tổng điểm" if from_ == "total" else f"điểm hạng mục {from_}"
            times = f" × {effect.times}" if effect.times else ""
            most = f", không quá {number(effect.at_most)} điểm" if effect.at_most is not None else ""
            return f"trừ {number(points)} điểm{times} vào {where}{most}"
        case CapSection(section=section, at_most=at_most):
            return f"hạng mục {section} không quá {number(at_most)} điểm"
        case ZeroCriterion(criterion=criterion):
            return f"{_criterion(criterion)} được 0 điểm"
        case ZeroSection(section=section):
            return f"hạng mục {section} được 0 điểm"
        case ExcludeCriterion(criterion=criterion):
            return f"{_criterion(criterion)} không tính vào điểm và điểm tối đa"
        case Flag(flag=flag):
            return f"đánh dấu {flag}"
        case Derive(fact=fact):
            return f"xác lập {fact}"
        case _:
            return "không xếp hạng"


def _title(inputs: Mapping[str, Input], name: str) -> str:
    item = inputs.get(name)
    return f"“{item.title.vi}”" if item is not None else name


def _option(item: Input | None, name: str) -> str:
    options = item.options if item is not None else ()
    return next((option.title.vi for option in options if option.id == name), name)


def _quotient(of: Quotient, inputs: Mapping[str, Input]) -> str:
    whole = _title(inputs, of.denominator) if of.denominator is not None else number(of.whole or Fraction(0))
    zero = "" if of.denominator is None else f" (mẫu số bằng 0: {_ZERO_CASES[of.zero_denominator]})"
    return f"tỷ lệ {_title(inputs, of.numerator)} / {whole}{zero}"


def _criterion(code: str) -> str:
    return "tiêu chí này" if code == "this" else f"tiêu chí {code}"
