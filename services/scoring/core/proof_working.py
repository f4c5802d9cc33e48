"""How the points of a criterion came about, as a tree: the row, option or sum that gave them, and what is inside.

It says what methods.py worked out: points are asked from there, never worked out a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil

from services.scoring.core.card import Figures
from services.scoring.core.methods import CompiledMethod, GroupBest, compile_method, unit_figures
from services.scoring.core.proof_model import Worked, WorkedRow
from shared.ruleset.document import (
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
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
from shared.ruleset.uses import best_key, used_inputs
from shared.ruleset.words import STATES, number, percent, points_words, title_words, value_words
from shared.ruleset.words_methods import by_cases, choice_options, scoring

__all__ = ["Worker", "row_of"]

_ZERO = Fraction(0)
_LEFT = {"not_reported": " → 0 điểm", "rejected": " → 0 điểm", "not_applicable": ", không tính"}


@dataclass(frozen=True)
class Worker:
    """Works one criterion's method out on one card, in words."""

    criterion: Criterion
    inputs: Mapping[str, Input]
    figures: Figures
    best: GroupBest

    @cached_property
    def per_unit(self) -> frozenset[str]:
        """The inputs asked of every sub-unit."""
        return frozenset(name for name, item in self.inputs.items() if item.per_unit)

    def worked(self) -> Worked:
        """The whole criterion."""
        return self.work(self.criterion.method, self.criterion.maximum)

    def work(self, method: Method, maximum: Fraction, title: str = "", counts: bool = True) -> Worked:
        """One method, and those inside it."""
        compiled = self.compiled(method, maximum)
        state = compiled.state(self.figures)
        if state != "value":
            says = STATES["information"] if method.form == "information" else f"{STATES[state]}{_LEFT[state]}"
            return Worked(title=title, says=says, state=state, points=_ZERO, maximum=maximum, counts=counts)
        points = compiled.points(self.figures, self.best)
        return Worked(
            title=title,
            method=scoring(method, maximum, self.inputs).says,
            says=self._says(method, maximum, points),
            state=state,
            points=points,
            maximum=maximum,
            counts=counts,
            rows=tuple(self._rows(method, maximum)),
            inside=tuple(self._inside(method, maximum)),
        )

    def at(self, figures: Figures) -> Worker:
        """The same criterion with other figures: those of one sub-unit."""
        return replace(self, figures=figures)

    def compiled(self, method: Method, maximum: Fraction) -> CompiledMethod:
        """The method as it is scored."""
        asked = [item.id for item in self.criterion.inputs]
        return compile_method(method, maximum, self.criterion.not_applicable == "allowed", asked, self.per_unit)

    def points(self, method: Method, maximum: Fraction) -> Fraction:
        """What a method gives; 0 where it cannot be worked out."""
        compiled = self.compiled(method, maximum)
        return compiled.points(self.figures, self.best) if compiled.state(self.figures) == "value" else _ZERO

    def number(self, name: str) -> Fraction:
        """A figure that is a number."""
        value = self.figures[name].value if name in self.figures else None
        return value if isinstance(value, Fraction) else _ZERO

    def whole(self, of: Quotient) -> Fraction:
        """The denominator."""
        if of.denominator is not None:
            return self.number(of.denominator)
        return of.whole if of.whole is not None else _ZERO

    def quotient(self, of: Quotient) -> Fraction:
        """The quotient as it counts, 0..1."""
        whole = self.whole(of)
        if whole == 0:
            return Fraction(1) if of.zero_denominator == "full" else _ZERO
        return max(_ZERO, min(self.number(of.numerator) / whole, Fraction(1)))

    def case_of(self, method: ByMethod) -> str:
        """The class the agency is in."""
        value = self.figures[method.input].value
        return value if isinstance(value, str) else "yes" if value is True else "no"

    def units(self, method: AverageMethod) -> dict[str, Figures]:
        """The figures of each sub-unit by its name."""
        return unit_figures(self.figures, [name for name in used_inputs(method.of) if name in self.per_unit])

    # --- one sentence ---

    def _says(self, method: Method, maximum: Fraction, points: Fraction) -> str:
        gives = points_words(points)
        match method:
            case YesNoMethod(input=name) | ChoiceMethod(input=name):
                return f"trả lời “{self._shown(name)}” → {gives}"
            case RatioMethod(of=of):
                return f"{self._division(of)} × {number(maximum)} = {gives}"
            case BandsMethod(of=of):
                row = row_of(method, self.number(of) if isinstance(of, str) else self.quotient(of))
                said = self._shown(of) if isinstance(of, str) else self._division(of)
                where = "không thuộc mức nào" if row is None else f"mức “{self._case(method, maximum, row)}”"
                return f"{said}, {where} → {gives}"
            case CountMethod(input=name):
                return f"{self._shown(name)} × {points_words(method.unit_points)}, tối đa {number(maximum)} → {gives}"
            case RelativeMethod(input=of):
                return f"{self._compared(of)} × {number(maximum)} = {gives}"
            case SumMethod(parts=parts):
                earned = [self.points(part.method, part.maximum) for part in parts]
                cut = f", không quá {number(maximum)}" if sum(earned, _ZERO) > maximum else ""
                return f"{' + '.join(number(each) for each in earned)}{cut} = {gives}"
            case BestMethod(cases=cases):
                return f"lấy trường hợp “{self._best_of(cases).title.vi}” → {gives}"
            case AverageMethod():
                return self._mean(method, maximum, points)
            case ByMethod(input=name):
                said = dict(by_cases(method, self.inputs)).get(self.case_of(method), "")
                return f"{title_words(self.inputs, name)}: {said} → {gives}"
            case _:
                return "không chấm điểm"

    def _division(self, of: Quotient, *, cut: bool = True) -> str:
        whole, part = self.whole(of), self.number(of.numerator)
        value = self.quotient(of)
        if whole == 0:
            return f"{number(part)} / 0, mẫu số bằng 0 nên tính {percent(value)}"
        said = f"{number(part)} / {number(whole)} = {percent(part / whole)}"
        return said if part / whole == value or not cut else f"{said}, tính {percent(value)}"

    def _compared(self, of: str | Quotient) -> str:
        highest = self.best.get(best_key(of), _ZERO)
        own = self._shown(of) if isinstance(of, str) else f"({self._division(of, cut=False)})"
        if highest <= 0:
            return f"{own}, giá trị cao nhất trong nhóm bằng 0"
        return f"{own} / {number(highest) if isinstance(of, str) else percent(highest)} (cao nhất trong nhóm)"

    def _mean(self, method: AverageMethod, maximum: Fraction, points: Fraction) -> str:
        worked = list(self._each_unit(method, maximum))
        counted = [one for one in worked if one.state != "not_applicable"]
        unsaid = self.unsaid(method)
        total = sum((one.points for one in counted), _ZERO)
        beside = f" (gồm {unsaid} đơn vị không kê khai, tính 0 điểm)" if unsaid else ""
        return f"tổng {number(total)} điểm / {len(counted) + unsaid} đơn vị{beside} = {points_words(points)}"

    def unsaid(self, method: AverageMethod) -> int:
        """How many sub-units there are of which nothing was said."""
        if method.total is None:
            return 0
        return max(ceil(self.number(method.total)) - len(self.units(method)), 0)

    # --- what is inside ---

    def _rows(self, method: Method, maximum: Fraction) -> Iterator[WorkedRow]:
        """The rows of a table, with a mark at the one that applies."""
        rows = scoring(method, maximum, self.inputs).rows
        applies = self._applies(method)
        for place, row in enumerate(rows):
            yield WorkedRow(case=row.case, points=row.points, applies=place == applies)

    def _applies(self, method: Method) -> int | None:
        match method:
            case YesNoMethod(input=name):
                return 0 if self.figures[name].value is True else 1
            case ChoiceMethod(input=name):
                value = self.figures[name].value
                options = choice_options(method, self.inputs)
                return options.index(value) if isinstance(value, str) and value in options else None
            case BandsMethod(of=of):
                row = row_of(method, self.number(of) if isinstance(of, str) else self.quotient(of))
                return None if row is None else method.rows.index(row)
            case _:
                return None

    def _inside(self, method: Method, maximum: Fraction) -> Iterator[Worked]:
        match method:
            case SumMethod(parts=parts):
                yield from (self.work(part.method, part.maximum, part.title.vi) for part in parts)
            case BestMethod(cases=cases):
                best = self._best_of(cases)
                yield from (self.work(one.method, one.maximum, one.title.vi, one is best) for one in cases)
            case AverageMethod():
                yield from self._each_unit(method, maximum)
            case ByMethod(cases=cases):
                case = self.case_of(method)
                yield self.work(cases[case], maximum, dict(by_cases(method, self.inputs)).get(case, case))
            case _:
                return

    def _each_unit(self, method: AverageMethod, maximum: Fraction) -> Iterator[Worked]:
        for name, figures in self.units(method).items():
            yield self.at(figures).work(method.of, maximum, name)

    def _best_of(self, cases: Sequence[Part]) -> Part:
        return max(cases, key=lambda part: self.points(part.method, part.maximum))  # the first of several

    def _case(self, method: BandsMethod, maximum: Fraction, row: Band) -> str:
        return scoring(method, maximum, self.inputs).rows[method.rows.index(row)].case

    def _shown(self, name: str) -> str:
        figure = self.figures[name]
        return value_words(figure.state, figure.value, self.inputs[name])


def row_of(method: BandsMethod, value: Fraction) -> Band | None:
    """The first row that holds a value."""
    return next((row for row in method.rows if _in(row, value)), None)


def _in(row: Band, value: Fraction) -> bool:
    return (
        (row.at_least is None or value >= row.at_least)
        and (row.above is None or value > row.above)
        and (row.at_most is None or value <= row.at_most)
        and (row.below is None or value < row.below)
    )
