"""What a rehearsal compares: all that differs and nothing else, along any path of versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lengths import at_length
from scoring_builders import a_criterion, a_rule_set, a_section, a_submission, an_input
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.lineage import Link, carried_along, lineage, links
from services.scoring.core.rehearsal import MovedCriterion, Report, Row, Standing, basis_of, names_of, scored_hash
from services.scoring.core.rehearsal_criteria import Comparing, Side
from services.scoring.core.rehearsal_words import csv_lines
from services.scoring.core.scorecard import Scorecard
from services.scoring.scorer import Scorer
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def by_looking_at_all(
    linked: Sequence[Link], before: Scorecard, after: Scorecard
) -> list[tuple[tuple[str, ...], tuple[str, ...], Fraction, Fraction, Fraction, Fraction]]:
    """Naively: every criterion of both scorecards."""
    was = {one.code: one for one in before.criteria}
    now = {one.code: one for one in after.criteria}
    zero = Fraction(0)
    found = []
    for link in linked:
        old, new = [was[code] for code in link.before], [now[code] for code in link.after]
        sums = [
            sum((getattr(one, what) for one in side), zero) for what in ("points", "maximum") for side in (old, new)
        ]
        if sums[0] != sums[1] or sums[2] != sums[3]:
            found.append((link.before, link.after, *sums))
    return found  # type: ignore[return-value]


def shown(moved: MovedCriterion) -> tuple[Any, ...]:
    return (moved.before, moved.after, *moved.points, *moved.maximum)


@st.composite
def amendments(draw: st.DrawFn, old: RuleSet) -> RuleSet:
    """The next version: some rules left out, some criteria renamed, scored or evidenced otherwise."""
    document = old.canonical()
    document["rules"] = [rule for rule in document.get("rules", []) if draw(st.integers(0, 3))]
    entries = []
    for section in document["sections"]:
        for criterion in section["criteria"]:
            kind = draw(st.sampled_from(("same", "same", "points", "evidence", "renamed", "applies", "dropped")))
            code = criterion["code"]
            if kind == "points":
                criterion["maximum"] = str(Fraction(criterion["maximum"]) + 1)
            elif kind == "evidence":
                criterion["evidence"] = {"required": True, "documents": ["Báo cáo"], "without": "1/2"}
            elif kind == "applies":
                criterion["not_applicable"] = "allowed"
            elif kind == "renamed":
                criterion["code"] = f"{code}9"
                entries.append({"kind": "renamed", "before": [code], "after": [criterion["code"]]})
            elif kind == "dropped":  # and another stands in its place, under the same code
                entries += [{"kind": "dropped", "before": [code]}, {"kind": "new", "after": [code]}]
    return RuleSet.model_validate({**document, "version": "2", "mapping": {"version": old.version, "entries": entries}})


def sides(
    path: Sequence[RuleSet], verified: Sequence[VerifiedSubmission], best: Mapping[str, Fraction]
) -> list[tuple[Side, Side]]:
    scorer = Scorer(DurableEngine())
    carried = [carried_along(path, one)[0] for one in verified]
    befores, afters = scorer.score(path[0], verified, best), scorer.score(path[-1], carried, best)
    first, last = scorer.compiled(path[0]), scorer.compiled(path[-1])
    return [
        (Side(first, one, before, best), Side(last, new, after, best))
        for one, new, before, after in zip(verified, carried, befores, afters, strict=True)
    ]


def compare(data: st.DataObject) -> None:
    """Draw a rule set, an amendment and submissions: the same criteria are told as by looking at all."""
    old = data.draw(rule_sets())
    new = data.draw(amendments(old))
    verified = data.draw(st.lists(submissions(old), min_size=1, max_size=4))
    best = data.draw(best_of_group(old).filter(lambda drawn: drawn is not None))
    linked = links((old, new))
    assert sorted(code for link in linked for code in link.before) == sorted(one.code for one in old.criteria())
    assert sorted(code for link in linked for code in link.after) == sorted(one.code for one in new.criteria())
    pairs = sides((old, new), verified, best)
    comparing = Comparing(pairs[0][0].compiled, pairs[0][1].compiled, linked)
    for before, after in pairs:
        naive = by_looking_at_all(linked, before.scorecard, after.scorecard)
        assert sorted(map(shown, comparing.moved(before, after))) == sorted(naive)


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_what_cannot_differ_is_rightly_left_out(data: st.DataObject) -> None:
    compare(data)


def test_a_figure_that_another_criterion_asks_for_may_no_longer_be_not_applicable() -> None:
    count = {"form": "count", "input": "a", "unit_points": 1}
    asks = a_criterion("1.1", {"form": "information"}, [an_input("a", "decimal")], 0, not_applicable="refused")
    uses = a_criterion("1.2", count, [], not_applicable="allowed")
    old = a_rule_set(a_section("1", asks, uses), version="1")
    new = a_rule_set(
        a_section("1", {**asks, "not_applicable": "allowed"}, uses),
        version="2",
        mapping={"version": "1", "entries": []},
    )
    linked = links((old, new))
    ((before, after),) = sides((old, new), [a_submission(old, {"a": "!not_applicable"})], {})
    told = [*Comparing(before.compiled, after.compiled, linked).moved(before, after)]
    assert [shown(one) for one in told] == by_looking_at_all(linked, before.scorecard, after.scorecard)
    assert [one.maximum for one in told] == [(10, 0)]


@pytest.mark.slow
@settings(max_examples=at_length(150), deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_what_cannot_differ_is_rightly_left_out_of_many(data: st.DataObject) -> None:
    compare(data)


def a_version(version: str, before: str | None, *codes: str, entries: Sequence[Mapping[str, Any]] = ()) -> RuleSet:
    mapping = {"version": before, "entries": list(entries)} if before else None
    criteria = [
        a_criterion(code, {"form": "count", "input": f"n{code[2:]}", "unit_points": 1}, [an_input(f"n{code[2:]}")])
        for code in codes
    ]
    return a_rule_set(a_section("1", *criteria), version=version, mapping=mapping)


FIRST = a_version("1", None, "1.1", "1.2", "1.3")
RENAMED = a_version("2", "1", "1.1", "1.2", "1.4", entries=[{"kind": "renamed", "before": ["1.3"], "after": ["1.4"]}])
SPLIT = a_version(
    "3", "2", "1.1", "1.4", "1.5", "1.6", entries=[{"kind": "split", "before": ["1.2"], "after": ["1.5", "1.6"]}]
)
MERGED = a_version("4", "3", "1.1", "1.7", entries=[{"kind": "merged", "before": ["1.5", "1.6"], "after": ["1.7"]}])
KNOWN = {one.key: one for one in (FIRST, RENAMED, SPLIT, MERGED)}


def test_versions_in_between_are_found_along_the_mappings() -> None:
    assert [one.version for one in lineage(FIRST, MERGED, KNOWN)] == ["1", "2", "3", "4"]
    assert [one.version for one in lineage(RENAMED, SPLIT, KNOWN)] == ["2", "3"]
    assert [one.version for one in lineage(FIRST, MERGED, {SPLIT.key: SPLIT})] == ["1", "4"], "one is not known"
    assert [one.version for one in lineage(MERGED, FIRST, KNOWN)] == ["4", "1"], "there is no way back"
    assert [one.version for one in lineage(FIRST, FIRST, KNOWN)] == ["1", "1"]


def test_criteria_that_belong_together_are_compared_together_over_all_versions() -> None:
    assert links((FIRST, RENAMED)) == (
        Link(("1.1",), ("1.1",)),
        Link(("1.2",), ("1.2",)),
        Link(("1.3",), ("1.4",)),
    )
    assert links((FIRST, RENAMED, SPLIT)) == (
        Link(("1.1",), ("1.1",)),
        Link(("1.3",), ("1.4",)),
        Link(("1.2",), ("1.5", "1.6")),
    )
    assert links((FIRST, RENAMED, SPLIT, MERGED)) == (
        Link(("1.1",), ("1.1",)),
        Link(("1.2",), ("1.7",)),
        Link(("1.3",), ()),
    )


def test_a_criterion_asked_again_on_the_way_is_followed() -> None:
    """What nobody was asked under version 2 is still to be asked under version 3, whatever it is called there."""
    more = a_version("2", "1", "1.1", "1.2", "1.3", "1.8", entries=[{"kind": "new", "after": ["1.8"]}])
    renamed = [{"kind": "renamed", "before": ["1.8"], "after": ["1.9"]}]
    last = a_rule_set(
        *(
            a_section(
                "1",
                *(
                    a_criterion(code, {"form": "count", "input": name, "unit_points": 1}, [an_input(name)])
                    for code, name in (("1.1", "n1"), ("1.2", "n2"), ("1.3", "n3"), ("1.9", "n8"))
                ),
            ),
        ),
        version="3",
        mapping={"version": "2", "entries": renamed},
    )
    answered = a_submission(FIRST, {"n1": 1, "n2": 2, "n3": 3})
    carried, asked = carried_along((FIRST, more, last), answered)
    assert asked == {"1.9"}
    assert carried.rule_set == last.ref()
    silent = a_submission(FIRST, missing=True)
    assert carried_along((FIRST, more, last), silent) == (
        silent.model_copy(update={"rule_set": last.ref()}),
        frozenset(),
    )


def test_the_basis_is_what_is_scored_and_nothing_else() -> None:
    plain = a_submission(FIRST, {"n1": 1}).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    same = {**plain, "revision": 7, "submission_number": 9}
    assert scored_hash(plain) == scored_hash(same)
    assert scored_hash(plain) != scored_hash({**plain, "days_late": 3})
    path, names = (FIRST, RENAMED), {"so-y-te": "Sở Y tế"}
    basis = basis_of(path, "2021", {"so-y-te": scored_hash(plain)}, names)
    assert basis == basis_of(path, "2021", {"so-y-te": scored_hash(same)}, names)
    assert basis != basis_of(path, "2022", {"so-y-te": scored_hash(plain)}, names)
    assert basis != basis_of((FIRST, SPLIT), "2021", {"so-y-te": scored_hash(plain)}, names)


def test_a_name_in_the_csv_cannot_be_taken_for_a_formula() -> None:
    rule_set = a_version("1", None, "1.1")
    level = rule_set.result.levels[0].id
    standing = Standing(points=Fraction(1), maximum=Fraction(2), index=Fraction(1, 2), level=level)
    row = Row(agency="so-y-te", name='=HYPERLINK("x")', before=standing, after=standing)
    report = Report(
        rule_set=rule_set.ref(),
        compared_with=rule_set.ref(),
        campaign="2021",
        programme=rule_set.programme,
        group=rule_set.group,
        basis_hash="0" * 64,
        path=(rule_set.key,),
        agencies=1,
        pages=1,
        tally={},
        asked_again={},
        left_out=(),
        names=(names_of(rule_set), names_of(rule_set)),
    )
    (line,) = csv_lines(report, [row])
    assert line.startswith('so-y-te,"\'=HYPERLINK(""x"")",1,1,2,2,0.5,')
