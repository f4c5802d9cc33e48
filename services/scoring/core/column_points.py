"""Points of a batch: the second half of scoring it, in whole numbers that are brought to lowest terms at the end.

Criteria of the common forms are worked out a column at a time (column_kinds.py). Every other form runs its closures
(methods.py), once for each combination of figures that was not met lately. A card's criterion that is not as usual (a
figure in another state, a rejection, evidence that is lacking) counts 0 in its column and is worked out apart, by the
closures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from services.scoring.core.column_kinds import Bands, Ratio, Shares, Steps
from services.scoring.core.methods import GroupBest
from services.scoring.core.points import CompiledCriterion, CompiledRuleSet, Worked
from services.scoring.core.remembered import Remembered
from services.scoring.core.rows import Cell, Reader, Rows
from shared.ruleset.uses import gate_inputs, used_inputs

__all__ = ["BatchPoints", "PointColumns"]

_ZERO = Fraction(0)
_KEPT = 2_000
_NONE: frozenset[str] = frozenset()


_Likeness = tuple[int, bool, bool, tuple[tuple[Cell | None, str], ...]]
Column = list[int] | Shares | None  # None: nothing is counted


class _Constants(dict[int, Fraction]):
    """Points by their numerator over `scale`; most cards get the same few."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self._scale = scale

    def __missing__(self, numerator: int) -> Fraction:
        if len(self) >= _KEPT:
            self.clear()
        found = self[numerator] = Fraction(numerator, self._scale)
        return found


@dataclass(slots=True)
class BatchPoints:
    """Points of a batch before the effects of rules: a column for each criterion, sums, and what stands apart by row.

    `steps` are over `scale`. The sums, of sections and of all, leave out what stands apart.
    """

    scale: int
    constants: _Constants
    columns: list[Column]
    steps: dict[str, list[int]]
    shares: dict[str, Shares]
    all_steps: list[int]
    all_shares: Shares | None
    apart: dict[int, dict[int, Worked]] = field(default_factory=dict)

    def worked(self, row: int, criterion: int) -> Worked:
        """What a criterion gives."""
        found = self.apart.get(row, {}).get(criterion)
        if found is not None:
            return found
        column = self.columns[criterion]
        if isinstance(column, Shares):
            points = Fraction(column.numerators[row], column.denominators[row])
        else:
            points = _ZERO if column is None else self.constants[column[row]]
        return Worked("value", points, points)

    def leaves_maximum(self, row: int, criterion: int) -> bool:
        """Whether a criterion does not apply to a card."""
        found = self.apart.get(row, {}).get(criterion)
        return found is not None and found.state == "not_applicable"

    def of_section(self, row: int, section: str) -> Fraction:
        """What a section counts, without what stands apart."""
        return Fraction(*self._sum(row, self.steps[section], self.shares.get(section)))

    def of_all(self, row: int) -> tuple[int, int]:
        """What the whole card counts, without what stands apart: numerator and denominator, not in lowest terms."""
        return self._sum(row, self.all_steps, self.all_shares)

    def _sum(self, row: int, steps: Sequence[int], shares: Shares | None) -> tuple[int, int]:
        if shares is None:
            return steps[row], self.scale
        below = shares.denominators[row]
        return steps[row] * below + shares.numerators[row] * self.scale, below * self.scale


