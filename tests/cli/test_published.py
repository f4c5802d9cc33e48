"""`xephang ruleset form`, `ruleset method`, `explain`: what agencies are given to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RULESETS, Run

RULE_SET = RULESETS / "it-province" / "2022.1.yaml"
Write = Callable[[str, str], Path]
ANSWERS = "figures: {staff_total: 40, staff_with_computer: 38}\nevidence:\n  '1.2': [{title: Biên bản}]\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["form", pytest.param("method", marks=pytest.mark.slow)])
def test_a_page_goes_into_a_file_in_the_format_of_its_name(run: Run, tmp_path: Path, command: str) -> None:
    for name, start in (("a.html", "<!doctype html>"), ("a.md", "# "), ("a.json", "{")):
        output = tmp_path / name
        ended = run("ruleset", command, RULE_SET, "-o", output)
        assert (ended.code, ended.out) == (0, ""), ended.err
        text = output.read_text(encoding="utf-8")
        assert text.startswith(start)
        assert "Tỷ lệ CBCCVC được trang bị máy tính" in text


def test_markdown_is_printed_unless_told(run: Run) -> None:
    assert run("ruleset", "form", RULE_SET).out.startswith("# Phiếu khảo sát: ")
    assert run("ruleset", "method", RULE_SET).out.startswith("# Cách chấm điểm: ")
    assert run("ruleset", "method", RULE_SET, "--format", "json").json()["rule_set"]["version"] == "2022.1"


def test_a_wrong_format_or_file_is_a_wrong_call(run: Run) -> None:
    assert run("ruleset", "form", RULE_SET, "--format", "text").code == 2
    assert run("ruleset", "form", "nope.yaml").code == 2
    assert run("ruleset", "method", RULE_SET, "-o", "no/such/folder.md").code == 2
    assert run("ruleset", "method", "la@1").code == 3  # no platform runs


def test_an_unsound_rule_set_is_not_published(run: Run, write: Write) -> None:
    broken = write("broken.yaml", "format: xephang.ruleset/1\n")
    assert run("ruleset", "form", broken).code == 1
    assert run("ruleset", "method", broken).code == 1


@pytest.mark.slow
def test_two_files_are_explained_offline(run: Run, write: Write) -> None:
    answers = write("phieu.yaml", ANSWERS)
    ended = run("explain", "--ruleset", RULE_SET, "--answers", answers, "--criterion", "1.2")
    assert ended.code == 0, ended.err
    assert "Mất 0,10 điểm: cần tỷ lệ 100%, “Số CBCCVC được trang bị máy tính” thêm 2 người, thành 40 người" in ended.out
    assert "  1.3 " not in ended.out
    needed = run(
        "explain", "--ruleset", RULE_SET, "--answers", answers, "--format", "json", "--criterion", "1.2"
    ).json()
    (criterion,) = needed["sections"][0]["criteria"]
    assert criterion["needed"][0]["changes"] == [{"input": "staff_with_computer", "unit": None, "value": "40"}]


@pytest.mark.slow
def test_a_sheet_is_written_to_print(run: Run, write: Write, tmp_path: Path) -> None:
    answers, page = write("phieu.yaml", ANSWERS), tmp_path / "phieu-diem.html"
    assert run("explain", "--ruleset", RULE_SET, "--answers", answers, "-o", page).code == 0
    assert "<h1>Phiếu điểm (tạm tính)" in page.read_text(encoding="utf-8")


def test_an_explanation_of_nothing_in_particular_is_a_wrong_call(run: Run, write: Write) -> None:
    answers = write("phieu.yaml", ANSWERS)
    for arguments in ([], ["2022"], ["2022", "it"], ["--ruleset", RULE_SET], ["2022", "it", "a", "--answers", answers]):
        assert run("explain", *arguments).code == 2, arguments
    unknown = run("explain", "--ruleset", RULE_SET, "--answers", answers, "--criterion", "9.9")
    assert unknown.code == 1
    assert "1.2" in unknown.err
