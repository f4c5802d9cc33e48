"""What examples cover, and proposals that cover the rest: pasted, they run and show what they claim."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lengths import at_length
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input
from scoring_strategies import rule_sets

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.coverage import Coverage, cover
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.examples import resolve, run_examples
from services.scoring.core.points import compile_rule_set
from shared.ruleset.document import RuleSet
from shared.ruleset.reading import read_text

SHARE = {"numerator": "done", "denominator": "all"}
ROWS = [
    {"points": 10, "at_least": "0.9"},
    {"points": 5, "above": "0.5", "below": "0.9"},
    {"points": 0, "at_most": "0.5"},
]
COUNTS = [an_input("done", minimum=0), an_input("all", minimum=0)]
LATE = {"fact": "submission.days_late", "above": 0}


def one_of(
    method: dict[str, Any], inputs: list[dict[str, Any]], *examples: dict[str, Any], rules: Any = (), **more: Any
) -> RuleSet:
    """A rule set of one criterion."""
    given = [{"title": {"vi": one["id"]}, **one} for one in examples]
    return a_rule_set(a_section("1", a_criterion("1.1", method, inputs, **more)), rules=rules, examples=given)


def lacking(rule_set: RuleSet, kind: str = "") -> list[str]:
    """What lacks but the levels."""
    return [
        one.mark.en
        for one in cover(rule_set).lacks
        if one.mark.kind.startswith(kind) and not one.mark.path.startswith("result.")
    ]


def unsolved(coverage: Coverage) -> list[str]:
    """What no proposal shows; a set of one or two criteria cannot reach every level and threshold."""
    return [one.mark.en for one in coverage.lacks if not one.proposal and not one.mark.path.startswith("result.")]


def pasted(rule_set: RuleSet, coverage: Coverage) -> RuleSet:
    """The rule set with all proposals pasted as they are printed."""
    if not coverage.proposals:
        return rule_set
    data, _ = read_text("examples:\n" + "\n".join(one.yaml for one in coverage.proposals), "pasted.yaml")
    document = rule_set.canonical()
    return RuleSet.model_validate({**document, "examples": [*document.get("examples", ()), *data["examples"]]})


def assert_proposals_keep_their_word(rule_set: RuleSet, *, few: bool = False) -> Coverage:
    coverage = cover(rule_set, few=few)
    whole = pasted(rule_set, coverage)
    assert run_examples(whole, DurableEngine()) == []
    for proposal in coverage.proposals:
        alone = Tried(
            compile_rule_set(whole),
            resolve(whole, next(one for one in whole.examples if one.id == proposal.example.id)),
        )
        assert [mark.key for mark in proposal.shows if not mark.holds(alone)] == []
    left = {one.mark.key for one in cover(whole).lacks}
    assert left == {one.mark.key for one in coverage.lacks if not one.proposal}
    return coverage


# --- what counts as covered --------------------------------------------------------------------------------------


def test_an_example_that_checks_nothing_covers_nothing() -> None:
    answers = {"id": "base", "answers": {"done": 9, "all": 10}}
    bands = {"form": "bands", "of": SHARE, "rows": ROWS}
    everything = lacking(one_of(bands, COUNTS))
    assert lacking(one_of(bands, COUNTS, {**answers, "expect": {}})) == everything
    checked = lacking(one_of(bands, COUNTS, {**answers, "expect": {"criteria": {"1.1": 10}}}))
    assert [one for one in everything if one not in checked] == [
        "criterion 1.1: is given points",
        "criterion 1.1: row 1: 10 points",
        "criterion 1.1: a value exactly 0.9",
    ]


def test_rows_and_both_sides_of_their_ends_are_wanted() -> None:
    assert lacking(one_of({"form": "bands", "of": SHARE, "rows": ROWS}, COUNTS), "boundary") == [
        "criterion 1.1: a value just below 0.5",
        "criterion 1.1: a value exactly 0.5",
        "criterion 1.1: a value just above 0.5",
        "criterion 1.1: a value just below 0.9",
        "criterion 1.1: a value exactly 0.9",
        "criterion 1.1: a value just above 0.9",
        "criterion 1.1: a denominator of 0: 0 points",
    ]


def test_whole_numbers_are_wanted_on_both_sides_of_an_end_only() -> None:
    rows = [{"points": 10, "at_least": 4}, {"points": 5, "above": 0, "at_most": 3}, {"points": 0, "at_most": 0}]
    assert lacking(one_of({"form": "bands", "of": "n", "rows": rows}, [an_input("n", minimum=0)]), "boundary") == [
        f"criterion 1.1: a value exactly {number}" for number in (0, 1, 3, 4)
    ]


def test_a_value_in_the_row_is_not_the_value_beside_the_end() -> None:
    example = {"id": "base", "answers": {"done": 700, "all": 1000}, "expect": {"points": 5}}
    near = {"id": "near", "answers": {"done": 893, "all": 1000}, "expect": {"points": 5}}
    bands = {"form": "bands", "of": SHARE, "rows": ROWS}
    below = "criterion 1.1: a value just below 0.9"
    assert below in lacking(one_of(bands, COUNTS, example))
    assert below not in lacking(one_of(bands, COUNTS, example, near))


def test_points_behind_a_gate_cover_no_row() -> None:
    gate = a_rule("gate", {"fact": "submission.days_late", "above": 0}, {"effect": "zero_section", "section": "1"})
    example = {
        "id": "base",
        "answers": {"done": 9, "all": 10},
        "days_late": 1,
        "expect": {"points": 0, "fired": ["gate"]},
    }
    bands = {"form": "bands", "of": SHARE, "rows": ROWS}
    assert "criterion 1.1: row 1: 10 points" in lacking(one_of(bands, COUNTS, example, rules=[gate]))


def test_a_rule_is_covered_only_where_the_example_names_the_rules() -> None:
    rule = a_rule("late", LATE, {"effect": "deduct", "points": 1})
    example = {"id": "base", "answers": {"done": 9, "all": 10}, "days_late": 1}
    ratio = {"form": "ratio", "of": SHARE}
    assert "rule late fires" in lacking(one_of(ratio, COUNTS, {**example, "expect": {"points": 8}}, rules=[rule]))
    named = one_of(ratio, COUNTS, {**example, "expect": {"points": 8, "fired": ["late"]}}, rules=[rule])
    assert "rule late fires" not in lacking(named)


def test_an_effect_that_changes_nothing_is_not_covered() -> None:
    cap = a_rule("cap", LATE, {"effect": "cap_section", "section": "1", "at_most": 5})
    low = {"id": "low", "answers": {"done": 4, "all": 10}, "days_late": 1, "expect": {"points": 4, "fired": ["cap"]}}
    coverage = cover(one_of({"form": "ratio", "of": SHARE}, COUNTS, low, rules=[cap]))
    assert [one.mark.en for one in coverage.lacks if one.mark.kind == "effect"] == [
        "rule cap: effect 1 (cap_section) changes the scorecard"
    ]
    (proposal,) = [one for one in coverage.proposals if any(mark.kind == "effect" for mark in one.shows)]
    assert proposal.example.expect.points == 5


def test_each_comparison_is_seen_to_decide() -> None:
    rule = a_rule(
        "both", {"all": [{"fact": "submission.days_late", "at_least": 3}, {"fact": "input.note", "is": True}]}
    )
    asked = [*COUNTS, an_input("note", "boolean")]
    late = {"id": "late", "answers": {"note": False}, "days_late": 3, "expect": {"fired": []}}
    kinds = [*lacking(one_of({"form": "ratio", "of": SHARE}, asked, late, rules=[rule]), "condition")]
    # that the note is missing is what keeps the rule still on a late card, so that much is shown
    assert kinds == ["rule both: the condition on input.note holds, and decides"]


def test_states_that_matter_are_wanted() -> None:
    ratio = {"form": "ratio", "of": SHARE}
    assert lacking(one_of(ratio, COUNTS), "state") == [
        "criterion 1.1: not reported",
        "criterion 1.1: rejected by verification",
    ]
    assert "criterion 1.1: not applicable" in lacking(one_of(ratio, COUNTS, not_applicable="allowed"), "state")
    assert not lacking(one_of({"form": "information"}, [an_input("note", "text")], maximum=0), "state")


def test_what_was_proposed_is_not_confirmed_until_it_has_a_name_of_its_own() -> None:
    rule_set = one_of({"form": "yes_no", "input": "a"}, [an_input("a", "boolean")])
    whole = pasted(rule_set, cover(rule_set))
    again = cover(whole)
    assert not [one for one in again.lacks if one.proposal]
    assert not again.is_full
    assert set(again.unconfirmed) == {one.id for one in whole.examples}


def test_what_cannot_happen_is_named_and_asks_for_nothing() -> None:
    never = {"all": [{"fact": "submission.days_late", "above": 5}, {"fact": "submission.days_late", "below": 3}]}
    coverage = cover(
        one_of({"form": "yes_no", "input": "a"}, [an_input("a", "boolean")], rules=[a_rule("never", never)])
    )
    assert "rule never fires" in [one.mark.en for one in coverage.lacks if not one.proposal]
    assert coverage.lacks


def test_an_example_that_cannot_be_used_covers_nothing() -> None:
    wrong = {"id": "wrong", "answers": {"a": "yes"}, "expect": {"points": 10}}
    unknown = {"id": "unknown", "answers": {"b": True}, "expect": {"points": 10}}
    circle = {"id": "circle", "extends": "circle", "expect": {"points": 10}}
    rule_set = one_of({"form": "yes_no", "input": "a"}, [an_input("a", "boolean")], wrong, unknown, circle)
    assert lacking(rule_set) == lacking(one_of({"form": "yes_no", "input": "a"}, [an_input("a", "boolean")]))


def test_both_sides_of_a_level_s_threshold_are_wanted_and_found_by_losing_points() -> None:
    criteria = [
        a_criterion(
            f"1.{n}", {"form": "count", "input": f"n{n}", "unit_points": "0.25"}, [an_input(f"n{n}", minimum=0)]
        )
        for n in range(1, 11)
    ]
    coverage = assert_proposals_keep_their_word(a_rule_set(a_section("1", *criteria)))
    assert unsolved(coverage) == []
    wanted = ["level tot: exactly 0.8", "level tot: just below 0.8"]
    found = {mark.en: one.example for one in coverage.proposals for mark in one.shows}
    assert [(found[name].expect.level, found[name].expect.index) for name in wanted] == [
        ("tot", Fraction("0.8")),
        ("kha", Fraction("0.7975")),
    ]


# --- proposals ---------------------------------------------------------------------------------------------------

UNITS = [an_input("served", per_unit=True, minimum=0), an_input("asked", per_unit=True, minimum=1)]
MEAN = {"form": "average", "of": {"form": "ratio", "of": {"numerator": "served", "denominator": "asked"}}}
BY = {
    "form": "by",
    "input": "kind",
    "cases": {
        "big": {"form": "count", "input": "n", "unit_points": 1},
        "small": {"form": "count", "input": "n", "unit_points": 5},
    },
}
KIND = an_input("kind", "choice", options=("big", "small"))
RELATIVE = {"form": "relative", "input": {"numerator": "done", "denominator": "all"}, "zero_best": "full"}
PARTS = [
    {"title": {"vi": "Kế hoạch"}, "maximum": 8, "method": {"form": "yes_no", "input": "plan"}},
    {"title": {"vi": "Số lớp"}, "maximum": 6, "method": {"form": "count", "input": "n", "unit_points": 2}},
]
PLAN = an_input("plan", "boolean")
NUMBER = an_input("n", minimum=0)
FORMS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]] = {
    "bands": ({"form": "bands", "of": SHARE, "rows": ROWS}, COUNTS, {}),
    "bands of decimals": (
        {"form": "bands", "of": "n", "rows": ROWS},
        [an_input("n", "decimal", minimum=0, maximum=1)],
        {},
    ),
    "ratio of a whole": ({"form": "ratio", "of": {"numerator": "n", "whole": 7}}, [NUMBER], {}),
    "narrow bounds": (
        {"form": "ratio", "of": SHARE},
        [an_input("done", minimum=0, maximum=3), an_input("all", minimum=3, maximum=3)],
        {},
    ),
    "average": (MEAN, UNITS, {}),
    "average over a known number": ({**MEAN, "total": "n"}, [*UNITS, NUMBER], {}),
    "by": (BY, [KIND, NUMBER], {}),
    "relative": (RELATIVE, COUNTS, {}),
    "sum": ({"form": "sum", "parts": PARTS}, [PLAN, NUMBER], {}),
    "best": ({"form": "best", "cases": PARTS}, [PLAN, NUMBER], {}),
    "bonus": ({"form": "yes_no", "input": "plan"}, [PLAN], {"bonus": True}),
    "asked if": (
        {"form": "count", "input": "n", "unit_points": 1},
        [NUMBER],
        {"asked_if": {"when": {"fact": "input.ground", "is": True}}},
    ),
    "evidence": ({"form": "yes_no", "input": "plan"}, [PLAN], {"evidence": {"required": True, "without": "0.5"}}),
    "not applicable": ({"form": "ratio", "of": SHARE}, COUNTS, {"not_applicable": "allowed"}),
}


@pytest.mark.parametrize("name", FORMS)
def test_everything_can_be_shown_and_proposals_do_it(name: str) -> None:
    method, inputs, more = FORMS[name]
    ground = a_criterion("1.2", {"form": "yes_no", "input": "ground"}, [an_input("ground", "boolean")])
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, **more), ground))
    coverage = assert_proposals_keep_their_word(rule_set)
    assert unsolved(coverage) == []


CONDITIONS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "chained": (
        [
            a_rule("seen", {"fact": "input.n", "at_least": 2}, {"effect": "derive", "fact": "derived.seen"}),
            a_rule(
                "cap", {"fact": "derived.seen", "is": True}, {"effect": "cap_section", "section": "1", "at_most": 5}
            ),
        ],
        "rule cap fires",
    ),
    "any and not": (
        [a_rule("odd", {"any": [{"fact": "input.n", "is": 7}, {"not": {"fact": "state.n", "is": "value"}}]})],
        "rule odd: the condition on state.n does not hold, and decides",
    ),
    "late": (
        [a_rule("late", LATE, {"effect": "deduct", "points": 1, "times": "submission.days_late", "at_most": 3})],
        "rule late: the deduction would be over its most, 3",
    ),
    "for each": (
        [
            a_rule(
                "bare",
                {
                    "all": [
                        {"fact": "criterion.evidence_missing", "is": True},
                        {"fact": "criterion.state", "is": "value"},
                    ]
                },
                {"effect": "zero_criterion"},
                for_each="criterion",
            )
        ],
        "rule bare: the condition on criterion.state does not hold, and decides",
    ),
    "nobody answered": (
        [a_rule("silent", {"fact": "submission.missing", "is": True}, {"effect": "exclude_from_ranking"})],
        "rule silent: effect 1 (exclude_from_ranking) changes the scorecard",
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_cards_that_fire_rules_are_solved_from_their_conditions(name: str) -> None:
    rules, wanted = CONDITIONS[name]
    count = {"form": "count", "input": "n", "unit_points": 1}
    coverage = assert_proposals_keep_their_word(one_of(count, [NUMBER], rules=rules, evidence={"required": True}))
    assert {one.mark.en: one.proposal for one in coverage.lacks}[wanted]
    assert unsolved(coverage) == []


def test_a_proposal_starts_from_an_example_and_says_only_what_differs() -> None:
    base = {"id": "base", "answers": {"done": 1000, "all": 1000}, "expect": {"points": 10, "fired": [], "level": "tot"}}
    rule_set = one_of({"form": "bands", "of": SHARE, "rows": ROWS}, COUNTS, base)
    below = next(one for one in cover(rule_set).proposals if any(m.en.endswith("just below 0.9") for m in one.shows))
    assert below.example.extends == "base"
    assert below.example.answers == {"done": 899}
    assert below.example.expect.criteria == {"1.1": Fraction(5)}
    assert below.example.title.vi.startswith("ĐỀ XUẤT, chưa kiểm tay")
    assert '"1.1": 5  # giá trị ngay dưới 0,9' in below.yaml


def test_few_proposals_show_the_same() -> None:
    criteria = [
        a_criterion(f"1.{n}", {"form": "count", "input": f"n{n}", "unit_points": 2}, [an_input(f"n{n}", minimum=0)])
        for n in range(1, 6)
    ]
    rule_set = a_rule_set(a_section("1", *criteria), rules=[a_rule("late", LATE, {"effect": "deduct", "points": 1})])
    many, few = cover(rule_set), assert_proposals_keep_their_word(rule_set, few=True)
    assert [one.mark.key for one in few.lacks] == [one.mark.key for one in many.lacks]
    assert unsolved(few) == []
    assert len(few.proposals) * 2 < len(many.proposals)


def test_the_same_document_is_covered_in_the_same_bytes() -> None:
    rule_set = one_of(BY, [KIND, NUMBER])
    assert [one.yaml for one in cover(rule_set).proposals] == [one.yaml for one in cover(rule_set).proposals]


def assert_proposals_run_as_they_say(rule_set: RuleSet) -> None:
    coverage = cover(rule_set)
    whole = pasted(rule_set, coverage)
    assert run_examples(whole, DurableEngine()) == []
    assert {one.mark.key for one in cover(whole).lacks} == {one.mark.key for one in coverage.lacks if not one.proposal}


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule_sets(most_rules=2))
def test_proposals_for_any_rule_set_run_as_they_say(rule_set: RuleSet) -> None:
    assert_proposals_run_as_they_say(rule_set)


@pytest.mark.slow
@settings(max_examples=at_length(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(rule_sets())
def test_proposals_for_many_rule_sets_run_as_they_say(rule_set: RuleSet) -> None:
    assert_proposals_run_as_they_say(rule_set)
