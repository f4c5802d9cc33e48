"""One valid rule set that uses every form, every effect and every kind of fact; tests break it one spot at a time."""

from __future__ import annotations

import pytest

from shared.ruleset.loader import LoadedRuleSet, load_text

BASE = """\
format: xephang.ruleset/1
id: it-province
version: '2021'
title: {vi: Bộ tiêu chí thử, en: Trial set}
programme: it
group: province
stage: {first_year: 2021, last_year: 2025}
legal_basis:
  - number: 2294/QĐ-UBND
    issued_on: 2020-11-17
    issuer: UBND tỉnh Bắc Giang
    title: Quyết định ban hành bộ tiêu chí
result:
  form: index
  levels:
    - {id: tot, title: {vi: Tốt}, at_least: 0.8}
    - {id: kha, title: {vi: Khá}, at_least: 0.65}
    - {id: yeu, title: {vi: Yếu}, at_least: 0}
sections:
  - code: '1'
    title: {vi: Hạ tầng}
    maximum: 60
    criteria:
      - code: '1.1'
        title: {vi: Ban hành kế hoạch}
        maximum: 10
        method: {form: yes_no, input: plan_issued}
        inputs:
          - {id: plan_issued, title: {vi: Đã ban hành kế hoạch}, type: boolean}
        evidence: {required: true, documents: [Kế hoạch]}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.2'
        title: {vi: Tỷ lệ máy tính}
        maximum: 10
        method:
          form: ratio
          of: {numerator: staff_with_computer, denominator: staff, zero_denominator: not_applicable}
        inputs:
          - {id: staff_with_computer, title: {vi: Người có máy}, type: integer, unit: người, minimum: 0}
          - {id: staff, title: {vi: Tổng số người}, type: integer, unit: người, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
        not_applicable: allowed
      - code: '1.3'
        title: {vi: Họp chỉ đạo}
        maximum: 10
        method:
          form: bands
          of: meetings
          rows:
            - {points: 10, at_least: 4}
            - {points: 5, at_least: 1, at_most: 3}
            - {points: 0, at_most: 0}
        inputs:
          - {id: meetings, title: {vi: Số cuộc họp}, type: integer, unit: cuộc, minimum: 0, maximum: 100}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.4'
        title: {vi: Tỷ lệ hồ sơ trực tuyến}
        maximum: 10
        method:
          form: bands
          of: {numerator: online_share, whole: 100}
          rows:
            - {points: 10, at_least: 0.9}
            - {points: 5, at_least: 0.5, below: 0.9}
            - {points: 0, below: 0.5}
        inputs:
          - {id: online_share, title: {vi: Tỷ lệ}, type: decimal, unit: '%', minimum: 0, maximum: 100}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.5'
        title: {vi: Phần mềm trên mạng}
        maximum: 10
        method: {form: count, input: applications, unit_points: 2.5}
        inputs:
          - {id: applications, title: {vi: Số phần mềm}, type: integer, unit: phần mềm, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.6'
        title: {vi: Chữ ký số}
        maximum: 10
        method: {form: choice, input: signing, points: {full: 10, partial: 5, none: 0}}
        inputs:
          - id: signing
            title: {vi: Mức độ dùng chữ ký số}
            type: choice
            options:
              - {id: full, title: {vi: Toàn bộ}}
              - {id: partial, title: {vi: Một phần}}
              - {id: none, title: {vi: Chưa}}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
  - code: '2'
    title: {vi: Nhân lực}
    maximum: 40
    criteria:
      - code: '2.1'
        title: {vi: Chi cho CNTT}
        maximum: 20
        method: {form: relative, input: spending}
        inputs:
          - {id: spending, title: {vi: Kinh phí}, type: decimal, unit: triệu đồng, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.2'
        title: {vi: Đào tạo}
        maximum: 10
        method:
          form: sum
          parts:
            - title: {vi: Có kế hoạch đào tạo}
              maximum: 4
              method: {form: yes_no, input: training_plan}
            - title: {vi: Số lớp}
              maximum: 6
              method: {form: count, input: courses, unit_points: 2}
        inputs:
          - {id: training_plan, title: {vi: Có kế hoạch đào tạo}, type: boolean}
          - {id: courses, title: {vi: Số lớp đào tạo}, type: integer, unit: lớp, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.3'
        title: {vi: Cán bộ chuyên trách}
        maximum: 10
        method:
          form: best
          cases:
            - title: {vi: Có phòng chuyên trách}
              maximum: 10
              method: {form: yes_no, input: own_unit}
            - title: {vi: Có cán bộ chuyên trách}
              maximum: 5
              method: {form: yes_no, input: own_officer}
        inputs:
          - {id: own_unit, title: {vi: Có phòng}, type: boolean}
          - {id: own_officer, title: {vi: Có cán bộ}, type: boolean}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.4'
        title: {vi: Ghi chú}
        maximum: 0
        method: {form: information}
        inputs:
          - {id: remark, title: {vi: Ghi chú}, type: text}
          - {id: incidents, title: {vi: Số sự cố}, type: integer, unit: sự cố, minimum: 0}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
rules:
  - id: late
    title: {vi: Trả lời chậm}
    when: {fact: submission.days_late, above: 0}
    then:
      - {effect: deduct, points: 0.5, times: submission.days_late, at_most: 5}
    message: {vi: Trừ điểm do trả lời chậm}
  - id: no-evidence
    title: {vi: Thiếu tài liệu kiểm chứng}
    for_each: criterion
    when: {fact: criterion.evidence_missing, is: true}
    then: [{effect: zero_criterion}]
    message: {vi: Không có tài liệu kiểm chứng}
  - id: incident
    title: {vi: Sự cố nghiêm trọng}
    when:
      all:
        - {fact: input.incidents, at_least: 1}
        - not: {fact: state.remark, is: value}
    then:
      - {effect: derive, fact: derived.serious_incident}
      - {effect: flag, flag: incident}
    message: {vi: Có sự cố nghiêm trọng}
  - id: incident-cap
    title: {vi: Khống chế điểm hạng mục}
    when:
      any:
        - {fact: derived.serious_incident, is: true}
        - {fact: input.signing, is: none}
    then:
      - {effect: cap_section, section: '1', at_most: 30}
    message: {vi: Hạng mục 1 không quá 30 điểm}
  - id: not-ranked
    title: {vi: Không trả lời}
    when: {fact: submission.missing, is: true}
    then: [{effect: exclude_from_ranking}, {effect: zero_section, section: '2'}]
    message: {vi: Không xếp hạng}
  - id: not-applicable
    title: {vi: Không áp dụng}
    when: {fact: state.staff, is: not_applicable}
    then: [{effect: exclude_criterion, criterion: '1.2'}]
    message: {vi: Không áp dụng}
examples:
  - id: nearly-all
    title: {vi: Gần đạt tối đa}
    answers:
      plan_issued: true
      staff_with_computer: 10
      staff: 10
      meetings: 4
      online_share: 95.5
      applications: 4
      signing: full
      spending: 50
      training_plan: true
      courses: 3
      own_unit: true
      own_officer: false
      remark: Đã kiểm tra
      incidents: 0
    group_best: {spending: 100}
    expect: {points: 90, maximum: 100, index: 0.9, level: tot, fired: [], criteria: {'2.1': 10}}
  - id: late-answer
    title: {vi: Chậm hai ngày}
    extends: nearly-all
    answers: {staff: {state: not_applicable}}
    evidence_missing: ['1.1']
    rejected: ['1.6']
    days_late: 2
    expect: {fired: [late, no-evidence], excluded: false}
"""


@pytest.fixture
def base_text() -> str:
    """The valid rule set as text."""
    return BASE


@pytest.fixture
def base() -> LoadedRuleSet:
    """The valid rule set, loaded."""
    return load_text(BASE, "it.yaml")
