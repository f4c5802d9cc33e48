"""Reading rule sets: exact, with places, and refusing whatever is not one."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scoring.core.lint import lint
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Fault
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused, load_data, load_file, load_rule_set, load_text
from shared.ruleset.places import Places, join, parent
from shared.ruleset.reading import MAX_BYTES, read_text


def refused(text: str | bytes, name: str = "it.yaml") -> list[Fault]:
    """The faults of a document that must be refused; each is complete."""
    with pytest.raises(RuleSetRefused) as caught:
        load_text(text, name)
    for fault in caught.value.faults:
        assert fault.code
        assert fault.place.startswith(name)
        assert fault.vi
        assert fault.en
        assert fault.remedy_vi
        assert fault.remedy_en
    return list(caught.value.faults)


def codes(text: str | bytes) -> list[str]:
    """The codes of the faults."""
    return [fault.code for fault in refused(text)]


# --- what is read ------------------------------------------------------------------------------------------------


def test_valid_document_is_read_exactly(base: LoadedRuleSet) -> None:
    assert base.rule_set.key == "it-province@2021"
    assert base.rule_set.result.levels[0].at_least == Fraction(4, 5)
    assert base.rule_set.inputs()["online_share"].maximum == 100


def test_canonical_json_is_read_back_with_the_same_hash(base: LoadedRuleSet) -> None:
    text = canonical_json(base.rule_set.canonical())
    again = load_text(text, "it.json")
    assert again.rule_set == base.rule_set
    assert again.rule_set.content_hash() == base.rule_set.content_hash()
    assert canonical_json(again.rule_set.canonical()) == text


def test_places_lead_to_lines_and_columns(base: LoadedRuleSet, base_text: str) -> None:
    line = next(number for number, text in enumerate(base_text.splitlines(), 1) if "code: '1.3'" in text)
    assert base.places.label("sections[0].criteria[2].code") == f"it.yaml:{line}:15"
    assert base.places.at("sections[0].criteria[2].method.rows[1].points").endswith("(tiêu chí 1.3)")
    # A block is found under its key, and a part that has no line under what holds it.
    assert base.places.label("sections[0].criteria[2].method") == f"it.yaml:{line + 3}:9"
    assert base.places.label("sections[0].criteria[2].method.rows[0].below") == f"it.yaml:{line + 7}:15"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *[("true", True), ("false", False), ("null", None), ("~", None), ("", None)],
        *[("12", 12), ("-3", -3), ("0", 0), ("0.50", Decimal("0.50")), ("1.10", Decimal("1.10"))],
        *[("yes", "yes"), ("no", "no"), ("on", "on"), ("True", "True"), ("012", "012"), ("0x1F", "0x1F")],
        *[("1e3", "1e3"), (".5", ".5"), (".inf", ".inf"), ("1_000", "1_000"), ("2020-11-17", "2020-11-17")],
        *[
            ("12:30", "12:30"),
            ("'12'", "12"),
            (f"'{'9' * 41}'", "9" * 41),
            ('"true"', "true"),
            ("1/3", "1/3"),
            ("Tốt", "Tốt"),
        ],
        *[("|\n  a\n  b\n", "a\nb\n"), ("<<", "<<")],
    ],
)
def test_scalar_is_read_as_written(written: str, read: object) -> None:
    data, _ = read_text(f"a: {written}\n", "x.yaml")
    assert data == {"a": read}
    assert type(data["a"]) is type(read)


def test_keys_are_text_as_written() -> None:
    data, places = read_text("1.10: a\nno: b\n? c\n: d\n", "x.yaml")
    assert data == {"1.10": "a", "no": "b", "c": "d"}
    assert places.label('["1.10"]') == "x.yaml:1:7"


def test_byte_order_mark_is_no_part_of_the_text(base_text: str, base: LoadedRuleSet) -> None:
    assert load_text(b"\xef\xbb\xbf" + base_text.encode(), "it.yaml").rule_set == base.rule_set


def test_file_is_read_under_the_name_the_caller_gave(tmp_path: Path, base_text: str) -> None:
    path = tmp_path / "it.yaml"
    path.write_text(base_text, encoding="utf-8")
    assert load_file(path).places.name == str(path)
    assert load_rule_set(path).key == "it-province@2021"


@pytest.mark.parametrize("path", ["no-such-file.yaml", "\x00", ".", ""])
def test_unreadable_file_is_refused(path: str) -> None:
    with pytest.raises(RuleSetRefused) as caught:
        load_file(path)
    assert [fault.code for fault in caught.value.faults] == ["document.unreadable"]


# --- what is refused as a document -------------------------------------------------------------------------------

BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("document.not_utf8", b"title: \xff"),
        ("document.not_utf8", "title: \ud800"),
        pytest.param("document.too_large", "#" * (MAX_BYTES + 1), id="document.too_large"),
        ("document.malformed", "a: [1"),
        ("document.malformed", "a: b: c"),
        ("document.control_character", "\x00"),
        ("document.malformed", '{"a": 1,}'),
        ("document.malformed", '{"a": NaN}'),
        ("document.malformed", '{"a": 1e99999999999999999999}'),
        pytest.param("document.malformed", '{"a": ' + "9" * 5000 + "}", id="digits"),
        pytest.param("document.malformed", '{"a": ' + "[" * 100_000, id="deep and broken JSON"),
        pytest.param("document.too_deep", '{"a": ' + "[" * 50 + "]" * 50 + "}", id="deep JSON"),
        pytest.param("document.too_deep", "a: " + "[" * 100_000, id="deep flow"),
        pytest.param("document.too_deep", "\n".join(" " * n + "a:" for n in range(2000)), id="deep block"),
        pytest.param("document.too_many_parts", "a: [" + "1," * 110_000 + "]", id="many parts"),
        pytest.param("document.too_many_parts", '{"a": [' + "1," * 110_000 + "1]}", id="many parts of JSON"),
        ("document.not_mapping", ""),
        ("document.not_mapping", "# nothing\n"),
        ("document.not_mapping", "- a\n"),
        ("document.not_mapping", "text"),
        ("document.duplicate_key", "a: 1\na: 2\n"),
        ("document.duplicate_key", '{"a": {"b": 1, "b": 1}}'),
        ("document.several", "a: 1\n---\nb: 2\n"),
        ("document.anchor", "a: &x 1\n"),
        ("document.anchor", "a: [*x]\n"),
        ("document.tag", "a: !!python/object/apply:os.system ['true']\n"),
        ("document.tag", "a: !!binary aGk=\n"),
        ("document.complex_key", "{a: 1}: b\n"),
        ("document.complex_key", "? [a]\n: b\n"),
        pytest.param("document.key_too_long", "k" * 65 + ": 1\n", id="key"),
        ("document.control_character", 'a: "\\a"\n'),
        ("document.control_character", '{"a": "\\u0000"}'),
        ("document.control_character", '{"a": "\\ud800"}'),
        ("document.control_character", '{"\\ud800": 1}'),
        pytest.param("document.number_too_long", '{"a": ' + "9" * 41 + "}", id="long number"),
        ("document.number_too_long", '{"a": 1e41}'),
        pytest.param("document.number_too_long", f"a: {'9' * 41}", id="long number of YAML"),
    ],
)
def test_text_that_is_no_document_is_refused(code: str, text: str | bytes) -> None:
    if text == "{a: 1}: b\n":  # the opening brace means JSON
        assert codes(text) == ["document.malformed"]
    else:
        assert codes(text) == [code]


def test_entity_bomb_is_refused_without_being_expanded() -> None:
    assert set(codes(BOMB)) == {"document.anchor"}


def test_faults_of_reading_are_all_listed_with_their_lines() -> None:
    found = refused("a: 1\na: 2\nb: &x 1\nc: !t 2\n")
    assert [(fault.code, fault.place) for fault in found] == [
        ("document.duplicate_key", "it.yaml:2:1"),
        ("document.anchor", "it.yaml:3:4"),
        ("document.tag", "it.yaml:4:4"),
    ]


# --- what is refused as a rule set -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "old", "new", "path"),
    [
        ("field.missing", "first_year: 2021, ", "", "stage"),
        ("field.missing", "fact: submission.missing, ", "", "rules[4].when"),
        ("field.unknown", "at_least: 4}", "atleast: 4}", "sections[0].criteria[2].method.rows[0].atleast"),
        ("field.unknown", "is: none}", "iz: none}", "rules[3].when.any[1].iz"),
        ("field.not_allowed", "programme: it", "programme: ti", "programme"),
        ("field.not_allowed", "form: yes_no, input: p", "form: yesno, input: p", "sections[0].criteria[0].method.form"),
        ("field.not_allowed", "effect: zero_section", "effect: zero", "rules[4].then[1].effect"),
        ("field.not_allowed", "state: not_applicable}", "state: na}", "examples[1].answers.staff.state"),
        ("field.form_missing", "{form: information}", "{}", "sections[1].criteria[3].method.form"),
        ("field.malformed", "code: '1.3'", "code: '1.3a'", "sections[0].criteria[2].code"),
        ("field.malformed", "id: late\n", "id: Late\n", "rules[0].id"),
        ("field.malformed", "partial: 5", "Partial: 5", "sections[0].criteria[5].method.points.Partial"),
        ("field.malformed", "fact: submission.days_late, above", "fact: days_late, above", "rules[0].when.fact"),
        ("field.malformed", "section: '2'", "section: 'II'", "rules[4].then[1].section"),
        ("field.not_text", "code: '1.3'", "code: 1.30", "sections[0].criteria[2].code"),
        ("field.not_text", "version: '2021'", "version: 2021", "version"),
        ("field.empty", "issuer: UBND tỉnh Bắc Giang", "issuer: ' '", "legal_basis[0].issuer"),
        ("field.not_exact", "at_least: 4}", "at_least: 4e0}", "sections[0].criteria[2].method.rows[0].at_least"),
        ("field.decimal_comma", "unit_points: 2.5", "unit_points: '2,5'", "sections[0].criteria[4].method.unit_points"),
        ("field.not_whole", "first_year: 2021", "first_year: 2021.5", "stage.first_year"),
        ("field.out_of_range", "days_late: 2", "days_late: -2", "examples[1].days_late"),
        ("field.not_date", "2020-11-17", "20201117", "legal_basis[0].issued_on"),
        ("field.not_date", "2020-11-17", "17/11/2020", "legal_basis[0].issued_on"),
        ("field.not_date", "2020-11-17", "2020-02-30", "legal_basis[0].issued_on"),
        ("field.not_boolean", "required: true", "required: maybe", "sections[0].criteria[0].evidence.required"),
        ("field.not_list", "then: [{effect: zero_criterion}]", "then: {effect: zero_criterion}", "rules[1].then"),
        ("field.not_mapping", "title: {vi: Chữ ký số}", "title: Chữ ký số", "sections[0].criteria[5].title"),
        ("field.not_mapping", "when: {fact: submission.missing, is: true}", "when: missing", "rules[4].when"),
        ("field.no_items", "then: [{effect: zero_criterion}]", "then: []", "rules[1].then"),
        ("field.no_items", "{fact: submission.missing, is: true}", "{any: []}", "rules[4].when.any"),
        ("field.not_value", "is: none}", "is: 'n/a'}", "rules[3].when.any[1].is"),
        ("field.not_value", "is: none}", "is: {}}", "rules[3].when.any[1].is"),
        ("field.not_value", "serious_incident}", "serious_incident, value: {}}", "rules[2].then[0].value"),
        ("field.not_value", "plan_issued: true", "plan_issued: [true]", "examples[0].answers.plan_issued"),
        ("field.not_measure", "of: meetings", "of: [meetings]", "sections[0].criteria[2].method.of"),
    ],
)  # fmt: skip
def test_wrong_field_is_one_fault_at_its_place(base_text: str, code: str, old: str, new: str, path: str) -> None:
    assert old in base_text
    (fault,) = refused(base_text.replace(old, new, 1))
    assert fault.code == code
    label, spot, *_ = fault.place.split(" ")
    assert spot == path
    lines = base_text.replace(old, new, 1).splitlines()
    first = next(
        number for number, (was, now) in enumerate(zip(base_text.splitlines(), lines, strict=False), 1) if was != now
    )
    # A field that is missing is placed where it should stand; every other one on its own line.
    assert code == "field.missing" or label.split(":")[1] == str(first)  # fmt: skip


def test_all_wrong_fields_are_listed_at_once(base_text: str) -> None:
    text = base_text.replace("programme: it", "programme: ti").replace("points: 0.5", "points: half")
    text = text.replace("maximum: 60", "maximum: sixty")
    assert codes(text) == ["field.not_allowed", "field.not_exact", "field.not_exact"]


def test_faults_are_bounded_when_everything_is_wrong() -> None:
    found = refused("".join(f"k{number}: 1\n" for number in range(3000)))
    assert len(found) == 201
    assert found[-1].code == "document.more"


def test_criterion_of_a_fault_is_named(base_text: str) -> None:
    (fault,) = refused(base_text.replace("unit_points: 2.5", "unit_points: many"))
    assert fault.place.endswith("sections[0].criteria[4].method.unit_points (tiêu chí 1.5)")


def test_data_from_elsewhere_is_placed_by_its_own_labels(base_text: str) -> None:
    data, _ = read_text(base_text, "it.yaml")
    data["sections"][0]["maximum"] = "sixty"
    with pytest.raises(RuleSetRefused) as caught:
        load_data(data, Places("book.xlsx", {"sections[0].maximum": "book.xlsx!Sections!D2"}))
    assert caught.value.faults[0].place == "book.xlsx!Sections!D2 sections[0].maximum"


# --- paths -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 99) | st.text(max_size=8), max_size=6))
def test_parent_undoes_join(steps: list[str | int]) -> None:
    path = ""
    for step in steps:
        longer = join(path, step)
        assert parent(longer) == path
        path = longer


# --- nothing but RuleSetRefused ever escapes ---------------------------------------------------------------------


def survives(text: str | bytes) -> None:
    """The text is loaded, linted and hashed, or refused: no other way out."""
    try:
        loaded = load_text(text, "fuzz.yaml")
    except RuleSetRefused as error:
        if not error.faults:
            raise
    else:
        lint(loaded)
        again = load_text(canonical_json(loaded.rule_set.canonical()), "fuzz.json").rule_set
        assert again.content_hash() == loaded.rule_set.content_hash()


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_random_text_is_loaded_or_refused(text: str | bytes) -> None:
    survives(text)


PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", "- ", "\n", "  ", "'", '"', "&a", "*a", "!t", "---", "#", "|", "0", "1e9", "null", ","]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_document_is_loaded_or_refused(base_text: str, data: st.DataObject) -> None:
    text = base_text
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(PIECES | st.text(max_size=3)) + text[at + cut :]
    survives(text)


VALUES: Any = st.one_of(
    *[st.none(), st.booleans(), st.integers(-2, 200), st.integers(), st.text(max_size=5)],
    *[st.sampled_from(["staff", "signing", "1.1", "input.staff", "derived.x", "1/3", "0.5", "this", "flag"])],
    *[st.just([]), st.just({}), st.just({"form": "best", "cases": []}), st.just({"all": []}), st.just({"state": "x"})],
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_document_with_foreign_values_is_loaded_or_refused(base_text: str, data: st.DataObject) -> None:
    tree, places = read_text(base_text, "it.yaml")
    for _ in range(data.draw(st.integers(1, 4))):
        _plant(tree, data)
    try:
        loaded = load_data(tree, places)
    except RuleSetRefused as error:
        if not error.faults:
            raise
    else:
        lint(loaded)
        again = load_text(canonical_json(loaded.rule_set.canonical()), "x.json").rule_set
        assert again.canonical() == loaded.rule_set.canonical()


def _plant(tree: Any, data: st.DataObject) -> None:
    spot = tree
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(spot[key], dict | list) or data.draw(st.integers(0, 5)) == 0:
            spot[key] = deepcopy(data.draw(VALUES))
            return
        spot = spot[key]