class PointColumns:
    """The criteria of one rule-set version, ready for batches."""

    def __init__(self, compiled: CompiledRuleSet, reader: Reader) -> None:
        self._reader = reader
        self._criteria = compiled.criteria
        self._numbers = {criterion.code: number for number, criterion in enumerate(compiled.criteria)}
        self._ways = [_way(criterion, reader) for criterion in compiled.criteria]
        self._scale = lcm(*(way.denominator for way in self._ways if isinstance(way, Steps | Bands)))
        self._constants = _Constants(self._scale)
        self._sections = {
            section.code: [number for number, one in enumerate(compiled.criteria) if one.section == section.code]
            for section in compiled.sections
        }
        self._inputs = [_inputs(criterion) for criterion in compiled.criteria]
        # Criteria by the column they read: those to be put right where it holds something odd.
        self._reading: dict[int, list[int]] = {column.number: [] for column in reader.columns.values()}
        for number, names in enumerate(self._inputs):
            for name in names:
                if name in reader.columns:
                    self._reading[reader.columns[name].number].append(number)
        self._columns_read = [
            [reader.columns[name].number for name in names if name in reader.columns] for names in self._inputs
        ]
        self._never_alike = frozenset(
            number
            for number, criterion in enumerate(compiled.criteria)
            if criterion.method.compared or any(name not in reader.columns for name in self._inputs[number])
        )
        self._known_apart = Remembered[_Likeness, Worked](_KEPT)
        self._partial = frozenset(one.code for one in compiled.criteria if one.without_evidence != 1)

    def of(self, rows: Rows, best: GroupBest | None) -> BatchPoints:
        """The points of a batch; `best` None is the provisional pass."""
        points = BatchPoints(self._scale, self._constants, [], {}, {}, [], None)
        for number, way in enumerate(self._ways):
            points.columns.append(self._column(points, rows, number, way, best))
        for row, number in self._unusual(rows):
            self._put_apart(points, rows, row, number, best)
        count = len(rows.verified)
        for section, numbers in self._sections.items():
            columns = [points.columns[number] for number in numbers]
            points.steps[section] = _added([one for one in columns if isinstance(one, list)], count)
            shares = _shared([one for one in columns if isinstance(one, Shares)])
            if shares is not None:
                points.shares[section] = shares
        points.all_steps = _added(list(points.steps.values()), count)
        points.all_shares = _shared(list(points.shares.values()))
        return points

    def _column(self, points: BatchPoints, rows: Rows, number: int, way: _Way, best: GroupBest | None) -> Column:
        match way:
            case Steps():
                return way.column(rows, self._scale)
            case Bands():
                steps, nothing = way.column(rows, self._scale)
                self._put_nothing(points, number, nothing)
                return steps
            case Ratio():
                shares, nothing = way.column(rows)
                self._put_nothing(points, number, nothing)
                return shares
            case _Closures():
                return self._by_closures(points, rows, number, way, best)
            case None:
                return None

    def _put_nothing(self, points: BatchPoints, number: int, rows: Sequence[int]) -> None:
        for row in rows:
            points.apart.setdefault(row, {})[number] = Worked("not_applicable", _ZERO, _ZERO)

    def _by_closures(
        self, points: BatchPoints, rows: Rows, number: int, way: _Closures, best: GroupBest | None
    ) -> Column:
        known = way.known_with(best)
        numerators = [0] * len(rows.verified)
        denominators = [1] * len(rows.verified)
        for row, key in enumerate(way.keys(rows)):
            if not way.columns.isdisjoint(rows.odd.get(row, _NONE)):
                continue  # its cells are placeholders
            found = known.get(key) if way.plain else None
            if found is None:
                found = self._worked(rows, row, number, best, rejected=False, lacking=False)
                if way.plain:
                    known.keep(key, found)
            if found.state != "value":
                points.apart.setdefault(row, {})[number] = found
            else:
                numerators[row], denominators[row] = found.counted.numerator, found.counted.denominator
        return Shares(numerators, denominators)

    def _unusual(self, rows: Rows) -> Iterator[tuple[int, int]]:
        """Rows and criteria that their column does not know all about; some may be named twice."""
        for row, odd in rows.odd.items():
            for column in odd:
                yield from ((row, number) for number in self._reading[column])
        for row, codes in rows.rejected.items():
            yield from ((row, self._numbers[code]) for code in codes if code in self._numbers)
        for row, codes in rows.lacking.items():
            yield from ((row, self._numbers[code]) for code in codes & self._partial)

    def _put_apart(self, points: BatchPoints, rows: Rows, row: int, number: int, best: GroupBest | None) -> None:
        criterion = self._criteria[number]
        rejected = criterion.code in rows.rejected.get(row, _NONE)
        lacking = criterion.code in rows.lacking.get(row, _NONE) and criterion.code in self._partial
        found = None
        key = None if number in self._never_alike else self._likeness(rows, row, number, rejected, lacking)
        if key is not None:
            found = self._known_apart.get(key)
        if found is None:
            found = self._worked(rows, row, number, best, rejected, lacking)
            if key is not None:
                self._known_apart.keep(key, found)
        points.apart.setdefault(row, {})[number] = found
        column = points.columns[number]
        if isinstance(column, Shares):
            column.numerators[row] = 0
        elif column is not None:
            column[row] = 0

    def _likeness(self, rows: Rows, row: int, number: int, rejected: bool, lacking: bool) -> _Likeness:
        """Everything that decides what a criterion counts on a card, besides other cards."""
        odd = rows.odd.get(row, {})
        cells = tuple(
            (None, odd[column].state) if column in odd else (rows.columns[column][row], "value")
            for column in self._columns_read[number]
        )
        return number, rejected, lacking, cells

    def _worked(
        self, rows: Rows, row: int, number: int, best: GroupBest | None, rejected: bool, lacking: bool
    ) -> Worked:
        """One criterion of one card by its closures."""
        criterion = self._criteria[number]
        own = frozenset((criterion.code,))
        card = replace(
            self._reader.card(rows, row, self._inputs[number]),
            rejected=own if rejected else _NONE,
            evidence=_NONE if lacking else own,
        )
        return criterion.worked(card, best)


