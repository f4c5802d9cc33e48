"""Typical mistakes in an official set, wherever they are made: each is found, under its own code and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scoring.core.lint import lint
from shared.kernel.exact import exact_text, parse_exact
from shared.ruleset.loader import load_data
from shared.ruleset.places import Places
from shared.ruleset.reading import read_text

RULESETS = Path(__file__).parents[2] / "services" / "scoring" / "rulesets"
FILES = sorted([*RULESETS.glob("it-*/*.yaml"), *RULESETS.glob("portal-*/*.yaml")])

Part = dict[str, Any]
Parts = Callable[[Part], list[Part]]


@cache
def read(path: Path) -> tuple[Part, Places]:
    return read_text(path.read_bytes(), path.name)


# --- where mistakes are made -------------------------------------------------------------------------------------


def criteria(data: Part) -> list[Part]:
    return [criterion for section in data["sections"] for criterion in section["criteria"]]


def scored(data: Part) -> list[Part]:
    return [criterion for criterion in criteria(data) if criterion["method"]["form"] != "information"]


def inputs(data: Part) -> list[Part]:
    return [item for criterion in criteria(data) for item in criterion.get("inputs", ())]


def methods(data: Part) -> Iterator[Part]:
    pending = [criterion["method"] for criterion in criteria(data)]
    while pending:
        method = pending.pop()
        yield method
        pending.extend(part["method"] for part in [*method.get("parts", ()), *method.get("cases", ())])


def of_form(form: str) -> Parts:
    return lambda data: [method for method in methods(data) if method["form"] == form]


def quotients(data: Part) -> list[Part]:
    return [method["of"] for method in methods(data) if isinstance(method.get("of"), dict)]


def simple_rules(data: Part) -> list[Part]:
    return [rule for rule in data["rules"] if "fact" in rule["when"]]


def answering(data: Part) -> list[Part]:
    return [example for example in data["examples"] if example.get("answers")]


def bounded(data: Part) -> list[Part]:
    return [item for item in inputs(data) if item.get("maximum")]


# --- the mistakes ------------------------------------------------------------------------------------------------


def raised(value: object) -> str:
    return exact_text(parse_exact(value) + Fraction(1, 20))


def more_points(section: Part) -> None:
    section["maximum"] = exact_text(parse_exact(section["maximum"]) + 1)


def misspelled(key: str) -> Callable[[Part], None]:
    return lambda part: part.update({key: f"{part[key]}_o"})


def without_a_row(method: Part) -> None:
    method["rows"].pop(len(method["rows"]) // 2)


def moved_end(method: Part) -> None:
    row = method["rows"][0]
    end = next(name for name in row if name != "points")
    row[end] = raised(row[end])


def without_an_option(method: Part) -> None:
    method["points"].popitem()


def other_fact(rule: Part) -> None:
    rule["when"]["fact"] += "_o"


def other_answer(example: Part) -> None:
    name = next(iter(example["answers"]))
    example["answers"][f"{name}_o"] = example["answers"].pop(name)


def no_documents(criterion: Part) -> None:
    criterion["evidence"] = {"required": True}


def reversed_bounds(item: Part) -> None:
    item["minimum"], item["maximum"] = item["maximum"], item["minimum"]


def never(rule: Part) -> None:
    rule["when"] = {
        "all": [{"fact": "submission.days_late", "at_least": 3}, {"fact": "submission.days_late", "below": 3}]
    }


MISTAKES: dict[str, tuple[Parts, Callable[[Part], None], set[str]]] = {
    "a section's points": (lambda data: data["sections"], more_points, {"section.points"}),
    "an input's name where it is declared": (inputs, misspelled("id"), {"method.unknown_input", "fact.unknown"}),
    "a numerator": (quotients, misspelled("numerator"), {"method.unknown_input"}),
    "a figure that is counted": (of_form("count"), misspelled("input"), {"method.unknown_input"}),
    "a row left out": (of_form("bands"), without_a_row, {"bands.gap"}),
    "the end of a row": (of_form("bands"), moved_end, {"bands.gap", "bands.overlap", "bands.unreachable"}),
    "an option without points": (of_form("choice"), without_an_option, {"choice.option_without_points"}),
    "a fact of a rule": (simple_rules, other_fact, {"fact.unknown", "derived.never_derived"}),
    "an answer of an example": (answering, other_answer, {"example.unknown_input"}),
    "evidence without documents": (scored, no_documents, {"criterion.evidence_documents"}),
    "bounds": (bounded, reversed_bounds, {"input.bounds_reversed"}),
    "a condition": (lambda data: data["rules"], never, {"rule.never_fires"}),
}  # fmt: skip
# What may rightly come with them: that nothing reads the figure or the fact any more, or looks at evidence.
BESIDES = {"input.unused", "derived.never_used", "evidence.no_effect"}


@pytest.mark.parametrize("mistake", MISTAKES)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_mistake_in_an_official_set_is_found_once(mistake: str, data: st.DataObject) -> None:
    parts, make, codes = MISTAKES[mistake]
    content, places = read(data.draw(st.sampled_from([path for path in FILES if parts(read(path)[0])])))
    document = deepcopy(content)
    make(data.draw(st.sampled_from(list(parts(document)))))
    found = [finding for finding in lint(load_data(document, places)) if finding.code not in BESIDES]
    assert {finding.code for finding in found} <= codes
    assert 1 <= len(found) <= 2, [str(finding) for finding in found]
    assert all(finding.place.startswith(f"{places.name}:") for finding in found)
