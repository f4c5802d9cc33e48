"""Shell lines in documents: what is typed, what the command line makes of it, and whether it says what is shown."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs_pages import ROOT, Block, blocks
from typer.main import get_command

from deploy.xephang.cli import app, main

__all__ = ["BESIDE", "ROOT_COMMAND", "Typed", "check_shown", "lay_out", "nested", "parse", "run", "typed", "words"]

BESIDE = ("cp", "sed")  # what documents may type beside our own commands
SKIPPED = "…"
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=")
_NESTED = re.compile(r"\$\(([^()]*)\)")
ROOT_COMMAND: Any = get_command(app)


@dataclass(frozen=True)
class Typed:
    """One line as typed, with the output shown below it."""

    place: str
    line: str
    output: tuple[str, ...] = ()


def typed(block: Block) -> list[Typed]:
    """The lines typed in a block: after `$ ` in console blocks, every line in sh blocks. `\\` joins lines."""
    found: list[Typed] = []
    pending = ""
    for number, raw in enumerate(block.text.splitlines(), block.line):
        line = pending + raw.strip() if pending else raw
        pending = ""
        if line.endswith("\\"):
            pending = line[:-1]
        elif block.language == "sh":
            found.append(Typed(f"{block.page}:{number}", line))
        elif line.startswith("$ "):
            found.append(Typed(f"{block.page}:{number}", line[2:]))
        else:
            assert found, f"{block.page}:{number}: output before any command"
            last = found[-1]
            found[-1] = Typed(last.place, last.line, (*last.output, line))
    assert not pending, f"{block.place}: the block ends with a backslash"
    return [each for each in found if each.line.strip()]


def words(line: str) -> list[str]:
    """The words of a line without assignments before it and comments behind it."""
    parts = shlex.split(line, comments=True)
    while parts and _ASSIGNMENT.match(parts[0]):
        parts = parts[1:]
    return parts


def nested(line: str) -> Iterator[str]:
    """Commands inside `$(…)`, then the line with something in their place."""
    yield from _NESTED.findall(line)
    yield _NESTED.sub("nested", line)


def parse(arguments: Sequence[str]) -> None:
    """Parse as `xephang` does, options, types and required ones included, and run nothing."""
    command, name, rest, parent = ROOT_COMMAND, "xephang", list(arguments), None
    while True:
        context = command.make_context(name, rest, parent=parent)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        parent = context


def run(arguments: Sequence[str]) -> tuple[int, str]:
    """Run `xephang` in this process: its exit code, and all that a terminal shows."""
    shown = io.StringIO()
    code: object = 0
    with redirect_stdout(shown), redirect_stderr(shown):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
    return (code if isinstance(code, int) else 1), shown.getvalue()


def lay_out(page: str, folder: Path) -> None:
    """The checkout's folders, and the files that the page itself shows (`# name` in the first line of a block)."""
    for name in ("services", "deploy"):
        (folder / name).symlink_to(ROOT / name)
    for block in blocks("yaml"):
        if block.page == page and (found := re.match(r"# ([\w.-]+\.yaml)\n", block.text)):
            (folder / found[1]).write_text(block.text, encoding="utf-8")


def check_shown(each: Typed, output: str, exit_code: int) -> None:
    """Every line shown is there, in this order; a line … stands for any others, … in a line for any text."""
    refused = any(line.lstrip().startswith("✗") for line in each.output)
    assert exit_code == (1 if refused else 0), f"{each.place}: {output}"
    left = output.splitlines()
    gap = not each.output
    for shown in each.output:
        if shown.strip() == SKIPPED:
            gap = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in shown.split(SKIPPED)))
        at = next((number for number, line in enumerate(left) if pattern.fullmatch(line.rstrip())), None)
        assert at is not None, f"{each.place}: {shown!r} is not in\n{output}"
        assert gap or at == 0, f"{each.place}: before {shown!r} there is {left[0]!r}"
        left, gap = left[at + 1 :], False
    assert gap or not left, f"{each.place}: {left[0]!r} is not shown"
