"""What criteria are asked if: over figures of other criteria, without circles, letting some through and not all."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.firing import words
from services.scoring.core.lint.logic import Every, Exhausted, Negation
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.worlds import Worlds
from shared.ruleset.document import AskedIf, Criterion
from shared.ruleset.places import join
from shared.ruleset.uses import gate_inputs, used_inputs

__all__ = ["check_gates"]


def check_gates(scope: Scope) -> Iterator[Finding]:
    """All findings about `asked_if`."""
    for path, criterion, comparison in scope.each_gate_comparison():
        space, _, name = comparison.fact.partition(".")
        if space != "input":
            yield scope.find("asked_if.other_fact", join(path, "fact"), name=comparison.fact)
        elif name in scope.inputs and scope.owners[name] is criterion:
            yield scope.find("asked_if.own_input", join(path, "fact"), name=name)
        elif name in scope.inputs and scope.inputs[name].per_unit:
            yield scope.find("per_unit.in_condition", join(path, "fact"), name=name)
    yield from _cycles(scope)
    worlds = Worlds(scope)
    try:
        for path, criterion, gate in scope.each_gate():
            if all(name in scope.inputs and not scope.inputs[name].per_unit for name in gate_inputs(criterion)):
                yield from _reach(scope, worlds, path, criterion, gate)
        yield from _read_elsewhere(scope, worlds)
    except Exhausted:
        yield scope.find("rules.too_many", "rules")


def _reach(scope: Scope, worlds: Worlds, path: str, criterion: Criterion, gate: AskedIf) -> Iterator[Finding]:
    """A figure that is not reported lets nobody through, so only reported ones tell whether everybody is."""
    spot, asked = join(path, "when"), worlds.holds(gate.when)
    reported = Every(tuple(worlds.answered(name) for name in gate_inputs(criterion)))
    if not worlds.can(asked):
        yield scope.find("asked_if.never", spot, conditions=words(gate.when))
    elif not worlds.can(reported, Negation(asked)):
        yield scope.find("asked_if.always", spot, conditions=words(gate.when))


def _cycles(scope: Scope) -> Iterator[Finding]:
    needs: dict[str, set[str]] = {}
    paths: dict[str, str] = {}
    for path, criterion, _ in scope.each_gate():
        owners = {scope.owners[name].code for name in gate_inputs(criterion) if name in scope.owners}
        needs[criterion.code] = owners - {criterion.code}  # its own figures are a finding of their own
        paths[criterion.code] = path
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield scope.find("asked_if.cycle", paths[cycle[0]], cycle=" → ".join(cycle))
            for code in cycle:
                needs.pop(code, None)
        else:
            return


def _read_elsewhere(scope: Scope, worlds: Worlds) -> Iterator[Finding]:
    """A figure that is asked of some only, read by a criterion that is asked of others as well."""
    for path, _, criterion in scope.each_criterion():
        own = criterion.asked_if
        for name in used_inputs(criterion.method):
            owner = scope.owners.get(name)
            if owner is None or owner is criterion or owner.asked_if is None:
                continue
            asked = True if own is None else worlds.holds(own.when)
            if worlds.can(asked, Negation(worlds.holds(owner.asked_if.when))):
                yield scope.find("asked_if.read_elsewhere", join(path, "method"), name=name, owner=owner.code)
