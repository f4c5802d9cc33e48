"""Rules whose effects take each other's effect away: shadowed by another rule, or saying the opposite of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.logic import Every, Exhausted
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.worlds import Worlds
from shared.ruleset.document import (
    CapSection,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    ZeroCriterion,
    ZeroSection,
)
from shared.ruleset.places import join

__all__ = ["check_conflicts"]


_OPPOSED = ("exclude_criterion", "zero_criterion", "derive", "deduct")


@dataclass(frozen=True, slots=True)
class _Deed:
    """What one effect does in one firing: `kind` to `target` (a code, flag or fact), by `value` where there is one."""

    kind: str
    target: str
    value: bool | Fraction | str | None
    rule: int
    criterion: str | None
    effect: Effect
    path: str

    @property
    def place(self) -> tuple[int, str]:
        """Whose effect it is."""
        return self.rule, self.path


def check_conflicts(scope: Scope) -> Iterator[Finding]:
    """All findings about rules that meet."""
    worlds = Worlds(scope)
    try:
        deeds = list(_deeds(scope, worlds))
        by_target: dict[str, list[_Deed]] = {}
        for deed in deeds:
            for target in _touched(scope, deed):
                worlds.spend()
                by_target.setdefault(target, []).append(deed)
        yield from _shadowed(scope, worlds, deeds, by_target)
        yield from _contradictions(scope, worlds, deeds, by_target)
    except Exhausted:
        yield scope.find("rules.too_many", "rules")


def _deeds(scope: Scope, worlds: Worlds) -> Iterator[_Deed]:
    for index, (path, rule) in enumerate(scope.each_rule()):
        for position, effect in enumerate(rule.then):
            spot = join(path, "then", position)
            for criterion in worlds.instances(rule):
                worlds.spend()
                for kind, target, value in _does(effect, criterion):
                    yield _Deed(kind, target, value, index, criterion, effect, spot)


def _does(effect: Effect, criterion: str | None) -> Iterator[tuple[str, str, bool | Fraction | str | None]]:
    match effect:
        case ZeroCriterion(criterion=named) | ExcludeCriterion(criterion=named):
            code = criterion if named == "this" else named
            if code is not None:
                yield effect.effect, f"criterion {code}", None
        case ZeroSection(section=code):
            yield effect.effect, f"section {code}", None
        case CapSection(section=code, at_most=value):
            yield effect.effect, f"section {code}", value
        case Deduct(from_=code):
            yield effect.effect, f"section {code}", None
        case Derive(fact=fact):
            yield effect.effect, f"fact {fact}", effect.stated
        case Flag(flag=flag):
            yield effect.effect, f"flag {flag}", None
        case ExcludeFromRanking():
            yield effect.effect, "ranking", None


def _touched(scope: Scope, deed: _Deed) -> Iterator[str]:
    """The target itself, and the criteria of a section that counts 0."""
    yield deed.target
    if deed.kind == "zero_section":
        section = scope.sections.get(deed.target.removeprefix("section "))
        yield from (f"criterion {one.code}" for one in (section.criteria if section is not None else ()))


# --- shadowed ----------------------------------------------------------------------------------------------------


def _shadowed(
    scope: Scope, worlds: Worlds, deeds: Sequence[_Deed], by_target: dict[str, list[_Deed]]
) -> Iterator[Finding]:
    """Effects that another rule always has as well, or makes void."""
    by_effect: dict[tuple[int, str], list[_Deed]] = {}
    for deed in deeds:
        by_effect.setdefault(deed.place, []).append(deed)
    rules = scope.rule_set.rules
    found: dict[int, dict[str, int]] = {}
    for (index, path), own in by_effect.items():
        others = [_shadow_of(worlds, deed, by_target[deed.target]) for deed in own if _may(worlds, deed)]
        if others and all(other is not None for other in others):
            found.setdefault(index, {})[path] = next(other.rule for other in others if other is not None)
    for index, spots in found.items():
        if len(spots) == len(rules[index].then) and index not in spots.values():
            by = ", ".join(f"`{rules[other].id}`" for other in dict.fromkeys(spots.values()))
            yield scope.find("rule.shadowed", join("rules", index), name=rules[index].id, by=by)
            continue
        for path, other in spots.items():
            yield scope.find("effect.shadowed", path, by=rules[other].id)


def _may(worlds: Worlds, deed: _Deed) -> bool:
    return worlds.can(worlds.fires(deed.rule, deed.criterion))


def _shadow_of(worlds: Worlds, deed: _Deed, others: Sequence[_Deed]) -> _Deed | None:
    """Who takes away the effect wherever the deed's rule fires."""
    fires = worlds.fires(deed.rule, deed.criterion)
    for other in others:
        worlds.spend()
        if other.place == deed.place or not _takes_away(other, deed):
            continue
        theirs = worlds.fires(other.rule, other.criterion)
        if not worlds.follows(theirs, fires):
            continue
        # Of two that are the same, the later one is one too many.
        if other.place < deed.place or not (_takes_away(deed, other) and worlds.follows(fires, theirs)):
            return other
    return None


