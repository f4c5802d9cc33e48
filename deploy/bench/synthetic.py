"""A made-up rule set of 60 criteria and 18 rules, and made-up cards for it: what the engines are compared on.

Criteria: 20 yes/no, 20 ratios, 10 bands, 5 counts, 5 choices in five sections. The cards are as varied as a province's:
every ratio has its own denominator, some figures are missing or do not apply, some findings reject or adjust, some
evidence is lacking, some agencies are late. The same seed gives the same cards.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.contracts.common import Answer, Answers, CriterionFinding, Evidence, SubmissionKey
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json, loads_exact
from shared.ruleset.document import Criterion, RuleSet

__all__ = ["adversarial_submissions", "plain_figures", "submissions", "synthetic_rule_set"]

_FOUND_AT = datetime(2021, 11, 1, tzinfo=UTC)
_OPTIONS = ("full", "part", "none")
_YES_NO, _RATIOS, _BANDS, _COUNTS, _CHOICES = 20, 20, 10, 5, 5
_SECTIONS = 5

Plain = dict[str, bool | int | str]


def synthetic_rule_set(version: str = "1", late_points: str = "0.5") -> RuleSet:
    """The rule set; `late_points` is what a day late costs, so that versions can differ."""
    criteria = [*_all_criteria()]
    size = len(criteria) // _SECTIONS
    sections = []
    for number in range(1, _SECTIONS + 1):
        # Each section gets every form: the forms stand in the order of the annex's list, dealt in turn.
        own = [{**one, "code": f"{number}.{index + 1}"} for index, one in enumerate(criteria[number - 1 :: _SECTIONS])]
        assert len(own) == size
        maximum = sum(int(one["maximum"]) for one in own)
        sections.append(
            {"code": str(number), "title": {"vi": f"Hạng mục {number}"}, "maximum": maximum, "criteria": own}
        )
    return RuleSet.model_validate(
        {
            "format": "xephang.ruleset/1",
            "id": "do-toc-do",
            "version": version,
            "title": {"vi": "Bộ tiêu chí để đo tốc độ (số liệu giả định)"},
            "programme": "it",
            "group": "province",
            "stage": {"first_year": 2021, "last_year": 2025},
            "legal_basis": [
                {"number": "2294/QĐ-UBND", "issued_on": "2020-11-17", "issuer": "UBND tỉnh", "title": "Quyết định"}
            ],
            "result": {
                "form": "index",
                "levels": [
                    {"id": level, "title": {"vi": level}, "at_least": least}
                    for level, least in (("tot", "0.8"), ("kha", "0.65"), ("trung_binh", "0.5"), ("yeu", "0"))
                ],
            },
            "sections": sections,
            "rules": [{"id": f"quy-tac-{n + 1}", **rule} for n, rule in enumerate(_rules(late_points))],
        }
    )


def _all_criteria() -> Iterator[dict[str, Any]]:
    for n in range(_YES_NO):
        yield _criterion(1, {"form": "yes_no", "input": f"b{n}"}, [_input(f"b{n}", "boolean")], evidence=True)
    for n in range(_RATIOS):
        of = {"numerator": f"n{n}", "denominator": f"d{n}"}
        inputs = [_input(f"n{n}", "integer"), _input(f"d{n}", "integer")]
        yield _criterion(2, {"form": "ratio", "of": of}, inputs, not_applicable="allowed")
    for n in range(_BANDS):
        rows = [{"points": f"{points / 2}", "at_least": points} for points in (4, 3, 2, 1)]
        yield _criterion(2, {"form": "bands", "of": f"k{n}", "rows": rows}, [_input(f"k{n}", "integer")])
    for n in range(_COUNTS):
        yield _criterion(
            2, {"form": "count", "input": f"m{n}", "unit_points": "0.5"}, [_input(f"m{n}", "integer")], evidence=True
        )
    for n in range(_CHOICES):
        points = dict(zip(_OPTIONS, ("2", "1", "0"), strict=True))
        options = [{"id": option, "title": {"vi": option}} for option in _OPTIONS]
        yield _criterion(
            2, {"form": "choice", "input": f"x{n}", "points": points}, [_input(f"x{n}", "choice", options=options)]
        )


def _criterion(
    maximum: int, method: dict[str, Any], inputs: list[dict[str, Any]], evidence: bool = False, **more: str
) -> dict[str, Any]:
    return {
        "title": {"vi": "Tiêu chí để đo tốc độ"},
        "maximum": maximum,
        "method": method,
        "inputs": inputs,
        "evidence": {"required": evidence},
        "data_source": "Phiếu khảo sát",
        "verifier": "Sở TT&TT",
        "origin": "illustrative",
        **more,
    }


def _input(name: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": {"vi": f"Số liệu {name}"}, "type": type_, **more}


def _rules(late_points: str) -> list[dict[str, Any]]:
    """Eighteen rules: gates, deductions, caps, exclusions, marks, and chains of three over derived facts."""
    late = {"fact": "submission.days_late", "above": 0}
    weak = {"fact": "derived.weak_security", "is": True}
    no_plan = {"fact": "input.b0", "is": False}
    return [
        _rule(
            {"all": [_of_criterion("evidence_missing", True), _of_criterion("state", "value")]},
            {"effect": "zero_criterion"},
            for_each="criterion",
        ),
        _rule(_of_criterion("state", "not_reported"), _derive("incomplete"), for_each="criterion"),
        _rule(
            late,
            {"effect": "deduct", "points": late_points, "times": "submission.days_late", "at_most": 5},
            _derive("late"),
        ),
        _rule({"fact": "submission.days_late", "above": 15}, {"effect": "exclude_from_ranking"}),
        _rule({"fact": "submission.missing", "is": True}, {"effect": "exclude_from_ranking"}, _flag("missing")),
        _rule(no_plan, {"effect": "cap_section", "section": "1", "at_most": 14}),
        _rule({"all": [no_plan, {"fact": "input.b5", "is": False}]}, {"effect": "zero_section", "section": "1"}),
        _rule(
            {"any": [{"fact": "input.x4", "is": "none"}, {"fact": "input.b7", "is": False}]}, _derive("weak_security")
        ),
        _rule({"all": [weak, {"fact": "input.m4", "at_least": 3}]}, _derive("incident")),
        _rule(
            {"fact": "derived.incident", "is": True},
            {"effect": "cap_section", "section": "5", "at_most": 12},
            _flag("incident"),
        ),
        _rule({"fact": "input.d2", "at_most": 0}, {"effect": "exclude_criterion", "criterion": "3.5"}),
        _rule({"all": [{"fact": "input.d1", "below": 20}, {"not": late}]}, _derive("small")),
        _rule(
            {"all": [{"fact": "derived.small", "is": True}, {"fact": "input.k3", "at_most": 1}]},
            {"effect": "exclude_criterion", "criterion": "4.9"},
        ),
        _rule({"all": [{"fact": "derived.late", "is": True}, weak]}, _flag("watch")),
        _rule(
            {"all": [{"fact": "derived.incomplete", "is": True}, {"fact": "derived.late", "is": True}]},
            {"effect": "deduct", "points": 1},
        ),
        _rule({"fact": "state.k0", "is": "not_reported"}, {"effect": "deduct", "points": 1, "from": "1"}),
        _rule({"fact": "input.n3", "above": 1500}, _flag("check_figure")),
        _rule(
            {"any": [{"fact": "input.m0", "at_least": 9}, {"fact": "input.m1", "at_least": 9}]}, _flag("many_systems")
        ),
    ]


def _rule(when: dict[str, Any], *then: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"title": {"vi": "Quy tắc"}, "when": when, "then": list(then), "message": {"vi": "Áp dụng quy tắc"}, **more}


def _of_criterion(fact: str, value: object) -> dict[str, Any]:
    return {"fact": f"criterion.{fact}", "is": value}


def _derive(name: str) -> dict[str, Any]:
    return {"effect": "derive", "fact": f"derived.{name}"}


def _flag(name: str) -> dict[str, Any]:
    return {"effect": "flag", "flag": name}


def submissions(rule_set: RuleSet, count: int, seed: int = 1) -> list[VerifiedSubmission]:
    """Cards as a campaign has them, each with a finding for every criterion."""
    draw = random.Random(seed)
    return [_submission(rule_set, draw, number, _figures(draw, rare=0.06)) for number in range(count)]


def adversarial_submissions(rule_set: RuleSet, count: int, seed: int = 2) -> list[VerifiedSubmission]:
    """Cards on which every condition of a rule is a coin toss, so that hardly two look alike to the rules."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        figures = _figures(draw, rare=0.5)
        figures.update(m0=draw.choice((1, 10)), m1=draw.choice((1, 10)), m4=draw.choice((1, 5)), k3=draw.choice((1, 2)))
        figures.update(d1=draw.choice((5, 50)), d2=draw.choice((0, 50)), n3=draw.choice((10, 2000)))
        made.append(_submission(rule_set, draw, number, figures, late=draw.choice((0, 1, 20))))
    return made


