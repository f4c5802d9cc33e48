"""One cause, one finding: a reader corrects it and is done; and findings come in the order of the document."""

from __future__ import annotations

from typing import Any

import pytest
from lint_changes import ANSWERS, DROP, changed

from services.scoring.core.lint import Finding, lint
from services.scoring.documents import load_document, workbook_of
from shared.ruleset.loader import LoadedRuleSet, load_text


def told(base_text: str, changes: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes and paths of what lint finds after these changes."""
    return [(finding.code, finding.path) for finding in lint(changed(base_text, changes))]


def test_an_input_misspelled_where_it_is_declared_is_told_once(base_text: str) -> None:
    (found,) = lint(changed(base_text, {"1.5/inputs/applications/id": "aplications"}))
    assert found.code == "method.unknown_input"
    assert found.remedy_en == "Did you mean `aplications`?"
    assert found.en == "There is no input `applications`. (So in 1 more places.)"


def test_a_figure_that_rules_and_methods_read_is_told_once(base_text: str) -> None:
    (found,) = lint(changed(base_text, {"1.2/inputs/staff/id": "staffs"}))
    assert (found.code, found.path) == ("method.unknown_input", "sections[0].criteria[1].method.of.denominator")


def test_an_option_misspelled_where_it_is_declared_is_told_once(base_text: str) -> None:
    (found,) = lint(changed(base_text, {"1.6/inputs/signing/options/none/id": "nones"}))
    assert (found.code, found.remedy_en) == ("choice.unknown_option", "Did you mean `nones`?")


def test_an_answer_misspelled_in_many_examples_is_told_once(base_text: str) -> None:
    again = {"id": "again", "title": {"vi": "Lại"}, "answers": {"meeting": 3}, "expect": {"points": 0}}
    found = told(base_text, {f"{ANSWERS}/meetings": DROP, f"{ANSWERS}/meeting": 4, "examples/+": again})
    assert found == [("example.unknown_input", "examples[0].answers.meeting")]


def test_a_fact_misspelled_where_it_is_derived_is_told_once(base_text: str) -> None:
    found = told(base_text, {"rules/incident/then/0/fact": "derived.serious_incidents"})
    assert found == [("derived.never_derived", "rules[3].when.any[0].fact")]


def test_points_mistyped_in_a_section_are_not_told_of_the_whole_set(base_text: str) -> None:
    assert told(base_text, {"sections/1/maximum": 50}) == [("section.points", "sections[0].maximum")]


def test_an_input_of_the_wrong_type_is_not_told_of_its_examples(base_text: str) -> None:
    found = told(base_text, {"2.3/inputs/own_unit/type": "text"})
    assert found == [("method.input_type", "sections[1].criteria[2].method.cases[0].method.input")]


def test_reversed_bounds_are_not_told_of_rows_answers_and_rules(base_text: str) -> None:
    changes = {
        "1.3/inputs/0/minimum": 100,
        "1.3/inputs/0/maximum": 0,
        "rules/late/when": {"fact": "input.meetings", "above": 3},
    }
    assert told(base_text, changes) == [("input.bounds_reversed", "sections[0].criteria[2].inputs[0].minimum")]


def test_different_mistakes_are_told_each(base_text: str) -> None:
    found = told(base_text, {f"{ANSWERS}/meeting": 4, f"{ANSWERS}/course": 3})
    assert found == [
        ("example.unknown_input", "examples[0].answers.meeting"),
        ("example.unknown_input", "examples[0].answers.course"),
    ]


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"rules/late/when/fact": "submission.day_late"}, "Did you mean `submission.days_late`?"),
        ({"rules/incident/when/all/0/fact": "input.incidentes"}, "Did you mean `input.incidents`?"),
        # nothing is alike only because it begins with `input.`, and no code because it has the same digits
        ({"rules/incident/when/all/0/fact": "input.zzzzzzzz"}, "Declare it, or correct the name."),
        ({"examples/late-answer/evidence_missing/0": "1.7"}, "1.1, 1.2, 1.3"),
    ],
)
def test_only_a_name_that_is_alike_is_proposed(base_text: str, changes: dict[str, Any], remedy: str) -> None:
    (found,) = lint(changed(base_text, changes))
    assert remedy in found.remedy_en


# --- order and places --------------------------------------------------------------------------------------------

MANY = {
    f"{ANSWERS}/course": 3,
    "1.6/method/points/partial": 11,
    "1.3/inputs/0/unit": DROP,
    "rules/late/then/0/points": 0,
    "result/levels/kha/at_least": "0.8",
    "1.1/title/vi": "...",
}


def test_findings_come_in_the_order_of_the_lines_errors_first(base_text: str) -> None:
    found = lint(changed(base_text, MANY))
    lines = [(finding.severity, int(finding.place.split(":")[1])) for finding in found]
    assert lines == sorted(lines)
    assert {finding.severity for finding in found} == {"error", "warning"}


def test_findings_come_in_the_same_order_without_lines(base_text: str) -> None:
    changed_set = changed(base_text, MANY)
    with_lines, without = lint(changed_set), lint(LoadedRuleSet.without_places(changed_set.rule_set))
    assert [finding.code for finding in without] == [finding.code for finding in with_lines]


def test_the_same_document_has_the_same_findings(base_text: str) -> None:
    def texts(found: list[Finding]) -> list[str]:
        return [str(finding.as_json()) for finding in found]

    assert texts(lint(changed(base_text, MANY))) == texts(lint(changed(base_text, MANY)))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("partial: 5", "partial: 11", "method.points_above_maximum"),
        ("above: 0}", "below: 0}", "rule.never_fires"),
        ("meetings: 4", "meetings: 101", "example.out_of_bounds"),
        ("unit: cuộc, ", "", "unit.missing"),
        ("at_least: 0.65", "at_least: 0.85", "level.order"),
    ],
)
def test_findings_of_a_workbook_name_sheet_and_cell(base_text: str, old: str, new: str, code: str) -> None:
    assert old in base_text
    rule_set = load_text(base_text.replace(old, new, 1), "it.yaml").rule_set
    (found,) = lint(load_document(workbook_of(rule_set), "bo.xlsx"))
    book, sheet, cell = found.place.split("!")
    assert (found.code, book) == (code, "bo.xlsx")
    assert sheet
    assert cell[0].isalpha()
