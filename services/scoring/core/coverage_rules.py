"""What examples ought to show of the rules: that each fires and keeps still, what decides it, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from services.scoring.core.coverage_facts import Wanted, comparisons_at, deciding, holds_if, ways_to, wishes_of
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_measures import Cut, Point, points_about
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_spot import SIDES
from services.scoring.core.coverage_wish import Base, Wish
from shared.kernel.exact import exact_text
from shared.ruleset.document import Comparison, Criterion, Deduct, Effect, Rule, RuleSet
from shared.ruleset.places import join
from shared.ruleset.words import number

__all__ = ["rule_marks"]

_BEFORE = ("at_least", "below")  # their border lies just before the number, that of the others just after it
_AFTER = ("above", "at_most")


def rule_marks(rule_set: RuleSet) -> Iterator[Mark]:
    """The marks of all rules."""
    for index, rule in enumerate(rule_set.rules):
        path = join("rules", index)
        yield _fires(rule, path)
        yield _keeps_still(rule, path)
        for spot, comparison in comparisons_at(join(path, "when"), rule.when):
            yield from _decides(rule_set, rule, spot, comparison)
        for position, effect in enumerate(rule.then):
            yield from _does(rule, position, effect, join(path, "then", position))


def _name(rule: Rule) -> tuple[str, str]:
    return f"quy tắc {rule.id} ({rule.title.vi})", f"rule {rule.id}"


def _subjects(rule_set: RuleSet, rule: Rule) -> tuple[Criterion | None, ...]:
    return rule_set.criteria() if rule.for_each else (None,)


def _fires(rule: Rule, path: str) -> Mark:
    return Mark(
        key=f"{path}:fires",
        kind="rule",
        path=path,
        vi=f"{_name(rule)[0]} được áp dụng",
        en=f"{_name(rule)[1]} fires",
        holds=lambda tried: tried.checks_rules and bool(tried.criteria_of(rule)),
        wishes=lambda base: _firing(base, rule),
    )


def _keeps_still(rule: Rule, path: str) -> Mark:
    return Mark(
        key=f"{path}:still",
        kind="rule",
        path=path,
        vi=f"{_name(rule)[0]} không được áp dụng",
        en=f"{_name(rule)[1]} does not fire",
        holds=lambda tried: tried.checks_rules and not tried.criteria_of(rule),
        wishes=lambda base: wishes_of(ways_to(rule.when, False), base, None),
    )


def _firing(base: Base, rule: Rule) -> Iterator[Wish]:
    for subject in _subjects(base.rule_set, rule):
        yield from wishes_of(ways_to(rule.when, True), base, subject)


# --- conditions --------------------------------------------------------------------------------------------------


def _decides(rule_set: RuleSet, rule: Rule, path: str, comparison: Comparison) -> Iterator[Mark]:
    """Each comparison is seen to decide the rule, both ways; one with a number, at the number and beside it."""
    cuts = [*_ends(comparison, _BEFORE, 0), *_ends(comparison, _AFTER, 1)]
    if not cuts:
        for wanted in (True, False):
            yield _deciding_so(rule_set, rule, path, comparison, wanted)
        return
    for point in points_about(cuts, whole=_is_whole(rule_set, comparison.fact)):
        if _can_be(rule_set, comparison.fact, point):
            yield _deciding_at(rule_set, rule, path, comparison, point)


def _ends(comparison: Comparison, names: tuple[str, ...], after: int) -> Iterator[Cut]:
    for name in names:
        value = getattr(comparison, name)
        if value is not None:
            yield value, after


def _is_whole(rule_set: RuleSet, fact: str) -> bool:
    kind, _, name = fact.partition(".")
    item = rule_set.inputs().get(name) if kind == "input" else None
    return fact == "submission.days_late" or (item is not None and item.type == "integer")


def _can_be(rule_set: RuleSet, fact: str, point: Point) -> bool:
    kind, _, name = fact.partition(".")
    if fact == "submission.days_late":
        return point.value >= 0
    item = rule_set.inputs().get(name) if kind == "input" else None
    if item is None:
        return False  # derived numbers are what rules state, not what is answered
    low, high = item.minimum, item.maximum
    below = low is not None and (point.value <= low if point.side == "below" else point.value < low)
    above = high is not None and (point.value >= high if point.side == "above" else point.value > high)
    return not below and not above


def _is_decided(rule: Rule, comparison: Comparison, tried: Tried, subject: Criterion | None) -> bool:
    return holds_if(tried, rule.when, subject, comparison, True) != holds_if(
        tried, rule.when, subject, comparison, False
    )


def _deciding_so(rule_set: RuleSet, rule: Rule, path: str, comparison: Comparison, wanted: bool) -> Mark:
    def holds(tried: Tried) -> bool:
        return tried.checks_rules and any(
            tried.holds(comparison, subject) is wanted and _is_decided(rule, comparison, tried, subject)
            for subject in _subjects(rule_set, rule)
        )

    def wishes(base: Base) -> Iterator[Wish]:
        for subject in _subjects(rule_set, rule):
            ways = ((Wanted(comparison, wanted), *way) for way in deciding(rule.when, comparison))
            yield from wishes_of(ways, base, subject)

    vi, en = _name(rule)
    so_vi, so_en = ("đúng", "holds") if wanted else ("không đúng", "does not hold")
    return Mark(
        key=f"{path}:{wanted}",
        kind="condition",
        path=path,
        vi=f"{vi}: điều kiện về {comparison.fact} {so_vi} và quyết định kết quả",
        en=f"{en}: the condition on {comparison.fact} {so_en}, and decides",
        holds=holds,
        wishes=wishes,
    )


def _deciding_at(rule_set: RuleSet, rule: Rule, path: str, comparison: Comparison, point: Point) -> Mark:
    def holds(tried: Tried) -> bool:
        values = [value for value in tried.fact(comparison.fact, None) if isinstance(value, Fraction)]
        return (
            tried.checks_rules
            and any(point.is_met(value) for value in values)
            and any(_is_decided(rule, comparison, tried, subject) for subject in _subjects(rule_set, rule))
        )

    def wishes(base: Base) -> Iterator[Wish]:
        for subject in _subjects(rule_set, rule):
            for wanted in (True, False):
                literal = Wanted(comparison, wanted, _number_at(point))
                ways = ((literal, *way) for way in deciding(rule.when, comparison))
                yield from wishes_of(ways, base, subject)

    vi, en = _name(rule)
    side_vi, side_en = SIDES[point.side]
    return Mark(
        key=f"{path}:{point.side}-{point.value}",
        kind="boundary",
        path=path,
        vi=f"{vi}: {comparison.fact} {side_vi} {number(point.value)}",
        en=f"{en}: {comparison.fact} {side_en} {exact_text(point.value)}",
        holds=holds,
        wishes=wishes,
    )


def _number_at(point: Point) -> Fraction:
    beside = {"at": Fraction(0), "below": Fraction(-1, 100), "above": Fraction(1, 100)}
    return point.value + beside[point.side]


# --- effects -----------------------------------------------------------------------------------------------------


def _does(rule: Rule, position: int, effect: Effect, path: str) -> Iterator[Mark]:
    vi, en = _name(rule)
    yield Mark(
        key=f"{path}:does",
        kind="effect",
        path=path,
        vi=f"{vi}: hệ quả thứ {position + 1} ({effect.effect}) làm thay đổi phiếu điểm",
        en=f"{en}: effect {position + 1} ({effect.effect}) changes the scorecard",
        holds=lambda tried: tried.checks_rules and bool(tried.criteria_of(rule)) and tried.depends_on(rule, position),
        wishes=lambda base: _firing(base, rule),
    )
    if isinstance(effect, Deduct) and effect.at_most is not None and effect.points > 0:
        yield _deducts_the_most(rule, effect, effect.at_most, path)


def _deducts_the_most(rule: Rule, effect: Deduct, most: Fraction, path: str) -> Mark:
    """The most that a deduction takes is reached, so that it is seen to hold."""

    def holds(tried: Tried) -> bool:
        fired = len(tried.criteria_of(rule))
        times = [Fraction(v) for v in tried.fact(effect.times, None) if not isinstance(v, str)] if effect.times else []
        each = effect.points * (max(times, default=Fraction(0)) if effect.times else 1)
        return tried.checks_rules and tried.checks_points("") and each * fired > most

    def wishes(base: Base) -> Iterator[Wish]:
        count = Fraction(ceil(most / effect.points) + 1)
        kind, _, name = (effect.times or "").partition(".")
        for wish in _firing(base, rule):
            if effect.times == "submission.days_late":
                yield wish | Wish(days_late=int(count))
            elif kind == "input":
                yield wish | base.saying({name: count})
            elif rule.for_each:
                yield _for_many(base, rule, int(count))
                return

    vi, en = _name(rule)
    return Mark(
        key=f"{path}:most",
        kind="boundary",
        path=join(path, "at_most"),
        vi=f"{vi}: điểm trừ vượt mức tối đa {number(most)}",
        en=f"{en}: the deduction would be over its most, {exact_text(most)}",
        holds=holds,
        wishes=wishes,
    )


def _for_many(base: Base, rule: Rule, count: int) -> Wish:
    """The rule fires for so many criteria."""
    many = Wish()
    fired = 0
    for subject in base.rule_set.criteria():
        for wish in wishes_of(ways_to(rule.when, True), base, subject):
            many |= wish
            fired += 1
            break
        if fired == count:
            break
    return many
