"""The proof says how every point came about, and what was lacking."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, adjusted, an_input, rejected
from scoring_runs import run
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.core.proof import Proof, proof, render_text
from services.scoring.core.proof_words import number, percent
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import RuleSet


def proven(rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None = None) -> Proof:
    return proof(rule_set, verified, run(rule_set, verified, group_best), group_best)


def missed(method: dict[str, Any], inputs: list[dict[str, Any]], maximum: object = 20, **answers: object) -> str:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, maximum)))
    made = proven(rule_set, a_submission(rule_set, answers), {"n": Fraction(50)})
    return made.sections[0].criteria[0].missed


MEETINGS = {
    "form": "bands",
    "of": "n",
    "rows": [
        {"points": 20, "at_least": 4},
        {"points": 15, "at_least": 3, "below": 4},
        {"points": 10, "at_least": 2, "below": 3},
    ],
}
N = an_input("n", unit="cuộc họp")


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (4, ""),
        (2, "thiếu 1 cuộc họp nữa để đạt 15 điểm; thiếu 2 cuộc họp nữa để đạt 20 điểm"),
        (3, "thiếu 1 cuộc họp nữa để đạt 20 điểm"),
        ("!not_reported", "không báo cáo “Số liệu n”: 0 điểm, điểm tối đa vẫn tính"),
    ],
)
def test_steps_say_how_many_more_were_needed(n: object, words: str) -> None:
    assert missed(MEETINGS, [N], n=n) == words


@pytest.mark.parametrize(
    ("method", "answers", "words"),
    [
        (
            {"form": "ratio", "of": {"numerator": "n", "whole": 52}},
            {"n": 40},
            "thiếu 12 cuộc họp nữa để tỷ lệ đạt 100% và được 20 điểm",
        ),
        ({"form": "count", "input": "n", "unit_points": "1.5"}, {"n": 4}, "thiếu 10 cuộc họp nữa để đạt 20 điểm"),
        ({"form": "relative", "input": "n"}, {"n": 20}, "kém giá trị cao nhất trong nhóm 30 cuộc họp"),
        (
            {"form": "bands", "of": "n", "rows": [{"points": 20, "at_most": 0}]},
            {"n": 2},
            "cần giảm xuống không quá 0 để đạt 20 điểm",
        ),
        (
            {"form": "bands", "of": {"numerator": "n", "whole": 30}, "rows": [{"points": 20, "at_least": "0.9"}]},
            {"n": 10},
            "thiếu 17 cuộc họp nữa để tỷ lệ đạt 90% và được 20 điểm",
        ),
    ],
)
def test_what_was_lacking_in_words(method: dict[str, Any], answers: dict[str, object], words: str) -> None:
    assert missed(method, [N], **answers) == words


def full_card() -> tuple[RuleSet, VerifiedSubmission]:
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", MEETINGS, [N], 20, article="Điều 5", evidence={"required": True}),
            a_criterion("1.2", {"form": "yes_no", "input": "yes"}, [an_input("yes", "boolean")]),
        ),
        a_section("2", a_criterion("2.1", {"form": "yes_no", "input": "plan"}, [an_input("plan", "boolean")])),
        rules=[
            a_rule(
                "late",
                {"fact": "submission.days_late", "above": 0},
                {"effect": "deduct", "points": 2},
                article="Điều 9",
            ),
            a_rule("cap", {"fact": "input.yes", "is": True}, {"effect": "cap_section", "section": "1", "at_most": 18}),
            a_rule(
                "bare",
                {"fact": "criterion.evidence_missing", "is": True},
                {"effect": "zero_criterion"},
                for_each="criterion",
            ),
        ],
    )
    verified = a_submission(
        rule_set,
        {"n": 4, "yes": True, "plan": True},
        findings=[adjusted("1.1", n=3), rejected("2.1")],
        days_late=1,
    )
    return rule_set, verified


def test_proof_holds_everything_behind_the_points() -> None:
    made = proven(*full_card())
    first = made.sections[0].criteria[0]
    figure = first.inputs[0]
    assert (figure.answered, figure.value, figure.shown, figure.unit) == ("4", "3", "3 cuộc họp", "cuộc họp")
    assert first.finding is not None
    assert (first.finding.finding, first.finding.reason, first.finding.verifier) == (
        "adjusted",
        "Theo tài liệu",
        "an.nv",
    )
    assert first.applied == "3 cuộc họp, mức “từ 3 đến dưới 4” → 15 điểm"
    assert (first.points.exact, first.points.shown, first.lost.shown, first.article) == (15, "15,00", "5,00", "Điều 5")
    assert first.evidence[0].number == "12/KH"
    section = made.sections[0]
    assert section.cap is not None
    assert (section.sum.exact, section.cap.exact, section.points.exact, section.rules) == (25, 18, 18, ("cap",))
    assert [(rule.rule, rule.article) for rule in made.rules] == [("late", "Điều 9"), ("cap", None)]
    assert made.rules[0].effects == ("trừ 2 điểm vào tổng điểm",)
    assert "bị bác khi thẩm tra: Không đúng" in made.sections[1].criteria[0].missed
    assert (made.sum.exact, made.deducted.exact, made.points.exact, made.index.shown) == (18, 2, 16, "0,4000")
    assert (made.level, made.rule_set.version) == ("yeu", "1")


def test_gate_that_took_earned_points_is_named() -> None:
    rule_set, verified = full_card()
    evidence = {code: shown for code, shown in verified.answers.evidence.items() if code != "1.1"}
    bare = verified.model_copy(update={"answers": verified.answers.model_copy(update={"evidence": evidence})})
    criterion = proven(rule_set, bare).sections[0].criteria[0]
    assert criterion.rules == ("bare",)
    assert criterion.missed.startswith("được 15 điểm nhưng bị đưa về 0 điểm theo quy tắc bare")


def test_proof_is_plain_json_with_exact_strings() -> None:
    made = proven(*full_card())
    data = made.model_dump(mode="json")
    assert data["index"] == {"exact": "0.4", "shown": "0,4000"}
    assert Proof.model_validate(data) == made
    assert canonical_json(data)


def test_text_for_the_terminal() -> None:
    text = render_text(proven(*full_card()))
    for line in (
        "PHIẾU ĐIỂM (tạm tính) – so-y-te – đợt 2021",
        "1. Hạng mục 1: 18,00/30,00 điểm",
        "      – Số liệu n: 3 cuộc họp (đơn vị trả lời: 4 cuộc họp)",
        "      Thẩm tra: điều chỉnh – Theo tài liệu (an.nv)",
        "      Mất 5,00 điểm: thiếu 1 cuộc họp nữa để đạt 20 điểm",
        "  • late: Áp dụng quy tắc late (Điều 9)",
        "CHỈ SỐ: 0,4000",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("value", "words"), [("1234567", "1.234.567"), ("-0.5", "-0,5"), ("1/3", "≈0,3333"), ("1000.25", "1.000,25")]
)
def test_numbers_are_written_the_vietnamese_way(value: str, words: str) -> None:
    assert number(Fraction(value)) == words


def test_percentages_say_when_they_are_rounded() -> None:
    assert (percent(Fraction(9, 10)), percent(Fraction(1, 3)), percent(Fraction(1, 8))) == ("90%", "≈33,33%", "12,5%")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_scorecard_can_be_proven(data: st.DataObject) -> None:
    rule_set = data.draw(rule_sets(most_rules=3))
    verified = data.draw(submissions(rule_set))
    best = data.draw(best_of_group(rule_set))
    made = proven(rule_set, verified, best)
    assert made.points.exact == max(sum(one.points.exact for one in made.sections) - made.deducted.exact, 0)
    for section in made.sections:
        assert section.sum.exact == sum(one.points.exact for one in section.criteria)
    assert render_text(made)
