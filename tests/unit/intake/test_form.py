"""The survey form, and what happens to an answer field by field."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.intake.core.form import check_answers, render_form, survey_form
from services.intake.core.form_answers import check_form
from shared.contracts.common import Answer, Answers
from shared.contracts.figures import ENGINE_LIMIT
from shared.kernel.canonical import canonical_json, loads_exact
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_text

TEXT = """\
format: xephang.ruleset/1
id: it-province
version: '2021'
title: {vi: Bộ tiêu chí thử}
programme: it
group: province
stage: {first_year: 2021, last_year: 2025}
legal_basis: [{number: 2294/QĐ-UBND, issued_on: 2020-11-17, issuer: UBND tỉnh, title: Ban hành}]
result: {form: index, levels: [{id: tot, title: {vi: Tốt}, at_least: 0}]}
sections:
  - code: '1'
    title: {vi: Hạ tầng}
    maximum: 2.5
    criteria:
      - code: '1.1'
        title: {vi: Mạng nội bộ}
        maximum: 2.5
        method: {form: yes_no, input: lan}
        inputs:
          - {id: lan, title: {vi: Có mạng nội bộ, en: Has a LAN}, type: boolean}
          - {id: staff, title: {vi: Số cán bộ}, type: integer, unit: người, minimum: 0, maximum: 5000}
          - {id: share, title: {vi: Tỷ lệ}, type: decimal, unit: '%', minimum: 0.5, maximum: 99.5}
          - id: level
            title: {vi: Mức}
            type: choice
            options: [{id: full, title: {vi: Toàn bộ}}, {id: partial, title: {vi: Một phần}}]
          - {id: remark, title: {vi: Ghi chú}, type: text}
        evidence: {required: true, documents: [Quyết định, Sơ đồ mạng]}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.2'
        title: {vi: Kinh phí}
        maximum: 0
        method: {form: information}
        inputs: [{id: spending, title: {vi: Kinh phí}, type: decimal}]
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
        not_applicable: allowed