def _takes_away(one: _Deed, other: _Deed) -> bool:
    """Whether the other deed changes nothing where this one is done."""
    if one.kind == other.kind:
        if one.target != other.target or one.kind == "deduct":
            return False
        if isinstance(one.value, Fraction) and isinstance(other.value, Fraction) and one.kind == "cap_section":
            return one.value <= other.value
        return type(one.value) is type(other.value) and one.value == other.value
    if one.kind == "zero_section":
        of_section = other.kind in ("cap_section", "deduct") and one.target == other.target
        return of_section or other.kind == "zero_criterion"
    return one.kind == "exclude_criterion" and other.kind == "zero_criterion"


# --- against each other ------------------------------------------------------------------------------------------


def _contradictions(
    scope: Scope, worlds: Worlds, deeds: Sequence[_Deed], by_target: dict[str, list[_Deed]]
) -> Iterator[Finding]:
    rules = scope.rule_set.rules
    said: set[tuple[tuple[int, str], tuple[int, str]]] = set()
    for deed in (one for one in deeds if one.kind in _OPPOSED):
        for other in by_target[deed.target]:
            worlds.spend()
            pair = (other.place, deed.place)
            code = _against(other, deed) if other.place < deed.place and pair not in said else None
            if code is not None and _meet(worlds, other, deed, code):
                said.add(pair)
                name = deed.target.partition(" ")[2]
                yield scope.find(code, deed.path, by=rules[other.rule].id, target=name)


def _against(one: _Deed, other: _Deed) -> str | None:
    """The finding that two effects are if their rules meet."""
    if one.target != other.target:
        return None
    kinds = {one.kind, other.kind}
    if kinds == {"exclude_criterion", "zero_criterion"}:
        # A rule tried on each criterion is the general one: one about this criterion alone may except it.
        return "effect.contradicts" if _is_named(one) and _is_named(other) else None
    if kinds == {"derive"} and type(one.value) is type(other.value) and one.value != other.value:
        # Of several numbers the highest counts (document.Deduct); of two names or of yes and no none does.
        return None if isinstance(one.value, Fraction) else "derived.contradicts"
    if kinds == {"deduct"} and one.rule != other.rule and one.criterion is None and other.criterion is None:
        return "effect.deducts_twice"
    return None


def _is_named(deed: _Deed) -> bool:
    return getattr(deed.effect, "criterion", "this") != "this"


def _meet(worlds: Worlds, one: _Deed, other: _Deed, code: str) -> bool:
    """Whether the rules fire together so that it matters: in some world, for two deductions in all."""
    mine, theirs = worlds.fires(one.rule, one.criterion), worlds.fires(other.rule, other.criterion)
    if code == "effect.deducts_twice":
        return worlds.can(mine) and worlds.follows(mine, theirs) and worlds.follows(theirs, mine)
    if code == "effect.contradicts":
        out, zero = (mine, theirs) if one.kind == "exclude_criterion" else (theirs, mine)
        if worlds.follows(out, zero):
            return False  # then it never counts 0, which is said already: that rule is shadowed
    return worlds.is_known(Every((mine, theirs))) and worlds.can(mine, theirs)
