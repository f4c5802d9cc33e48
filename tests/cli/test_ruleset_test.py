"""`xephang ruleset test` needs no platform: examples tried, what they leave out at its line, examples to paste."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RULESETS, Run

PORTAL = RULESETS / "portal-district" / "2021.1.yaml"
Write = Callable[[str, str], Path]
SMALL = """\
format: xephang.ruleset/1
id: thu
version: '1'
title: {vi: Bộ thử, en: Trial}
programme: it
group: province
stage: {first_year: 2021, last_year: 2025}
legal_basis: [{number: 1/QĐ, issued_on: 2020-11-17, issuer: UBND tỉnh, title: Quyết định}]
result:
  form: index
  levels: [{id: dat, title: {vi: Đạt}, at_least: 0}]
sections:
  - code: '1'
    title: {vi: Họp}
    maximum: 100
    criteria:
      - code: '1.1'
        title: {vi: Họp chỉ đạo}
        maximum: 100
        method:
          form: bands
          of: meetings
          rows:
            - {points: 100, at_least: 4}
            - {points: 0, at_most: 3}
        inputs:
          - {id: meetings, title: {vi: Số cuộc họp}, type: integer, unit: cuộc, minimum: 0, maximum: 100}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
        message: {vi: Theo số cuộc họp}
examples:
  - id: all-meetings
    title: {vi: Họp đủ}
    answers: {meetings: 4}
    expect: {points: 100, maximum: 100, index: 1, level: dat, fired: []}
"""


def test_what_no_example_covers_is_named_at_its_line_with_an_example_to_paste(run: Run, write: Write) -> None:
    path = write("small.yaml", SMALL)
    ended = run("ruleset", "test", path)
    assert ended.code == 0, ended.out
    assert f"✓ {path}: thu@1, 1 ví dụ: đúng (as expected)" in ended.out
    assert "  ! 1/2 ranh giới (boundaries)" in ended.out
    line = 1 + SMALL[: SMALL.index("- {points: 0")].count("\n")
    assert f"! {path}:{line}:15: tiêu chí 1.1: dòng 2 (không quá 3): 0 điểm" in ended.out
    assert "  - id: proposed-" in ended.out


def test_pasted_proposals_cover_everything_until_a_person_has_to_confirm(run: Run, write: Write) -> None:
    printed = run("ruleset", "test", write("small.yaml", SMALL)).out
    whole = write("whole.yaml", SMALL + printed[printed.index("  # Kết quả") :])
    ended = run("ruleset", "test", whole, "--require-coverage")
    assert ended.code == 1
    assert "chưa có người kiểm tay" in ended.out
    assert "[coverage." not in ended.out
    confirmed = write("confirmed.yaml", whole.read_text(encoding="utf-8").replace("id: proposed-", "id: checked-"))
    assert run("ruleset", "test", confirmed, "--require-coverage").code == 0


def test_lacks_are_an_error_only_when_coverage_is_required(run: Run, write: Write) -> None:
    path = write("small.yaml", SMALL)
    assert run("ruleset", "test", path, "--no-proposals").code == 0
    ended = run("ruleset", "test", path, "--no-proposals", "--require-coverage")
    assert ended.code == 1
    assert "- id: proposed-" not in ended.out


def test_a_wrong_example_fails_with_its_line(run: Run, write: Write) -> None:
    path = write("wrong.yaml", SMALL.replace("points: 100, maximum: 100, index: 1", "points: 9"))
    ended = run("ruleset", "test", path)
    assert ended.code == 1
    assert "✗" in ended.out
    assert f"{path}:{1 + SMALL[: SMALL.index('points: 100, maximum')].count(chr(10))}:" in ended.out


def test_a_broken_file_does_not_hide_the_others(run: Run, write: Write) -> None:
    ended = run("ruleset", "test", write("empty.yaml", ""), write("small.yaml", SMALL), "--json")
    empty, small = ended.json()
    assert (ended.code, empty["ok"], small["ok"]) == (1, False, True)
    assert small["lacks"][0]["code"] == "coverage.state"
    assert small["proposals"][0]["example"]["extends"] == "all-meetings"


@pytest.mark.slow
def test_few_proposals_cover_an_official_set(run: Run, write: Write) -> None:
    text = PORTAL.read_text(encoding="utf-8")
    only = text[: text.index("\nexamples:")] + "\nexamples: []\n"
    printed = run("ruleset", "test", write("bare.yaml", only), "--few").out
    pasted = only.replace("examples: []\n", "examples:\n") + printed[printed.index("  # Kết quả") :]
    ended = run("ruleset", "test", write("pasted.yaml", pasted), "--no-proposals", "--json")
    (told,) = ended.json()
    assert (ended.code, told["faults"]) == (0, [])
    assert [lack for lack in told["lacks"] if lack["proposal"]] == []
