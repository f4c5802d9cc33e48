"""How every command ends: exit codes, refusals on stderr for people, JSON on stdout for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from shared.kernel.errors import DomainError, Fault

__all__ = [
    "OK",
    "REFUSED",
    "SILENT",
    "USAGE",
    "examples",
    "fault_lines",
    "misuse",
    "note",
    "refuse",
    "refused_json",
    "say",
    "say_json",
    "say_table",
]

OK, REFUSED, USAGE, SILENT = 0, 1, 2, 3


def examples(*lines: str) -> str:
    """The end of a command's help. Blank lines keep each example on a line of its own."""
    return "\n\n".join(["Ví dụ (examples):", *(f"$ {line}" for line in lines)])


def say(text: str = "") -> None:
    """A line for people, on stdout."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the result, on stderr."""
    typer.echo(text, err=True)


def say_json(data: Any) -> None:
    """The result for programs, on stdout."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def say_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> None:
    """A title and its table on stdout; columns in `right` are numbers."""
    rows = list(rows)
    say(title)
    if not rows:
        return
    table = Table()
    numbers = set(right)
    for index, name in enumerate(header):
        table.add_column(name, justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    # Cut off at 80 columns nobody could read a table in a file.
    if not console.is_terminal:
        console.width = max(console.width, 160)
    console.print(table)


def fault_lines(fault: Fault, mark: str = "✗") -> list[str]:
    """Place, reason and remedy, in Vietnamese and then in English."""
    lines = [f"{mark} {fault.place}: {fault.vi} [{fault.code}]"]
    if fault.remedy_vi:
        lines.append(f"    → {fault.remedy_vi}")
    english = f"{fault.en} → {fault.remedy_en}" if fault.remedy_en else fault.en
    if english:
        lines.append(f"    ({english})")
    return lines


def refuse(error: DomainError) -> None:
    """Say on stderr why something was refused."""
    typer.secho(f"{error.vi} ({error.en})", err=True, bold=True)
    for fault in error.faults:
        lines = _rest_of(fault) if fault.vi == error.vi else fault_lines(fault)
        for line in lines:
            typer.echo(f"  {line}", err=True)


def _rest_of(fault: Fault) -> list[str]:
    """Of a fault whose reason was said already: its place and remedy."""
    lines = [f"✗ {fault.place} [{fault.code}]"]
    if fault.remedy_vi:
        english = f" ({fault.remedy_en})" if fault.remedy_en else ""
        lines.append(f"    → {fault.remedy_vi}{english}")
    return lines


def refused_json(error: DomainError) -> dict[str, Any]:
    """The refusal for programs."""
    faults = [fault.as_json() for fault in error.faults]
    return {"refused": {"code": error.code, "title": error.vi, "detail": error.en, "faults": faults}}


class _Misuse(typer.BadParameter):
    """With the fault, where there is one: place and remedy are told as those of a refusal."""

    def __init__(self, text: str, fault: Fault | None) -> None:
        super().__init__(text)
        self.fault = fault


def misuse(wrong: str | Fault) -> typer.BadParameter:
    """The error of a command that was called wrongly (exit code 2)."""
    return _Misuse(str(wrong), wrong if isinstance(wrong, Fault) else None)
