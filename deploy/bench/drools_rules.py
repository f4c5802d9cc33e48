"""The same rule set in Drools' language: a rule for each criterion, and the cross-cutting rules; cards as its facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    BandsMethod,
    CapSection,
    ChoiceMethod,
    Comparison,
    Condition,
    CountMethod,
    Criterion,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    Flag,
    Not,
    RatioMethod,
    Rule,
    RuleSet,
    YesNoMethod,
    ZeroCriterion,
    ZeroSection,
)
from shared.ruleset.uses import comparisons

__all__ = ["card_lines", "rule_text"]

_TYPES = {"boolean": "Boolean", "integer": "Integer", "choice": "String"}
_HEAD = """package xephang;
import bench.ScoreCards.Outcome;
global Outcome out;
declare Criterion number: int state: String evidence_missing: boolean end
declare Derived name: String end
"""


def rule_text(rule_set: RuleSet) -> str:
    """The rules in Drools' language; a rule set with forms that are not in the comparison raises `ValueError`."""
    fields = " ".join(f"{name}: {kind}" for name, kind in _fields(rule_set))
    numbers = {criterion.code: number for number, criterion in enumerate(rule_set.criteria())}
    parts = [_HEAD, f"declare Card {fields} end\n"]
    parts += [_criterion(number, criterion) for number, criterion in enumerate(rule_set.criteria())]
    parts += [_rule(number, rule, numbers) for number, rule in enumerate(rule_set.rules)]
    return "".join(parts)


