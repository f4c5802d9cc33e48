"""`xephang ruleset diff` tells an amendment from two files, as text, as the annex of the dispatch, and as JSON."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import RULESETS, Run

OLD, NEW = (RULESETS / "it-province" / f"{year}.1.yaml" for year in (2021, 2022))


def test_an_amendment_is_told_in_the_department_s_words(run: Run) -> None:
    ended = run("ruleset", "diff", OLD, NEW)
    assert ended.code == 0
    assert "- tiêu chí 3.2: từ 3 điểm thành 2 điểm (giảm 1)" in ended.out
    assert "trước: từ 90% trở lên: 5 điểm" in ended.out


def test_the_annex_of_the_dispatch_has_the_department_s_columns(run: Run) -> None:
    shown = run("ruleset", "diff", OLD, NEW, "--format", "markdown").out
    assert "| TT | Tiêu chí | Quy định cũ (phiên bản 2021.1) | Quy định mới (phiên bản 2022.1) |" in shown
    assert "English" not in shown
    assert "<table>" in run("ruleset", "diff", OLD, NEW, "--format", "html").out


def test_json_names_both_documents_by_hash(run: Run) -> None:
    told = run("ruleset", "diff", OLD, NEW, "--format", "json").json()
    assert (told["before"], told["after"], told["empty"]) == ("2021.1", "2022.1", False)
    assert len(told["hash_before"]) == len(told["hash_after"]) == 64


def test_a_file_is_no_amendment_of_itself(run: Run) -> None:
    assert "Nội dung không thay đổi." in run("ruleset", "diff", OLD, OLD).out


def test_a_broken_file_is_refused_and_a_missing_one_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("format: nothing", encoding="utf-8")
    assert run("ruleset", "diff", OLD, broken).code == 1
    assert run("ruleset", "diff", OLD, "nowhere.yaml").code == 2


def test_versions_on_a_platform_need_one(run: Run) -> None:
    ended = run("ruleset", "diff", "bac-giang-it-province@2021.1", "bac-giang-it-province@2022.1")
    assert ended.code in (2, 3)