_Known = tuple[tuple[Fraction | None, ...] | None, Remembered[tuple[Cell, ...], Worked]]


class _Closures:
    """A criterion that runs its closures; `plain` are those whose figures are all in columns, so they can be a key."""

    def __init__(self, criterion: CompiledCriterion, reader: Reader) -> None:
        names = _inputs(criterion)
        self.columns = frozenset(reader.columns[name].number for name in names if name in reader.columns)
        self.plain = all(name in reader.columns for name in names)
        self._order = sorted(self.columns)
        self._keys = [compared.key for compared in criterion.method.compared]
        self._known: _Known = (None, Remembered(_KEPT))

    def keys(self, rows: Rows) -> Iterator[tuple[Cell, ...]]:
        """The cells of every row."""
        if not self._order:
            return iter([()] * len(rows.verified))
        return zip(*(rows.columns[number] for number in self._order), strict=True)

    def known_with(self, best: GroupBest | None) -> Remembered[tuple[Cell, ...], Worked]:
        """What was worked out with these highest values of the group; with others it is forgotten."""
        own = None if best is None else tuple(best.get(key) for key in self._keys)
        compared, known = self._known
        if self._keys and own != compared:
            known = Remembered(_KEPT)
        self._known = own, known  # at once: another thread may score another group
        return known


_Way = Steps | Bands | Ratio | _Closures | None


def _way(criterion: CompiledCriterion, reader: Reader) -> _Way:
    plain = criterion.asked is None and all(name in reader.columns for name in _inputs(criterion))
    if criterion.information and plain:
        return None  # in the state `value` wherever nothing is odd
    known = Steps.of(criterion, reader) or Bands.of(criterion, reader) or Ratio.of(criterion, reader)
    return known or _Closures(criterion, reader)


def _inputs(criterion: CompiledCriterion) -> tuple[str, ...]:
    """Everything that the state and the points of a criterion are read from."""
    own = tuple(item.id for item in criterion.source.inputs) if criterion.information else ()
    return tuple(dict.fromkeys((*own, *used_inputs(criterion.source.method), *gate_inputs(criterion.source))))


def _added(columns: Sequence[Sequence[int]], count: int) -> list[int]:
    return list(map(sum, zip(*columns, strict=True))) if columns else [0] * count


def _shared(columns: list[Shares]) -> Shares | None:
    """The sum of shares; two by two, so that the numbers stay short as long as they can."""
    while len(columns) > 1:
        pairs = zip(columns[::2], columns[1::2], strict=False)
        columns = [one.plus(other) for one, other in pairs] + columns[len(columns) & ~1 :]
    return columns[0] if columns else None
