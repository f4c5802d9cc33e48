"""`xephang score` works a scorecard out from two files, with its proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from services.scoring.core.examples import resolve
from shared.kernel.exact import exact_text
from shared.ruleset.document import ExampleAnswer
from shared.ruleset.loader import load_rule_set
from tests.cli.conftest import RULESETS, Run

RULE_SET = RULESETS / "it-province" / "2021.1.yaml"
Write = Callable[[str, str], Path]


def _answers(example_id: str) -> dict[str, Any]:
    """An example of the official rule set as the file an agency could have written."""
    rule_set = load_rule_set(RULE_SET)
    example = resolve(rule_set, next(one for one in rule_set.examples if one.id == example_id))
    codes = [one.code for one in rule_set.criteria() if one.code not in example.evidence_missing]
    return {
        "figures": {name: _plain(value) for name, value in example.answers.items()},
        "evidence": {code: [{"title": "Tài liệu kiểm chứng"}] for code in codes},
        "rejected": list(example.rejected),
        "days_late": example.days_late,
        "group_best": {name: exact_text(value) for name, value in example.group_best.items()},
    }


def _plain(value: object) -> object:
    if isinstance(value, ExampleAnswer):
        return {"state": value.state}
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else exact_text(value)
    return value


@pytest.mark.parametrize(("example", "points"), [("full-marks", "100,00"), ("just-below-80", "79,75")])
def test_scorecard_comes_with_its_proof(run: Run, write: Write, example: str, points: str) -> None:
    answers = write("answers.json", json.dumps(_answers(example)))
    ended = run("score", "--ruleset", RULE_SET, "--answers", answers)
    assert ended.code == 0, ended.err
    assert "1.4 Kết nối mạng truyền số liệu chuyên dùng" in ended.out
    assert points in ended.out


def test_json_is_the_whole_proof(run: Run, write: Write) -> None:
    answers = write("answers.yaml", "figures: {wan_connected: true}\nevidence:\n  '1.4': [{title: Biên bản}]\n")
    ended = run("score", "--ruleset", RULE_SET, "--answers", answers, "--json")
    assert ended.code == 0, ended.err
    assert "wan_connected" in json.dumps(ended.json())


def test_every_fault_of_the_answers_is_named_with_its_line(run: Run, write: Write) -> None:
    text = 'figures:\n  wan_connected: maybe\n  nope: 3\nrejected: ["9.9"]\ndays_late: -1\nfoo: 1\n'
    answers = write("answers.yaml", text)
    ended = run("score", "--ruleset", RULE_SET, "--answers", answers)
    assert ended.code == 1
    for line in (2, 3, 4, 5, 6):
        assert f"{answers}:{line}:" in ended.err
    assert "→" in ended.err


def test_an_unknown_best_of_the_group_is_named(run: Run, write: Write) -> None:
    answers = write("answers.yaml", "figures: {}\ngroup_best:\n  nope: 4\n  staff_total: much\n")
    ended = run("score", "--ruleset", RULE_SET, "--answers", answers, "--json")
    assert ended.code == 1
    places = [fault["place"] for fault in ended.json()["refused"]["faults"]]
    assert [place.split(" ")[0] for place in places] == [f"{answers}:3:9", f"{answers}:4:16"]


def test_a_broken_rule_set_is_refused(run: Run, write: Write) -> None:
    rule_set = write("broken.yaml", "format: xephang.ruleset/1\n")
    ended = run("score", "--ruleset", rule_set, "--answers", write("answers.yaml", "figures: {}\n"))
    assert ended.code == 1
    assert str(rule_set) in ended.err
