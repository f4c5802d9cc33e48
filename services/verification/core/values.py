"""The values a verifier puts in place of an agency's, checked as exactly as the agency's own.

Integers are JSON integers, decimals text such as "12.5" with at most six places, choices the option's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from services.verification.core.refusals import value_fault
from shared.contracts.common import Answer
from shared.kernel.errors import Fault
from shared.kernel.exact import exact_text, parse_exact
from shared.ruleset.document import Criterion, Input

__all__ = ["MAX_PLACES", "MAX_TEXT", "read_value"]

MAX_PLACES = 6
MAX_TEXT = 2000
_SCALE = 10**MAX_PLACES
_ENGINE_LIMIT = 2**62  # figures reach the rules engine as integers of 64 bits, scaled
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?\Z", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_REPORTED = Answer(state="not_reported")


class _Wrong(Exception):
    """The value is wrong: what is the matter, in Vietnamese and English."""

    def __init__(self, code: str, vi: str, en: str) -> None:
        super().__init__(code)
        self.words = (code, vi, en)


def read_value(criterion: Criterion, item: Input, given: object) -> Answer | Fault:
    """The answer that replaces the agency's, or what is wrong with it.

    `given` is a plain value, null for "not reported", or `{"state": …}` with `value` in the state `value`.
    """
    try:
        return _state(criterion, item, given) if isinstance(given, Mapping) else _plain(item, given)
    except _Wrong as wrong:
        return value_fault(criterion, item, *wrong.words)


def _state(criterion: Criterion, item: Input, given: Mapping[object, object]) -> Answer:
    state, value = given.get("state"), given.get("value")
    if state == "value" and value is not None and set(given) == {"state", "value"}:
        return _plain(item, value)
    if value is not None or not set(given) <= {"state", "value"} or state not in ("not_reported", "not_applicable"):
        vi = "không hiểu giá trị dạng đối tượng này; các trạng thái: value, not_reported, not_applicable"
        raise _Wrong("malformed", vi, "not understood; the states are value, not_reported, not_applicable")
    if state == "not_reported":
        return _NOT_REPORTED
    if criterion.not_applicable != "allowed":
        raise _Wrong("not_applicable_refused", "tiêu chí không cho «không áp dụng»", "cannot be not applicable")
    return Answer(state="not_applicable")


def _plain(item: Input, given: object) -> Answer:
    if given is None:
        return _NOT_REPORTED
    match item.type:
        case "boolean":
            if not isinstance(given, bool):
                raise _Wrong("not_boolean", "cần true hoặc false", "needs to be true or false")
            return Answer(state="value", value=given)
        case "integer":
            return Answer(state="value", value=int(_number(item, given, whole=True)))
        case "decimal":
            return Answer(state="value", value=exact_text(_number(item, given, whole=False)))
        case "choice":
            return Answer(state="value", value=_option(item, given))
        case "text":
            return Answer(state="value", value=_text(given))


def _number(item: Input, given: object, *, whole: bool) -> Fraction:
    number = _exact(given, text_too=not whole)
    if number is None or (whole and number.denominator != 1):
        vi, en = ("cần một số nguyên", "needs a whole number") if whole else ("cần một số", "needs a number")
        raise _Wrong("not_integer" if whole else "not_decimal", vi, en)
    if abs(number) * _SCALE >= _ENGINE_LIMIT:
        raise _Wrong("too_large", "số quá lớn", "is too large")
    if (number * _SCALE).denominator != 1:
        vi, en = f"nhiều hơn {MAX_PLACES} chữ số thập phân", f"has more than {MAX_PLACES} decimals"
        raise _Wrong("too_many_decimals", vi, en)
    if (item.minimum is not None and number < item.minimum) or (item.maximum is not None and number > item.maximum):
        raise _Wrong("out_of_bounds", *_bounds(item))
    return number


def _exact(given: object, *, text_too: bool) -> Fraction | None:
    if isinstance(given, str) and not (text_too and _DECIMAL.match(given)):
        return None
    if isinstance(given, bool) or not isinstance(given, int | Decimal | str):
        return None
    try:
        return parse_exact(given)
    except ValueError:
        return None


def _bounds(item: Input) -> tuple[str, str]:
    low = "" if item.minimum is None else f"≥ {exact_text(item.minimum)}"
    high = "" if item.maximum is None else f"≤ {exact_text(item.maximum)}"
    bounds = ", ".join(bound for bound in (low, high) if bound) + (f" {item.unit}" if item.unit else "")
    return f"nằm ngoài giới hạn {bounds}", f"is out of bounds, must be {bounds}"


def _option(item: Input, given: object) -> str:
    options = [option.id for option in item.options]
    if not isinstance(given, str) or given not in options:
        listed = ", ".join(options)
        raise _Wrong("unknown_option", f"phải là một trong: {listed}", f"must be one of {listed}")
    return given


def _text(given: object) -> str:
    text = given.strip() if isinstance(given, str) else ""
    if not text or len(text) > MAX_TEXT or _CONTROL.search(text):
        vi = f"cần văn bản từ 1 đến {MAX_TEXT} ký tự, không có ký tự điều khiển"
        raise _Wrong("not_text", vi, f"needs text of 1 to {MAX_TEXT} characters without control characters")
    return text