def card_lines(rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> list[str]:
    """The cards as the Java program reads them. Only criteria that are not in order become facts, in its favour."""
    compiled = compile_rule_set(rule_set)
    lines = ["\t".join(criterion.section for criterion in compiled.criteria)]
    fields = _fields(rule_set)
    lines.append("\t".join(f"{name}:{kind}" for name, kind in fields))
    for one in verified:
        card = Card.of(one, rule_set)
        odd = [
            f"{number},{criterion.state(card)},{int(lacking)}"
            for number, criterion in enumerate(compiled.criteria)
            for lacking in [criterion.evidence_required and criterion.code not in card.evidence]
            if lacking or criterion.state(card) != "value"
        ]
        lines.append("\t".join([*(_value(card, name) for name, _ in fields), ";".join(odd)]))
    return lines


def _fields(rule_set: RuleSet) -> list[tuple[str, str]]:
    states = {
        comparison.fact
        for rule in rule_set.rules
        for comparison in comparisons(rule.when)
        if comparison.fact.startswith("state.")
    }
    inputs = [(name, _TYPES[item.type]) for name, item in rule_set.inputs().items()]
    return [*inputs, ("days_late", "Integer"), ("missing", "Boolean"), *((_field(one), "String") for one in states)]


def _field(fact: str) -> str:
    kind, _, name = fact.partition(".")
    return f"state_{name}" if kind == "state" else name


def _value(card: Card, name: str) -> str:
    if name == "days_late":
        return str(card.days_late)
    if name == "missing":
        return str(card.missing).lower()
    if name.startswith("state_"):
        return card.figures[name.removeprefix("state_")].state
    value = card.figures[name].value
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _criterion(number: int, criterion: Criterion) -> str:
    maximum = float(criterion.maximum)
    match criterion.method:
        case YesNoMethod(input=name):
            given, needs = f"{_get(name)} ? {maximum} : 0", [name]
        case RatioMethod(of=of) if of.denominator is not None:
            needs = [of.numerator, of.denominator]
            part, whole = _get(of.numerator), _get(of.denominator)
            given = f"{whole} == 0 ? 0 : Math.min(1.0, (double) {part} / {whole}) * {maximum}"
        case BandsMethod(of=str(name), rows=rows):
            given, needs = "0", [name]
            for row in reversed(rows):
                assert row.at_least is not None
                given = f"({_get(name)} >= {float(row.at_least)} ? {float(row.points)} : {given})"
        case CountMethod(input=name, unit_points=unit):
            given, needs = f"Math.min({_get(name)} * {float(unit)}, {maximum})", [name]
        case ChoiceMethod(input=name, points=points):
            given, needs = "0", [name]
            for option, each in points.items():
                given = f'("{option}".equals({_get(name)}) ? {float(each)} : {given})'
        case other:
            raise ValueError(f"{criterion.code}: {other.form} is not in the comparison")
    there = ", ".join(f"{name} != null" for name in needs)
    return f'rule "criterion {number}" when $c: Card({there}) then out.points[{number}] = {given}; end\n'


def _get(name: str) -> str:
    return f"$c.get{name[0].upper()}{name[1:]}()"


def _rule(number: int, rule: Rule, numbers: dict[str, int]) -> str:
    parts = rule.when.all if isinstance(rule.when, AllOf) else (rule.when,)
    of_card, of_criterion, derived = _sorted_parts(parts)
    patterns = [f"$c: Card({', '.join(of_card)})"]
    if rule.for_each is not None:
        patterns.append(f"$k: Criterion({', '.join(of_criterion)})")
    patterns += [f'Derived(name == "{name}")' for name in derived]
    effects = " ".join(_effect(number, effect, numbers) for effect in rule.then)
    return f'rule "rule {number}" when {" ".join(patterns)} then {effects} end\n'


def _sorted_parts(parts: Iterable[Condition]) -> tuple[list[str], list[str], list[str]]:
    of_card: list[str] = []
    of_criterion: list[str] = []
    derived: list[str] = []
    for part in parts:
        if isinstance(part, Comparison) and part.fact.startswith("derived."):
            derived.append(_field(part.fact))
        elif isinstance(part, Comparison) and part.fact.startswith("criterion."):
            of_criterion.append(_constraint(part))
        else:
            of_card.append(_constraint(part))
    return of_card, of_criterion, derived


def _constraint(condition: Condition) -> str:
    match condition:
        case Comparison():
            return _comparison(condition)
        case AllOf(all=parts):
            return "(" + " && ".join(_constraint(part) for part in parts) + ")"
        case AnyOf(any=parts):
            return "(" + " || ".join(_constraint(part) for part in parts) + ")"
        case Not(not_=inner):
            return f"!({_constraint(inner)})"


def _comparison(comparison: Comparison) -> str:
    field = _field(comparison.fact)
    for operator, value in (
        ("==", comparison.is_),
        ("!=", comparison.is_not),
        (">=", comparison.at_least),
        (">", comparison.above),
        ("<=", comparison.at_most),
        ("<", comparison.below),
    ):
        if value is not None:
            return f"{field} {operator} {_written(value)}"
    raise ValueError(f"{comparison.fact} is compared with nothing")


def _written(value: bool | Fraction | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _effect(rule: int, effect: Effect, numbers: dict[str, int]) -> str:
    match effect:
        case Derive(fact=fact):
            return f'insert(new Derived("{_field(fact)}"));'
        case Deduct():
            times = "" if effect.times is None else f" * {_get(_field(effect.times))}"
            most = "Double.MAX_VALUE" if effect.at_most is None else str(float(effect.at_most))
            section = "0" if effect.from_ == "total" else effect.from_
            return f"out.deduct({rule}, {section}, Math.min({float(effect.points)}{times}, {most}));"
        case CapSection(section=section, at_most=most):
            return f"out.caps[{section}] = Math.min(out.caps[{section}], {float(most)});"
        case ZeroSection(section=section):
            return f"out.zeroedSections[{section}] = true;"
        case ZeroCriterion(criterion=named):
            return f"out.zeroed[{'$k.getNumber()' if named == 'this' else numbers[named]}] = true;"
        case ExcludeCriterion(criterion=named):
            return f"out.excluded[{'$k.getNumber()' if named == 'this' else numbers[named]}] = true;"
        case Flag(flag=flag):
            return f'out.marks.add("{flag}");'
        case _:
            return 'out.marks.add("excluded");'
