"""Sections, criteria and inputs: codes, sums, bounds, and that nothing is asked for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from services.scoring.core.lint.amounts import adds_up, points_of, summed
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import Criterion, Input, Section
from shared.ruleset.places import join

__all__ = ["check_criteria", "check_inputs", "check_sections", "doubles"]

TOTAL = Fraction(100)  # of the Decision's criteria sets
LARGE, TENS = (
    Fraction(200),
    Fraction(10),
)  # other bodies count 420 or 1,000: in tens, and so far off that 110 is no scale
_NUMERIC = ("integer", "decimal")


def doubles(scope: Scope, code: str, named: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """One finding for each name (of path-and-name pairs) that was there before."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield scope.find(code, path, name=name)
        seen.add(name)


def check_sections(scope: Scope) -> Iterator[Finding]:
    """Sections have one code each, the points of their criteria, and 100 together; the stage has an order."""
    yield from doubles(scope, "section.duplicate", ((join(p, "code"), s.code) for p, s in scope.each_section()))
    for path, section in scope.each_section():
        yield from _section_points(scope, path, section)
    yield from _total(scope)
    stage = scope.rule_set.stage
    if stage.last_year < stage.first_year:
        yield scope.find("stage.reversed", "stage", first=stage.first_year, last=stage.last_year)


def _section_points(scope: Scope, path: str, section: Section) -> Iterator[Finding]:
    spot = join(path, "maximum")
    if section.maximum <= 0:
        yield scope.find("maximum.not_positive", spot, value=shown(section.maximum))
    if not adds_up(section):
        total = shown(points_of(section) or Fraction(0))
        yield scope.find("section.points", spot, declared=shown(section.maximum), sum=total)


def _total(scope: Scope) -> Iterator[Finding]:
    """Whether all sections come to a round total. A mean of sections needs none."""
    total, of_criteria = scope.total, summed(points_of(one) or Fraction(0) for one in scope.rule_set.sections)
    if scope.rule_set.result.mean is not None or total is None or _is_round(total):
        return
    if of_criteria is not None and _is_round(of_criteria) and of_criteria != total:
        return  # a section's points were mistyped, which is said there
    yield scope.find("set.total", "sections", sum=shown(total))


def _is_round(total: Fraction) -> bool:
    return total == TOTAL or (total >= LARGE and total % TENS == 0)


def check_criteria(scope: Scope) -> Iterator[Finding]:
    """Criteria have one code each, of their section, and a maximum that fits their form."""
    codes = ((join(path, "code"), criterion.code) for path, _, criterion in scope.each_criterion())
    yield from doubles(scope, "criterion.duplicate", codes)
    for path, section in scope.each_section():
        yield from _sections_named(scope, path, section)
    for path, _, criterion in scope.each_criterion():
        yield from _criterion_maximum(scope, path, criterion)


def _sections_named(scope: Scope, path: str, section: Section) -> Iterator[Finding]:
    """Codes of criteria begin with their section's; where all begin with the same other one, the section is wrong."""
    named = [criterion.code.split(".")[0] for criterion in section.criteria]
    if len(named) > 1 and set(named) != {section.code} and len(set(named)) == 1:
        yield scope.find("section.other_code", join(path, "code"), name=section.code, criteria=named[0])
        return
    for index, (name, criterion) in enumerate(zip(named, section.criteria, strict=True)):
        if name != section.code:
            spot = join(path, "criteria", index, "code")
            yield scope.find("criterion.other_section", spot, name=criterion.code, section=section.code)


def _criterion_maximum(scope: Scope, path: str, criterion: Criterion) -> Iterator[Finding]:
    spot, value = join(path, "maximum"), shown(criterion.maximum)
    if criterion.method.form == "information":
        if criterion.maximum != 0:
            yield scope.find("information.maximum", spot, value=value)
        if not criterion.inputs:
            yield scope.find("information.asks_nothing", join(path, "inputs"))
    elif criterion.maximum <= 0:
        yield scope.find("maximum.not_positive", spot, value=value)


# --- inputs ------------------------------------------------------------------------------------------------------


def check_inputs(scope: Scope) -> Iterator[Finding]:
    """Inputs have one id each, bounds and options that fit their type, and a use."""
    named = ((join(path, "id"), item.id) for path, _, item in scope.each_input())
    yield from doubles(scope, "input.duplicate", named)
    for path, criterion, item in scope.each_input():
        yield from _bounds(scope, path, item)
        yield from _options(scope, path, item)
        if item.id not in scope.used and criterion.method.form != "information":
            yield scope.find("input.unused", path, name=item.id)


def _bounds(scope: Scope, path: str, item: Input) -> Iterator[Finding]:
    ends = [(name, end) for name, end in (("minimum", item.minimum), ("maximum", item.maximum)) if end is not None]
    if item.type not in _NUMERIC:
        if ends:
            yield scope.find("input.bounds_unfit", join(path, ends[0][0]), type=item.type)
        return
    for name, end in ends:
        if item.type == "integer" and end.denominator != 1:
            yield scope.find("input.bound_not_whole", join(path, name), value=shown(end))
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        low, high = shown(item.minimum), shown(item.maximum)
        yield scope.find("input.bounds_reversed", join(path, "minimum"), minimum=low, maximum=high)


def _options(scope: Scope, path: str, item: Input) -> Iterator[Finding]:
    spot = join(path, "options")
    if item.type != "choice":
        if item.options:
            yield scope.find("input.options_unfit", spot, type=item.type)
        return
    if len(item.options) < 2:
        yield scope.find("input.options_missing", spot)
    named = ((join(spot, index, "id"), option.id) for index, option in enumerate(item.options))
    yield from doubles(scope, "input.option_duplicate", named)
