"""Commands shown in documents exist with their options; those that need no platform are run and say what is shown."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from docs_pages import ROOT, blocks, text
from docs_shell import BESIDE, ROOT_COMMAND, Typed, check_shown, lay_out, nested, parse, run, typed, words

SHELL = blocks("sh", "console")
LINES = [each for block in SHELL for each in typed(block)]
COMMANDS = [
    Typed(each.place, part, each.output)
    for each in LINES
    for part in nested(each.line)
    if words(part)[:1] == ["xephang"]
]
OFFLINE = (
    ["ruleset", "lint"],
    ["ruleset", "test"],
    ["ruleset", "diff"],
    ["ruleset", "form"],
    ["ruleset", "method"],
    ["ruleset", "export"],
    ["ruleset", "import"],
    ["score"],
    ["explain", "--ruleset"],
)
ON_A_PLATFORM = "docs/how-to/amend-criteria.md"  # run from end to end by test_amending_is_run.py


def _offline(line: str) -> bool:
    typed_ = words(line)
    by_key = any("@" in word for word in typed_)  # of a platform's rule set
    return typed_[:1] == ["xephang"] and not by_key and any(typed_[1 : 1 + len(start)] == start for start in OFFLINE)


WITH_OFFLINE = sorted(
    {block.page for block in SHELL if any(_offline(each.line) for each in typed(block))} - {ON_A_PLATFORM}
)
SHORT = ("README.md", "docs/how-to/amend-mid-campaign.md")


def test_documents_show_commands() -> None:
    assert len(COMMANDS) > 40
    assert {"README.md", "docs/how-to/criteria-in-excel.md"} <= set(WITH_OFFLINE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: f"{each.place} {each.line}"[:90])
def test_a_command_is_taken_as_shown(command: Typed) -> None:
    try:
        parse(words(command.line)[1:])
    except Exception as error:  # Click's own, which Typer brings with it under another name
        pytest.fail(f"{command.place}: {command.line}\n{getattr(error, 'message', error)}")


@pytest.mark.parametrize("each", LINES, ids=lambda each: each.place)
def test_what_else_is_typed_exists(each: Typed) -> None:
    first, *rest = words(each.line) or ["#"]
    if first == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert set(rest) <= set(targets), each.place
    elif first == "python":
        assert rest[0] == "-m", each.place
        assert (ROOT / rest[1].replace(".", "/")).exists(), each.place
    else:
        assert first in {"xephang", "curl", ".", "#", "export", *BESIDE}, (
            f"{each.place}: {first} is not known to this test"
        )


@pytest.mark.parametrize(
    "page", [page if page in SHORT else pytest.param(page, marks=pytest.mark.slow) for page in WITH_OFFLINE]
)
def test_commands_without_a_platform_say_what_is_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    for each in [line for block in SHELL if block.page == page for line in typed(block)]:
        if words(each.line)[:1] and words(each.line)[0] in BESIDE:
            subprocess.run(words(each.line), check=True)
        elif _offline(each.line):
            code, output = run(words(each.line)[1:])
            check_shown(each, output, code)


def test_every_command_is_documented() -> None:
    known = {
        f"xephang {name} {sub}".strip()
        for name, command in ROOT_COMMAND.commands.items()
        for sub in getattr(command, "commands", {"": None})
    }
    assert not [name for name in sorted(known) if name not in text()]
