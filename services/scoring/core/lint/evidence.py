"""Evidence that is required: named, with an effect where it is missing, and with one effect only."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.logic import Budget, Exhausted, Formula, atoms
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.worlds import Worlds
from shared.ruleset.document import Criterion, ZeroCriterion
from shared.ruleset.places import join

__all__ = ["check_evidence"]

_MOST_ATOMS = 100_000


def check_evidence(scope: Scope) -> Iterator[Finding]:
    """All findings about evidence."""
    worlds = Worlds(scope)
    try:
        for path, _, criterion in scope.each_criterion():
            spot = join(path, "evidence")
            yield from _share(scope, spot, criterion)
            if not criterion.evidence.required:
                continue
            if not criterion.evidence.documents:
                yield scope.find("criterion.evidence_documents", spot)
            yield from _effect(scope, worlds, spot, criterion)
    except Exhausted:
        yield scope.find("rules.too_many", "rules")


def _share(scope: Scope, path: str, criterion: Criterion) -> Iterator[Finding]:
    without = criterion.evidence.without
    if without is None:
        return
    if not 0 <= without <= 1:
        yield scope.find("evidence.share_range", join(path, "without"), value=shown(without))
    if not criterion.evidence.required:
        yield scope.find("evidence.share_not_required", join(path, "without"))


def _effect(scope: Scope, worlds: Worlds, path: str, criterion: Criterion) -> Iterator[Finding]:
    share = criterion.evidence.without
    if criterion.method.form == "information" or (share is not None and share > 1):
        return
    zeroing = list(_zeroing(scope, worlds, criterion.code))
    if share is None or share == 1:
        if not any(_looks_at_evidence(scope, worlds, criterion.code)):
            yield scope.find("evidence.no_effect", path, name=criterion.code)
        return
    for name, fires in zeroing:
        if share > 0 and worlds.follows(fires, worlds.evidence_missing(criterion.code)):
            yield scope.find("evidence.share_zeroed", join(path, "without"), value=shown(share), by=name)
            return


def _zeroing(scope: Scope, worlds: Worlds, code: str) -> Iterator[tuple[str, Formula]]:
    """The rules that zero a criterion, with when they do."""
    for index, (_, rule) in enumerate(scope.each_rule()):
        for effect in rule.then:
            if isinstance(effect, ZeroCriterion) and effect.criterion in ("this", code):
                of_each = rule.for_each is not None
                yield rule.id, worlds.fires(index, code if of_each else None)


def _looks_at_evidence(scope: Scope, worlds: Worlds, code: str) -> Iterator[bool]:
    """For each rule whether it asks for the criterion's evidence."""
    for index, (_, rule) in enumerate(scope.each_rule()):
        fires = worlds.fires(index, code if rule.for_each is not None else None)
        yield any(atom.variable == f"evidence {code}" for atom in atoms(fires, Budget(_MOST_ATOMS)))
