"""Rule sets that are hard to put into cells: every form, every field, and text that Excel would take for something."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input
from scoring_strategies import conditions, effects, methods

from services.scoring.core.workbook import read_rule_set_book, rule_set_book
from services.scoring.core.workbook.sheets import ReadBook, ReadSheet, Spot, Value, as_read
from shared.kernel.errors import Fault
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused

__all__ = ["EVERYTHING", "book_of", "edited", "faults_of", "reread", "rich_rule_sets"]

NAME = "bo.xlsx"
TRICKY = [
    *["=1+1", "'=1+1", "'", "''x", "Có", "không", "1,5", "0.5", "1.125", "95%", "4/3", "(không áp dụng)", "(không)"],
    *["- a", "- a\n- b", "a\n  b", "a\n- b", "  a\n\n b", "_x0041_", "17/11/2020", "TRUE", "#REF!", "Theo đơn vị:"],
    *['"x"', 'a "b": c', "a: b", "Xã A: 1", "  x ", "x\ty", "TỔNG CỘNG", "I. THÔNG TIN CHUNG", "Mã", "nhiều  dấu cách"],
]
_texts = st.sampled_from(TRICKY) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"]), min_size=1, max_size=12
)
_sentences = _texts.map(str.strip).filter(bool)
_numbers = st.sampled_from(
    ["0", "1", "0.5", "4/3", "-1/3", "1.125", "9.95", "0.1234567890123456789", "123456789012345", "1000000000000000"]
)
_fractions = _numbers | st.decimals(-1000, 1000, places=6, allow_nan=False).map(lambda value: f"{value.normalize():f}")


def book_of(rule_set: RuleSet) -> ReadBook:
    """The workbook as a reader finds it."""
    return as_read(rule_set_book(rule_set), NAME)


def reread(rule_set: RuleSet) -> LoadedRuleSet:
    """The rule set once it was in a workbook."""
    return read_rule_set_book(book_of(rule_set))


def edited(book: ReadBook, sheet: str, cells: dict[Spot, Value], **more: Any) -> ReadBook:
    """The workbook with some cells of a sheet changed (`None` clears one), or with more about the sheet."""

    def change(each: ReadSheet) -> ReadSheet:
        if each.name != sheet:
            return each
        values = {spot: value for spot, value in {**each.values, **cells}.items() if value is not None}
        return ReadSheet(**{**vars(each), "values": values, **more})

    return ReadBook(book.name, tuple(map(change, book.sheets)))


def faults_of(book: ReadBook) -> list[Fault]:
    """What a workbook is refused for; none if it is taken."""
    try:
        read_rule_set_book(book)
    except RuleSetRefused as refused:
        return list(refused.faults)
    return []


def text_pairs() -> st.SearchStrategy[dict[str, str]]:
    """Vietnamese, and perhaps English."""
    return st.fixed_dictionaries({"vi": _sentences}, optional={"en": _sentences})


@st.composite
def _answers(draw: st.DrawFn) -> Any:
    plain = st.booleans() | _fractions | _texts | st.sampled_from([{"state": "not_applicable"}])
    units = st.dictionaries(_sentences, plain, max_size=3).map(lambda many: {"units": many})
    return draw(plain | units)


@st.composite
def _criteria(draw: st.DrawFn, code: str, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    method, inputs = draw(methods(f"i{number}"))
    for item in inputs:
        item["title"] = draw(text_pairs())
        item |= draw(st.fixed_dictionaries({}, optional={"unit": _texts | st.just(""), "minimum": _fractions}))
    evidence = st.fixed_dictionaries(
        {}, optional={"required": st.booleans(), "documents": st.lists(_sentences, max_size=3), "without": _numbers}
    )
    more = draw(
        st.fixed_dictionaries(
            {"title": text_pairs(), "evidence": evidence},
            optional={
                "message": text_pairs(),
                "article": _sentences,
                "bonus": st.booleans(),
                "not_applicable": st.sampled_from(["allowed", "refused"]),
                "asked_if": st.fixed_dictionaries(
                    {"when": conditions([an_input("i", "boolean")], each=False)},
                    optional={"otherwise": st.sampled_from(["not_applicable", "zero"])},
                ),
            },
        )
    )
    return a_criterion(code, method, inputs, draw(_fractions), **more), inputs


@st.composite
def rich_rule_sets(draw: st.DrawFn) -> RuleSet:
    """A rule set with tricky text and numbers in every field that takes them."""
    criteria, inputs = [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        criterion, asked = draw(_criteria(f"1.{number}", number))
        criteria.append(criterion)
        inputs += asked
    section = a_section("1", *criteria) | draw(
        st.fixed_dictionaries({"title": text_pairs()}, optional={"weight": _fractions, "maximum": _fractions})
    )
    each = draw(st.booleans())
    known = inputs or [an_input("i", "boolean")]
    rules = [
        a_rule(
            f"rule-{number}",
            draw(conditions(known, each)),
            *draw(st.lists(effects(["1.1", "1.2"], ["1"], known, each), min_size=1, max_size=3)),
            title=draw(text_pairs()),
            message=draw(text_pairs()),
            **({"for_each": "criterion"} if each else {}),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    expect = st.fixed_dictionaries(
        {},
        optional={
            "points": _fractions,
            "index": _numbers,
            "level": st.just("tot"),
            "fired": st.lists(st.sampled_from(["rule-0", "rule-1"]), max_size=2),
            "criteria": st.dictionaries(st.sampled_from(["1.1", "9.9"]), _fractions),
            "excluded": st.booleans(),
        },
    )
    examples = [
        {
            "id": f"example-{number}",
            "title": draw(text_pairs()),
            "answers": draw(st.dictionaries(st.sampled_from(["i1", "i2", "other"]), _answers(), max_size=3)),
            "group_best": draw(st.dictionaries(st.sampled_from(["i1", "a/b"]), _fractions)),
            "evidence_missing": draw(st.sampled_from([[], ["1.1"], ["1.1", "1.2"]])),
            "days_late": draw(st.integers(0, 40)),
            "missing": draw(st.booleans()),
            "expect": draw(expect),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    entry = st.fixed_dictionaries(
        {"kind": st.sampled_from(["kept", "split", "new"])},
        optional={"before": st.just(["1.1", "2.10"]), "after": st.just(["1.10"]), "note": text_pairs()},
    )
    mapping = st.fixed_dictionaries({"version": st.just("2021.10")}, optional={"entries": st.lists(entry, max_size=2)})
    return a_rule_set(
        section, rules=rules, title=draw(text_pairs()), examples=examples, mapping=draw(st.none() | mapping)
    )


def _quotient(name: str) -> dict[str, Any]:
    return {"numerator": name, "denominator": f"{name}_all", "zero_denominator": "full"}


def _all_criteria() -> list[dict[str, Any]]:
    size = an_input("size", "choice", options=("small", "large"))
    bands = [
        {"points": 5, "at_least": "0.9"},
        {"points": "4/3", "above": 0, "below": "0.9"},
        {"points": 0, "at_most": 0},
    ]
    inner = {
        "form": "sum",
        "parts": [
            {"title": {"vi": "Trong"}, "maximum": 2, "method": {"form": "yes_no", "input": "a"}},
            {"title": {"vi": "Bài"}, "maximum": 2, "method": {"form": "ratio", "of": {"numerator": "n", "whole": 100}}},
        ],
    }
    return [
        a_criterion("1.1", {"form": "information"}, [size], 0),
        a_criterion("1.2", {"form": "ratio", "of": _quotient("x")}, [an_input("x"), an_input("x_all")]),
        a_criterion("1.3", {"form": "bands", "of": _quotient("y"), "rows": bands}, [an_input("y"), an_input("y_all")]),
        a_criterion("1.4", {"form": "count", "input": "n", "unit_points": "0.25"}, [an_input("n")]),
        a_criterion("1.5", {"form": "choice", "input": "size", "points": {"small": 1, "large": 2}}, []),
        a_criterion(
            "1.6",
            {"form": "relative", "input": _quotient("r"), "zero_best": "full"},
            [an_input("r"), an_input("r_all")],
        ),
        a_criterion("1.7", {"form": "yes_no", "input": "b", "yes": 3, "no": 1}, [an_input("b", "boolean")]),
        a_criterion(
            "1.8",
            {"form": "best", "cases": [{"title": {"vi": "Cả hai", "en": "Both"}, "maximum": 4, "method": inner}]},
            [an_input("a", "boolean")],
        ),
        a_criterion(
            "1.9",
            {
                "form": "average",
                "total": "units",
                "of": {"form": "bands", "of": "u", "rows": [{"points": 1, "at_least": 1}]},
            },
            [an_input("u", per_unit=True), an_input("units")],
        ),
        a_criterion(
            "1.10",
            {"form": "by", "input": "size", "cases": {"small": inner, "large": {"form": "yes_no", "input": "a"}}},
            [],
            bonus=True,
            asked_if={"when": {"fact": "input.n", "above": 0}, "otherwise": "zero"},
            evidence={"required": True, "documents": ["Kế hoạch", "Báo cáo"], "without": "0.5"},
            message={"vi": "Theo quy mô", "en": "By size"},
            article="Điều 5",
            not_applicable="allowed",
        ),
    ]


def _everything() -> RuleSet:
    """One of each form and each field."""
    section = a_section("1", *_all_criteria()) | {"weight": 2, "origin": "illustrative"}
    late = a_rule(
        "late",
        {"all": [{"fact": "submission.days_late", "at_least": 1}, {"not": {"fact": "input.size", "is_not": "small"}}]},
        {"effect": "deduct", "points": "0.2", "times": "submission.days_late", "at_most": 3},
        {"effect": "flag", "flag": "bao_cao_muon"},
    )
    example = {
        "id": "one",
        "title": {"vi": "Một"},
        "answers": {
            "size": "small",
            "n": 3,
            "b": True,
            "u": {"units": {"Xã An Hà": 1, "Xã Bé": {"state": "not_reported"}}},
        },
        "group_best": {"r/r_all": "0.5"},
        "days_late": 2,
        "expect": {"points": "4/3", "fired": [], "criteria": {"1.4": "0.75"}},
    }
    mapping = {
        "version": "2021.1",
        "entries": [{"kind": "renamed", "before": ["1.9"], "after": ["1.10"], "note": {"vi": "Đổi mã"}}],
    }
    made = a_rule_set(section, rules=[late], examples=[example], mapping=mapping)
    result = made.canonical()["result"] | {
        "mean": "geometric",
        "ties": "skip",
        "tie_breakers": [{"of": "section.1", "first": "lowest"}, {"of": "points"}],
        "display": {"points_places": 3, "index_places": 5, "rounding": "half_even"},
    }
    return RuleSet.model_validate({**made.canonical(), "result": result})


EVERYTHING = _everything()
