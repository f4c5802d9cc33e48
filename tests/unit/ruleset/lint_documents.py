"""A second valid rule set, which uses what the first (conftest.BASE) does not: averages, classes, gates, a mean."""

WIDE = """\
format: xephang.ruleset/1
id: it-district
version: '2022'
title: {vi: Bộ tiêu chí chuyển đổi số cấp huyện}
programme: it
group: district
stage: {first_year: 2022, last_year: 2025}
legal_basis:
  - number: 2294/QĐ-UBND
    issued_on: 2020-11-17
    issuer: UBND tỉnh
    title: Quyết định ban hành bộ tiêu chí
  - number: 43/2011/NĐ-CP
    issued_on: 2011-06-13
    issuer: Chính phủ
    title: Nghị định về cung cấp thông tin
result:
  form: index
  mean: arithmetic
  tie_breakers:
    - {of: section.2}
    - {of: criterion.1.1, first: lowest}
    - {of: points}
  levels:
    - {id: tot, title: {vi: Tốt}, at_least: 2/3}
    - {id: kem, title: {vi: Kém}, at_least: 0}
sections:
  - code: '1'
    title: {vi: Nhận thức}
    maximum: 30
    weight: 0.4
    criteria:
      - code: '1.1'
        title: {vi: Tỷ lệ xã có hồ sơ trực tuyến}
        maximum: 10
        method:
          form: average
          total: communes
          of: {form: ratio, of: {numerator: online, denominator: files}}
        inputs:
          - {id: online, title: {vi: Trực tuyến}, type: integer, unit: hồ sơ, minimum: 0, maximum: 9999, per_unit: true}
          - {id: files, title: {vi: Hồ sơ}, type: integer, unit: hồ sơ, minimum: 0, maximum: 9999, per_unit: true}
          - {id: communes, title: {vi: Số xã}, type: integer, unit: xã, minimum: 0, maximum: 40}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '1.2'
        title: {vi: Số lớp tập huấn}
        maximum: 20
        method:
          form: by
          input: area
          cases:
            mountain: {form: count, input: courses, unit_points: 20/3}
            plain: {form: bands, of: courses, rows: [{points: 20, at_least: 5}, {points: 0, below: 5}]}
        inputs:
          - id: area
            title: {vi: Vùng}
            type: choice
            options:
              - {id: mountain, title: {vi: Miền núi}}
              - {id: plain, title: {vi: Đồng bằng}}
          - {id: courses, title: {vi: Số lớp}, type: integer, unit: lớp, minimum: 0, maximum: 50}
        evidence: {required: true, documents: [Danh sách lớp], without: 0.5}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
        article: Nghị định 43/2011/NĐ-CP, Điều 10; Quyết định 2294/QĐ-UBND ngày 17/11/2020; 14/CT-TTg ngày 25/5/2018
  - code: '2'
    title: {vi: Hạ tầng}
    maximum: 50
    weight: 0.6
    criteria:
      - code: '2.1'
        title: {vi: Chi cho chuyển đổi số so với cao nhất}
        maximum: 20
        method: {form: relative, input: {numerator: spent, denominator: budget}, zero_best: full}
        inputs:
          - {id: spent, title: {vi: Chi}, type: decimal, unit: triệu đồng, minimum: 0, maximum: 1000000}
          - {id: budget, title: {vi: Ngân sách}, type: decimal, unit: triệu đồng, minimum: 0, maximum: 1000000}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.2'
        title: {vi: Có phòng máy chủ}
        maximum: 0
        method: {form: information}
        inputs:
          - {id: server_room, title: {vi: Có phòng máy chủ}, type: boolean}
          - {id: load, title: {vi: Mức tải}, type: decimal, unit: '%', minimum: 0, maximum: 100}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.3'
        title: {vi: An toàn phòng máy chủ}
        maximum: 30
        method: {form: yes_no, input: guarded}
        inputs:
          - {id: guarded, title: {vi: Có bảo vệ}, type: boolean}
        asked_if: {when: {fact: input.server_room, is: true}}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
      - code: '2.4'
        title: {vi: Mức tải cao}
        maximum: 5
        bonus: true
        method: {form: bands, of: load, rows: [{points: 5, above: 90}, {points: 0, at_most: 90}]}
        asked_if:
          when:
            all:
              - {fact: input.server_room, is: true}
              - any: [{fact: input.load, at_least: 10}, {fact: input.area, is: plain}]
          otherwise: zero
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
rules:
  - id: late
    title: {vi: Chậm}
    when: {fact: submission.days_late, above: 10}
    then: [{effect: deduct, points: 1/3}]
    message: {vi: Chậm}
  - id: idle
    title: {vi: Phòng máy chủ bỏ không}
    when: {all: [{fact: input.server_room, is: true}, {fact: input.load, below: 5}]}
    then: [{effect: zero_criterion, criterion: '2.3'}, {effect: derive, fact: derived.use, value: idle}]
    message: {vi: Bỏ không}
  - id: full
    title: {vi: Phòng máy chủ quá tải}
    when: {fact: input.load, at_least: 99}
    then: [{effect: derive, fact: derived.use, value: overloaded}]
    message: {vi: Quá tải}
  - id: none
    title: {vi: Không có phòng máy chủ}
    when: {fact: input.server_room, is: false}
    then: [{effect: exclude_criterion, criterion: '2.3'}]
    message: {vi: Không có}
  - id: unused
    title: {vi: Không dùng đúng mức}
    when: {fact: derived.use, is: idle}
    then: [{effect: cap_section, section: '2', at_most: 40}]
    message: {vi: Khống chế}
examples:
  - id: one
    title: {vi: Một huyện}
    answers:
      online: {units: {Xã A: 5, Xã B: {state: not_reported}}}
      files: {units: {Xã A: 10, Xã B: 10}}
      communes: 2
      area: mountain
      courses: 3
      spent: 5
      budget: 50
      server_room: true
      load: 50
      guarded: true
    group_best: {spent/budget: 0.2}
    expect: {points: 62.5, maximum: 80, index: 0.78, level: tot, fired: [], criteria: {'1.1': 2.5, '2.1': 10}}
"""
