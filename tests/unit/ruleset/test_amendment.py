"""What an amendment summary says when a new version moves points, thresholds, rules and evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction

import pytest

from services.scoring.core.amendment import Amendment, Change, Moved, Named, Renamed, amend, render_text
from services.scoring.core.amendment_json import amendment_json
from services.scoring.core.amendment_paper import amendment_paper
from shared.kernel.paper import to_markdown
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_text

Amended = Callable[..., Amendment]


@pytest.fixture
def amended(base: LoadedRuleSet, base_text: str) -> Amended:
    """Amend the valid rule set by replacing text."""

    def amended(*replacements: tuple[str, str]) -> Amendment:
        text = base_text.replace("version: '2021'", "version: '2022'", 1)
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        return amend(base.rule_set, load_text(text, "it.yaml").rule_set)

    return amended


def mapped(*entries: str) -> tuple[str, str]:
    """The replacement that adds a mapping from version 2021."""
    lines = "".join(f"    - {{{entry}}}\n" for entry in entries)
    return "examples:\n", f"mapping:\n  version: '2021'\n  entries:\n{lines}examples:\n"


def test_nothing_is_said_when_nothing_changed(amended: Amended) -> None:
    assert amended().is_empty()
    assert "Nội dung không thay đổi." in render_text(amended())


def test_points_moved_between_criteria_are_listed(amended: Amended) -> None:
    found = amended(("maximum: 20\n", "maximum: 15\n"), ("maximum: 0\n", "maximum: 5\n"))
    assert found.points_moved == (Moved("2.1", Fraction(20), Fraction(15)), Moved("2.4", Fraction(0), Fraction(5)))
    assert "- tiêu chí 2.1: từ 20 điểm thành 15 điểm (giảm 5)" in render_text(found)


def test_points_of_a_section_are_listed_by_its_code(amended: Amended) -> None:
    assert amended(("maximum: 60", "maximum: 55")).points_moved == (Moved("1", Fraction(60), Fraction(55)),)


def test_only_the_rows_that_changed_are_shown(amended: Amended) -> None:
    (change,) = amended(("below: 0.9}", "below: 0.95}"), ("at_least: 0.9}", "at_least: 0.95}")).thresholds_changed
    assert change == Change(
        "1.4",
        "tiêu chí 1.4 (Tỷ lệ hồ sơ trực tuyến)",
        ("từ 90% trở lên: 10 điểm", "từ 50% đến dưới 90%: 5 điểm"),
        ("từ 95% trở lên: 10 điểm", "từ 50% đến dưới 95%: 5 điểm"),
    )


def test_levels_are_thresholds(amended: Amended) -> None:
    (change,) = amended(("at_least: 0.65", "at_least: 0.7")).thresholds_changed
    assert (change.subject, change.before, change.after) == ("mức độ", ("Khá: từ 0,65",), ("Khá: từ 0,7",))


def test_criterion_is_added_and_dropped_when_no_mapping_says_otherwise(amended: Amended) -> None:
    found = amended(("code: '1.5'", "code: '1.7'"))
    assert found.criteria_added == (Named("1.7", "Phần mềm trên mạng", Fraction(10)),)
    assert found.criteria_dropped == (Named("1.5", "Phần mềm trên mạng", Fraction(10)),)


def test_criterion_is_renamed_when_the_mapping_says_so(amended: Amended) -> None:
    found = amended(("code: '1.5'", "code: '1.7'"), mapped("kind: renamed, before: ['1.5'], after: ['1.7']"))
    assert (found.criteria_added, found.criteria_dropped) == ((), ())
    assert found.criteria_renamed == (Renamed(("1.5",), ("1.7",), "Phần mềm trên mạng", "Phần mềm trên mạng"),)
    assert "- tiêu chí 1.5 → 1.7: Phần mềm trên mạng" in render_text(found)


def test_code_given_to_another_criterion_is_a_drop_and_an_addition(amended: Amended) -> None:
    found = amended(mapped("kind: dropped, before: ['1.5']", "kind: new, after: ['1.5']"))
    assert [one.code for one in found.criteria_added] == ["1.5"]
    assert [one.code for one in found.criteria_dropped] == ["1.5"]


def test_merged_criteria_are_named_together(amended: Amended) -> None:
    found = amended(("code: '1.5'", "code: '1.7'"), mapped("kind: merged, before: ['1.5', '1.6'], after: ['1.7']"))
    (renamed,) = found.criteria_renamed
    assert (renamed.before, renamed.after) == (("1.5", "1.6"), ("1.7",))
    # 1.6 went into the merged one, and its code now stands for something new.
    assert [one.code for one in found.criteria_added] == ["1.6"]
    assert found.criteria_dropped == ()


def test_new_title_is_a_renaming_and_no_change_of_thresholds(amended: Amended) -> None:
    found = amended(
        ("title: {vi: Họp chỉ đạo}", "title: {vi: Họp giao ban}"), ("{vi: Số cuộc họp}", "{vi: Số lần họp}")
    )
    assert found.criteria_renamed == (Renamed(("1.3",), ("1.3",), "Họp chỉ đạo", "Họp giao ban"),)
    assert found.thresholds_changed == ()
    assert [change.code for change in found.inputs_changed] == ["1.3"]


def test_evidence_is_compared_document_by_document(amended: Amended) -> None:
    (change,) = amended(("documents: [Kế hoạch]", "documents: [Kế hoạch, Quyết định]")).evidence_changed
    assert (change.code, change.before, change.after) == ("1.1", (), ("Quyết định",))


def test_rules_are_added_dropped_and_changed(amended: Amended) -> None:
    found = amended(("id: incident-cap", "id: section-cap"), ("points: 0.5, times", "points: 1, times"))
    assert found.rules_added == (Named("section-cap", "Khống chế điểm hạng mục"),)
    assert found.rules_dropped == (Named("incident-cap", "Khống chế điểm hạng mục"),)
    (change,) = found.rules_changed
    assert change.before == ("thì trừ 0,5 điểm × số ngày gửi phiếu muộn vào tổng điểm, không quá 5 điểm",)
    assert change.after == ("thì trừ 1 điểm × số ngày gửi phiếu muộn vào tổng điểm, không quá 5 điểm",)


def test_every_form_and_effect_has_words(base: LoadedRuleSet) -> None:
    # Against a version with nothing in common everything is said once.
    empty = base.rule_set.model_copy(update={"sections": (), "rules": (), "version": "2020"})
    other: RuleSet = base.rule_set.model_copy(
        update={"rules": tuple(rule.model_copy(update={"when": rule.when, "then": ()}) for rule in base.rule_set.rules)}
    )
    text = render_text(amend(empty, base.rule_set)) + render_text(amend(other, base.rule_set))
    for words in (
        *("tính không quá 30 điểm", "hạng mục 2 “Nhân lực” được 0 điểm", "tiêu chí đó được 0 điểm"),
        *("tiêu chí 1.2 “Tỷ lệ máy tính” không tính vào điểm", "không xếp hạng", "ghi chú vào phiếu điểm"),
    ):
        assert words in text


def test_whole_notice_reads_as_the_department_writes(amended: Amended) -> None:
    found = amended(
        ("code: '1.5'", "code: '1.7'"),
        ("partial: 5", "partial: 4"),
        ("documents: [Kế hoạch]", "documents: [Quyết định]"),
    )
    assert render_text(found) == (
        "# Sửa đổi bộ tiêu chí it-province: phiên bản 2021 → 2022\n"
        "\n## Bổ sung tiêu chí\n\n"
        "- tiêu chí 1.7: Phần mềm trên mạng (10 điểm)\n"
        "\n## Bãi bỏ tiêu chí\n\n"
        "- tiêu chí 1.5: Phần mềm trên mạng (10 điểm)\n"
        "\n## Thay đổi cách chấm, ngưỡng điểm và mức độ\n\n"
        "- tiêu chí 1.6 (Chữ ký số) — trước: Một phần: 5 điểm | nay: Một phần: 4 điểm\n"
        "\n## Thay đổi tài liệu kiểm chứng\n\n"
        "- tiêu chí 1.1 (Ban hành kế hoạch) — trước: Kế hoạch | nay: Quyết định\n"
    )


# --- the annex of the dispatch, and JSON -------------------------------------------------------------------------


def annex(amendment: Amendment) -> list[str]:
    """The lines of tables in the annex."""
    return [line for line in to_markdown(amendment_paper(amendment)).splitlines() if line.startswith("|")]


def test_annex_sets_the_old_rules_beside_the_new_under_their_sections(amended: Amended) -> None:
    found = amended(
        ("maximum: 20\n", "maximum: 15\n"),
        ("partial: 5", "partial: 4"),
        ("above: 0}", "above: 3}"),
        mapped("kind: kept, before: ['2.1'], after: ['2.1'], note: {vi: Giảm tỷ trọng}"),
    )
    assert annex(found) == [
        "| TT | Tiêu chí | Quy định cũ (phiên bản 2021) | Quy định mới (phiên bản 2022) |",
        "|---|---|---|---|",
        "|  | **Hạng mục 1. Hạ tầng** |  |  |",
        "| 1 | 1.6. Chữ ký số | Một phần: 5 điểm | Một phần: 4 điểm |",
        "|  | **Hạng mục 2. Nhân lực** |  |  |",
        "| 2 | 2.1. Chi cho CNTT | 20 điểm | 15 điểm (giảm 5)<br>Ghi chú: Giảm tỷ trọng |",
        "| TT | Quy tắc | Quy định cũ (phiên bản 2021) | Quy định mới (phiên bản 2022) |",
        "|---|---|---|---|",
        "| 1 | Quy tắc “Trả lời chậm” | khi gửi phiếu muộn trên 0 ngày | khi gửi phiếu muộn trên 3 ngày |",
    ]


def test_parts_of_the_annex_are_numbered_as_they_come(amended: Amended) -> None:
    renamed = amended(
        ("below: 0.9}", "below: 0.95}"),
        ("first_year: 2021", "first_year: 2022"),
    )
    headings = [line for line in to_markdown(amendment_paper(renamed)).splitlines() if line.startswith("## ")]
    assert headings == ["## I. Tiêu chí", "## II. Quy định khác"]


def test_annex_says_what_is_dropped_added_and_split(amended: Amended) -> None:
    found = amended(
        ("code: '1.5'", "code: '1.7'"),
        ("code: '2.3'", "code: '2.5'"),
        mapped("kind: split, before: ['1.6'], after: ['1.6', '1.7']", "kind: dropped, before: ['2.3']"),
    )
    rows = annex(found)
    (split,) = [row for row in rows if "1.6; 1.7" in row]
    assert "| 1.6; 1.7. Chữ ký số; Phần mềm trên mạng |" in split
    assert "1.6. Chữ ký số: 10 điểm" in split.split("|")[3]
    assert "1.7. Phần mềm trên mạng: 10 điểm" in split.split("|")[4]
    assert any("2.3. Cán bộ chuyên trách" in row and "| Bãi bỏ |" in row for row in rows)
    assert any("2.5. Cán bộ chuyên trách" in row and "| (không quy định) | Bổ sung<br>10 điểm" in row for row in rows)


def test_annex_cites_its_basis_and_names_the_documents(base: LoadedRuleSet, amended: Amended) -> None:
    text = to_markdown(amendment_paper(amended(("partial: 5", "partial: 4"))))
    assert "- Căn cứ Quyết định ban hành bộ tiêu chí (2294/QĐ-UBND ngày 17/11/2020 của UBND tỉnh Bắc Giang)." in text
    assert base.rule_set.content_hash() in text
    assert "giữ nguyên như phiên bản 2021" in text
    assert "Nội dung không thay đổi." in to_markdown(amendment_paper(amended()))


def test_json_holds_every_kind_of_change_with_exact_numbers(amended: Amended) -> None:
    told = amendment_json(amended(("maximum: 20\n", "maximum: '20/3'\n"), ("code: '1.5'", "code: '1.7'")))
    assert told["points_moved"] == [{"code": "2.1", "before": "20", "after": "20/3"}]
    assert told["criteria_added"][0]["code"] == "1.7"
    assert (told["format"], told["empty"], told["before"], told["after"]) == (
        "xephang.amendment/1",
        False,
        "2021",
        "2022",
    )
    assert set(amended().kinds()) <= set(told)
    assert json.loads(json.dumps(told)) == told


def test_text_only_names_the_examples_that_changed(amended: Amended) -> None:
    found = amended(("id: late-answer", "id: late-reply"), ("points: 90, maximum: 100", "points: 91, maximum: 100"))
    lines = render_text(found).partition("## Thay đổi ví dụ")[2].split("\n")
    assert [line for line in lines if line] == ["- bổ sung: late-reply", "- bãi bỏ: late-answer", "- sửa: nearly-all"]
    assert {change.code for change in found.examples_changed} == {"late-reply", "late-answer", "nearly-all"}
