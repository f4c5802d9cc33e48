"""Values, intervals and conditions as the department says them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.ruleset.document import AskedIf, Band, Condition, EvidenceRequirement, Input
from shared.ruleset.words import amount, interval_words, number, percent, value_words
from shared.ruleset.words_rules import asked_if_words, evidence_share_words

ITEMS: dict[str, Input] = {
    one["id"]: Input.model_validate(one)
    for one in (
        {"id": "n", "title": {"vi": "Số việc"}, "type": "integer", "unit": "việc"},
        {"id": "p", "title": {"vi": "Tỷ lệ"}, "type": "decimal", "unit": "%"},
        {"id": "b", "title": {"vi": "Có kế hoạch"}, "type": "boolean"},
        {
            "id": "c",
            "title": {"vi": "Mức"},
            "type": "choice",
            "options": [{"id": "full", "title": {"vi": "Đầy đủ"}}, {"id": "none", "title": {"vi": "Chưa có"}}],
        },
    )
}


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"at_least": 3, "below": 4}, "từ 3 đến dưới 4 việc"),
        ({"at_least": 3, "at_most": 4}, "từ 3 đến 4 việc"),
        ({"above": 3, "at_most": 4}, "trên 3 đến 4 việc"),
        ({"above": 3, "below": 4}, "trên 3 đến dưới 4 việc"),
        ({"at_least": 3, "at_most": 3}, "bằng 3 việc"),
        ({"at_least": 3}, "từ 3 việc trở lên"),
        ({"above": 3}, "trên 3 việc"),
        ({"at_most": 3}, "không quá 3 việc"),
        ({"below": 3}, "dưới 3 việc"),
        ({}, "mọi giá trị"),
    ],
)
def test_ends_are_said_as_open_or_closed(ends: dict[str, int], words: str) -> None:
    row = Band.model_validate({"points": 1, **ends})
    assert interval_words(row, number, "việc") == words
    assert interval_words(row, percent) == words.replace(" việc", "").replace("3", "300%").replace("4", "400%")


def test_percent_signs_stand_close_to_their_number() -> None:
    assert amount(Fraction("12.5"), ITEMS["p"]) == "12,5%"
    assert interval_words(Band(points=Fraction(1), at_least=Fraction(5)), number, "%") == "từ 5% trở lên"


def test_values_are_said_by_title_unit_or_state() -> None:
    assert value_words("value", Fraction(1200), ITEMS["n"]) == "1.200 việc"
    assert value_words("value", False, ITEMS["b"]) == "không"
    assert value_words("value", "full", ITEMS["c"]) == "Đầy đủ"
    assert value_words("rejected", None, ITEMS["n"]) == "bị bác khi thẩm tra"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"fact": "input.b", "is": True}, "“Có kế hoạch” là “có”"),
        ({"fact": "input.c", "is_not": "none"}, "“Mức” không là “Chưa có”"),
        ({"fact": "input.n", "is": 3}, "“Số việc” là “3 việc”"),
        ({"fact": "input.n", "above": 3}, "“Số việc” trên 3 việc"),
        ({"not": {"fact": "input.n", "above": 3}}, "không phải (“Số việc” trên 3 việc)"),
        (
            {"any": [{"fact": "input.b", "is": False}, {"all": [{"fact": "input.n", "at_least": 1}] * 2}]},
            "“Có kế hoạch” là “không” hoặc (“Số việc” từ 1 việc trở lên và “Số việc” từ 1 việc trở lên)",
        ),
    ],
)
def test_conditions_are_said_by_titles(when: dict[str, Any], words: str) -> None:
    condition: Condition = TypeAdapter(Condition).validate_python(when)
    asked = AskedIf(when=condition, otherwise="zero")
    assert asked_if_words(asked, ITEMS) == f"Chỉ trả lời nếu {words}; trường hợp khác: 0 điểm"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, ""),
        ("0", "thiếu tài liệu kiểm chứng bắt buộc: 0 điểm"),
        ("1/3", "thiếu tài liệu kiểm chứng bắt buộc: chỉ tính ≈33,33% số điểm đạt được"),
    ],
)
def test_the_share_without_evidence_is_said(share: str | None, words: str) -> None:
    assert evidence_share_words(EvidenceRequirement.model_validate({"required": True, "without": share})) == words
