"""How a criterion is scored, in plain Vietnamese: a sentence, the rows of its table, and the same of what is inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.kernel.exact import Exact
from shared.ruleset.document import (
    AverageMethod,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    InformationMethod,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.words import (
    Inputs,
    interval_words,
    number,
    option_words,
    percent,
    points_words,
    quotient_words,
    title_words,
)

__all__ = ["Inner", "Scoring", "TableRow", "by_cases", "choice_options", "method_words", "scoring", "scoring_lines"]

_ZERO_BEST = {"zero": "0 điểm", "full": "điểm tối đa"}


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: the case and the points it gives."""

    case: str
    points: Exact


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a method works points out: `says` in one sentence, then its table, notes, and the methods inside."""

    form: str
    says: str
    rows: tuple[TableRow, ...] = ()
    notes: tuple[str, ...] = ()
    inside: tuple[Inner, ...] = ()


@dataclass(frozen=True, slots=True)
class Inner:
    """A part of a sum, a case, or what is worked out for each sub-unit."""

    title: str
    maximum: Exact
    scoring: Scoring


def scoring(method: Method, maximum: Fraction, inputs: Inputs) -> Scoring:
    """How `method` works out points up to `maximum`."""
    match method:
        case YesNoMethod(input=name, yes=yes, no=no):
            answers = (TableRow("có", maximum if yes is None else yes), TableRow("không", no))
            return Scoring("Có / không", f"Theo trả lời {title_words(inputs, name)}", answers)
        case RatioMethod(of=of):
            says = f"{_upper(quotient_words(of, inputs))} × {points_words(maximum)}"
            return Scoring("Tỷ lệ", says, notes=("tỷ lệ trên 100% tính là 100%",))
        case BandsMethod():
            return _bands(method, inputs)
        case CountMethod(input=name, unit_points=each):
            unit = _unit(inputs, name) or "đơn vị"
            says = f"{title_words(inputs, name)}: mỗi {unit} được {points_words(each)}, tối đa {points_words(maximum)}"
            return Scoring("Đếm số lượng", says)
        case ChoiceMethod(input=name, points=points):
            item = inputs.get(name)
            rows = tuple(TableRow(option_words(item, one), points[one]) for one in choice_options(method, inputs))
            return Scoring("Chọn một mức", f"Theo lựa chọn ở {title_words(inputs, name)}", rows)
        case RelativeMethod():
            return _relative(method, maximum, inputs)
        case InformationMethod():
            return Scoring("Thu thập thông tin", "Chỉ thu thập thông tin, không chấm điểm")
        case SumMethod(parts=parts):
            says = f"Cộng điểm các phần, tối đa {points_words(maximum)}"
            return Scoring("Cộng các phần", says, inside=_parts(parts, inputs))
        case BestMethod(cases=cases):
            says = f"Lấy trường hợp được nhiều điểm nhất, tối đa {points_words(maximum)}"
            return Scoring("Trường hợp tốt nhất", says, inside=_parts(cases, inputs))
        case AverageMethod():
            return _average(method, maximum, inputs)
        case ByMethod(input=name, cases=cases):
            inside = tuple(
                Inner(said, maximum, scoring(cases[case], maximum, inputs)) for case, said in by_cases(method, inputs)
            )
            return Scoring("Theo loại đơn vị", f"Tùy theo {title_words(inputs, name)}", inside=inside)


def scoring_lines(made: Scoring, indent: str = "") -> Iterator[str]:
    """The same as lines of plain text, what is inside set in."""
    yield f"{indent}{made.says}"
    yield from (f"{indent}– {row.case}: {points_words(row.points)}" for row in made.rows)
    yield from (f"{indent}– {note}" for note in made.notes)
    for place, inner in enumerate(made.inside, start=1):
        yield f"{indent}({place}) {inner.title} (tối đa {points_words(inner.maximum)}):"
        yield from scoring_lines(inner.scoring, indent + "    ")


def method_words(method: Method, maximum: Fraction, inputs: Inputs) -> str:
    """The same in one sentence."""
    return _sentence(scoring(method, maximum, inputs))


def choice_options(method: ChoiceMethod, inputs: Inputs) -> tuple[str, ...]:
    """The options in the order of the form: the order of the points is lost in canonical JSON, which sorts names."""
    return _in_order(method.points, method.input, inputs)


def by_cases(method: ByMethod, inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """The classes of agency in the order of the form, each with its words."""
    item = inputs.get(method.input)
    if item is not None and item.type == "boolean":
        said = {"yes": "có", "no": "không"}
        return tuple((case, said[case]) for case in ("yes", "no") if case in method.cases)
    return tuple((case, option_words(item, case)) for case in _in_order(method.cases, method.input, inputs))


def _in_order(given: Mapping[str, object], name: str, inputs: Inputs) -> tuple[str, ...]:
    item = inputs.get(name)
    asked = [option.id for option in item.options] if item is not None else sorted(given)
    return tuple(option for option in asked if option in given)


def _bands(method: BandsMethod, inputs: Inputs) -> Scoring:
    of = method.of
    if isinstance(of, Quotient):
        rows = tuple(TableRow(interval_words(row, percent), row.points) for row in method.rows)
        says = f"Theo mức của {quotient_words(of, inputs)}"
    else:
        rows = tuple(TableRow(interval_words(row, number, _unit(inputs, of)), row.points) for row in method.rows)
        says = f"Theo mức của {title_words(inputs, of)}"
    return Scoring("Theo mức", says, rows, ("ngoài các mức này: 0 điểm",))


def _relative(method: RelativeMethod, maximum: Fraction, inputs: Inputs) -> Scoring:
    own = method.input
    what = quotient_words(own, inputs) if isinstance(own, Quotient) else title_words(inputs, own)
    says = f"{_upper(what)} / giá trị cao nhất trong nhóm × {points_words(maximum)}"
    note = f"giá trị cao nhất trong nhóm bằng 0: {_ZERO_BEST[method.zero_best]}"
    return Scoring("So với đơn vị cao nhất", says, notes=(note, "chỉ tính được khi cả nhóm đã thẩm tra xong"))


def _average(method: AverageMethod, maximum: Fraction, inputs: Inputs) -> Scoring:
    notes = [
        "đơn vị không áp dụng không tính vào bình quân; đơn vị không báo cáo hoặc bị bác tính 0 điểm",
    ]
    if method.total is not None:
        total = title_words(inputs, method.total)
        notes.append(
            f"số đơn vị theo {total}: đơn vị không được kê khai tính 0 điểm; không có đơn vị nào thì không áp dụng"
        )
    inside = Inner("Mỗi đơn vị trực thuộc", maximum, scoring(method.of, maximum, inputs))
    return Scoring("Bình quân các đơn vị", "Điểm bình quân của các đơn vị trực thuộc", (), tuple(notes), (inside,))


def _parts(parts: Sequence[Part], inputs: Inputs) -> tuple[Inner, ...]:
    return tuple(Inner(part.title.vi, part.maximum, scoring(part.method, part.maximum, inputs)) for part in parts)


def _sentence(made: Scoring) -> str:
    said = "; ".join(f"{row.case}: {points_words(row.points)}" for row in made.rows)
    several = len(made.inside) > 1
    inside = "; ".join(
        f"{f'({place}) ' if several else ''}{inner.title} – {_sentence(inner.scoring)}"
        for place, inner in enumerate(made.inside, start=1)
    )
    return ": ".join(part for part in (made.says, said, inside) if part)


def _unit(inputs: Inputs, name: str) -> str | None:
    item = inputs.get(name)
    return item.unit if item is not None else None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
