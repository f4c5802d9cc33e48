"""Derived facts: each of one type, derived by some rule, used by some rule, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from services.scoring.core.lint.facts import derivations, kind_of_value
from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import Deduct, Derive
from shared.ruleset.places import join

__all__ = ["check_derived"]


def check_derived(scope: Scope) -> Iterator[Finding]:
    """Findings about derived facts (that none is used without being derived is in rules.py)."""
    yield from _types(scope)
    yield from _unused(scope)
    yield from _cycles(scope)


def _types(scope: Scope) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for path, effect in derivations(scope):
        words = kind_of_value(effect.stated).words
        before = first.setdefault(effect.fact, words)
        if words != before:
            yield scope.find("derived.mixed_types", join(path, "value"), name=effect.fact, one=before, other=words)


def _unused(scope: Scope) -> Iterator[Finding]:
    used = {comparison.fact for _, _, comparison, _ in scope.each_comparison()}
    used |= {effect.times for _, _, effect in scope.each_effect() if isinstance(effect, Deduct) and effect.times}
    said: set[str] = set()
    for path, effect in derivations(scope):
        if effect.fact not in used and effect.fact not in said:
            said.add(effect.fact)
            yield scope.find("derived.never_used", join(path, "fact"), name=effect.fact)


def _cycles(scope: Scope) -> Iterator[Finding]:
    needs, paths = _dependencies(scope)
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield scope.find("derived.cycle", paths[cycle[0]], cycle=" → ".join(cycle))
            for fact in cycle:  # so that the next round finds the next circle
                needs.pop(fact, None)
        else:
            return


def _dependencies(scope: Scope) -> tuple[dict[str, set[str]], dict[str, str]]:
    """For each derived fact the facts its rules look at, and where it is derived."""
    looks_at: dict[int, set[str]] = {}
    for _, rule, comparison, _ in scope.each_comparison():
        if comparison.fact.startswith("derived."):
            looks_at.setdefault(id(rule), set()).add(comparison.fact)
    needs: dict[str, set[str]] = {}
    paths: dict[str, str] = {}
    for path, rule, effect in scope.each_effect():
        if isinstance(effect, Derive):
            needs.setdefault(effect.fact, set()).update(looks_at.get(id(rule), ()))
            paths.setdefault(effect.fact, path)
    return needs, paths
