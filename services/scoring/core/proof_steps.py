"""The two sentences a person asks for: how these points came about, and what was lacking for more.

It says what methods.py worked out: points are asked from there, never worked out a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from services.scoring.core.card import Figures
from services.scoring.core.methods import CompiledMethod, GroupBest, compile_method
from services.scoring.core.proof_words import amount, number, percent, row_words, value_words
from shared.ruleset.document import (
    Band,
    BandsMethod,
    BestMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    Input,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)

__all__ = ["Steps"]

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Steps:
    """Explains the methods of one criterion on one card."""

    criterion: Criterion
    inputs: Mapping[str, Input]
    figures: Figures
    best: GroupBest

    def applied(self) -> str:
        """The row, option or working that gave the points."""
        return self._applied(self.criterion.method, self.criterion.maximum)

    def lacking(self) -> str:
        """What would have been needed for more; empty where nothing was."""
        return "; ".join(self._lacking(self.criterion.method, self.criterion.maximum))

    def _applied(self, method: Method, maximum: Fraction) -> str:
        compiled = self._compiled(method, maximum)
        if compiled.state(self.figures) != "value":
            return "không có số liệu → 0 điểm"
        gives = f"{number(compiled.points(self.figures, self.best))} điểm"
        match method:
            case YesNoMethod(input=name) | ChoiceMethod(input=name):
                return f"trả lời “{self._shown(name)}” → {gives}"
            case RatioMethod(of=of):
                return f"{self._division(of)} × {number(maximum)} = {gives}"
            case BandsMethod(of=of):
                value, said = (self._number(of), self._shown(of)) if isinstance(of, str) else self._quotient(of)
                row = next((row for row in method.rows if _in(row, value)), None)
                where = f"mức “{row_words(row, not isinstance(of, str))}”" if row else "không thuộc mức nào"
                return f"{said}, {where} → {gives}"
            case CountMethod(input=name):
                return f"{self._shown(name)} × {number(method.unit_points)} điểm, tối đa {number(maximum)} → {gives}"
            case RelativeMethod(input=name):
                highest = number(self.best.get(name, _ZERO))
                return f"{self._shown(name)} / {highest} (cao nhất trong nhóm) × {number(maximum)} = {gives}"
            case SumMethod(parts=parts):
                working = "; ".join(f"{part.title.vi}: {self._applied(part.method, part.maximum)}" for part in parts)
                return f"{working}; cộng {gives}"
            case BestMethod(cases=cases):
                best = max(cases, key=self._points)  # the first of several that give as much
                return f"trường hợp “{best.title.vi}”: {self._applied(best.method, best.maximum)}"
            case _:
                return "không chấm điểm"

    def _lacking(self, method: Method, maximum: Fraction) -> Iterator[str]:
        compiled = self._compiled(method, maximum)
        if compiled.state(self.figures) != "value":
            yield f"chưa có số liệu để đạt {number(maximum)} điểm"
            return
        points = compiled.points(self.figures, self.best)
        if points >= maximum:
            return
        match method:
            case YesNoMethod(input=name):
                wanted = maximum if method.yes is None else method.yes
                answer = "có" if wanted >= method.no else "không"
                reach = f"để đạt {number(max(wanted, method.no))} điểm"
                yield f"cần trả lời “{answer}” ở “{self.inputs[name].title.vi}” {reach}"
            case RatioMethod(of=of):
                yield from self._more_of_quotient(of, Fraction(1), maximum)
            case BandsMethod():
                yield from self._better_rows(method, points)
            case CountMethod(input=name) if method.unit_points > 0:
                needed = maximum / method.unit_points - self._number(name)
                yield f"thiếu {self._amount(name, needed)} nữa để đạt {number(maximum)} điểm"
            case ChoiceMethod(input=name):
                for option in self.inputs[name].options:
                    if (better := method.points.get(option.id, _ZERO)) > points:
                        yield f"mức “{option.title.vi}” đạt {number(better)} điểm"
            case RelativeMethod(input=name):
                short = self.best.get(name, _ZERO) - self._number(name)
                yield f"kém giá trị cao nhất trong nhóm {amount(short, self.inputs[name])}"
            case SumMethod(parts=parts):
                yield from self._of_parts(parts, _ZERO)
            case BestMethod(cases=cases):
                yield from self._of_parts(cases, points)
            case _:
                return

    def _of_parts(self, parts: tuple[Part, ...], beyond: Fraction) -> Iterator[str]:
        for part in parts:
            if part.maximum > beyond:
                yield from (f"{part.title.vi}: {words}" for words in self._lacking(part.method, part.maximum))

    def _better_rows(self, method: BandsMethod, points: Fraction) -> Iterator[str]:
        better = sorted((row for row in method.rows if row.points > points), key=lambda row: row.points)
        nearest_and_top = better if len(better) <= 2 else [better[0], better[-1]]
        for row in nearest_and_top:
            if isinstance(method.of, Quotient):
                yield from self._quotient_row(method.of, row)
            else:
                yield self._value_row(method.of, row)

    def _value_row(self, name: str, row: Band) -> str:
        value = self._number(name)
        low = row.at_least if row.at_least is not None else row.above
        high = row.at_most if row.at_most is not None else row.below
        if low is not None and value <= low:
            more = "hơn " if row.at_least is None and not self._whole(name) else ""
            needed = (
                low - value if row.at_least is not None or not self._whole(name) else Fraction(floor(low) + 1) - value
            )
            return f"thiếu {more}{self._amount(name, needed)} nữa để đạt {number(row.points)} điểm"
        if high is not None:
            return f"cần giảm xuống {row_words(row)} để đạt {number(row.points)} điểm"
        return f"cần {row_words(row)} để đạt {number(row.points)} điểm"

    def _quotient_row(self, of: Quotient, row: Band) -> Iterator[str]:
        value, _ = self._quotient(of)
        low = row.at_least if row.at_least is not None else row.above
        if low is not None and value <= low and row.at_least is not None:
            yield from self._more_of_quotient(of, low, row.points)
        else:
            yield f"cần tỷ lệ {row_words(row, as_percent=True)} để đạt {number(row.points)} điểm"

    def _more_of_quotient(self, of: Quotient, wanted: Fraction, points: Fraction) -> Iterator[str]:
        whole = self._denominator(of)
        reach = f"để tỷ lệ đạt {percent(wanted)} và được {number(points)} điểm"
        if whole <= 0:
            yield f"cần có “{self._denominator_title(of)}” lớn hơn 0 {reach}"
            return
        yield f"thiếu {self._amount(of.numerator, wanted * whole - self._number(of.numerator))} nữa {reach}"

    def _division(self, of: Quotient) -> str:
        value, said = self._quotient(of)
        return said if said.endswith(percent(value)) else f"{said}, tính {percent(value)}"

    def _quotient(self, of: Quotient) -> tuple[Fraction, str]:
        whole = self._denominator(of)
        part = self._number(of.numerator)
        if whole == 0:
            value = Fraction(1) if of.zero_denominator == "full" else _ZERO
            return value, f"{number(part)} / 0, mẫu số bằng 0 nên tính {percent(value)}"
        value = max(_ZERO, min(part / whole, Fraction(1)))
        return value, f"{number(part)} / {number(whole)} = {percent(part / whole)}"

    def _denominator(self, of: Quotient) -> Fraction:
        if of.denominator is not None:
            return self._number(of.denominator)
        return of.whole if of.whole is not None else _ZERO

    def _denominator_title(self, of: Quotient) -> str:
        return self.inputs[of.denominator].title.vi if of.denominator is not None else "mẫu số"

    def _amount(self, name: str, value: Fraction) -> str:
        """An amount of an input; whole inputs need the next whole number."""
        return amount(Fraction(ceil(value)) if self._whole(name) else value, self.inputs[name])

    def _whole(self, name: str) -> bool:
        return self.inputs[name].type == "integer"

    def _shown(self, name: str) -> str:
        figure = self.figures[name]
        return value_words(figure.state, figure.value, self.inputs[name])

    def _number(self, name: str) -> Fraction:
        value = self.figures[name].value
        return value if isinstance(value, Fraction) else _ZERO

    def _points(self, part: Part) -> Fraction:
        compiled = self._compiled(part.method, part.maximum)
        return compiled.points(self.figures, self.best) if compiled.state(self.figures) == "value" else _ZERO

    def _compiled(self, method: Method, maximum: Fraction) -> CompiledMethod:
        return compile_method(method, maximum, self.criterion.not_applicable == "allowed")


def _in(row: Band, value: Fraction) -> bool:
    return (
        (row.at_least is None or value >= row.at_least)
        and (row.above is None or value > row.above)
        and (row.at_most is None or value <= row.at_most)
        and (row.below is None or value < row.below)
    )
