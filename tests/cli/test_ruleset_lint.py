"""`xephang ruleset lint` needs no platform and names every place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import RULESETS, Run

OFFICIAL = sorted(RULESETS.glob("*/*.yaml"))
PORTAL = RULESETS / "portal-district" / "2021.1.yaml"
Write = Callable[[str, str], Path]


def test_rule_sets_that_ship_are_sound(run: Run) -> None:
    ended = run("ruleset", "lint", *OFFICIAL)
    assert ended.code == 0, ended.out
    assert ended.out.count("✓") == len(OFFICIAL) >= 6


def test_json_names_the_reference_of_a_sound_file(run: Run) -> None:
    ended = run("ruleset", "lint", PORTAL, "--json")
    (found,) = ended.json()
    assert (ended.code, found["ok"], found["findings"]) == (0, True, [])
    assert found["ref"]["id"] == "bac-giang-portal-district"


def test_a_broken_shape_is_refused_with_its_line(run: Run, write: Write) -> None:
    text = PORTAL.read_text(encoding="utf-8").replace("programme: portal", "programme: radio")
    line = 1 + text[: text.index("programme: radio")].count("\n")
    path = write("broken.yaml", text)
    ended = run("ruleset", "lint", path)
    assert ended.code == 1
    assert f"{path}:{line}:" in ended.out
    assert "→" in ended.out


def test_malformed_yaml_is_refused_with_its_line(run: Run, write: Write) -> None:
    path = write("malformed.yaml", "format: xephang.ruleset/1\nid: [a, b\n")
    ended = run("ruleset", "lint", path)
    assert ended.code == 1
    assert f"{path}:" in ended.out


def test_a_wrong_example_is_an_error_at_its_line(run: Run, write: Write) -> None:
    text = PORTAL.read_text(encoding="utf-8")
    head, _, tail = text.partition("\nexamples:")
    wrong = tail.replace("points: 100", "points: 99", 1).replace("index: 1\n", "index: 0.99\n", 1)
    assert wrong != tail
    path = write("example.yaml", f"{head}\nexamples:{wrong}")
    ended = run("ruleset", "lint", path, "--json")
    (found,) = ended.json()
    assert ended.code == 1
    assert found["ref"] is None
    points = next(each for each in found["findings"] if each["code"] == "example.points")
    assert points["place"].startswith(f"{path}:")
    assert points["severity"] == "error"
    assert points["remedy_vi"]


def test_one_broken_file_does_not_hide_the_others(run: Run, write: Write) -> None:
    ended = run("ruleset", "lint", write("empty.yaml", ""), PORTAL)
    assert ended.code == 1
    assert ended.out.count("✓") == 1


@pytest.mark.parametrize("command", [("ruleset", "lint"), ("submit",), ("campaign", "open"), ("agencies", "register")])
def test_a_missing_file_is_a_wrong_call(run: Run, command: tuple[str, ...]) -> None:
    ended = run(*command, "nowhere.yaml")
    assert ended.code == 2
    assert "nowhere.yaml" in ended.err
