"""The same 60 criteria as expressions for zen-engine: one node, no trace. It knows no rules, states or evidence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from importlib.metadata import version

from deploy.bench.synthetic import Plain
from shared.ruleset.document import BandsMethod, ChoiceMethod, CountMethod, Criterion, RatioMethod, RuleSet, YesNoMethod

__all__ = ["expression", "zen_path", "zen_version"]


def zen_version() -> str:
    """The installed version."""
    return version("zen-engine")


def zen_path(rule_set: RuleSet, cards: Sequence[Plain]) -> Callable[[], list[Mapping[str, float]]]:
    """A function that evaluates every card once and answers its points by criterion."""
    import zen  # here, so that the other benchmarks run without it

    decision = zen.ZenEngine().create_decision(json.dumps(_decision(rule_set)))

    def run() -> list[Mapping[str, float]]:
        evaluate = decision.evaluate
        return [evaluate(card)["result"] for card in cards]

    return run


def _decision(rule_set: RuleSet) -> dict[str, object]:
    expressions = [
        {"id": key, "key": key, "value": expression(criterion)}
        for criterion in rule_set.criteria()
        for key in [key_of(criterion)]
    ]
    nodes: list[dict[str, object]] = [
        {"id": "in", "type": "inputNode", "name": "in", "content": {}},
        {"id": "points", "type": "expressionNode", "name": "points", "content": {"expressions": expressions}},
        {"id": "out", "type": "outputNode", "name": "out", "content": {}},
    ]
    edges = [
        {"id": f"{one}-{other}", "sourceId": one, "targetId": other, "type": "edge"}
        for one, other in (("in", "points"), ("points", "out"))
    ]
    return {"nodes": [{**node, "position": {"x": 0, "y": 0}} for node in nodes], "edges": edges}


def key_of(criterion: Criterion) -> str:
    """A criterion's name in the answer."""
    return "c" + criterion.code.replace(".", "_")


def expression(criterion: Criterion) -> str:
    """The points of one criterion in zen's expression language."""
    maximum = _number(criterion.maximum)
    match criterion.method:
        case YesNoMethod(input=name):
            return f"{name} ? {maximum} : 0"
        case RatioMethod(of=of):
            whole, part = of.denominator, of.numerator
            return f"{whole} == 0 ? 0 : ({part} >= {whole} ? {maximum} : {part} / {whole} * {maximum})"
        case BandsMethod(of=str(name), rows=rows):
            text = "0"
            for row in reversed(rows):
                text = f"({name} >= {_number(row.at_least)} ? {_number(row.points)} : {text})"
            return text
        case CountMethod(input=name, unit_points=unit):
            return f"min([{name} * {_number(unit)}, {maximum}])"
        case ChoiceMethod(input=name, points=points):
            text = "0"
            for option, given in points.items():
                text = f"({name} == '{option}' ? {_number(given)} : {text})"
            return text
        case other:
            raise ValueError(f"{criterion.code}: {other.form} is not in the comparison")


def _number(value: Fraction | None) -> str:
    assert value is not None
    return str(float(value))
