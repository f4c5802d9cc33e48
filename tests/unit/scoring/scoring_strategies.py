"""Hypothesis strategies: rule sets of every form with nested, chained rules, and submissions that hit their edges."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from scoring_builders import (
    a_criterion,
    a_rule,
    a_rule_set,
    a_section,
    a_submission,
    adjusted,
    an_input,
    answered,
    rejected,
)

from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import Input, RuleSet
from shared.ruleset.uses import best_keys

NUMBERS = ["0", "1", "2", "3", "0.5", "1.25", "0.333333", "10", "1000000000000000", "-1"]
THRESHOLDS = ["0", "1", "2", "0.5", "1/3", "1.25", "0.333333", "10"]
TEXTS = ["full", "part", "none"]
STATES = ["value", "not_applicable", "not_reported", "rejected"]
ORDERS = ["at_least", "above", "at_most", "below"]
POINTS = ["0", "1", "2", "1/3", "2.5", "10"]
DERIVED = ["derived.a", "derived.b", "derived.c"]


def _sample(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def methods(draw: st.DrawFn, prefix: str, depth: int = 0) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A method with the inputs it needs."""
    forms = ["yes_no", "ratio", "bands", "count", "choice", "relative"] + (
        ["sum", "best", "information", "average", "by"] * (depth == 0)
    )
    form = draw(_sample(forms))
    if form == "average":
        return draw(_averages(prefix, depth))
    if form == "by":
        return draw(_by_class(prefix, depth))
    if form in ("sum", "best"):
        drawn = [draw(methods(f"{prefix}{index}", depth + 1)) for index in range(draw(st.integers(1, 3)))]
        parts = [{"title": {"vi": "Phần"}, "maximum": draw(_sample(["2", "5", "10"])), "method": m} for m, _ in drawn]
        return {"form": form, "parts" if form == "sum" else "cases": parts}, [i for _, many in drawn for i in many]
    return _SIMPLE[form](draw, prefix)


