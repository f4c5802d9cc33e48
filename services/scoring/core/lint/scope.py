"""The document under inspection, with its parts by name and by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from services.scoring.core.lint.amounts import is_only_bonus, summed
from services.scoring.core.lint.finding import Finding, finding
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    AskedIf,
    Comparison,
    Condition,
    Criterion,
    Deduct,
    Derive,
    Effect,
    Input,
    Method,
    Not,
    Rule,
    RuleSet,
    Section,
)
from shared.ruleset.loader import LoadedRuleSet
from shared.ruleset.places import join
from shared.ruleset.uses import gate_inputs, inner_methods, used_inputs

__all__ = [
    "FIXED_FACTS",
    "At",
    "Scope",
    "placed_comparisons",
]

# Facts that every rule set has (document.Comparison); the others come from its inputs and rules.
FIXED_FACTS = (
    *("submission.days_late", "submission.missing"),
    *("criterion.evidence_required", "criterion.evidence_missing", "criterion.state", "criterion.scored"),
)
_MAX_HINTS = 100  # looking for similar names is slow; nobody reads the hundredth


@dataclass(frozen=True, slots=True)
class At:
    """Where a method stands: its path, the most it may give, and the criterion it scores.

    `around` are the forms it stands in, outermost first. A criterion's own method and that of a part have a `maximum`
    written beside them (`is_part`); a case by class or the inside of an average takes it from around.
    """

    path: str
    maximum: Fraction
    criterion: Criterion
    around: tuple[str, ...] = ()
    is_part: bool = False

    @property
    def has_own_maximum(self) -> bool:
        """Whether the maximum is written for this very method."""
        return self.is_part or not self.around

    @property
    def per_unit(self) -> bool:
        """Whether it is worked out for every sub-unit."""
        return "average" in self.around


class Scope:
    """What every check is given; of doubled names the first counts (the double is a finding of its own)."""

    def __init__(self, loaded: LoadedRuleSet, previous: RuleSet | None = None) -> None:
        self.rule_set = loaded.rule_set
        self.places = loaded.places
        self.previous = previous
        self.kinds: dict[str, object] = {}  # of facts, as facts.py finds them out once
        self._hints = 0

    def find(self, code: str, path: str, **values: object) -> Finding:
        """A finding at a path."""
        if "known" in values:
            self._hints += 1
            if self._hints > _MAX_HINTS:
                del values["known"]
        return finding(self.places, code, path, **values)

    @cached_property
    def total(self) -> Fraction | None:
        """The maximum of all sections together; a section of nothing but bonus criteria adds none."""
        return summed(section.maximum for section in self.rule_set.sections if not is_only_bonus(section))

    # --- by name ---

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """Inputs by id."""
        return {item.id: item for _, _, item in reversed(list(self.each_input()))}

    @cached_property
    def owners(self) -> dict[str, Criterion]:
        """The criterion that asks for an input, by input id."""
        return {item.id: criterion for _, criterion, item in reversed(list(self.each_input()))}

    @cached_property
    def criteria(self) -> dict[str, Criterion]:
        """Criteria by code."""
        return {criterion.code: criterion for _, _, criterion in reversed(list(self.each_criterion()))}

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Sections by code."""
        return {section.code: section for section in reversed(self.rule_set.sections)}

    @cached_property
    def derived_values(self) -> dict[str, list[bool | Fraction | str]]:
        """The values that rules give to each derived fact."""
        values: dict[str, list[bool | Fraction | str]] = {}
        for _, _, effect in self.each_effect():
            if isinstance(effect, Derive):
                values.setdefault(effect.fact, []).append(effect.stated)
        return values

    @cached_property
    def used(self) -> set[str]:
        """Ids of all inputs that a method, a rule or a gate (`asked_if`) reads."""
        used = {name for _, _, one in self.each_criterion() for name in used_inputs(one.method) + gate_inputs(one)}
        facts = [comparison.fact for _, _, comparison, _ in self.each_comparison()]
        facts += [effect.times for _, _, effect in self.each_effect() if isinstance(effect, Deduct) and effect.times]
        return used | {name for kind, _, name in (fact.partition(".") for fact in facts) if kind in ("input", "state")}

    @cached_property
    def fact_names(self) -> tuple[str, ...]:
        """All facts there are."""
        of_inputs = (f"{space}.{name}" for space in ("input", "state") for name in self.inputs)
        return (*FIXED_FACTS, *of_inputs, *self.derived_values)

    # --- by path ---

    def each_section(self) -> Iterator[tuple[str, Section]]:
        """Sections with their paths."""
        for index, section in enumerate(self.rule_set.sections):
            yield join("sections", index), section

    def each_criterion(self) -> Iterator[tuple[str, Section, Criterion]]:
        """Criteria with their paths and sections."""
        for path, section in self.each_section():
            for index, criterion in enumerate(section.criteria):
                yield join(path, "criteria", index), section, criterion

    def each_input(self) -> Iterator[tuple[str, Criterion, Input]]:
        """Inputs with their paths and criteria."""
        for path, _, criterion in self.each_criterion():
            for index, item in enumerate(criterion.inputs):
                yield join(path, "inputs", index), criterion, item

    def each_method(self) -> Iterator[tuple[At, Method]]:
        """Methods of criteria, and all methods inside them."""
        for path, _, criterion in self.each_criterion():
            yield from _methods(At(join(path, "method"), criterion.maximum, criterion), criterion.method)

    def each_gate(self) -> Iterator[tuple[str, Criterion, AskedIf]]:
        """What criteria are asked if, each with its path and criterion."""
        for path, _, criterion in self.each_criterion():
            if criterion.asked_if is not None:
                yield join(path, "asked_if"), criterion, criterion.asked_if

    def each_gate_comparison(self) -> Iterator[tuple[str, Criterion, Comparison]]:
        """Comparisons of all gates."""
        for path, criterion, gate in self.each_gate():
            for spot, comparison, _ in placed_comparisons(join(path, "when"), gate.when):
                yield spot, criterion, comparison

    def each_rule(self) -> Iterator[tuple[str, Rule]]:
        """Rules with their paths."""
        for index, rule in enumerate(self.rule_set.rules):
            yield join("rules", index), rule

    def each_comparison(self) -> Iterator[tuple[str, Rule, Comparison, bool]]:
        """Comparisons of all rules; the last says whether one stands under a `not`."""
        for path, rule in self.each_rule():
            for spot, comparison, negated in placed_comparisons(join(path, "when"), rule.when):
                yield spot, rule, comparison, negated

    def each_effect(self) -> Iterator[tuple[str, Rule, Effect]]:
        """Effects of all rules."""
        for path, rule in self.each_rule():
            for index, effect in enumerate(rule.then):
                yield join(path, "then", index), rule, effect


def _methods(at: At, method: Method) -> Iterator[tuple[At, Method]]:
    yield at, method
    around = (*at.around, method.form)
    for inside, inner, part in inner_methods(method):
        maximum = at.maximum if part is None else part.maximum
        yield from _methods(At(f"{at.path}.{inside}", maximum, at.criterion, around, part is not None), inner)


def placed_comparisons(
    path: str, condition: Condition, *, negated: bool = False
) -> Iterator[tuple[str, Comparison, bool]]:
    """All comparisons in a condition at a path, each with its own path and whether it stands under a `not`."""
    match condition:
        case Comparison():
            yield path, condition, negated
        case AllOf(all=parts):
            for index, part in enumerate(parts):
                yield from placed_comparisons(join(path, "all", index), part, negated=negated)
        case AnyOf(any=parts):
            for index, part in enumerate(parts):
                yield from placed_comparisons(join(path, "any", index), part, negated=negated)
        case Not(not_=inner):
            yield from placed_comparisons(join(path, "not"), inner, negated=True)
