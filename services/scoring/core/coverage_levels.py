"""What examples ought to show of the levels: each reached, and both sides of its threshold.

A threshold is shown by losing the right points from a full card: what each criterion can lose is tried once, and
losses are added up until they make the sum that is wanted. Where the index is a mean of sections this is no sum, and
none is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from services.scoring.core.coverage_aim import aim
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_methods import method_marks
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_spot import SIDES
from services.scoring.core.coverage_wish import NOTHING, Base, Wish
from shared.kernel.exact import exact_text
from shared.ruleset.document import Level, Result, RuleSet
from shared.ruleset.words import number

__all__ = ["level_marks"]

_MOST_SUMS = 4000
_MOST_WAYS = 6  # of losing points that are tried in one criterion
_NEAR = Fraction(1, 100)  # of the index, or of the points there are, counts as just below


def level_marks(rule_set: RuleSet) -> Iterator[Mark]:
    """The marks of all levels; the threshold of the lowest is no boundary."""
    result = rule_set.result
    points = sum((section.maximum for section in rule_set.sections), Fraction(0))
    near = (Fraction(1) if result.form == "index" else points) * _NEAR
    for index, level in enumerate(result.levels):
        path = f"result.levels[{index}]"
        yield _reached(level, path)
        if level.at_least > 0:
            yield _beside(result, level, path, "at", near)
            yield _beside(result, level, path, "below", near)


def _reached(level: Level, path: str) -> Mark:
    return Mark(
        key=f"{path}:reached",
        kind="level",
        path=path,
        vi=f"mức “{level.title.vi}” đạt được",
        en=f"level {level.id} is reached",
        holds=lambda tried: tried.example.expect.level is not None and tried.scorecard.level == level.id,
        wishes=_lowering,
    )


def _lowering(base: Base) -> Iterator[Wish]:
    """The base, then with one criterion after another given nothing."""
    wish = NOTHING
    yield wish
    for criterion in base.rule_set.criteria():
        wish = wish | aim(criterion.method, criterion.maximum, base, high=False)
        yield wish


def _beside(result: Result, level: Level, path: str, side: str, near: Fraction) -> Mark:
    def holds(tried: Tried) -> bool:
        value = tried.scorecard.index if result.form == "index" else tried.scorecard.points
        short = level.at_least - value
        met = short == 0 if side == "at" else 0 < short <= near
        return met and tried.example.expect.level is not None

    def wishes(base: Base) -> Iterator[Wish]:
        if result.mean is None:
            whole = base.tried.scorecard.maximum if result.form == "index" else Fraction(1)
            target = level.at_least * whole
            yield from _losing(base, target, Fraction(0) if side == "at" else near * whole)

    vi, en = SIDES[side]
    return Mark(
        key=f"{path}:{side}",
        kind="boundary",
        path=path,
        vi=f"mức “{level.title.vi}”: {vi} {number(level.at_least)}",
        en=f"level {level.id}: {en} {exact_text(level.at_least)}",
        holds=holds,
        wishes=wishes,
    )


def _losing(base: Base, target: Fraction, near: Fraction) -> Iterator[Wish]:
    """Wishes that leave the target, or (where `near` is given) a little less; in both orders of the criteria."""
    have = base.tried.scorecard.points
    losses = _losses(base)
    for ordered in (losses, losses[::-1]):
        sums = _sums(ordered, have - target + near)
        wanted = [lost for lost in sums if (lost == have - target if not near else lost > have - target)]
        if wanted:
            yield sums[min(wanted)]


@lru_cache(maxsize=1)  # of one base, for all of its levels
def _losses(base: Base) -> list[list[tuple[Fraction, Wish]]]:
    """For each criterion what it can lose: nothing of the rest of the card changes with it."""
    found = []
    for criterion in base.rule_set.criteria():
        ways: dict[Fraction, Wish] = {}
        for mark in islice(method_marks(criterion, criterion.code, base.inputs), _MOST_WAYS):
            wish = next(mark.ways(base), NOTHING)
            card = base.tries(wish).scorecard
            lost = base.tried.scorecard.points - card.points
            if lost > 0 and card.maximum == base.tried.scorecard.maximum:
                ways.setdefault(lost, wish)
        found.append(list(ways.items()))
    return found


def _sums(losses: list[list[tuple[Fraction, Wish]]], most: Fraction) -> dict[Fraction, Wish]:
    """Every sum of losses up to `most`, each criterion losing once at most."""
    sums = {Fraction(0): NOTHING}
    for ways in losses:
        for lost, wish in list(sums.items()):
            for more, other in ways:
                if lost + more <= most and lost + more not in sums and len(sums) < _MOST_SUMS:
                    sums[lost + more] = wish | other
    return sums
