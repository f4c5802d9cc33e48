"""Lint says something of every document that has the shape of one, and says of tables what trying every value shows."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lint_changes import ANSWERS, changed
from lint_documents import WIDE

from services.scoring.core.conditions import satisfies
from services.scoring.core.lint import CODES, lint
from shared.ruleset.document import Comparison
from shared.ruleset.loader import RuleSetRefused, load_data
from shared.ruleset.reading import read_text

# --- every document ----------------------------------------------------------------------------------------------

VALUES: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200),
    st.sampled_from(
        ["courses", "area", "online", "2.3", "input.load", "derived.use", "1/3", "0.5", "mountain", "points"]
    ),
    st.sampled_from([{}, [], {"form": "average", "of": {"form": "information"}}, {"numerator": "load", "whole": 3}]),
    st.sampled_from(
        [{"form": "by", "input": "area", "cases": {}}, {"fact": "input.area", "is": "plain"}, {"units": {}}]
    ),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_document_with_foreign_values_is_refused_or_linted(data: st.DataObject) -> None:
    document, places = read_text(WIDE, "it.yaml")
    for _ in range(data.draw(st.integers(1, 4))):
        plant(document, data)
    try:
        loaded = load_data(document, places)
    except RuleSetRefused:
        return
    for finding in lint(loaded):
        assert finding.severity == CODES[finding.code]
        assert "{" not in finding.vi.replace("{kind", "").replace("{units", "").replace("{version", "")


def plant(document: Any, data: st.DataObject) -> None:
    """Put a foreign value somewhere, or leave something out."""
    spot = document
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(spot[key], dict | list) and data.draw(st.integers(0, 5)):
            spot = spot[key]
        elif data.draw(st.booleans()):
            spot[key] = deepcopy(data.draw(VALUES))
            return
        else:
            del spot[key]
            return


# --- tables, against every value ---------------------------------------------------------------------------------

TENTHS = [Fraction(number, 10) for number in range(11)]


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rows over 0..1 with ends at tenths, in any order, rarely a partition."""
    cuts = draw(st.lists(st.sampled_from(TENTHS[1:-1]), max_size=3, unique=True).map(sorted))
    found: list[dict[str, str]] = []
    for low, high in zip([None, *cuts], [*cuts, None], strict=True):
        row = {}
        if low is not None:
            row[draw(st.sampled_from(["at_least", "at_least", "above"]))] = str(
                low + draw(st.sampled_from([0, 0, 0, Fraction(1, 10)]))
            )
        if high is not None:
            row[draw(st.sampled_from(["below", "below", "at_most"]))] = str(high)
        found.append({**row, "points": "10" if high is None else "0"})
    return draw(st.permutations(found))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=rows(), whole=st.integers(1, 10), kind=st.sampled_from(["integer", "decimal"]))
def test_gaps_and_overlaps_are_those_that_values_fall_into(
    base_text: str, table: list[dict[str, str]], whole: int, kind: str
) -> None:
    item = {"id": "meetings", "title": {"vi": "Số cuộc họp"}, "type": kind, "unit": "cuộc", "minimum": 0}
    method = {"form": "bands", "of": {"numerator": "meetings", "whole": whole}, "rows": table}
    found = lint(changed(base_text, {"1.3/method": method, "1.3/inputs/0": item, f"{ANSWERS}/meetings": 0}))
    told = {finding.code for finding in found if finding.code.startswith("bands.")} - {"bands.not_monotone"}
    possible = [Fraction(count, whole) for count in range(whole + 1)] if kind == "integer" else between(TENTHS)
    falls = [[number for number, row in enumerate(table) if takes(row, value)] for value in possible]
    assert ("bands.gap" in told) == any(not each for each in falls)
    assert ("bands.overlap" in told) == any(len(each) > 1 for each in falls)
    unused = set(range(len(table))) - {number for each in falls for number in each}
    assert bool(told & {"bands.unreachable", "bands.empty"}) == bool(unused)


def between(values: list[Fraction]) -> list[Fraction]:
    return [*values, *((one + other) / 2 for one, other in pairwise(values))]


def takes(row: dict[str, str], value: Fraction) -> bool:
    """Whether a value falls into a row."""
    ends = {name: end for name, end in row.items() if name != "points"}
    return all(
        satisfies(value, Comparison.model_validate({"fact": "input.meetings", name: end})) for name, end in ends.items()
    )
