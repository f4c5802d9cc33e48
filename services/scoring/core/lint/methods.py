"""Scoring methods: inputs that exist and fit the form, points within the maximum, a maximum that can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from services.scoring.core.lint.amounts import bounds, summed
from services.scoring.core.lint.bands import is_whole
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.ruleset.document import (
    AverageMethod,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    InformationMethod,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.places import join, parent
from shared.ruleset.uses import own_inputs

__all__ = ["check_methods"]

_NUMERIC = ("integer", "decimal")
_EXPECTED = {
    "yes_no": ("boolean",),
    "choice": ("choice",),
    "count": ("integer",),
    "average": ("integer",),
    "by": ("choice", "boolean"),
}
# Bands may be over a value below zero, if the rows say so; the others would give negative points.
_NOT_NEGATIVE = ("ratio", "count", "relative", "average")


def check_methods(scope: Scope) -> Iterator[Finding]:
    """All findings about methods, apart from the rows of bands (bands.py), the new forms (forms.py) and tables."""
    for at, method in scope.each_method():
        yield from _inputs(scope, at, method)
        yield from _points(scope, at, method)
        yield from _own(scope, at, method)
        yield from _reach(scope, at, method)


def _inputs(scope: Scope, at: At, method: Method) -> Iterator[Finding]:
    expected = _EXPECTED.get(method.form, _NUMERIC)
    for inside, name in own_inputs(method):
        spot = f"{at.path}.{inside}"
        item = scope.inputs.get(name)
        if item is None:
            yield scope.find("method.unknown_input", spot, name=name, known=scope.inputs)
        elif item.type not in expected:
            listed = " / ".join(expected)
            yield scope.find("method.input_type", spot, name=name, form=method.form, type=item.type, expected=listed)
        elif item.type in _NUMERIC and _must_not_be_negative(method) and _may_be_negative(item):
            yield scope.find("method.may_be_negative", spot, name=name, form=method.form)


def _must_not_be_negative(method: Method) -> bool:
    return method.form in _NOT_NEGATIVE or (isinstance(method, BandsMethod) and isinstance(method.of, Quotient))


def _may_be_negative(item: Input) -> bool:
    return item.minimum is None or item.minimum < 0


def _points(scope: Scope, at: At, method: Method) -> Iterator[Finding]:
    for inside, points in _all_points(method):
        spot = f"{at.path}.{inside}"
        if points < 0:
            yield scope.find("method.points_negative", spot, value=shown(points))
        elif points > at.maximum:
            yield scope.find("method.points_above_maximum", spot, value=shown(points), maximum=shown(at.maximum))


def _all_points(method: Method) -> Iterator[tuple[str, Fraction]]:
    match method:
        case YesNoMethod(yes=yes, no=no):
            if yes is not None:
                yield "yes", yes
            yield "no", no
        case BandsMethod(rows=rows):
            yield from ((join("rows", index, "points"), row.points) for index, row in enumerate(rows))
        case CountMethod(unit_points=points):
            yield "unit_points", points
        case ChoiceMethod(points=table):
            yield from ((join("points", option), points) for option, points in table.items())
        case SumMethod(parts=parts):
            yield from ((join("parts", index, "maximum"), part.maximum) for index, part in enumerate(parts))
        case BestMethod(cases=cases):
            yield from ((join("cases", index, "maximum"), part.maximum) for index, part in enumerate(cases))
        case _:
            pass


def _own(scope: Scope, at: At, method: Method) -> Iterator[Finding]:
    """What only one form can get wrong."""
    if at.is_part and at.maximum == 0:
        yield scope.find("maximum.not_positive", join(parent(at.path), "maximum"), value="0")
    match method:
        case InformationMethod() if at.around:
            yield scope.find("information.in_part", at.path)
        case SumMethod(parts=()) | BestMethod(cases=()):
            yield scope.find("method.no_parts", at.path, form=method.form)
        case ChoiceMethod():
            yield from _choice(scope, at, method)
        case RatioMethod(of=quotient):
            yield from _quotient(scope, join(at.path, "of"), quotient)
        case BandsMethod(of=Quotient() as quotient):
            yield from _quotient(scope, join(at.path, "of"), quotient)
        case RelativeMethod(input=Quotient(denominator=None)):
            yield scope.find("relative.denominator", join(at.path, "input"))
        case RelativeMethod(input=Quotient() as quotient):
            yield from _quotient(scope, join(at.path, "input"), quotient)
        case _:
            pass


def _choice(scope: Scope, at: At, method: ChoiceMethod) -> Iterator[Finding]:
    item = scope.inputs.get(method.input)
    if item is None or item.type != "choice":
        return
    options = [option.id for option in item.options]
    spot = join(at.path, "points")
    for option in dict.fromkeys(options):
        if option not in method.points:
            yield scope.find("choice.option_without_points", spot, name=option, input=item.id)
    for option in method.points:
        if option not in options:
            yield scope.find("choice.unknown_option", join(spot, option), name=option, input=item.id, known=options)


def _quotient(scope: Scope, path: str, quotient: Quotient) -> Iterator[Finding]:
    if (quotient.denominator is None) == (quotient.whole is None):
        yield scope.find("quotient.denominator", path)
    if quotient.whole is not None and quotient.whole <= 0:
        yield scope.find("quotient.whole", join(path, "whole"), value=shown(quotient.whole))
    if quotient.denominator == quotient.numerator:
        yield scope.find("quotient.same_input", path, name=quotient.numerator)


def _reach(scope: Scope, at: At, method: Method) -> Iterator[Finding]:
    if not at.has_own_maximum:
        return  # one class of agencies may well reach less than another
    if _lacks_rows(scope, at, method):
        return  # the best of them may be the one that is missing
    reach = _most(scope, at.maximum, method)
    if reach is not None and 0 <= reach < at.maximum:
        yield scope.find("method.maximum_unreachable", at.path, maximum=shown(at.maximum), reach=shown(reach))


def _lacks_rows(scope: Scope, at: At, method: Method) -> bool:
    """Whether a table leaves out answers, or has rows that nothing falls into."""
    if isinstance(method, BandsMethod):
        return not is_whole(scope, at, method)
    return isinstance(method, ChoiceMethod) and any(True for _ in _choice(scope, at, method))


def _most(scope: Scope, maximum: Fraction, method: Method) -> Fraction | None:
    """The most points a method can give; None where that cannot be told or is another finding's matter."""
    match method:
        case YesNoMethod(yes=yes, no=no):
            return maximum if yes is None else max(yes, no)
        case BandsMethod(rows=rows):
            return max((row.points for row in rows), default=None)
        case ChoiceMethod(points=table):
            return max(table.values(), default=None)
        case CountMethod(input=name, unit_points=points):
            item = scope.inputs.get(name)
            highest = bounds(item)[1] if item is not None else None
            return Fraction(0) if points == 0 else None if highest is None else highest * points
        case SumMethod(parts=parts):
            return summed(part.maximum for part in parts) if parts else None
        case BestMethod(cases=cases):
            return max((part.maximum for part in cases), default=None)
        case AverageMethod(of=inner):
            return _most(scope, maximum, inner)
        case ByMethod(cases=by_class):
            reached = [_most(scope, maximum, case) for case in by_class.values()]
            known = [reach for reach in reached if reach is not None]
            return max(known) if known and len(known) == len(reached) else None
        case _:
            return None
