"""The form on paper and for programs: what it must say of every question."""

from __future__ import annotations

import re
from pathlib import Path

from jsonschema import Draft202012Validator

from services.intake.core.form import form_document, render_form, survey_form
from shared.kernel.canonical import canonical_json, loads_exact
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set, load_text

OFFICIAL = Path(__file__).parents[3] / "services/scoring/rulesets/it-province/2022.1.yaml"
RULE_SET = load_rule_set(OFFICIAL)
COMMUNES = """\
format: xephang.ruleset/1
id: it-district
version: '2023'
title: {vi: Bộ tiêu chí thử, en: A trial}
programme: it
group: district
stage: {first_year: 2023, last_year: 2025}
legal_basis: [{number: 2294/QĐ-UBND, issued_on: 2020-11-17, issuer: UBND tỉnh, title: Ban hành}]
result: {form: index, levels: [{id: tot, title: {vi: Tốt}, at_least: 0}]}
sections:
  - code: '1'
    title: {vi: Cấp xã}
    maximum: 1
    criteria:
      - code: '1.1'
        title: {vi: Một cửa}
        maximum: 1
        method: {form: average, total: communes, of: {form: yes_no, input: one_stop}}
        inputs:
          - {id: communes, title: {vi: Số xã}, type: integer, unit: xã, minimum: 0}
          - {id: one_stop, title: {vi: Có bộ phận một cửa}, type: boolean, per_unit: true}
        data_source: Huyện
        verifier: Sở TT&TT
        origin: illustrative
      - code: '1.2'
        title: {vi: Ứng dụng}
        maximum: 1
        bonus: true
        asked_if: {when: {fact: input.communes, at_least: 1}}
        method: {form: yes_no, input: app}
        inputs: [{id: app, title: {vi: Có ứng dụng <riêng>}, type: boolean}]
        evidence: {required: true, documents: [Ảnh chụp], without: 0.5}
        data_source: Huyện
        verifier: Sở TT&TT
        origin: illustrative
"""


def a_form_of_communes() -> RuleSet:
    """Asked of every commune, and one criterion only of those that have any."""
    return load_text(COMMUNES, "communes.yaml").rule_set


def test_page_needs_nothing_else_and_repeats_its_headers_in_print() -> None:
    page = render_form(RULE_SET, "html")
    assert page.startswith('<!doctype html>\n<html lang="vi">')
    assert "thead{display:table-header-group}" in page
    assert "@page{size:A4" in page
    assert not re.search(r"<script|src=|href=|url\(|@import", page)
    assert page.count("<table>") == page.count("<caption>") == page.count("<thead>") == len(RULE_SET.sections)
    assert '<th scope="row"><strong>1.2</strong></th>' in page


def test_programs_get_the_questions_in_order_with_the_schema_of_the_answers() -> None:
    document = form_document(RULE_SET)
    questions = [q for s in document["sections"] for c in s["criteria"] for q in c["questions"]]
    assert [one["id"] for one in questions] == list(RULE_SET.inputs())
    assert document["answers"] == survey_form(RULE_SET)
    assert loads_exact(canonical_json(document)) == document
    staff = next(one for one in questions if one["id"] == "staff_total")
    assert (staff["unit"], staff["minimum"], staff["maximum"]) == ("người", "0", "5000")


def test_form_asks_every_sub_unit_and_says_of_whom_a_criterion_is_asked() -> None:
    rule_set = a_form_of_communes()
    text = render_form(rule_set)
    assert "Chỉ trả lời nếu “Số xã” từ 1 xã trở lên; trường hợp khác: không áp dụng" in text
    assert "Ứng dụng (điểm thưởng, tối đa 1 điểm)" in text
    assert "chỉ tính 50% số điểm đạt được" in text
    assert "**1.1: trả lời cho từng đơn vị trực thuộc**\n\n| TT | Đơn vị trực thuộc | Có bộ phận một cửa |" in text
    assert "Có ứng dụng &lt;riêng&gt;" in render_form(rule_set, "html")


def test_schema_takes_the_answers_of_sub_units() -> None:
    validator = Draft202012Validator(survey_form(a_form_of_communes()))
    assert validator.is_valid({"figures": {"one_stop": {"units": {"Xã A": True, "Xã B": {"state": "not_reported"}}}}})
    assert not validator.is_valid({"figures": {"one_stop": True}})
    assert not validator.is_valid({"figures": {"one_stop": {"units": {"Xã A": 3}}}})
