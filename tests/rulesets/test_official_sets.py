"""The rule sets that ship: clean, the Decision's points, the promised breadth, and hashes that survive the wire."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.core.form import check_answers, render_form, survey_form
from services.scoring.core.amendment import amend, render_text
from services.scoring.core.lint import lint
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import BestMethod, Method, RuleSet, SumMethod
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused, load_file, load_text

FOLDER = Path(__file__).parents[2] / "services" / "scoring" / "rulesets"
# Sets of other bodies are in folders of their own: test_foreign_sets.
FILES = sorted(
    path
    for programme in ("it", "portal")
    for group in ("province", "district")
    for path in (FOLDER / f"{programme}-{group}").glob("*.yaml")
)
LOADED: dict[Path, LoadedRuleSet] = {path: load_file(path) for path in FILES}
KEYS = {loaded.rule_set.key: loaded for loaded in LOADED.values()}

PORTAL = {
    "Thông tin giới thiệu": 6,
    "Tin tức, sự kiện": 10,
    "Thông tin tuyên truyền, phổ biến, hướng dẫn thực hiện pháp luật, chế độ, chính sách": 8,
    "Thông tin chỉ đạo điều hành": 15,
    "Thông tin chiến lược, định hướng, quy hoạch, kế hoạch phát triển": 12,
    "Văn bản quy phạm pháp luật": 6,
    "Thông tin về dự án, hạng mục đầu tư, đấu thầu mua sắm công": 10,
    "Cung cấp dịch vụ công trực tuyến": 7,
    "Lấy ý kiến, góp ý của tổ chức, cá nhân": 5,
    "Chức năng hỗ trợ trên Cổng": 10,
    "Đảm bảo quy định khác": 6,
    "Chuyển đổi số": 5,
}
# Decision 2294/QĐ-UBND: sections and points of the four sets. A rule set that departs from them needs a new Decision.
DECISION = {
    ("it", "province"): {
        "Hạ tầng kỹ thuật CNTT": 10,
        "Ứng dụng CNTT trong hoạt động nội bộ cơ quan": 30,
        "Ứng dụng CNTT phục vụ người dân và doanh nghiệp": 30,
        "Công tác đảm bảo an toàn thông tin": 10,
        "Nhân lực CNTT": 10,
        "Môi trường tổ chức và chính sách": 10,
    },
    ("it", "district"): {
        "Hạ tầng kỹ thuật CNTT khối UBND huyện": 5,
        "Ứng dụng CNTT trong hoạt động nội bộ cơ quan": 25,
        "Ứng dụng CNTT phục vụ người dân và doanh nghiệp": 30,
        "Ứng dụng CNTT tại cấp xã": 15,
        "Công tác đảm bảo an toàn thông tin": 5,
        "Hạ tầng nhân lực CNTT": 10,
        "Môi trường tổ chức và chính sách": 10,
    },
    ("portal", "province"): PORTAL,
    ("portal", "district"): PORTAL,
}
THRESHOLDS = {
    "index": [
        ("Tốt", Fraction("0.8")),
        ("Khá", Fraction("0.65")),
        ("Trung bình", Fraction("0.5")),
        ("Yếu", Fraction(0)),
    ],
    "total": [("Tốt", Fraction(80)), ("Khá", Fraction(65)), ("Trung bình", Fraction(50)), ("Yếu", Fraction(0))],
}
FORMS = {"yes_no", "ratio", "bands", "count", "choice", "relative", "information", "sum", "best"}

each_file = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])


def forms_of(method: Method) -> Iterator[str]:
    """The form of a method and of its parts."""
    yield method.form
    if isinstance(method, SumMethod | BestMethod):
        for part in method.parts if isinstance(method, SumMethod) else method.cases:
            yield from forms_of(part.method)


def previous_of(rule_set: RuleSet) -> RuleSet | None:
    """The version that this one amends, as its mapping says."""
    mapping = rule_set.mapping
    return None if mapping is None else KEYS[f"{rule_set.id}@{mapping.version}"].rule_set


def test_there_is_a_set_for_each_programme_and_group() -> None:
    assert {(one.rule_set.programme, one.rule_set.group) for one in LOADED.values()} == set(DECISION)
    assert len(KEYS) == len(FILES)


@each_file
def test_official_set_lints_clean(path: Path) -> None:
    loaded = LOADED[path]
    assert [str(finding) for finding in lint(loaded, previous_of(loaded.rule_set))] == []


@each_file
def test_sections_and_points_are_the_decision_s(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    sections = [(section.title.vi, section.maximum) for section in rule_set.sections]
    assert sections == list(DECISION[rule_set.programme, rule_set.group].items())
    assert all(section.origin == "decision" for section in rule_set.sections)


@each_file
def test_levels_are_the_decision_s(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    assert rule_set.result.form == ("index" if rule_set.programme == "it" else "total")
    levels = [(level.title.vi, level.at_least) for level in rule_set.result.levels]
    assert levels == THRESHOLDS[rule_set.result.form]


@each_file
def test_set_has_the_breadth_of_a_real_annex(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    fewest, most = (40, 60) if rule_set.programme == "it" else (30, 50)
    assert fewest <= len(rule_set.criteria()) <= most
    assert rule_set.examples


@each_file
def test_every_form_of_scoring_is_used(path: Path) -> None:
    used = {form for criterion in LOADED[path].rule_set.criteria() for form in forms_of(criterion.method)}
    assert used == FORMS


@each_file
def test_hash_survives_canonical_json(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    text = canonical_json(rule_set.canonical())
    again = load_text(text, "wire.json").rule_set
    assert canonical_json(again.canonical()) == text
    assert again.ref() == rule_set.ref()


@each_file
def test_form_asks_for_every_input(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    assert list(survey_form(rule_set)["properties"]["figures"]["properties"]) == list(rule_set.inputs())
    listing = render_form(rule_set)
    assert all(f"(mã: {name})" in listing for name in rule_set.inputs())


@each_file
def test_answers_of_every_example_pass_the_form(path: Path) -> None:
    rule_set = LOADED[path].rule_set
    for example in rule_set.examples:
        figures: dict[str, Any] = example.model_dump(mode="json")["answers"]
        for name, item in rule_set.inputs().items():
            if item.type == "integer" and isinstance(figures.get(name), str):
                figures[name] = int(figures[name])
        answers, faults = check_answers(rule_set, figures, {})
        assert faults == []
        assert answers is not None
        assert list(answers.figures) == list(rule_set.inputs())


@pytest.mark.parametrize(
    "path", [path for path in FILES if LOADED[path].rule_set.mapping], ids=lambda path: str(path.relative_to(FOLDER))
)
def test_amendment_can_be_told(path: Path) -> None:
    new = LOADED[path].rule_set
    old = previous_of(new)
    assert old is not None
    amendment = amend(old, new)
    assert not amendment.is_empty()
    text = render_text(amendment)
    for moved in amendment.points_moved:
        assert f"tiêu chí {moved.code}: từ" in text
    # Within a section points are only moved about: the Decision's section points stand.
    assert all("." in moved.code for moved in amendment.points_moved)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damaged_file_is_loaded_or_refused(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(FILES)).read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 200))
        content = content[:at] + data.draw(st.binary(max_size=4)) + content[at + cut :]
    try:
        loaded = load_text(content, "damaged.yaml")
    except RuleSetRefused as error:
        if not error.faults:
            raise
    else:
        lint(loaded)
