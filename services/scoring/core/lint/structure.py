"""Sections, criteria, inputs and levels: codes, sums, bounds, and that nothing is asked for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope, summed
from services.scoring.core.lint.used import used_inputs
from shared.ruleset.document import Criterion, Input, Section
from shared.ruleset.places import join

__all__ = ["check_criteria", "check_inputs", "check_result", "check_sections", "doubles"]

TOTAL = Fraction(100)  # each of the Decision's criteria sets has 100 points
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
    if scope.total is not None and scope.total != TOTAL:
        yield scope.find("set.total", "sections", sum=shown(scope.total))
    stage = scope.rule_set.stage
    if stage.last_year < stage.first_year:
        yield scope.find("stage.reversed", "stage", first=stage.first_year, last=stage.last_year)


def _section_points(scope: Scope, path: str, section: Section) -> Iterator[Finding]:
    spot = join(path, "maximum")
    if section.maximum <= 0:
        yield scope.find("maximum.not_positive", spot, value=shown(section.maximum))
    total = summed(criterion.maximum for criterion in section.criteria)
    if total is not None and total != section.maximum:
        yield scope.find("section.points", spot, declared=shown(section.maximum), sum=shown(total))


def check_criteria(scope: Scope) -> Iterator[Finding]:
    """Criteria have one code each, of their section, and name the evidence they require."""
    codes = ((join(path, "code"), criterion.code) for path, _, criterion in scope.each_criterion())
    yield from doubles(scope, "criterion.duplicate", codes)
    for path, section, criterion in scope.each_criterion():
        if criterion.code.split(".")[0] != section.code:
            yield scope.find("criterion.other_section", join(path, "code"), name=criterion.code, section=section.code)
        yield from _criterion_maximum(scope, path, criterion)
        if criterion.evidence.required and not criterion.evidence.documents:
            yield scope.find("criterion.evidence_documents", join(path, "evidence"))


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
    used = used_inputs(scope)
    for path, criterion, item in scope.each_input():
        yield from _bounds(scope, path, item)
        yield from _options(scope, path, item)
        if item.id not in used and criterion.method.form != "information":
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


# --- levels ------------------------------------------------------------------------------------------------------


def check_result(scope: Scope) -> Iterator[Finding]:
    """Levels go down strictly, end at 0, and lie within what the result can be."""
    result = scope.rule_set.result
    limit = Fraction(1) if result.form == "index" else TOTAL
    paths = [join("result.levels", index) for index in range(len(result.levels))]
    named = zip(paths, (level.id for level in result.levels), strict=True)
    yield from doubles(scope, "level.duplicate", ((join(path, "id"), name) for path, name in named))
    for index, level in enumerate(result.levels):
        spot = join(paths[index], "at_least")
        if not 0 <= level.at_least <= limit:
            yield scope.find(
                "level.out_of_range", spot, value=shown(level.at_least), limit=shown(limit), form=result.form
            )
        before = result.levels[index - 1].at_least if index else None
        if before is not None and level.at_least >= before:
            yield scope.find("level.order", spot, name=level.id, value=shown(level.at_least), before=shown(before))
    last = result.levels[-1].at_least
    if last > 0:
        yield scope.find("level.last_not_zero", join(paths[-1], "at_least"), value=shown(last))
