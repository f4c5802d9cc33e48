"""Many verified submissions read into columns of plain values: the first half of scoring a batch.

A column holds one input of all cards, in its own type: yes and no, whole numbers, whole millionths of decimals, texts.
Figures in another state are odd: they stand beside the columns, and the column holds a placeholder that fits. Whoever
works through a column puts right afterwards what is odd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress
from operator import attrgetter, is_not, itemgetter, ne, or_
from typing import Any

from services.scoring.core.card import Card, Figure, Typed, figure_of
from services.scoring.core.points import CompiledRuleSet
from shared.contracts.common import Answer
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import Invalid
from shared.kernel.exact import exact_text
from shared.ruleset.document import Criterion, Input

__all__ = ["MILLION", "Cell", "InputColumn", "Reader", "Rows"]

MILLION = 10**6  # decimals have at most six places (document.Input)

Cell = bool | int | str

_KINDS: dict[str, type] = {"boolean": bool, "integer": int}
_UNSAID = Answer(state="not_reported")
_REMEMBERED = 4_000  # values a table
_NONE: frozenset[str] = frozenset()
_state_of = attrgetter("state")
_value_of = attrgetter("value")
_finding_of = attrgetter("finding")


@dataclass(frozen=True, slots=True)
class InputColumn:
    """What is known of one column before any card is read; `kind` is the type that answers have, `empty` fits it."""

    number: int
    criterion: Criterion
    source: Input
    kind: type
    empty: Cell

    def typed(self, cell: Cell) -> Typed:
        """The value that rules and methods see."""
        if isinstance(cell, bool | str):
            return cell
        return Fraction(cell, MILLION) if self.source.type == "decimal" else Fraction(cell)


@dataclass(slots=True)
class Rows:
    """The cards of a batch; rows are counted from 0. What is said of no row is as usual there."""

    verified: Sequence[VerifiedSubmission]
    columns: list[Sequence[Cell]]
    odd: dict[int, dict[int, Figure]]  # by row and column
    units: list[Mapping[str, Figure]]  # figures that every sub-unit is asked, by name; none where nothing is
    rejected: dict[int, frozenset[str]]  # criteria
    lacking: dict[int, frozenset[str]]  # criteria whose required evidence is not there
    days_late: list[int]


class Reader:
    """Reads the submissions of one rule-set version; those that nobody answered are not for it."""

    def __init__(self, compiled: CompiledRuleSet, needs_evidence: bool) -> None:
        self._rule_set = compiled.rule_set
        criteria = compiled.rule_set.criteria()
        items = {item.id: (criterion, item) for criterion in criteria for item in criterion.inputs}
        # By name, as canonical JSON has them: read in the order in which they lie in memory they are read faster.
        plain = [(criterion, item) for _, (criterion, item) in sorted(items.items()) if not item.per_unit]
        self.columns = {item.id: _column(number, *found) for number, found in enumerate(plain) for item in [found[1]]}
        self._per_unit = [(criterion, item) for criterion, item in items.values() if item.per_unit]
        self._pick = _picker(tuple(self.columns))
        self._kinds = tuple(column.kind for column in self.columns.values())
        self._states = ("value",) * len(self._kinds)
        self._required = frozenset(one.code for one in compiled.criteria if one.evidence_required and needs_evidence)
        self._decimals = {one.number: _Millionths(one) for one in self.columns.values() if one.source.type == "decimal"}
        self._choices = {
            one.number: frozenset(option.id for option in one.source.options)
            for one in self.columns.values()
            if one.source.type == "choice"
        }

    def read(self, verified: Sequence[VerifiedSubmission]) -> Rows:
        """The columns; raises `Invalid` as `Card.of` does for the first submission with a value that does not fit."""
        rows = Rows(verified, [], {}, [], {}, {}, [one.days_late for one in verified])
        try:
            self._read(rows)
        except Invalid:
            for one in verified:  # whichever was met first here: the first of all is told
                Card.of(one, self._rule_set)
            raise
        return rows

    def figures(self, rows: Rows, row: int, names: Sequence[str]) -> dict[str, Figure]:
        """The figures of one card, as `Card` has them; names that the rule set does not ask are left out."""
        odd = rows.odd.get(row, {})
        figures: dict[str, Figure] = {}
        for name in names:
            column = self.columns.get(name)
            if column is not None:
                found = odd.get(column.number)
                cell = rows.columns[column.number][row]
                figures[name] = Figure("value", column.typed(cell)) if found is None else found
            elif rows.units and name in rows.units[row]:
                figures[name] = rows.units[row][name]
        return figures

    def card(self, rows: Rows, row: int, names: Sequence[str]) -> Card:
        """A card of these figures alone: nothing rejected, and no evidence."""
        figures = self.figures(rows, row, names)
        return Card(figures, _NONE, _NONE, findings={}, days_late=rows.days_late[row], missing=False)

    def _read(self, rows: Rows) -> None:
        cells = [self._row(rows, row, one) for row, one in enumerate(rows.verified)]
        rows.columns = list(zip(*cells, strict=True)) if cells else [()] * len(self._kinds)
        if not all(options.issuperset(rows.columns[number]) for number, options in self._choices.items()):
            for one in rows.verified:
                Card.of(one, self._rule_set)
        for number, millionths in self._decimals.items():
            rows.columns[number] = list(map(millionths.__getitem__, rows.columns[number]))

    def _row(self, rows: Rows, row: int, verified: VerifiedSubmission) -> tuple[Cell, ...]:
        answers: Mapping[str, Answer] = verified.answers.figures
        findings = verified.findings
        found = list(map(_finding_of, findings))
        if found.count("accepted") != len(found):
            answers = _as_found(rows, row, verified, found)
        if self._required:
            self._evidence(rows, row, verified)
        if self._per_unit:
            rows.units.append(
                {i.id: figure_of(criterion, i, answers.get(i.id, _UNSAID)) for criterion, i in self._per_unit}
            )
        try:
            picked = self._pick(answers)
        except KeyError:
            picked = tuple(answers.get(name, _UNSAID) for name in self.columns)
        states = tuple(map(_state_of, picked))
        cells: tuple[Cell, ...] = tuple(map(_value_of, picked))
        kinds = tuple(map(type, cells))
        if states == self._states and kinds == self._kinds:
            return cells
        unusual = map(or_, map(ne, states, self._states), map(is_not, kinds, self._kinds))
        return self._with_odd(rows, row, picked, cells, compress(self.columns.values(), unusual))

    def _evidence(self, rows: Rows, row: int, verified: VerifiedSubmission) -> None:
        shown: Mapping[str, object] = verified.answers.evidence
        if not all(shown.values()):
            shown = {code: documents for code, documents in shown.items() if documents}
        lacking = self._required.difference(shown)
        if lacking:
            rows.lacking[row] = lacking

    def _with_odd(
        self, rows: Rows, row: int, picked: Sequence[Answer], found: Sequence[Cell], columns: Iterable[InputColumn]
    ) -> tuple[Cell, ...]:
        """The cells of a card some of whose answers are in another state, or not of the usual type."""
        cells = list(found)
        odd: dict[int, Figure] = {}
        for column in columns:
            figure = figure_of(column.criterion, column.source, picked[column.number])
            if figure.state == "value":
                cells[column.number] = _written(column, figure.value)
            else:
                cells[column.number] = column.empty
                odd[column.number] = figure
        if odd:
            rows.odd[row] = odd
        return tuple(cells)


def _as_found(rows: Rows, row: int, verified: VerifiedSubmission, found: Sequence[str]) -> Mapping[str, Answer]:
    """The answers as adjusted; who is rejected is noted. Of several findings on one criterion the last stands."""
    answers: dict[str, Answer] = dict(verified.answers.figures)
    rejected: set[str] = set()
    findings = verified.findings
    for place in [place for place, kind in enumerate(found) if kind != "accepted"]:
        finding = findings[place]
        if finding.finding == "adjusted":
            answers.update(finding.adjusted)
        elif all(later.criterion != finding.criterion for later in findings[place + 1 :]):
            rejected.add(finding.criterion)
    if rejected:
        rows.rejected[row] = frozenset(rejected)
    return answers


class _Millionths(dict[Cell, int]):
    """Decimals as they are written → whole millionths; a text is read once."""

    def __init__(self, column: InputColumn) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, written: Cell) -> int:
        answer = Answer.model_construct(state="value", value=written)
        value = figure_of(self._column.criterion, self._column.source, answer).value
        assert isinstance(value, Fraction)
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[written] = value.numerator * (MILLION // value.denominator)
        return found


def _column(number: int, criterion: Criterion, item: Input) -> InputColumn:
    kind = _KINDS.get(item.type, str)
    empty: Cell = False if kind is bool else 1 if kind is int else "1"
    if item.options:
        empty = item.options[0].id
    return InputColumn(number, criterion, item, kind, empty)


def _written(column: InputColumn, value: Typed | None) -> Cell:
    """A value that was given in another type than usual (a decimal as a whole number), in the usual one."""
    if not isinstance(value, Fraction):
        assert value is not None
        return value
    return exact_text(value) if column.kind is str else value.numerator


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Answer]], tuple[Answer, ...]]:
    """All the answers at once."""
    if len(names) > 1:
        pick: Callable[[Any], tuple[Answer, ...]] = itemgetter(*names)
        return pick
    return lambda answers: tuple(answers[name] for name in names)
