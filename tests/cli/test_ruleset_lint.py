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


def test_every_finding_has_the_same_fields_in_json(run: Run, write: Write) -> None:
    text = PORTAL.read_text(encoding="utf-8")
    broken = [
        text.replace("programme: portal", "programme: radio"),  # the reader's
        text.replace("at_least: 80", "at_least: 800"),  # lint's
        text.replace("points: 100", "points: 99", 1).replace("index: 1\n", "index: 0.99\n", 1),  # an example's
    ]
    files = [write(f"broken{number}.yaml", each) for number, each in enumerate(broken)]
    ended = run("ruleset", "lint", *files, "--json")
    fields = {"severity", "code", "path", "place", "vi", "en", "remedy_vi", "remedy_en"}
    assert [bool(each["findings"]) for each in ended.json()] == [True] * 3
    assert all(set(finding) == fields for each in ended.json() for finding in each["findings"])


def test_all_findings_there_are_can_be_read(run: Run) -> None:
    ended = run("ruleset", "lint", "--codes")
    assert ended.code == 0
    assert "| `rule.never_fires` | **error** |" in ended.out
    assert run("ruleset", "lint").code == 2


def test_an_amendment_is_held_against_the_version_before(run: Run, write: Write) -> None:
    before = RULESETS / "it-province" / "2022.1.yaml"
    text = before.read_text(encoding="utf-8").replace('version: "2022.1"', 'version: "2022.2"', 1)
    mapped = text[: text.index("\nmapping:")]
    moved = mapped.replace('- code: "6.8"', '- code: "6.9"').replace('"6.8":', '"6.9":')
    ended = run("ruleset", "lint", write("moved.yaml", moved), "--previous", before)
    assert ended.code == 1
    assert "[mapping.missing]" in ended.out
    assert "{kind: dropped, before: ['6.8']}, {kind: new, after: ['6.9']}" in " ".join(ended.out.split())


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
