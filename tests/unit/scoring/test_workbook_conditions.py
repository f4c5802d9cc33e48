"""Conditions and effects as text: what is written is read back exactly, and what is not understood is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scoring_builders import an_input
from scoring_strategies import conditions, effects

from services.scoring.core.workbook.conditions import condition_of, condition_text
from services.scoring.core.workbook.effects import effect_text, effects_of
from services.scoring.core.workbook.reading import CellError
from shared.ruleset.document import Condition, Effect

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)
INPUTS = [an_input("a", "boolean"), an_input("b", "decimal")]


@given(data=conditions(INPUTS, each=True))
def test_every_condition_comes_back(data: dict[str, Any]) -> None:
    condition = CONDITION.validate_python(data)
    assert CONDITION.validate_python(condition_of(condition_text(condition))) == condition


@given(data=effects(["1.1", "2.10"], ["1", "12"], INPUTS, each=True))
def test_every_effect_comes_back(data: dict[str, Any]) -> None:
    effect = EFFECT.validate_python(data)
    (again,) = effects_of(effect_text(effect))
    assert EFFECT.validate_python(again) == effect


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"fact": "input.a", "is": True}, "input.a = có"),
        ({"fact": "input.a", "is_not": "none"}, "input.a ≠ none"),
        ({"fact": "input.b", "at_least": "1.125", "below": "4/3"}, "input.b ≥ 1,125 < 4/3"),
        ({"all": [{"fact": "input.b", "above": 1}]}, "và (input.b > 1)"),
        (
            {"any": [{"all": [{"fact": "input.a", "is": False}, {"fact": "input.b"}]}, {"fact": "state.a"}]},
            "(input.a = không và input.b) hoặc state.a",
        ),
        ({"not": {"not": {"fact": "submission.missing", "is": True}}}, "không (không (submission.missing = có))"),
    ],
)  # fmt: skip
def test_conditions_read_like_sentences(data: dict[str, Any], text: str) -> None:
    assert condition_text(CONDITION.validate_python(data)) == text


@pytest.mark.parametrize(
    "text",
    [
        "input.a = có và input.b >= 0,5 hoặc không input.a = có",
        "input.a = có and input.b >= 0.5 or not (input.a = có)",
        "(input.a = có và (input.b ≥ 0.5)) hoặc (không (input.a = CÓ))",
    ],
)
def test_people_write_it_in_their_own_ways(text: str) -> None:
    wanted = {
        "any": [
            {"all": [{"fact": "input.a", "is": True}, {"fact": "input.b", "at_least": "0.5"}]},
            {"not": {"fact": "input.a", "is": True}},
        ]
    }
    assert condition_of(text) == wanted


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("", "…"),
        ("input.a = có input.b > 1", "input.b > 1"),
        ("(input.a = có", "…"),
        ("input.a = có)", ")"),
        ("input.a =", "…"),
        ("input.a = = 1", "= 1"),
        ("input.a ≥ 1 ≥ 2", "≥ 2"),
        ("input.a = 1; input.b = 2", "; input.b = 2"),
        ("a = 1", "a = 1"),
        ("và input.a = 1", "input.a = 1"),
        ("không", "…"),
        ("input.a = 1.000.000", "1.000.000"),
        ("(" * 4000, "(" * 40),
    ],
)
def test_what_is_not_understood_is_shown(text: str, rest: str) -> None:
    with pytest.raises(CellError) as caught:
        condition_of(text)
    assert (caught.value.code, caught.value.values["rest"]) == ("condition", rest)


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["(", ")", "và", "không", "input.a", "=", "≥", "1", " "])).map("".join)
)
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    for read in (condition_of, effects_of):
        try:
            read(text)
        except CellError as error:
            if not error.code:
                raise


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("trừ 0,5 điểm tổng × submission.days_late, tối đa 3 điểm", {"points": "0.5", "at_most": "3"}),
        ("Trừ 0.5 điểm tổng x submission.days_late tối đa 3", {"points": "0.5", "at_most": "3"}),
        ("- trừ 1/3 tổng điểm * submission.days_late;", {"points": "1/3"}),
    ],
)
def test_people_write_effects_in_their_own_ways(text: str, wanted: dict[str, str]) -> None:
    (effect,) = effects_of(text)
    assert effect == {"effect": "deduct", "from": "total", "times": "submission.days_late", **wanted}


@pytest.mark.parametrize(
    "text", ["trừ điểm", "hạng mục 5", "tiêu chí này 1 điểm", "ghi nhận", "xếp hạng", "trừ 1 điểm mục 5"]
)
def test_an_effect_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(CellError) as caught:
        effects_of(f"không xếp hạng\n{text}")
    assert caught.value.values["value"] == text
