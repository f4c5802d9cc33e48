"""The proof says how every point came about, and what was lacking."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, adjusted, an_input, rejected
from scoring_runs import run
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.core.proof import Proof, about, proof, proof_paper, render_text
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.kernel.paper import to_html, to_markdown
from shared.ruleset.document import Flag, RuleSet, Text
from shared.ruleset.words import number, percent


def proven(rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None = None) -> Proof:
    return proof(rule_set, verified, run(rule_set, verified, group_best), group_best)


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
    assert first.applied == "3 cuộc họp, mức “từ 3 đến dưới 4 cuộc họp” → 15 điểm"
    assert (first.points.exact, first.points.shown, first.lost.shown, first.article) == (15, "15,00", "5,00", "Điều 5")
    assert [(row.case, row.points) for row in first.worked.rows if row.applies] == [("từ 3 đến dưới 4 cuộc họp", 15)]
    assert first.evidence[0].number == "12/KH"
    section = made.sections[0]
    assert section.cap is not None
    assert (section.sum.exact, section.cap.exact, section.points.exact, section.rules) == (25, 18, 18, ("cap",))
    assert [(rule.rule, rule.article) for rule in made.rules] == [("late", "Điều 9"), ("cap", None)]
    assert (made.rules[0].when, made.rules[0].effects) == (
        "khi gửi phiếu muộn trên 0 ngày",
        ("trừ 2 điểm vào tổng điểm",),
    )
    assert [(rule.rule, rule.cost and rule.cost.exact) for rule in made.rules] == [("late", 2), ("cap", 7)]
    assert [(one.rule, one.from_, one.points.exact) for one in made.deductions] == [("late", "total", 2)]
    assert made.sections[1].criteria[0].missed == ("bị bác khi thẩm tra: Không đúng; 0 điểm, điểm tối đa vẫn tính",)
    assert (made.sum.exact, made.deducted.exact, made.points.exact, made.index.shown) == (18, 2, 16, "0,4000")
    assert (made.level, made.rule_set.version) == ("yeu", "1")


def test_gate_that_took_earned_points_is_named() -> None:
    rule_set, verified = full_card()
    evidence = {code: shown for code, shown in verified.answers.evidence.items() if code != "1.1"}
    bare = verified.model_copy(update={"answers": verified.answers.model_copy(update={"evidence": evidence})})
    criterion = proven(rule_set, bare).sections[0].criteria[0]
    assert criterion.rules == ("bare",)
    assert criterion.missed == ("cách tính cho 15 điểm nhưng bị đưa về 0 điểm theo quy tắc “Quy tắc bare”",)
    assert [need.points.exact for need in criterion.needed] == [15, 20, 20]


def test_proof_is_plain_json_with_exact_strings() -> None:
    made = proven(*full_card())
    data = made.model_dump(mode="json")
    assert data["index"] == {"exact": "0.4", "shown": "0,4000"}
    assert Proof.model_validate(data) == made
    assert canonical_json(data)


SHOWN = (
    "PHIẾU ĐIỂM (tạm tính) – so-y-te – đợt 2021",
    "1. Hạng mục 1: 18,00/30,00 điểm",
    "  1.1 Tiêu chí 1.1: 15,00/20,00",
    "      Cách tính: Theo mức của “Số liệu n”",
    "      Số liệu: Số liệu n: 3 cuộc họp (đơn vị trả lời: 4 cuộc họp)",
    "      Kết quả: 3 cuộc họp, mức “từ 3 đến dưới 4 cuộc họp” → 15 điểm",
    "        · từ 4 cuộc họp trở lên: 20 điểm",
    "        ▸ từ 3 đến dưới 4 cuộc họp: 15 điểm",
    "      Thẩm tra: Sở TT&TT – điều chỉnh, ngày 01/11/2021: Theo tài liệu",
    "      Tài liệu: 12/KH Kế hoạch",
    "      Căn cứ: Điều 5",
    "  Tổng tiêu chí 25,00; hạng mục tính không quá 18,00 điểm",
    "  • Quy tắc late (Điều 9)",
    "      Áp dụng quy tắc late",
    "      riêng quy tắc này làm giảm tổng điểm 7,00 điểm",
    "  – trừ 2,00 điểm vào tổng điểm: Quy tắc late – Điều 9",
    "CHỈ SỐ: 16,00 / 40,00 = 0,4000",
    "Mức “trung_binh” cần từ 0,5: còn thiếu 4 điểm",
)


def test_text_for_the_terminal() -> None:
    lines = render_text(proven(*full_card())).splitlines()
    for line in SHOWN:
        assert line in lines
    assert lines.index(SHOWN[2]) < lines.index(SHOWN[9])


def test_people_are_told_no_ids_of_rules_flags_or_persons() -> None:
    rule_set, verified = full_card()
    marked = [
        one.model_copy(update={"then": (*one.then, Flag(effect="flag", flag="co_dau"))}) for one in rule_set.rules
    ]
    titled = [one.model_copy(update={"title": Text(vi="Gửi muộn"), "message": Text(vi="Trừ điểm")}) for one in marked]
    renamed = rule_set.model_copy(update={"rules": tuple(titled)})
    made = proven(renamed, verified.model_copy(update={"rule_set": renamed.ref()}))
    assert made.flags == ("co_dau",)
    for said in (render_text(made), to_html(proof_paper(made)), to_markdown(proof_paper(made))):
        for hidden in ("co_dau", "bare", "late", "an.nv"):
            assert hidden not in said.replace("main", ""), hidden


def test_a_sheet_says_what_the_text_says() -> None:
    made = proven(*full_card())
    page = to_html(proof_paper(made))
    assert page.count("<h3>") == 3
    for words in ("Số liệu n: 3 cuộc họp (đơn vị trả lời: 4 cuộc họp)", "Căn cứ", "Điểm bị trừ", "CHỈ SỐ: 16,00"):
        assert words in page
    assert "<script" not in page


def test_one_criterion_alone_comes_with_its_rules_and_what_was_taken_off() -> None:
    made = about(proven(*full_card()), "1.1")
    assert [one.code for section in made.sections for one in section.criteria] == ["1.1"]
    assert [rule.rule for rule in made.rules] == ["late", "cap"]
    with pytest.raises(NotFound, match=r"1\.1, 1\.2, 2\.1"):
        about(proven(*full_card()), "9.9")


def test_what_a_bonus_a_gate_and_a_mean_do_is_shown() -> None:
    yes = {"form": "yes_no", "input": "yes"}
    rule_set = a_rule_set(
        {**a_section("1", a_criterion("1.1", yes, [an_input("yes", "boolean")], 8)), "weight": 3},
        {**a_section("2", a_criterion("2.1", MEETINGS, [N], 20)), "weight": 1},
        rules=[a_rule("late", {"fact": "submission.days_late", "above": 0}, {"effect": "deduct", "points": 7})],
    )
    bonus = a_criterion("1.2", yes, [], 4, bonus=True)
    gate = {"when": {"fact": "input.n", "above": 9}, "otherwise": "zero"}
    gated = a_criterion("2.2", yes, [], 8, asked_if=gate)
    document = rule_set.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document["sections"][0]["criteria"].append(bonus)
    document["sections"][1]["criteria"].append(gated)
    document["result"] |= {
        "mean": "arithmetic",
        "tie_breakers": [{"of": "section.2"}, {"of": "index", "first": "lowest"}],
    }
    rule_set = RuleSet.model_validate(document)
    made = proven(rule_set, a_submission(rule_set, {"yes": True, "n": 3}, days_late=1))
    text = render_text(made)
    for words in (
        "1.2 Tiêu chí 1.2: 4,00 (thưởng, tối đa 4,00)",
        "Tổng tiêu chí 12,00; điểm thưởng không đưa hạng mục vượt 8,00 điểm",
        "Đối tượng: Chỉ trả lời nếu “Số liệu n” trên 9 cuộc họp; trường hợp khác: 0 điểm",
        "Kết quả: không thuộc diện được hỏi → 0 điểm",
        "CHỈ SỐ (bình quân cộng có trọng số của các hạng mục): 0,6895",
        "hạng mục 1: 1,0000, trọng số 3",
        "hạng mục 2: 0,5357, trọng số 1",
        "trừ 0,1944 (điểm trừ vào tổng / điểm tối đa áp dụng)",
        "Mức “tot” cần từ 0,8: còn thiếu ≈0,1105 chỉ số",
        "Khi bằng nhau xét (1) điểm hạng mục 2 “Hạng mục 2”, cao hơn xếp trên: 15,00",
    ):
        assert words in text


def test_the_denominator_is_explained_where_a_criterion_does_not_apply() -> None:
    rule_set = a_rule_set(
        a_section(
            "1", a_criterion("1.1", MEETINGS, [N], 20, not_applicable="allowed"), a_criterion("1.2", MEETINGS, [])
        ),
        a_section("2", a_criterion("2.1", {"form": "yes_no", "input": "yes"}, [an_input("yes", "boolean")])),
    )
    text = render_text(proven(rule_set, a_submission(rule_set, {"n": "!not_applicable", "yes": True})))
    assert "Điểm tối đa áp dụng 20,00 trên 40,00: không tính tiêu chí 1.1 vì không áp dụng" in text


@pytest.mark.parametrize(
    ("value", "words"), [("1234567", "1.234.567"), ("-0.5", "-0,5"), ("1/3", "≈0,3333"), ("1000.25", "1.000,25")]
)
def test_numbers_are_written_the_vietnamese_way(value: str, words: str) -> None:
    assert number(Fraction(value)) == words


def test_percentages_say_when_they_are_rounded() -> None:
    assert (percent(Fraction(9, 10)), percent(Fraction(1, 3)), percent(Fraction(1, 8))) == ("90%", "≈33,33%", "12,5%")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_scorecard_can_be_proven(data: st.DataObject) -> None:
    rule_set = data.draw(rule_sets(most_rules=3))
    verified = data.draw(submissions(rule_set))
    best = data.draw(best_of_group(rule_set))
    made = proven(rule_set, verified, best)
    assert made.points.exact == max(made.sum.exact - made.deducted.exact, 0)
    together = sum(one.points.exact for one in made.sections)
    assert made.sum.exact == together or (made.sum == made.maximum and made.sum.exact < together)  # bonuses are cut
    for section in made.sections:
        assert section.sum.exact == sum(one.points.exact for one in section.criteria)
    assert render_text(made)