"""
RULE_SET: RuleSet = load_text(TEXT, "form.yaml").rule_set


def answer_to(figures: dict[str, object], evidence: dict[str, object] | None = None) -> Answers:
    """The accepted answers, whose plain JSON is what they are written as; fails with the faults."""
    checked, faults = check_form(RULE_SET, figures, evidence or {})
    assert checked is not None, [str(fault) for fault in faults]
    assert checked.plain == checked.answers.model_dump(mode="json", exclude_defaults=True)
    return checked.answers


def code_of(figures: dict[str, object], evidence: dict[str, object] | None = None) -> str:
    """The code of the one fault."""
    answers, faults = check_answers(RULE_SET, figures, evidence or {})
    assert answers is None
    (fault,) = faults
    assert fault.vi
    assert fault.en
    assert fault.remedy_vi
    assert fault.remedy_en
    return fault.code


def test_every_input_has_a_state_when_nothing_is_answered() -> None:
    answers = answer_to({})
    assert list(answers.figures) == ["lan", "staff", "share", "level", "remark", "spending"]
    assert {answer.state for answer in answers.figures.values()} == {"not_reported"}


@pytest.mark.parametrize(
    ("name", "given_value", "stored"),
    [
        ("lan", True, True),
        ("lan", False, False),
        ("staff", 12, 12),
        ("staff", Decimal("12.0"), 12),
        ("staff", 0, 0),
        ("staff", 5000, 5000),
        ("share", Decimal("12.50"), "12.5"),
        ("share", 12, "12"),
        ("share", "12.500000", "12.5"),
        ("share", "0.5", "0.5"),
        ("share", Decimal("99.5"), "99.5"),
        ("level", "full", "full"),
        ("remark", "  Đã lắp đặt ", "Đã lắp đặt"),
        ("spending", "-0", "0"),
        ("staff", {"state": "value", "value": 3}, 3),
    ],
)
def test_value_is_stored_in_canonical_form(name: str, given_value: object, stored: object) -> None:
    answer = answer_to({name: given_value}).figures[name]
    assert answer == Answer(state="value", value=stored)  # type: ignore[arg-type]
    assert type(answer.value) is type(stored)


@pytest.mark.parametrize(
    ("name", "given_value", "state"),
    [
        ("staff", None, "not_reported"),
        ("staff", {"state": "not_reported"}, "not_reported"),
        ("staff", {"state": "not_reported", "value": None}, "not_reported"),
        ("remark", "   ", "not_reported"),
        ("spending", {"state": "not_applicable"}, "not_applicable"),
    ],
)
def test_state_is_kept_when_there_is_no_value(name: str, given_value: object, state: str) -> None:
    answer = answer_to({name: given_value}).figures[name]
    assert (answer.state, answer.value) == (state, None)


@pytest.mark.parametrize(
    ("code", "name", "given_value"),
    [
        ("answer.unknown_input", "stafff", 1),
        ("answer.malformed_state", "staff", {"state": "rejected"}),
        ("answer.malformed_state", "staff", {"state": ["value"]}),
        ("answer.malformed_state", "staff", {"state": "value"}),
        ("answer.malformed_state", "staff", {"state": "not_reported", "value": 1}),
        ("answer.malformed_state", "staff", {"state": "value", "value": 1, "by": "me"}),
        ("answer.malformed_state", "staff", {}),
        ("answer.not_applicable_refused", "lan", {"state": "not_applicable"}),
        ("answer.not_boolean", "lan", "true"),
        ("answer.not_boolean", "lan", 1),
        ("answer.not_integer", "staff", True),
        ("answer.not_integer", "staff", "12"),
        ("answer.not_integer", "staff", Decimal("12.5")),
        ("answer.not_integer", "staff", Decimal("NaN")),
        ("answer.not_integer", "staff", Decimal("1e999999")),
        ("answer.not_integer", "staff", 1.0),
        ("answer.not_decimal", "share", True),
        ("answer.not_decimal", "share", "1/2"),
        ("answer.not_decimal", "share", "1e1"),
        ("answer.not_decimal", "share", "12.5\n"),
        ("answer.not_decimal", "share", "١٢"),
        ("answer.not_decimal", "share", [1]),
        ("answer.decimal_comma", "share", "12,5"),
        ("answer.too_many_decimals", "share", "1.0000001"),
        pytest.param("answer.too_large", "spending", 10**5000, id="thousands of digits"),
        ("answer.too_large", "spending", "9" * 40),
        ("answer.too_large", "staff", 2**62),
        ("answer.out_of_bounds", "staff", -1),
        ("answer.out_of_bounds", "staff", 5001),
        ("answer.out_of_bounds", "share", "0.499999"),
        ("answer.out_of_bounds", "share", "99.500001"),
        ("answer.unknown_option", "level", "Full"),
        ("answer.unknown_option", "level", 1),
        ("answer.not_text", "remark", 5),
        ("answer.text_too_long", "remark", "x" * 2001),
        ("answer.control_character", "remark", "a\x00b"),
        ("answer.control_character", "remark", "\ud800"),
    ],
)
def test_figure_is_refused_with_its_code(code: str, name: str, given_value: object) -> None:
    assert code_of({name: given_value}) == code


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        ("evidence.unknown_criterion", {"1.9": []}),
        ("evidence.not_list", {"1.1": "QĐ 12"}),
        ("evidence.not_list", {"1.1": {"title": "QĐ"}}),
        ("evidence.too_many", {"1.1": [{"title": "QĐ"}] * 51}),
        ("evidence.not_object", {"1.1": ["QĐ 12"]}),
        ("evidence.unknown_field", {"1.1": [{"title": "QĐ", "file": "a.pdf"}]}),
        ("evidence.title_missing", {"1.1": [{"number": "12"}]}),
        ("evidence.title_missing", {"1.1": [{"title": "  "}]}),
        ("evidence.not_text", {"1.1": [{"title": "QĐ", "number": 12}]}),
        ("evidence.too_long", {"1.1": [{"title": "QĐ", "number": "1" * 201}]}),
        ("evidence.control_character", {"1.1": [{"title": "Q\x07"}]}),
        ("evidence.control_character", {"1.1": [{"title": "QĐ", "number": "12\x1f"}]}),
        ("evidence.control_character", {"1.1": [{"title": "QĐ", "link": "\x85https://a.vn"}]}),
        ("evidence.link", {"1.1": [{"title": "QĐ", "link": "javascript:alert(1)"}]}),
        ("evidence.link", {"1.1": [{"title": "QĐ", "link": "file:///etc/passwd"}]}),
        ("evidence.link", {"1.1": [{"title": "QĐ", "link": "https://"}]}),
        ("evidence.link", {"1.1": [{"title": "QĐ", "link": "https://[bad"}]}),
        ("evidence.date", {"1.1": [{"title": "QĐ", "issued_on": "05/03/2021"}]}),
        ("evidence.date", {"1.1": [{"title": "QĐ", "issued_on": "2021-02-30"}]}),
        ("evidence.date", {"1.1": [{"title": "QĐ", "issued_on": 20210305}]}),
    ],
)
def test_evidence_is_refused_with_its_code(code: str, evidence: dict[str, object]) -> None:
    assert code_of({}, evidence) == code


def test_evidence_is_kept_in_the_order_of_the_set() -> None:
    document = {"number": "12/QĐ", "issued_on": "2021-03-05", "title": "Quyết định", "link": "https://a.vn/x?y=1"}
    answers = answer_to({}, {"1.2": [{"title": "Dự toán"}], "1.1": [document, {"title": "Sơ đồ"}]})
    assert list(answers.evidence) == ["1.1", "1.2"]
    first = answers.evidence["1.1"][0]
    assert first.model_dump(mode="json") == document


def test_empty_evidence_counts_as_none() -> None:
    assert answer_to({}, {"1.1": [], "1.2": None}).evidence == {}


def test_every_wrong_field_is_named_at_once_with_its_place() -> None:
    _, faults = check_answers(RULE_SET, {"lan": "yes", "staff": -1, "lam": 1}, {"1.1": [{"link": "x"}]})
    assert [fault.place for fault in faults] == [
        "figures.lan",
        "figures.staff",
        "figures.lam",
        'evidence["1.1"][0].title',
        'evidence["1.1"][0].link',
    ]
    assert faults[2].remedy_en == "Did you mean `lan`?"


def test_faults_are_bounded_when_thousands_of_fields_are_wrong() -> None:
    _, faults = check_answers(RULE_SET, {f"x{number}": 1 for number in range(5000)}, {str(n): 1 for n in range(5000)})
    assert len(faults) <= 201
    assert faults[-1].code == "answer.more"


def test_answers_can_be_sent_again_as_they_were_shown() -> None:
    answers = answer_to({"lan": True, "staff": 3, "share": "12.5", "level": "full", "spending": None})
    shown = answers.model_dump(mode="json")
    assert check_answers(RULE_SET, shown["figures"], shown["evidence"])[0] == answers


# --- the schema and the listing ----------------------------------------------------------------------------------


def test_schema_is_valid_and_plain_json() -> None:
    schema = survey_form(RULE_SET)
    Draft202012Validator.check_schema(schema)
    assert json.loads(canonical_json(schema)) == schema


def test_schema_carries_titles_units_bounds_and_options() -> None:
    figures = survey_form(RULE_SET)["properties"]["figures"]["properties"]
    assert figures["lan"]["title"] == "Có mạng nội bộ"
    assert figures["lan"]["x-title-en"] == "Has a LAN"
    assert figures["staff"]["x-unit"] == "người"
    assert figures["staff"]["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 5000}
    assert (figures["share"]["x-minimum"], figures["share"]["x-maximum"]) == ("0.5", "99.5")
    assert figures["share"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 100}
    assert {"const": "full", "title": "Toàn bộ"} in figures["level"]["anyOf"]


def test_listing_names_sections_criteria_units_bounds_and_evidence() -> None:
    text = render_form(RULE_SET)
    assert "## 1. Hạ tầng (2,5 điểm)" in text
    assert "**Kinh phí (không tính điểm)**" in text
    assert "| Số cán bộ<br>(mã: staff) | số nguyên<br>đơn vị: người<br>từ 0 đến 5.000 |" in text
    assert "bắt buộc:<br>– Quyết định<br>– Sơ đồ mạng" in text
    assert "Được trả lời “không áp dụng”" in text


# --- properties --------------------------------------------------------------------------------------------------

PLAIN: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20) | st.sampled_from(["full", "1.5"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["state", "value", "title"]) | st.text(), inner)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from([*RULE_SET.inputs(), "1.1", "1.2"]) | st.text(max_size=10)


@given(st.dictionaries(NAMES, PLAIN, max_size=6), st.dictionaries(NAMES, PLAIN, max_size=3))
def test_any_data_gives_either_answers_or_faults(figures: dict[str, object], evidence: dict[str, object]) -> None:
    answers, faults = check_answers(RULE_SET, figures, evidence)
    assert (answers is None) == bool(faults)
    if answers is not None:
        assert answer_to(figures, evidence) == answers
        assert list(answers.figures) == list(RULE_SET.inputs())
        stored = loads_exact(canonical_json(answers.model_dump(mode="json")))
        assert check_answers(RULE_SET, stored["figures"], stored["evidence"])[0] == answers


@given(st.decimals(min_value=-(2**62), max_value=2**62, places=6, allow_nan=False))
def test_decimal_is_accepted_exactly_within_the_engine_s_range(number: Decimal) -> None:
    answers, _ = check_answers(RULE_SET, {"spending": number}, {})
    assert (answers is not None) == (abs(number.scaleb(6)) < ENGINE_LIMIT)
    if answers is not None:
        value = answers.figures["spending"].value
        assert isinstance(value, str)
        assert Decimal(value) == number


@given(st.dictionaries(st.sampled_from(list(RULE_SET.inputs())), PLAIN, max_size=4))
def test_schema_accepts_what_the_check_accepts(figures: dict[str, Any]) -> None:
    answers, _ = check_answers(RULE_SET, figures, {})
    if answers is not None:
        shown = {"figures": {name: value for name, value in figures.items() if _is_plain_json(value)}}
        assert Draft202012Validator(survey_form(RULE_SET)).is_valid(shown)


def _is_plain_json(value: object) -> bool:
    return value is None or isinstance(value, bool | int | str)
