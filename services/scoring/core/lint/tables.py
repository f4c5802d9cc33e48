"""Tables of points: that they go one way, and that the answer makes a difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from services.scoring.core.lint.bands import in_order, is_whole
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.ruleset.document import BandsMethod, ChoiceMethod, Method, YesNoMethod
from shared.ruleset.places import join

__all__ = ["check_tables"]


def check_tables(scope: Scope) -> Iterator[Finding]:
    """Points that go up and down, and points that are the same whatever is answered."""
    for at, method in scope.each_method():
        points = _table(scope, at, method)
        if at.maximum <= 0 or not all(0 <= each <= at.maximum for each in points):
            continue  # another finding says so
        if len(points) > 1 and len(set(points)) == 1:
            yield scope.find("method.no_difference", at.path, value=shown(points[0]))
        elif not _goes_one_way(points):
            inside = "rows" if method.form == "bands" else "points"
            listed = " → ".join(shown(each) for each in points)
            yield scope.find(f"{method.form}.not_monotone", join(at.path, inside), points=listed)


def _table(scope: Scope, at: At, method: Method) -> Sequence[Fraction]:
    """The points of a method's answers in their order: by value, or as the options are listed."""
    match method:
        case YesNoMethod(yes=yes, no=no):
            return (no, at.maximum if yes is None else yes)
        case BandsMethod() if is_whole(scope, at, method):
            return [row.points for row in in_order(method)]
        case ChoiceMethod(input=name, points=table):
            item = scope.inputs.get(name)
            options = item.options if item is not None else ()
            return [table[name] for name in dict.fromkeys(option.id for option in options) if name in table]
        case _:
            return ()


def _goes_one_way(points: Sequence[Fraction]) -> bool:
    steps = list(pairwise(points))
    return all(one <= other for one, other in steps) or all(one >= other for one, other in steps)
