"""What an amendment summary says when a new version moves points, thresholds, rules and evidence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from services.scoring.core.amendment import Amendment, Change, Moved, Named, Renamed, amend, render_text
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
        ("≥ 0,9: 10 điểm", "≥ 0,5 và < 0,9: 5 điểm"),
        ("≥ 0,95: 10 điểm", "≥ 0,5 và < 0,95: 5 điểm"),
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
    assert change.before == ("thì trừ 0,5 điểm × số ngày trả lời chậm vào tổng điểm, tối đa 5 điểm",)
    assert change.after == ("thì trừ 1 điểm × số ngày trả lời chậm vào tổng điểm, tối đa 5 điểm",)


def test_every_form_and_effect_has_words(base: LoadedRuleSet) -> None:
    # Against a version with nothing in common everything is said once.
    empty = base.rule_set.model_copy(update={"sections": (), "rules": (), "version": "2020"})
    other: RuleSet = base.rule_set.model_copy(
        update={"rules": tuple(rule.model_copy(update={"when": rule.when, "then": ()}) for rule in base.rule_set.rules)}
    )
    text = render_text(amend(empty, base.rule_set)) + render_text(amend(other, base.rule_set))
    for words in (
        *("hạng mục 1 tính không quá 30 điểm", "hạng mục 2 tính 0 điểm", "tiêu chí đó tính 0 điểm"),
        *("không xét tiêu chí 1.2", "không xếp hạng", "đánh dấu `incident`", "suy ra derived.serious_incident = có"),
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
        "- tiêu chí 1.6 (Chữ ký số) — trước: «Một phần»: 5 điểm | nay: «Một phần»: 4 điểm\n"
        "\n## Thay đổi tài liệu kiểm chứng\n\n"
        "- tiêu chí 1.1 (Ban hành kế hoạch) — trước: Kế hoạch | nay: Quyết định\n"
    )
