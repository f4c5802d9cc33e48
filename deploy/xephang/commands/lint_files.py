"""`xephang ruleset lint`: rule-set files checked without any platform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import AsJson
from deploy.xephang.commands.outcome import REFUSED, examples, fault_lines, say, say_json
from shared.kernel.errors import Fault

if TYPE_CHECKING:
    from services.scoring.ports import RuleEngine
    from shared.ruleset.document import RuleSet

__all__ = ["Examined", "examine", "register"]


@dataclass(frozen=True)
class Examined:
    """What was found in one file; `rule_set` is None where it is none, or has errors."""

    file: Path
    rule_set: RuleSet | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs; the reference is given only for a sound file."""
        severe = [_finding("error", fault) for fault in self.errors]
        mild = [_finding("warning", fault) for fault in self.warnings]
        return {
            "file": str(self.file),
            "ok": not self.errors,
            "ref": self.rule_set.ref().model_dump() if self.rule_set is not None else None,
            "findings": [*severe, *mild],
        }


def _finding(severity: str, fault: Fault) -> dict[str, str]:
    """The same fields for every finding, whoever it comes from: the reader and the examples name no path."""
    return {"severity": severity, "path": "", **fault.as_json()}


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    app.command(
        "lint",
        epilog=examples(
            "xephang ruleset lint services/scoring/rulesets/*/*.yaml",
            "xephang ruleset lint 2022.1.yaml --previous 2021.1.yaml --json",
            "xephang ruleset lint --codes",
        ),
    )(lint)


def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Tệp bộ tiêu chí YAML, JSON hoặc Excel (.xlsx).", show_default=False),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Phiên bản trước, để kiểm tra phần sửa đổi (the version it amends).")
    ] = None,
    codes: Annotated[bool, typer.Option("--codes", help="In mọi mã lỗi và cách sửa (all findings there are).")] = False,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra tệp bộ tiêu chí và chạy các ví dụ trong đó; không cần nền tảng (offline)."""
    from services.scoring.adapters.durable_engine import DurableEngine
    from services.scoring.core.lint.page import page_text
    from services.scoring.documents import load_document

    if codes:
        typer.echo(page_text(), nl=False)
        return
    if not files:
        raise typer.BadParameter("Thiếu tệp bộ tiêu chí (name at least one file).", param_hint="FILE")
    engine = DurableEngine()
    before = load_document(content_of(previous), str(previous)).rule_set if previous else None
    found = [examine(file, engine, before) for file in files]
    if as_json:
        say_json([each.as_json() for each in found])
    else:
        for each in found:
            _show(each)
    if any(each.errors for each in found):
        raise typer.Exit(REFUSED)


def examine(file: Path, engine: RuleEngine, previous: RuleSet | None = None) -> Examined:
    """Everything that is wrong with a file: shape, then lint, then its examples."""
    from services.scoring.core.examples import run_examples
    from services.scoring.core.lint import lint as lint_document
    from services.scoring.documents import load_document
    from services.scoring.usecases.try_examples import placed
    from shared.ruleset.loader import RuleSetRefused

    try:
        loaded = load_document(content_of(file), str(file))
    except RuleSetRefused as refused:
        return Examined(file, None, tuple(refused.faults), ())
    findings = lint_document(loaded, previous)
    warnings = tuple(each for each in findings if each.severity == "warning")
    errors: tuple[Fault, ...] = tuple(each for each in findings if each.severity == "error")
    if not errors:
        errors = tuple(placed(loaded, fault) for fault in run_examples(loaded.rule_set, engine))
    return Examined(file, None if errors else loaded.rule_set, errors, warnings)


def _show(found: Examined) -> None:
    if found.rule_set is not None:
        rule_set = found.rule_set
        criteria, tried = len(rule_set.criteria()), len(rule_set.examples)
        say(f"✓ {found.file}: {rule_set.key}, {criteria} tiêu chí, {tried} ví dụ đúng (sound)")
    else:
        say(f"✗ {found.file}: {len(found.errors)} lỗi (errors)")
    for fault in found.errors:
        say("\n".join(f"  {line}" for line in fault_lines(fault)))
    for fault in found.warnings:
        say("\n".join(f"  {line}" for line in fault_lines(fault, "!")))
