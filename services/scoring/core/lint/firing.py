"""Rules that can never fire, and rules that always do; gates that let nobody or everybody through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.scoring.core.lint.facts import SIGNS, given
from services.scoring.core.lint.finding import Finding, value_words
from services.scoring.core.lint.logic import Exhausted, Negation
from services.scoring.core.lint.scope import Scope, placed_comparisons
from services.scoring.core.lint.worlds import Worlds
from shared.ruleset.document import AllOf, Comparison, Condition, Rule
from shared.ruleset.places import join

__all__ = ["check_firing"]

_Part = tuple[str, Condition]


def check_firing(scope: Scope) -> Iterator[Finding]:
    """All findings about when rules fire and criteria are asked."""
    worlds = Worlds(scope)
    try:
        for index, (path, rule) in enumerate(scope.each_rule()):
            yield from _rule(scope, worlds, path, rule, index)
    except Exhausted:
        yield scope.find("rules.too_many", "rules")


def _rule(scope: Scope, worlds: Worlds, path: str, rule: Rule, index: int) -> Iterator[Finding]:
    instances = worlds.instances(rule)
    fires = [worlds.fires(index, criterion) for criterion in instances]
    if not any(worlds.can(one) for one in fires):
        culprits = _culprits(worlds, list(_conjuncts(join(path, "when"), rule.when)), instances)
        spot = culprits[0][0] if len(culprits) == 1 else join(path, "when")
        together = (" cùng", " together") if len(culprits) > 1 else ("", "")
        yield scope.find(
            "rule.never_fires", spot, conditions=_listed(culprits), together_vi=together[0], together_en=together[1]
        )
    elif not any(worlds.can(Negation(one)) for one in fires):
        yield scope.find("rule.always_fires", join(path, "when"))
    else:
        yield from _idle(scope, worlds, path, rule, instances)


def _idle(scope: Scope, worlds: Worlds, path: str, rule: Rule, instances: Sequence[str | None]) -> Iterator[Finding]:
    """Comparisons of a rule that may fire which hold for nobody, as in `any`."""
    for spot, comparison, _ in placed_comparisons(join(path, "when"), rule.when):
        if not any(worlds.can(worlds.holds(comparison, criterion)) for criterion in instances):
            yield scope.find("comparison.never", spot, conditions=words(comparison))


# --- why not -----------------------------------------------------------------------------------------------------


def _conjuncts(path: str, condition: Condition) -> Iterator[_Part]:
    if isinstance(condition, AllOf):
        for index, part in enumerate(condition.all):
            yield from _conjuncts(join(path, "all", index), part)
    else:
        yield path, condition


def _culprits(worlds: Worlds, parts: list[_Part], instances: Sequence[str | None]) -> list[_Part]:
    """As few of the parts as cannot hold together: each is left out in turn, and stays out if it is not needed."""
    for part in list(parts):
        fewer = [one for one in parts if one is not part]
        if fewer and not any(_can_together(worlds, fewer, one) for one in instances):
            parts = fewer
    return parts


def _can_together(worlds: Worlds, parts: list[_Part], criterion: str | None) -> bool:
    return worlds.can(*(worlds.holds(part, criterion) for _, part in parts))


def _listed(parts: list[_Part]) -> str:
    return ", ".join(words(condition) for _, condition in parts)


def words(condition: Condition) -> str:
    """A condition for people, a longer one by its first comparison: `submission.days_late ≥ 5`."""
    if isinstance(condition, Comparison):
        tests = (f"{SIGNS[name]} {value_words(value)}" for name, value in given(condition).items())
        return f"`{' '.join([condition.fact, *tests])}`"
    first = next(one for _, one, _ in placed_comparisons("", condition))
    return f"(… {words(first)} …)"
