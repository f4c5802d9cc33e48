"""Documents that people and machines really hand in: a corpus of files, and what is said of each.

`corpus/good-*` are one rule set, written unusually; every other file is refused, with the codes and places below.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.errors import Fault
from shared.ruleset.loader import RuleSetRefused, load_file, load_text
from shared.ruleset.reading import MAX_BYTES
from shared.ruleset.wording import CODES

CORPUS = Path(__file__).parent / "corpus"
OFFICIAL = sorted((Path(__file__).parents[3] / "services" / "scoring" / "rulesets").glob("*/*.yaml"))
GOOD = sorted(path.name for path in CORPUS.glob("good*"))

# File: its faults, each as `code line:column`, in order.
REFUSED = {
    "arabic-digits.yaml": ["field.not_exact 18:14"],
    "array.json": ["document.not_mapping"],
    "average-without-method.yaml": ["field.form_missing 25:11", "field.unknown 26:11"],
    "bad-escape.yaml": ["document.malformed 17:20"],
    "bad-indent.yaml": ["document.malformed 33:8"],
    "colon-in-title.yaml": ["document.malformed 40:22"],
    "combining-mark.yaml": ["field.look_alike 30:18"],
    "comments-only.yaml": ["document.not_mapping"],
    "comments.json": ["document.malformed 2:3"],
    "control-character.yaml": ["document.control_character 17:19"],
    "criterion-field-twice.yaml": ["document.duplicate_key 23:9"],
    "cycle.yaml": ["document.anchor 1:4", "document.anchor 2:6"],
    "cyrillic-answer.yaml": ["field.look_alike 44:26"],
    "cyrillic-field.yaml": ["field.look_alike 18:14"],
    "cyrillic-form.yaml": ["field.look_alike 24:17"],
    "cyrillic-id.yaml": ["field.look_alike 2:5"],
    "cyrillic-input.yaml": ["field.look_alike 25:27"],
    "cyrillic-programme.yaml": ["field.look_alike 5:12"],
    "date-day-first.yaml": ["field.not_date 9:36"],
    "date-number.yaml": ["field.not_date 9:36"],
    "decimal-comma-answer.yaml": ["field.decimal_comma 44:41"],
    "decimal-comma-in-braces.yaml": ["field.decimal_comma 27:42"],
    "decimal-comma-in-example.yaml": ["field.decimal_comma 45:25"],
    "decimal-comma-of-a-unit.yaml": ["field.decimal_comma 44:67"],
    "decimal-comma.yaml": ["field.decimal_comma 39:37"],
    "deep-block.yaml": ["document.too_deep 32:63"],
    "deep-conditions.yaml": ["document.too_deep 38:180"],
    "deep-flow.yaml": ["document.too_deep 1:35"],
    "deep.json": ["document.too_deep"],
    "empty-title.yaml": ["field.empty 17:17"],
    "empty.yaml": ["document.not_mapping"],
    "escaped-control.yaml": ["document.control_character 17:17"],
    "exponent.json": ["document.number_too_long"],
    "full-width-code.yaml": ["field.look_alike 20:15"],
    "full-width-digits.yaml": ["field.look_alike 18:14"],
    "huge-exponent.json": ["document.number_too_long"],
    "huge-number.json": ["document.number_too_long"],
    "infinity.json": ["document.malformed"],
    "line-separator.yaml": ["document.hidden_character 37:20"],
    "list-as-key.yaml": ["document.complex_key 1:3"],
    "list-for-text.yaml": ["field.not_text 32:9"],
    "list.yaml": ["document.not_mapping"],
    "long-id.yaml": ["field.too_long 2:5"],
    "long-title.yaml": ["field.too_long 17:17"],
    "mapping-for-number.yaml": ["field.not_exact 18:5"],
    "merge-key.yaml": ["document.anchor 15:11", "document.anchor 35:13"],
    "misplaced-field.yaml": ["field.unknown 25:11"],
    "missing-field.yaml": ["field.missing 20:9"],
    "misspelled-effect.yaml": ["field.not_allowed 39:21"],
    "misspelled-field.yaml": ["field.unknown 33:19"],
    "misspelled-form.yaml": ["field.not_allowed 24:17"],
    "nan.json": ["document.malformed"],
    "neither-true-nor-false.yaml": ["field.not_boolean 34:16"],
    "no-break-space.yaml": ["field.look_alike 18:14"],
    "no-effects.yaml": ["field.no_items 39:5"],
    "no-such-day.yaml": ["field.not_date 9:36"],
    "nothing-alike.yaml": ["field.unknown 33:14"],
    "nul.yaml": ["document.control_character 1:5"],
    "number-division-by-zero.yaml": ["field.not_exact 18:14"],
    "number-empty-number.yaml": ["field.not_exact 18:13"],
    "number-exponent.yaml": ["field.not_exact 18:14"],
    "number-hexadecimal.yaml": ["field.not_exact 18:14"],
    "number-huge.yaml": ["document.number_too_long 18:14"],
    "number-infinity.yaml": ["field.not_exact 18:14"],
    "number-leading-point.yaml": ["field.not_exact 18:14"],
    "number-nan.yaml": ["field.not_exact 18:14"],
    "number-octal.yaml": ["field.not_exact 18:14"],
    "number-percent.yaml": ["field.not_exact 18:14"],
    "number-plus-sign.yaml": ["field.not_exact 18:14"],
    "number-sexagesimal.yaml": ["field.not_exact 18:14"],
    "number-thousands.yaml": ["field.not_exact 18:14"],
    "number-underscores.yaml": ["field.not_exact 18:14"],
    "number-yes.yaml": ["field.not_exact 18:14"],
    "python-tag.yaml": ["document.tag 1:4"],
    "right-to-left.yaml": ["document.hidden_character 17:20"],
    "scalar.yaml": ["document.not_mapping"],
    "set-tag.yaml": ["document.tag 1:4"],
    "several-documents.yaml": ["document.several 46:1"],
    "single-quotes.json": ["document.malformed 1:2"],
    "soft-hyphen.yaml": ["document.hidden_character 37:23"],
    "surrogate.json": ["document.control_character"],
    "tab-indent.yaml": ["document.tab 18:1"],
    "tab-under-list.yaml": ["document.tab 16:1"],
    "table.csv": ["document.not_mapping"],
    "tcvn-or-latin.yaml": ["document.not_utf8"],
    "text-for-list.yaml": ["field.not_list 26:17"],
    "text-for-mapping.yaml": ["field.not_mapping 17:12"],
    "trailing-comma.json": ["document.malformed 1:32"],
    "truncated-mid-letter.yaml": ["document.not_utf8"],
    "truncated.json": ["document.malformed 1:701"],
    "truncated.yaml": ["document.malformed 26:1"],
    "two-byte-order-marks.yaml": ["document.hidden_character 1:1"],
    "two-documents.json": ["document.malformed 1:9"],
    "two-states.yaml": ["field.not_allowed 44:45"],
    "unclosed-brace.yaml": ["document.malformed 18:12"],
    "unclosed-quote.yaml": ["document.malformed 16:12"],
    "unicode-minus.yaml": ["field.look_alike 30:90"],
    "union-of-nothing.yaml": ["field.not_measure 25:11"],
    "units-wrong.yaml": ["field.not_value 44:46"],
    "unknown-effect.yaml": ["field.not_allowed 39:21"],
    "unknown-fact.yaml": ["field.malformed 38:18"],
    "unknown-form.yaml": ["field.not_allowed 24:17"],
    "unquoted-code.yaml": ["field.not_text 20:15"],
    "unquoted-version.yaml": ["field.not_text 3:10"],
    "utf16.yaml": ["document.not_utf8"],
    "vietnamese-id.yaml": ["field.malformed 2:5"],
    "web-page.yaml": ["document.not_mapping"],
    "word-document.yaml": ["document.office_file"],
    "workbook.yaml": ["document.office_file"],
    "written-twice.json": ["document.duplicate_key"],
    "written-twice.yaml": ["document.duplicate_key 6:1"],
    "wrong-format.yaml": ["field.not_allowed 1:9"],
    "year-in-words.yaml": ["field.not_whole 7:21"],
    "year-out-of-range.yaml": ["field.out_of_range 7:38"],
    "zero-width.yaml": ["document.hidden_character 2:7"],
}  # fmt: skip
# Files of which only the first fault is told here, and how many there are.
MANY = {
    "answers.yaml": ("field.missing", 12),
    "bomb.yaml": ("document.anchor 1:4", 91),
}
# Codes that no small file shows; test_loader and the tests below have them.
ELSEWHERE = {
    "document.unreadable",
    "document.too_large",
    "document.too_many_parts",
    "document.key_too_long",
    "document.more",
    "field.invalid",
}


def refused(name: str) -> tuple[Fault, ...]:
    """The faults of a file of the corpus."""
    with pytest.raises(RuleSetRefused) as caught:
        load_file(CORPUS / name)
    return caught.value.faults


def told(fault: Fault) -> str:
    """A fault as the table has it."""
    label = fault.place.split(" ")[0].rpartition("/")[2].partition(":")[2]
    return f"{fault.code} {label}".strip()


def is_complete(fault: Fault) -> bool:
    """Whether it says why and what to do, in both languages."""
    return all((fault.vi, fault.en, fault.remedy_vi, fault.remedy_en))


# --- the files -----------------------------------------------------------------------------------------------------


def test_every_file_is_in_the_table() -> None:
    assert {path.name for path in CORPUS.iterdir()} == {*GOOD, *REFUSED, *MANY}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read_however_it_is_written(name: str) -> None:
    assert load_file(CORPUS / name).rule_set == load_file(CORPUS / "good.yaml").rule_set


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_the_fault_and_its_place(name: str) -> None:
    faults = refused(name)
    assert [told(fault) for fault in faults] == REFUSED[name]
    assert all(map(is_complete, faults))


@pytest.mark.parametrize("name", MANY)
def test_all_faults_of_a_file_are_told_at_once(name: str) -> None:
    faults = refused(name)
    assert (told(faults[0]), len(faults)) == MANY[name]
    assert all(map(is_complete, faults))


def test_every_code_has_a_file() -> None:
    shown = {line.split()[0] for lines in REFUSED.values() for line in lines}
    assert shown | {"document.anchor"} == CODES - ELSEWHERE


# --- what the words say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("decimal-comma-in-braces.yaml", "Viết dấu chấm: 0.95."),
        ("decimal-comma-answer.yaml", "Viết dấu chấm: 20.5."),
        ("cyrillic-form.yaml", "U+0430 CYRILLIC SMALL LETTER A"),
        ("misspelled-form.yaml", "Có phải `bands`?"),
        ("misspelled-form.yaml", "yes_no, ratio, bands, count, choice, relative, information, sum, best, average, by"),
        ("unknown-effect.yaml", "derive, deduct, cap_section, zero_criterion, zero_section, exclude_criterion"),
        ("misspelled-field.yaml", "Có phải `verifier`?"),
        ("misplaced-field.yaml", "Ở đây chỉ dùng: `form`, `of`, `rows`."),
        ("tab-indent.yaml", "Thay mỗi tab ở đầu dòng bằng hai dấu cách."),
        ("unclosed-brace.yaml", "thiếu dấu phẩy, hoặc chưa đóng ngoặc"),
        ("workbook.yaml", "lệnh nhập bộ tiêu chí từ Excel"),
    ],
)
def test_remedy_is_to_the_point(name: str, words: str) -> None:
    (fault,) = refused(name)
    assert words in f"{fault.vi} {fault.remedy_vi}"


@pytest.mark.parametrize("name", ["nothing-alike.yaml", "unknown-form.yaml", "unknown-effect.yaml"])
def test_no_name_is_proposed_that_is_not_alike(name: str) -> None:
    (fault,) = refused(name)
    assert "Có phải" not in fault.remedy_vi
    assert "Did you mean" not in fault.remedy_en


# --- size ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filler", ["# x\n", "a: 1\n", "- [[[\n", "\n"])
def test_ten_megabytes_are_refused_unread(tmp_path: Path, filler: str) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(filler * (10 * 1024 * 1024 // len(filler)), encoding="utf-8")
    assert path.stat().st_size > MAX_BYTES
    with pytest.raises(RuleSetRefused) as caught:
        load_file(path)
    assert [fault.code for fault in caught.value.faults] == ["document.too_large"]


def test_faults_without_number_are_bounded() -> None:
    with pytest.raises(RuleSetRefused) as caught:
        load_text("".join(f"k{number}: 1\n" for number in range(20_000)), "many.yaml")
    assert len(caught.value.faults) == 201
    assert caught.value.faults[-1].code == "document.more"


# --- fuzz ----------------------------------------------------------------------------------------------------------

TEXT = (CORPUS / "good.yaml").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
PIECES = [
    *["&a ", "*a", "!t ", "---\n", "? ", "| ", "> ", "<<: ", "%", "@", "\t", "\r", "\u00a0", "\u200b", "\ufeff"],
    *["\x00", "\x85", "\u2028", "{", "}", "[", "]", ": ", "- ", ",", "'", '"', "#", "0,5", "1e999", ".inf", "0x1"],
    *["null", "true", "9" * 50, "а", "１", "\u0323", "{a: {a: {a: 1}}}", "form: by", "units: {x: 1}", "is_: 1"],
]  # fmt: skip
# Faults of the document as a whole, which stand on no line.
WHOLE = {"document.not_utf8", "document.not_mapping", "document.too_large", "document.more", "document.malformed"}

lines = st.integers(0, len(LINES) - 1)
edits = st.one_of(
    st.tuples(st.just("cut"), lines, st.integers(1, 4)),
    st.tuples(st.just("repeat"), lines, st.integers(1, 3)),
    st.tuples(st.just("shift"), lines, st.integers(-4, 4)),
    st.tuples(st.just("swap"), lines, lines),
    st.tuples(st.just("end"), lines, st.integers(0, 40)),
    st.tuples(st.sampled_from(PIECES), lines, st.integers(0, 60)),
)


def edited(text: list[str], edit: tuple[str, int, int]) -> list[str]:
    """The lines after one edit, as a careless hand makes it."""
    kind, at, number = edit
    at = min(at, len(text) - 1)
    if at < 0:
        return text
    before, line, after = text[:at], text[at], text[at + 1 :]
    if kind == "cut":
        return before + text[at + number :]
    if kind == "repeat":
        return before + [line] * (number + 1) + after
    if kind == "shift":
        return [*before, " " * number + line if number >= 0 else line[-number:], *after]
    if kind == "swap":
        other = min(number, len(text) - 1)
        text = list(text)
        text[at], text[other] = text[other], text[at]
        return text
    if kind == "end":
        return [*before, line[:number]]
    return [*before, line[:number] + kind + line[number:], *after]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(edits, min_size=1, max_size=3))
def test_a_careless_hand_is_told_where_and_why(made: list[tuple[str, int, int]]) -> None:
    check_edited(LINES, made)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_careless_hand_in_an_official_file(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(OFFICIAL)).read_text(encoding="utf-8").splitlines()
    at = st.integers(0, len(lines) - 1)
    made = data.draw(st.lists(st.tuples(edits, at), min_size=1, max_size=4))
    check_edited(lines, [(kind, place, number) for (kind, _, number), place in made])


def check_edited(lines: list[str], made: list[tuple[str, int, int]]) -> None:
    """The edited text is read, or refused with complete faults that stand on a line where there is one."""
    for edit in made:
        lines = edited(lines, edit)
    faults: tuple[Fault, ...] = ()
    try:
        load_text("\n".join(lines) + "\n", "hand.yaml")
    except RuleSetRefused as error:
        faults = error.faults
    for fault in faults:
        assert is_complete(fault), fault
        label, _, path = fault.place.partition(" ")
        at_root = fault.code in ("field.missing", "document.not_mapping") and not path
        assert label.startswith("hand.yaml:") or at_root or fault.code in WHOLE, fault.place


def test_every_beginning_of_a_file_is_read_or_refused() -> None:
    content = TEXT.encode()
    for end in range(0, len(content), 7):
        try:
            load_text(content[:end], "half.yaml")
        except RuleSetRefused as error:
            assert error.faults  # noqa: PT017
