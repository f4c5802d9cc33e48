"""The published method says how everything is scored, in words that are in the rule set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input
from scoring_strategies import rule_sets

from services.scoring.core.method_paper import method_paper
from services.scoring.core.method_sheet import MethodSheet, method_sheet
from shared.kernel.canonical import canonical_json
from shared.kernel.paper import to_html, to_markdown
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set

FILES = sorted((Path(__file__).parents[3] / "services/scoring/rulesets").glob("*/*.yaml"))


def markdown(rule_set: RuleSet) -> str:
    return to_markdown(method_paper(method_sheet(rule_set)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_official_method_names_every_criterion_rule_and_example(path: Path) -> None:
    rule_set = load_rule_set(path)
    sheet = method_sheet(rule_set)
    data = sheet.model_dump(mode="json")
    assert MethodSheet.model_validate(data) == sheet
    assert canonical_json(data)
    page = to_html(method_paper(sheet))
    for criterion in rule_set.criteria():
        assert f'<th scope="row">{criterion.code}</th>' in page
    for rule in rule_set.rules:
        assert f">{rule.id}<" not in page
    assert [one.title for one in sheet.examples] == [one.title for one in rule_set.examples]
    scored = [one for section in sheet.sections for one in section.criteria if one.method != "information"]
    assert not rule_set.examples or sum(one.example is None for one in scored) < len(scored) / 4


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule_set=rule_sets(most_rules=3))
def test_every_method_can_be_said(rule_set: RuleSet) -> None:
    sheet = method_sheet(rule_set)
    paper = method_paper(sheet)
    assert to_html(paper)
    assert to_markdown(paper)
    assert MethodSheet.model_validate(sheet.model_dump(mode="json")) == sheet


N, YES = an_input("n", unit="việc"), an_input("yes", "boolean")
ROWS = [{"points": 2, "at_least": 4}, {"points": 1, "above": 1, "below": 4}, {"points": 0, "at_most": 1}]
SHARES = [{"points": 2, "at_least": "0.9"}, {"points": 1, "below": "0.9"}]
OF = {"numerator": "n", "denominator": "m", "zero_denominator": "not_applicable"}


@pytest.mark.parametrize(
    ("method", "inputs", "more", "words"),
    [
        ({"form": "yes_no", "input": "yes", "no": 1}, [YES], {}, ["– có: 10 điểm", "– không: 1 điểm"]),
        (
            {"form": "bands", "of": "n", "rows": ROWS},
            [N],
            {},
            ["từ 4 việc trở lên: 2 điểm", "trên 1 đến dưới 4 việc: 1 điểm", "không quá 1 việc: 0 điểm"],
        ),
        (
            {"form": "bands", "of": OF, "rows": SHARES},
            [N, an_input("m")],
            {},
            ["từ 90% trở lên: 2 điểm", "dưới 90%: 1 điểm", "(mẫu số bằng 0: tiêu chí không áp dụng)"],
        ),
        ({"form": "count", "input": "n", "unit_points": "0.5"}, [N], {}, ["mỗi việc được 0,5 điểm, tối đa 10 điểm"]),
        (
            {"form": "relative", "input": OF, "zero_best": "full"},
            [N, an_input("m")],
            {},
            ["giá trị cao nhất trong nhóm × 10 điểm", "giá trị cao nhất trong nhóm bằng 0: điểm tối đa"],
        ),
        (
            {"form": "average", "total": "n", "of": {"form": "yes_no", "input": "app"}},
            [N, an_input("app", "boolean", per_unit=True)],
            {},
            ["Mỗi đơn vị trực thuộc (tối đa 10 điểm)", "số đơn vị theo “Số liệu n”"],
        ),
        (
            {
                "form": "by",
                "input": "yes",
                "cases": {"no": {"form": "count", "input": "n", "unit_points": 1}, "yes": {"form": "ratio", "of": OF}},
            },
            [YES, N, an_input("m")],
            {},
            ["Tùy theo “Số liệu yes”", "(1) có (tối đa 10 điểm)", "(2) không (tối đa 10 điểm)"],
        ),
        (
            {"form": "yes_no", "input": "yes"},
            [YES],
            {"bonus": True, "evidence": {"required": True, "without": "0.25", "documents": ["Ảnh"]}},
            ["Điểm thưởng, tối đa 10 điểm", "chỉ tính 25% số điểm đạt được", "– Ảnh"],
        ),
        (
            {"form": "yes_no", "input": "yes"},
            [YES],
            {"asked_if": {"when": {"not": {"fact": "input.n", "is": 3}}}, "not_applicable": "allowed"},
            ["Chỉ trả lời nếu không phải (“Số liệu n” là “3 việc”)", "Được trả lời “không áp dụng”"],
        ),
    ],
)
def test_forms_in_words(
    method: dict[str, Any], inputs: list[dict[str, Any]], more: dict[str, Any], words: list[str]
) -> None:
    beside = a_criterion("1.2", {"form": "information"}, [N] if N not in inputs else [], 0)
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, **more), beside))
    text = markdown(rule_set)
    for each in words:
        assert each in text


def test_results_ties_and_rules_in_words() -> None:
    rule_set = a_rule_set(
        {**a_section("1", a_criterion("1.1", {"form": "yes_no", "input": "yes"}, [YES])), "weight": "0.4"},
        {**a_section("2", a_criterion("2.1", {"form": "count", "input": "n", "unit_points": 1}, [N])), "weight": "0.6"},
        rules=[
            a_rule("serious", {"fact": "input.yes", "is": False}, {"effect": "derive", "fact": "derived.bad"}),
            a_rule(
                "late",
                {"all": [{"fact": "derived.bad", "is": True}, {"fact": "state.n", "is_not": "rejected"}]},
                {"effect": "deduct", "points": "0.5", "times": "submission.days_late", "at_most": 3, "from": "2"},
                {"effect": "zero_criterion", "criterion": "1.1"},
            ),
        ],
    )
    document = rule_set.canonical()
    document["result"] |= {"mean": "geometric", "tie_breakers": [{"of": "criterion.2.1", "first": "lowest"}]}
    text = markdown(RuleSet.model_validate(document))
    for words in (
        "bình quân nhân có trọng số",
        "| Trọng số |",
        "Bằng nhau thì xét (1) điểm tiêu chí 2.1 “Tiêu chí 2.1”, thấp hơn xếp trên.",
        "| tot | từ 0,8 trở lên |",
        "| kha | từ 0,65 đến dưới 0,8 |",
        "khi đã có kết luận “Quy tắc serious” và “Số liệu n” không ở trạng thái “bị bác khi thẩm tra”",
        "trừ 0,5 điểm × số ngày gửi phiếu muộn vào điểm hạng mục 2 “Hạng mục 2”, không quá 3 điểm",
        "tiêu chí 1.1 “Tiêu chí 1.1” được 0 điểm",
        "| không báo cáo | 0 điểm | tính |",
    ):
        assert words in text, words