@st.composite
def _averages(draw: st.DrawFn, prefix: str, depth: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A mean over sub-units; some of the inner figures may be given once for all of them."""
    inner, asked = draw(methods(f"{prefix}u", depth + 1).filter(lambda drawn: drawn[0]["form"] != "relative"))
    inputs = [
        {**one, "per_unit": True} if index == 0 or draw(st.booleans()) else one for index, one in enumerate(asked)
    ]
    method = {"form": "average", "of": inner}
    if draw(st.booleans()):
        return {**method, "total": f"{prefix}t"}, [*inputs, an_input(f"{prefix}t", "decimal")]
    return method, inputs


@st.composite
def _by_class(draw: st.DrawFn, prefix: str, depth: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A method that differs by an option, or by a yes or no."""
    options = draw(_sample([TEXTS, ["yes", "no"]]))
    drawn = {option: draw(methods(f"{prefix}{option}", depth + 1)) for option in options}
    chooses = an_input(prefix, "boolean") if "yes" in options else an_input(prefix, "choice", options=TEXTS)
    cases = {option: method for option, (method, _) in drawn.items()}
    return {"form": "by", "input": prefix, "cases": cases}, [chooses, *(i for _, many in drawn.values() for i in many)]


def _yes_no(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"form": "yes_no", "input": prefix, "no": draw(_sample(["0", "1"]))}, [an_input(prefix, "boolean")]


def _quotient(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    zero = draw(_sample(["zero", "full", "not_applicable"]))
    if draw(st.booleans()):
        return {"numerator": prefix, "whole": draw(_sample(["0", "3", "7"])), "zero_denominator": zero}, [
            an_input(prefix, "decimal")
        ]
    inputs = [an_input(prefix, "decimal"), an_input(f"{prefix}n", "decimal")]
    return {"numerator": prefix, "denominator": f"{prefix}n", "zero_denominator": zero}, inputs


def _ratio(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    of, inputs = _quotient(draw, prefix)
    return {"form": "ratio", "of": of}, inputs


def _bands(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    of: Any = prefix
    inputs = [an_input(prefix, "decimal")]
    if draw(st.booleans()):
        of, inputs = _quotient(draw, prefix)
    rows = [
        {"points": draw(_sample(POINTS)), "at_least": "2"},
        {"points": draw(_sample(POINTS)), "above": "0.5", "below": "2"},
        {"points": draw(_sample(POINTS)), "at_least": "0", "at_most": "0.5"},
    ]
    return {"form": "bands", "of": of, "rows": rows[: draw(st.integers(1, 3))]}, inputs


def _count(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"form": "count", "input": prefix, "unit_points": draw(_sample(POINTS))}, [an_input(prefix, "decimal")]


def _choice(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    points = {option: draw(_sample(POINTS)) for option in TEXTS}
    return {"form": "choice", "input": prefix, "points": points}, [an_input(prefix, "choice", options=TEXTS)]


def _relative(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    method = {"form": "relative", "zero_best": draw(_sample(["zero", "full"]))}
    if draw(st.booleans()):
        return {**method, "input": prefix}, [an_input(prefix, "decimal")]
    zero = draw(_sample(["zero", "full", "not_applicable"]))
    of = {"numerator": prefix, "denominator": f"{prefix}n", "zero_denominator": zero}
    return {**method, "input": of}, [an_input(prefix, "decimal"), an_input(f"{prefix}n", "decimal")]


def _information(draw: st.DrawFn, prefix: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"form": "information"}, [an_input(prefix, "text")]


_SIMPLE = {
    "yes_no": _yes_no,
    "ratio": _ratio,
    "bands": _bands,
    "count": _count,
    "choice": _choice,
    "relative": _relative,
    "information": _information,
}


@st.composite
def comparisons(draw: st.DrawFn, inputs: list[dict[str, Any]], each: bool, negated: bool) -> dict[str, Any]:
    """One comparison, of any fact the rule may see; sometimes of the wrong kind."""
    kinds = ["late", "missing", "input", "input", "state"] + ["criterion"] * 3 * each + ["derived"] * 2 * (not negated)
    match draw(_sample(kinds)):
        case "late":
            return {"fact": "submission.days_late", draw(_sample(ORDERS)): draw(_sample(THRESHOLDS))}
        case "missing":
            return {"fact": "submission.missing", "is": draw(st.booleans())}
        case "state":
            return {
                "fact": f"state.{draw(_sample(inputs))['id']}",
                draw(_sample(["is", "is_not"])): draw(_sample(STATES)),
            }
        case "criterion":
            return draw(_of_criterion())
        case "derived":
            return {"fact": draw(_sample(DERIVED)), **draw(_any_test())}
        case _:
            return {"fact": f"input.{draw(_sample(inputs))['id']}", **draw(_any_test())}


@st.composite
def _any_test(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {draw(_sample(["is", "is_not"])): draw(_sample([True, False, "full", "part", "1", "0.5", "1/3"]))}
    return {draw(_sample(ORDERS)): draw(_sample(THRESHOLDS))}


@st.composite
def _of_criterion(draw: st.DrawFn) -> dict[str, Any]:
    fact = draw(_sample(["evidence_required", "evidence_missing", "scored", "state"]))
    value = draw(_sample(STATES)) if fact == "state" else draw(st.booleans())
    return {"fact": f"criterion.{fact}", draw(_sample(["is", "is_not"])): value}


@st.composite
def conditions(
    draw: st.DrawFn, inputs: list[dict[str, Any]], each: bool, depth: int = 0, negated: bool = False
) -> dict[str, Any]:
    """A condition with all/any/not nested."""
    shape = draw(_sample(["leaf", "leaf", "all", "any", "not"])) if depth < 3 else "leaf"
    if shape == "leaf":
        return draw(comparisons(inputs, each, negated))
    if shape == "not":
        return {"not": draw(conditions(inputs, each, depth + 1, negated=True))}
    return {shape: [draw(conditions(inputs, each, depth + 1, negated)) for _ in range(draw(st.integers(1, 3)))]}


@st.composite
def effects(draw: st.DrawFn, codes: list[str], sections: list[str], inputs: list[Any], each: bool) -> dict[str, Any]:
    """One effect."""
    target = draw(_sample([*codes, *(["this"] * 3 * each)]))
    match draw(_sample(["derive"] * 4 + ["deduct", "cap_section", "zero_criterion", "zero_section"] + ["exclude"] * 2)):
        case "derive":
            value = draw(_sample([True, False, "1", "0.5", "2", "full", "part"]))
            return {"effect": "derive", "fact": draw(_sample(DERIVED)), "value": value}
        case "deduct":
            effect = {"effect": "deduct", "points": draw(_sample(POINTS)), "from": draw(_sample(["total", *sections]))}
            numbers = [f"input.{i['id']}" for i in inputs if i["type"] in ("decimal", "boolean")]
            if times := draw(_sample([None, "submission.days_late", *DERIVED, *numbers])):
                effect["times"] = times
            return effect | draw(_sample([{}, {"at_most": "3"}]))
        case "cap_section":
            return {"effect": "cap_section", "section": draw(_sample(sections)), "at_most": draw(_sample(POINTS))}
        case "zero_criterion":
            return {"effect": "zero_criterion", "criterion": target}
        case "zero_section":
            return {"effect": "zero_section", "section": draw(_sample(sections))}
        case _:
            return draw(
                _sample(
                    [
                        {"effect": "exclude_criterion", "criterion": target},
                        {"effect": "exclude_from_ranking"},
                        {"effect": "flag", "flag": "x"},
                    ]
                )
            )


@st.composite
def rule_sets(draw: st.DrawFn, most_rules: int = 6) -> RuleSet:
    """A rule set of one to three sections."""
    sections, inputs, codes = [], [], []
    for section in range(1, draw(st.integers(1, 3)) + 1):
        criteria = []
        for number in range(1, draw(st.integers(1, 4)) + 1):
            method, asked = draw(methods(f"i{section}{number}"))
            if criteria and draw(st.integers(0, 3)) == 0:  # asked elsewhere: inputs are shared by their id
                method, asked = draw(_sample(criteria))["method"], []
            inputs += asked
            codes.append(f"{section}.{number}")
            more = {"not_applicable": draw(_sample(["allowed", "refused"]))}
            more["evidence"] = {"required": draw(st.booleans())}
            if draw(st.integers(0, 2)) == 0:
                more["evidence"]["without"] = draw(_sample(["0", "0.5", "1/3"]))
            if draw(st.integers(0, 4)) == 0:
                more["bonus"] = method["form"] != "information"
            if inputs and draw(st.integers(0, 3)) == 0:
                otherwise = draw(_sample(["not_applicable", "zero"]))
                more["asked_if"] = {"when": draw(_gates(inputs)), "otherwise": otherwise}
            maximum = "0" if method["form"] == "information" else draw(_sample(["2", "5", "10", "1/3"]))
            criteria.append(a_criterion(codes[-1], method, asked, maximum, **more))
        sections.append({**a_section(str(section), *criteria), **draw(_weights())})
    names = [section["code"] for section in sections]
    rules = []
    for number in range(draw(st.integers(0, most_rules))):
        each = draw(st.booleans())
        then = draw(st.lists(effects(codes, names, inputs, each), min_size=1, max_size=3))
        more = {"for_each": "criterion"} if each else {}
        rules.append(a_rule(f"rule-{number}", draw(conditions(inputs, each)), *then, **more))
    made = a_rule_set(*sections, rules=rules, form=draw(_sample(["index", "total"])))
    mean = draw(_sample([None, None, "arithmetic", "geometric"]))
    return made.model_copy(update={"result": made.result.model_copy(update={"mean": mean})})


@st.composite
def _gates(draw: st.DrawFn, inputs: list[dict[str, Any]], depth: int = 0) -> dict[str, Any]:
    """A condition over figures alone, as `asked_if` takes it."""
    shape = draw(_sample(["leaf", "leaf", "all", "any", "not"])) if depth < 2 else "leaf"
    if shape == "leaf":
        return {"fact": f"input.{draw(_sample(inputs))['id']}", **draw(_any_test())}
    if shape == "not":
        return {"not": draw(_gates(inputs, depth + 1))}
    return {shape: [draw(_gates(inputs, depth + 1)) for _ in range(draw(st.integers(1, 2)))]}


def _weights() -> st.SearchStrategy[dict[str, str]]:
    return _sample([{}, {"weight": "2"}, {"weight": "0.5"}, {"weight": "3"}])


@st.composite
def submissions(draw: st.DrawFn, rule_set: RuleSet) -> VerifiedSubmission:
    """A submission to a rule set: values on and around the thresholds, every state, every finding."""
    answers = {name: draw(_figure(item)) for name, item in rule_set.inputs().items() if draw(st.integers(0, 9))}
    findings: list[CriterionFinding] = []
    for criterion in rule_set.criteria():
        match draw(_sample(["accepted"] * 6 + ["rejected", "adjusted"])):
            case "rejected":
                findings.append(rejected(criterion.code))
            case "adjusted":
                changed = {item.id: draw(_figure(item)) for item in criterion.inputs}
                findings.append(adjusted(criterion.code, **changed))
            case _:
                pass
    return a_submission(
        rule_set,
        answers,
        findings=findings,
        without_evidence=[one.code for one in rule_set.criteria() if draw(st.booleans())],
        days_late=draw(_sample([0, 1, 2, 10])),
        missing=draw(st.integers(0, 9)) == 9,
    )


@st.composite
def _figure(draw: st.DrawFn, item: Input) -> object:
    """An answer; of an input that every sub-unit is asked, the answers of some of four units."""
    if not item.per_unit or not draw(st.integers(0, 9)):
        given = draw(_answer(item.type))
        return given if not item.per_unit or str(given).startswith("!") else "!not_reported"
    units = draw(st.lists(_sample(["Xã A", "Xã B", "Xã C", "Thị trấn D"]), unique=True))
    own = {name: answered(draw(_answer(item.type))).model_dump(exclude_defaults=True) for name in units}
    return Answer.model_validate({"state": "value", "units": own})


def _answer(type: str) -> st.SearchStrategy[object]:
    of_type: dict[str, st.SearchStrategy[object]] = {
        "boolean": st.booleans(),
        "decimal": _sample(NUMBERS),
        "choice": _sample(TEXTS),
        "text": _sample(["", "full", 'a "quoted" {text}, với dấu', "part"]),
    }
    states = _sample(["!not_applicable", "!not_reported", "!rejected"])
    return st.one_of(of_type[type], of_type[type], of_type[type], states)


def best_of_group(rule_set: RuleSet) -> st.SearchStrategy[dict[str, Fraction] | None]:
    """The provisional pass, or highest values of a group."""
    numbers = [name for name, item in rule_set.inputs().items() if item.type == "decimal"]
    numbers += sorted({key for criterion in rule_set.criteria() for key in best_keys(criterion.method)} - {*numbers})
    values = st.sampled_from([Fraction(0), Fraction(2), Fraction(7), Fraction(10)])
    return st.none() | st.fixed_dictionaries(dict.fromkeys(numbers, values))
