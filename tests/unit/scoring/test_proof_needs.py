"""What the proof says would have given more points is true: done so, the scorer gives just these points."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, adjusted, an_input, rejected
from scoring_claims import done
from scoring_runs import run
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.core.proof import Proof, proof
from services.scoring.core.proof_model import ProvenCriterion
from shared.contracts.common import Answer
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import exact_text
from shared.ruleset.document import RuleSet


def proven(rule_set: RuleSet, verified: VerifiedSubmission, best: Mapping[str, Fraction] | None) -> Proof:
    return proof(rule_set, verified, run(rule_set, verified, best), best)


def check(rule_set: RuleSet, verified: VerifiedSubmission, best: Mapping[str, Fraction] | None) -> int:
    """Do everything that is said, one after the other; how much was said."""
    made = proven(rule_set, verified, best)
    said = 0
    for section in made.sections:
        for criterion in section.criteria:
            for need in criterion.needed:
                said += 1
                again = run(rule_set, done(verified, criterion.code, need, rule_set), best)
                points = next(one.points for one in again.criteria if one.code == criterion.code)
                assert points == need.points.exact, need.words
                assert points - criterion.points.exact == need.gain.exact > 0, need.words
                assert again.points == need.total.exact, need.words
    return said


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_said_gives_the_points_that_are_said(data: st.DataObject) -> None:
    rule_set = data.draw(rule_sets(most_rules=3))
    verified = data.draw(submissions(rule_set))
    assume(verified.basis == "answered")
    check(rule_set, verified, data.draw(best_of_group(rule_set)))


NUMBERS = st.integers(0, 60)
ROWS = [
    {"points": 10, "at_least": "0.95"},
    {"points": 6, "above": "0.7", "below": "0.95"},
    {"points": 2, "at_least": "1/3", "at_most": "0.7"},
]
COUNTED = [{"points": 5, "above": 30}, {"points": 9, "at_least": 4, "at_most": 30}, {"points": 1, "below": 4}]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(part=NUMBERS, whole=NUMBERS, count=NUMBERS, share=st.integers(0, 1000), late=st.booleans(), shown=st.booleans())
def test_nearest_figures_lie_on_the_right_side_of_every_end(
    part: int, whole: int, count: int, share: int, late: bool, shown: bool
) -> None:
    inputs = [an_input("part", minimum=0, maximum=55), an_input("whole", minimum=0)]
    counted, decimal = an_input("count", minimum=0, maximum=50), an_input("share", "decimal", minimum=0, maximum=100)
    quotient = {"numerator": "part", "denominator": "whole"}
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", {"form": "bands", "of": quotient, "rows": ROWS}, inputs, evidence={"required": True}),
            a_criterion("1.2", {"form": "bands", "of": "count", "rows": COUNTED}, [counted]),
            a_criterion("1.3", {"form": "count", "input": "share", "unit_points": "0.3"}, [decimal]),
            a_criterion("1.4", {"form": "relative", "input": quotient}, []),
        ),
        rules=[
            a_rule(
                "bare",
                {"fact": "criterion.evidence_missing", "is": True},
                {"effect": "zero_criterion"},
                for_each="criterion",
            ),
            a_rule("cap", {"fact": "input.count", "below": 4}, {"effect": "cap_section", "section": "1", "at_most": 9}),
        ],
    )
    answers = {"part": min(part, 55), "whole": whole, "count": min(count, 50), "share": exact_text(Fraction(share, 10))}
    verified = a_submission(rule_set, answers, days_late=late, without_evidence=[] if shown else ["1.1"])
    check(rule_set, verified, {"part/whole": Fraction(4, 5)})


# --- by hand -----------------------------------------------------------------------------------------------------


def criterion_of(made: Proof, code: str = "1.1") -> ProvenCriterion:
    return next(one for section in made.sections for one in section.criteria if one.code == code)


def words_of(
    method: dict[str, Any], inputs: list[dict[str, Any]], answers: dict[str, object], **more: Any
) -> list[str]:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, more.pop("maximum", 20), **more)))
    verified = a_submission(rule_set, answers)
    check(rule_set, verified, {"n": Fraction(50)})
    return [need.words for need in criterion_of(proven(rule_set, verified, {"n": Fraction(50)})).needed]


MEETINGS = {
    "form": "bands",
    "of": "n",
    "rows": [
        {"points": 20, "at_least": 4},
        {"points": 15, "at_least": 3, "below": 4},
        {"points": 10, "at_least": 2, "below": 3},
    ],
}
N = an_input("n", unit="buổi", minimum=0)


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (4, []),
        (
            2,
            [
                "“Số liệu n” cần đạt 3 buổi (thêm 1 buổi; mức “từ 3 đến dưới 4 buổi”): được 15 điểm (thêm 5)",
                "“Số liệu n” cần đạt 4 buổi (thêm 2 buổi; mức “từ 4 buổi trở lên”): được 20 điểm (thêm 10)",
            ],
        ),
        (
            "!not_reported",
            [
                "“Số liệu n” cần đạt 2 buổi (mức “từ 2 đến dưới 3 buổi”): được 10 điểm (thêm 10)",
                "“Số liệu n” cần đạt 4 buổi (mức “từ 4 buổi trở lên”): được 20 điểm (thêm 20)",
            ],
        ),
    ],
)
def test_steps_say_the_nearest_and_the_highest_row(n: object, words: list[str]) -> None:
    assert words_of(MEETINGS, [N], {"n": n}) == words


@pytest.mark.parametrize(
    ("method", "answers", "words"),
    [
        (
            {"form": "ratio", "of": {"numerator": "n", "whole": 52}},
            {"n": 39},
            "cần tỷ lệ 100%, “Số liệu n” thêm 13 buổi, thành 52 buổi: được 20 điểm (thêm 5)",
        ),
        (
            {"form": "count", "input": "n", "unit_points": "1.5"},
            {"n": 4},
            "“Số liệu n” cần đạt 14 buổi (thêm 10 buổi): được 20 điểm (thêm 14)",
        ),
        (
            {"form": "relative", "input": "n"},
            {"n": 20},
            "“Số liệu n” cần đạt 50 buổi (thêm 30 buổi; bằng đơn vị cao nhất trong nhóm): được 20 điểm (thêm 12)",
        ),
        (
            {"form": "bands", "of": "n", "rows": [{"points": 20, "at_most": 0}]},
            {"n": 2},
            "“Số liệu n” cần đạt 0 buổi (giảm 2 buổi; mức “không quá 0 buổi”): được 20 điểm (thêm 20)",
        ),
        (
            {"form": "bands", "of": {"numerator": "n", "whole": 30}, "rows": [{"points": 20, "above": "0.9"}]},
            {"n": 10},
            "cần tỷ lệ trên 90%, “Số liệu n” thêm 18 buổi, thành 28 buổi: được 20 điểm (thêm 20)",
        ),
    ],
)
def test_what_was_needed_in_words(method: dict[str, Any], answers: dict[str, object], words: str) -> None:
    assert words_of(method, [N], answers) == [words]


def test_what_the_bounds_of_an_input_forbid_is_not_said() -> None:
    few = an_input("n", unit="buổi", minimum=0, maximum=3)
    (words,) = words_of(MEETINGS, [few], {"n": 2})
    assert words.startswith("“Số liệu n” cần đạt 3 buổi")
    assert words_of(MEETINGS, [few], {"n": 3}) == []


def test_missing_evidence_is_the_first_thing_to_give() -> None:
    bare = a_rule("bare", {"fact": "criterion.evidence_missing", "is": True}, {"effect": "zero_criterion"})
    shown = {"required": True, "documents": ["Biên bản họp"]}
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", MEETINGS, [N], 20, evidence=shown)), rules=[{**bare, "for_each": "criterion"}]
    )
    verified = a_submission(rule_set, {"n": 3}, without_evidence=["1.1"])
    check(rule_set, verified, {})
    first, second = criterion_of(proven(rule_set, verified, {})).needed
    assert first.words == "bổ sung tài liệu kiểm chứng bắt buộc (Biên bản họp): được 15 điểm (thêm 15)"
    assert second.words.startswith("có tài liệu kiểm chứng và “Số liệu n” cần đạt 4 buổi")
    assert (second.evidence, second.points.exact) == (True, 20)


def test_a_share_for_missing_evidence_is_said() -> None:
    shown = {"required": True, "without": "0.5"}
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", MEETINGS, [N], 20, evidence=shown)))
    verified = a_submission(rule_set, {"n": 4}, without_evidence=["1.1"])
    check(rule_set, verified, {})
    criterion = criterion_of(proven(rule_set, verified, {}))
    assert (criterion.earned.exact, criterion.points.exact) == (20, 10)
    assert criterion.missed == (
        "cách tính cho 20 điểm; thiếu tài liệu kiểm chứng bắt buộc: chỉ tính 50% số điểm đạt được, còn 10 điểm",
    )
    assert [need.words for need in criterion.needed] == ["bổ sung tài liệu kiểm chứng bắt buộc: được 20 điểm (thêm 10)"]


def test_what_verification_took_is_said() -> None:
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", MEETINGS, [N], 20), a_criterion("1.2", MEETINGS, [], 20)),
        rules=[
            a_rule("cap", {"fact": "input.n", "at_least": 4}, {"effect": "cap_section", "section": "1", "at_most": 5})
        ],
    )
    cut = a_submission(rule_set, {"n": 4}, findings=[adjusted("1.1", n=3)])
    check(rule_set, cut, {})
    own = criterion_of(proven(rule_set, cut, {})).needed[0]
    assert own.words == (
        "nếu tính theo số liệu đơn vị tự báo cáo, trước khi điều chỉnh: được 20 điểm (thêm 5); tổng điểm giảm 25 điểm"
    )
    refused = a_submission(rule_set, {"n": 3}, findings=[rejected("1.1")])
    check(rule_set, refused, {})
    words = [need.words for need in criterion_of(proven(rule_set, refused, {})).needed]
    assert words[0] == "nếu số liệu được chấp nhận khi thẩm tra: được 15 điểm (thêm 15)"
    assert words[1].startswith("được chấp nhận khi thẩm tra và “Số liệu n” cần đạt 4 buổi")


def test_sub_units_are_named_with_what_each_lacks() -> None:
    method = {"form": "average", "total": "communes", "of": {"form": "yes_no", "input": "app"}}
    inputs = [an_input("communes", unit="xã"), an_input("app", "boolean", per_unit=True)]
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, 6)))
    units = {
        name: {"state": "value", "value": value} for name, value in (("Xã A", True), ("Xã B", False), ("Xã C", False))
    }
    verified = a_submission(rule_set, {"communes": 4, "app": Answer.model_validate({"state": "value", "units": units})})
    check(rule_set, verified, {})
    criterion = criterion_of(proven(rule_set, verified, {}))
    assert criterion.applied == "tổng 6 điểm / 4 đơn vị (gồm 1 đơn vị không kê khai, tính 0 điểm) = 1,5 điểm"
    assert [(one.title, one.points) for one in criterion.worked.inside] == [("Xã A", 6), ("Xã B", 0), ("Xã C", 0)]
    assert [need.words for need in criterion.needed] == [
        "Xã B: cần trả lời “có” ở “Số liệu app”: được 3 điểm (thêm 1,5)",
        "Xã C: cần trả lời “có” ở “Số liệu app”: được 3 điểm (thêm 1,5)",
        "mọi đơn vị trực thuộc còn thiếu cùng đạt mức tốt nhất của mình: được 4,5 điểm (thêm 3)",
    ]
    silent = {**units, "Xã C": {"state": "not_reported"}}
    verified = a_submission(
        rule_set, {"communes": 3, "app": Answer.model_validate({"state": "value", "units": silent})}
    )
    check(rule_set, verified, {})
    assert criterion_of(proven(rule_set, verified, {})).missed == ("tính 0 điểm vì không có số liệu: Xã C",)
