"""Shell lines in documents: what is typed, and what the command line makes of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docs_pages import Block
from typer.main import get_command

from deploy.xephang.cli import app

__all__ = ["ROOT_COMMAND", "Typed", "nested", "parse", "typed", "words"]

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
