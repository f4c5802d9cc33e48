"""What `xephang run-year` shows of a year: what a table is ranked by, and only what changed as a change."""

from __future__ import annotations

from fractions import Fraction
from io import StringIO

import pytest
from rich.console import Console

from deploy.xephang.year.effect import Moved
from deploy.xephang.year.example import example_year, rule_set_path
from deploy.xephang.year.results import YearResult, table_of
from shared.contracts.common import GroupKey
from shared.contracts.scoring import RankedAgency, Ranking, UnrankedAgency
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set

KEY = GroupKey(campaign="2021", programme="it", group="province")


@pytest.fixture(scope="module")
def rule_set() -> RuleSet:
    found = (load_rule_set(rule_set_path(name)) for name in example_year(2021).rule_sets)
    return next(each for each in found if (each.programme, each.group) == ("it", "province"))


def a_row(rank: int, name: str, points: str, maximum: int) -> RankedAgency:
    index = Fraction(points) / maximum
    return RankedAgency(
        rank=rank,
        agency=name,
        name=name,
        points=Fraction(points),
        maximum=Fraction(maximum),
        index=index,
        value=index,
        level="good",
        basis_hash="0" * 64,
    )


def a_ranking(rule_set: RuleSet, *rows: RankedAgency) -> Ranking:
    rule = next(rule.id for rule in rule_set.rules if any(e.effect == "exclude_from_ranking" for e in rule.then))
    out = UnrankedAgency(agency="moi", name="Cơ quan mới", reason="excluded", rules=(rule,))
    ref = rule_set.ref()
    return Ranking(key=KEY, year=2021, rule_set=ref, revision=1, basis_hash="0" * 64, rows=rows, unranked=(out,))


def shown(rule_set: RuleSet, earlier: Ranking | None = None) -> str:
    ranking = a_ranking(rule_set, a_row(1, "Ngoại vụ", "70.94", 75), a_row(2, "Y tế", "89.64", 100))
    result = YearResult(2021, {("it", "province"): rule_set}, {("it", "province"): ranking})
    console = Console(width=220, record=True, file=StringIO())
    console.print(table_of(result, "it", "province", earlier))
    return console.export_text()


def test_a_table_says_what_it_is_ranked_by(rule_set: RuleSet) -> None:
    text = shown(rule_set)
    assert "xếp theo chỉ số" in text
    first = next(line for line in text.splitlines() if "Ngoại vụ" in line)
    assert "70,94" in first
    assert "75,00" in first


def test_who_has_no_rank_is_told_by_the_title_of_the_rule(rule_set: RuleSet) -> None:
    (out,) = a_ranking(rule_set).unranked
    text = shown(rule_set)
    assert next(rule.title.vi for rule in rule_set.rules if rule.id == out.rules[0]) in " ".join(text.split())
    assert out.rules[0] not in text


def test_changes_are_shown_from_the_second_year_on(rule_set: RuleSet) -> None:
    assert "Thay đổi" not in shown(rule_set)
    assert "▲1" in shown(rule_set, a_ranking(rule_set, a_row(2, "Ngoại vụ", "60", 75)))


def test_what_did_not_change_is_told_once() -> None:
    moved = Moved("Sở Y tế", (3, 3), ("80,10", "78,00"), ("Mức độ: Tốt → Khá",))
    assert moved.lines() == ["  Sở Y tế: hạng 3, điểm 80,10 → 78,00", "    Mức độ: Tốt → Khá"]