def plain_figures(rule_set: RuleSet, verified: VerifiedSubmission) -> Plain:
    """The figures as answered, as a plain dict; 0, no or the first option where there is none."""
    plain: Plain = {}
    for name, item in rule_set.inputs().items():
        answer = verified.answers.figures.get(name)
        value = None if answer is None else answer.value
        empty = False if item.type == "boolean" else item.options[0].id if item.options else 0
        plain[name] = empty if value is None else value
    return plain


def _figures(draw: random.Random, rare: float) -> Plain:
    """Values of all inputs; `rare` is how often what rules look for is there."""
    figures: Plain = {f"b{n}": draw.random() >= (rare if n in (0, 5, 7) else 0.2) for n in range(_YES_NO)}
    for n in range(_RATIOS):
        whole = int(draw.lognormvariate(4, 1)) + 8
        figures[f"d{n}"] = whole
        figures[f"n{n}"] = min(int(whole * draw.betavariate(5, 1.5)), whole)
    figures.update({f"k{n}": draw.choice((0, 1, 2, 2, 3, 3, 4, 4, 5, 7)) for n in range(_BANDS)})
    figures.update({f"m{n}": draw.randint(0, 8) for n in range(_COUNTS)})
    weights = (60, 34, 6) if rare < 0.5 else (25, 25, 50)
    figures.update({f"x{n}": draw.choices(_OPTIONS, weights)[0] for n in range(_CHOICES)})
    return figures


