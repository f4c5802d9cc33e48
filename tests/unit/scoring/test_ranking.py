"""Rankings: exact order, ties, and those who have no rank."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input

from services.scoring.core.ranking import Entry, rank
from shared.contracts.common import GroupKey, SubmissionKey
from shared.contracts.scoring import (
    CriterionPoints,
    FiredRule,
    Ranking,
    ScorecardSummary,
    SectionPoints,
    UnrankedAgency,
)
from shared.ruleset.document import Result, RuleSet

KEY = GroupKey(campaign="2021", programme="it", group="province")


def rules(form: str) -> RuleSet:
    criterion = a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")], 100)
    always = {"fact": "submission.days_late", "at_least": 0}
    return a_rule_set(
        a_section("1", criterion),
        rules=[a_rule("flagged", always), a_rule("out", always, {"effect": "exclude_from_ranking"})],
        form=form,
    )


def entry(agency: str, points: object, maximum: object = 100, excluded: bool = False) -> Entry:
    exact, most = Fraction(str(points)), Fraction(str(maximum))
    summary = ScorecardSummary(
        key=SubmissionKey(campaign="2021", programme="it", agency=agency),
        group="province",
        rule_set=rules("index").ref(),
        stage="final",
        basis_hash=agency,
        points=exact,
        maximum=most,
        index=exact / most,
        level="tot",
        excluded=excluded,
        flags=(),
        sections=(),
        criteria=(),
        fired=(FiredRule(rule="flagged"), FiredRule(rule="out")) if excluded else (),
    )
    return Entry(agency, agency.upper(), summary)


def ranked(*entries: Entry, form: str = "index", unranked: tuple[UnrankedAgency, ...] = ()) -> Ranking:
    return rank(KEY, 2021, rules(form), 1, entries, unranked)


def places(ranking: Ranking) -> list[tuple[int, str]]:
    return [(row.rank, row.agency) for row in ranking.rows]


def test_equal_values_share_a_rank_and_the_next_skips() -> None:
    entries = [entry("d", 90), entry("b", 80), entry("a", 80), entry("c", 70)]
    for shuffled in permutations(entries):
        assert places(ranked(*shuffled)) == [(1, "d"), (2, "a"), (2, "b"), (4, "c")]
    assert places(ranked(entry("a", 1), entry("b", 1), entry("c", 1), entry("d", 0))) == [
        (1, "a"),
        (1, "b"),
        (1, "c"),
        (4, "d"),
    ]


def test_a_difference_that_rounding_hides_decides() -> None:
    third, below = "100/3", str(Fraction(100, 3) - Fraction(1, 10**12))
    assert places(ranked(entry("a", below), entry("b", third))) == [(1, "b"), (2, "a")]
    assert places(ranked(entry("a", "100/3"), entry("b", "200/6"))) == [(1, "a"), (1, "b")]


@pytest.mark.parametrize(("form", "expected"), [("index", ["b", "a"]), ("total", ["a", "b"])])
def test_index_or_points_decide_by_the_form_of_the_result(form: str, expected: list[str]) -> None:
    ranking = ranked(entry("a", 60, 100), entry("b", 50, 80), form=form)
    assert [row.agency for row in ranking.rows] == expected
    assert [row.value for row in ranking.rows] == [row.index if form == "index" else row.points for row in ranking.rows]


def test_excluded_and_unverified_agencies_are_listed_apart_with_the_reason() -> None:
    absent = UnrankedAgency(agency="a", name="A", reason="not_verified")
    ranking = ranked(entry("c", 1), entry("b", 99, excluded=True), unranked=(absent,))
    assert places(ranking) == [(1, "c")]
    assert [(one.agency, one.reason, one.rules) for one in ranking.unranked] == [
        ("a", "not_verified", ()),
        ("b", "excluded", ("out",)),
    ]


def test_basis_hash_is_of_what_was_ranked() -> None:
    one, other = entry("a", 1), entry("b", 2)
    base = ranked(one, other)
    assert base.basis_hash == ranked(other, one).basis_hash
    assert base.basis_hash == rank(KEY, 2021, rules("index"), 7, [one, other]).basis_hash
    assert base.basis_hash != ranked(one).basis_hash
    assert base.basis_hash != rank(KEY, 2022, rules("index"), 1, [one, other]).basis_hash


def test_nobody_to_rank() -> None:
    assert ranked().rows == ()


def broken(*breakers: dict[str, str]) -> RuleSet:
    """A rule set whose ties are broken."""
    made = rules("total")
    result = Result.model_validate({**made.result.model_dump(by_alias=True), "tie_breakers": breakers})
    return made.model_copy(update={"result": result})


def sectioned(agency: str, points: int, first: int, second: int) -> Entry:
    made = entry(agency, points)
    own = (("1", first), ("2", second))
    sections = tuple(SectionPoints(code=code, points=Fraction(got), maximum=Fraction(50)) for code, got in own)
    criterion = CriterionPoints(code="1.1", points=Fraction(first), maximum=Fraction(50), state="value")
    update = {"sections": sections, "criteria": (criterion,)}
    return Entry(agency, made.name, made.scorecard.model_copy(update=update))


@pytest.mark.parametrize(
    ("breakers", "expected"),
    [
        ((), [(1, "d"), (2, "a"), (2, "b"), (2, "c")]),
        (({"of": "section.1"},), [(1, "d"), (2, "b"), (2, "c"), (4, "a")]),
        (({"of": "criterion.1.1", "first": "lowest"},), [(1, "d"), (2, "a"), (3, "b"), (3, "c")]),
        (({"of": "section.1"}, {"of": "section.2", "first": "lowest"}), [(1, "d"), (2, "c"), (3, "b"), (4, "a")]),
        (({"of": "points"}, {"of": "index"}), [(1, "d"), (2, "a"), (2, "b"), (2, "c")]),
    ],
)
def test_tie_breakers_decide_between_equals_only(
    breakers: tuple[dict[str, str], ...], expected: list[tuple[int, str]]
) -> None:
    entries = [
        sectioned("a", 80, 30, 50),
        sectioned("b", 80, 40, 40),
        sectioned("c", 80, 40, 20),
        sectioned("d", 81, 1, 80),
    ]
    for shuffled in permutations(entries):
        ranking = rank(KEY, 2021, broken(*breakers), 1, shuffled)
        assert places(ranking) == expected
        assert all(len(row.tie_breakers) == len(breakers) for row in ranking.rows)
