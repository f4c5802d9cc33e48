"""`xephang ruleset export` and `import`, and workbooks where rule-set files are taken."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from shared.ruleset.loader import load_rule_set
from tests.cli.conftest import RULESETS, Run

SET = RULESETS / "mic-it-ministries" / "2016.1.yaml"


@pytest.fixture
def book(run: Run, tmp_path: Path) -> Path:
    """The workbook of an official set."""
    path = tmp_path / "bo.xlsx"
    ended = run("ruleset", "export", SET, "-o", path)
    assert ended.code == 0, ended.err
    assert "mic-it-ministries@2016.1" in ended.out
    return path


def change(path: Path, cell: str, value: object) -> None:
    workbook = openpyxl.load_workbook(path)
    workbook["Tiêu chí"][cell] = value
    workbook.save(path)


def test_a_set_goes_to_excel_and_comes_back(run: Run, book: Path, tmp_path: Path) -> None:
    back = tmp_path / "bo.yaml"
    ended = run("ruleset", "import", book, "-o", back)
    assert ended.code == 0, ended.err
    assert load_rule_set(back) == load_rule_set(SET)
    assert run("ruleset", "import", book).out == back.read_text(encoding="utf-8")


def test_without_a_name_the_workbook_is_named_after_the_set(run: Run) -> None:
    assert run("ruleset", "export", SET).code == 0
    assert Path("mic-it-ministries-2016.1.xlsx").exists()


def test_a_workbook_that_somebody_worked_in_is_not_written_over(run: Run, book: Path) -> None:
    assert run("ruleset", "export", SET, "-o", book).code == 0  # the same again harms nobody
    change(book, "C5", 9)
    changed = book.read_bytes()
    ended = run("ruleset", "export", SET, "-o", book)
    assert ended.code == 2
    assert "--overwrite" in ended.err
    assert book.read_bytes() == changed
    assert run("ruleset", "export", SET, "-o", book, "--overwrite").code == 0
    assert book.read_bytes() != changed


def test_a_workbook_is_named_so_that_excel_opens_it(run: Run, tmp_path: Path) -> None:
    assert run("ruleset", "export", SET, "-o", tmp_path / "bo.xls").code == 2
    assert not (tmp_path / "bo.xls").exists()


def test_lint_and_test_take_a_workbook_and_name_cells(run: Run, book: Path) -> None:
    assert run("ruleset", "lint", book).out.startswith(f"✓ {book}: mic-it-ministries@2016.1")
    change(book, "C5", 9)
    ended = run("ruleset", "lint", book)
    assert ended.code == 1
    assert f"{book}!Tiêu chí!C4 sections[0].maximum" in ended.out


def test_a_wrong_example_is_named_by_its_cell(run: Run, book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    sheet = workbook["Ví dụ"]
    row = next(cell.row for cell in sheet["C"] if cell.value == "Điểm")
    sheet.cell(row, 4).value = 12
    workbook.save(book)
    ended = run("ruleset", "lint", book)
    assert ended.code == 1
    assert f"{book}!Ví dụ!D{row} examples[0].expect.points" in ended.out


def test_a_workbook_is_scored_by(run: Run, book: Path, tmp_path: Path) -> None:
    answers = tmp_path / "phieu.yaml"
    answers.write_text("figures: {}\n", encoding="utf-8")
    by_book = run("score", "--ruleset", book, "--answers", answers, "--json")
    assert by_book.code == 0, by_book.err
    assert by_book.out == run("score", "--ruleset", SET, "--answers", answers, "--json").out


def test_a_workbook_with_faults_is_not_imported(run: Run, book: Path, tmp_path: Path) -> None:
    change(book, "C5", "=2+2")
    ended = run("ruleset", "import", book, "-o", tmp_path / "bo.yaml")
    assert ended.code == 1
    assert f"{book}!Tiêu chí!C5" in ended.err
    assert "workbook.formula" in ended.err
    assert not (tmp_path / "bo.yaml").exists()


@pytest.mark.parametrize("arguments", [("import", SET), ("import", "khong-co.xlsx"), ("export", "khong-co.yaml")])
def test_a_wrong_file_is_a_wrong_call(run: Run, arguments: tuple[str, str | Path]) -> None:
    assert run("ruleset", *arguments).code == 2


def test_a_folder_that_is_not_there_is_a_wrong_call(run: Run) -> None:
    assert run("ruleset", "export", SET, "-o", "khong/co/bo.xlsx").code == 2