def _submission(
    rule_set: RuleSet,
    draw: random.Random,
    number: int,
    figures: Mapping[str, bool | int | str],
    late: int | None = None,
) -> VerifiedSubmission:
    answers = {name: Answer(state="value", value=value) for name, value in figures.items()}
    for name in figures:
        odd = draw.random()
        if odd < 0.003:
            answers[name] = Answer(state="not_reported")
        elif odd < 0.006 and name[0] in "nd":
            answers[name] = Answer(state="not_applicable")
    criteria = rule_set.criteria()
    lacking = {one.code for one in criteria if draw.random() < 0.005}
    days = late if late is not None else draw.randint(1, 20) if draw.random() < 0.08 else 0
    shown = (Evidence(number=f"{number}/BC", title="Báo cáo"),)
    made = VerifiedSubmission(
        key=SubmissionKey(campaign="2021", programme="it", agency=f"co-quan-{number}"),
        group="province",
        rule_set=rule_set.ref(),
        revision=1,
        basis="answered",
        submission_number=1,
        days_late=days,
        answers=Answers(
            figures=answers,
            evidence={one.code: shown for one in criteria if one.evidence.required and one.code not in lacking},
        ),
        findings=tuple(_finding(one, draw) for one in criteria),
    )
    # Through canonical JSON, as every service gets it.
    return VerifiedSubmission.model_validate(
        loads_exact(canonical_json(made.model_dump(mode="json", exclude_defaults=True)))
    )


def _finding(criterion: Criterion, draw: random.Random) -> CriterionFinding:
    chance = draw.random()
    common = {"criterion": criterion.code, "verifier": "tham-tra", "found_at": _FOUND_AT}
    if chance < 0.002:
        return CriterionFinding.model_validate({**common, "finding": "rejected", "reason": "Không có căn cứ"})
    if chance < 0.006 and criterion.inputs[0].type == "integer":
        adjusted = {criterion.inputs[0].id: {"state": "value", "value": draw.randint(0, 5)}}
        return CriterionFinding.model_validate(
            {**common, "finding": "adjusted", "reason": "Theo tài liệu", "adjusted": adjusted}
        )
    return CriterionFinding.model_validate({**common, "finding": "accepted"})
