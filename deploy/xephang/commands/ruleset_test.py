"""`xephang ruleset test`: the examples of rule-set files tried, and what they cover, without any platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import AsJson
from deploy.xephang.commands.outcome import REFUSED, examples, fault_lines, say, say_json
from shared.kernel.errors import Fault

if TYPE_CHECKING:
    from services.scoring.ports import RuleEngine
    from services.scoring.usecases.try_examples import TriedExamples

__all__ = ["register"]

_FILE = "services/scoring/rulesets/it-province/2022.1.yaml"
_CONFIRM = "  # Kết quả do máy tính từ chính tệp này: cán bộ tính tay, rồi sửa tiêu đề và đặt lại mã (confirm by hand)."


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    app.command(
        "test",
        epilog=examples(
            f"xephang ruleset test {_FILE}",
            "xephang ruleset test 2023.1.yaml --few",
            "xephang ruleset test *.yaml --no-proposals --require-coverage",
        ),
    )(try_files)


def try_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Tệp bộ tiêu chí YAML, JSON hoặc Excel (.xlsx).")],
    require_coverage: Annotated[
        bool,
        typer.Option("--require-coverage", help="Còn chỗ chưa có ví dụ là lỗi (what examples leave out is an error)."),
    ] = False,
    few: Annotated[
        bool, typer.Option("--few", help="Đề xuất gộp nhiều tiêu chí trong một ví dụ (few, each showing much).")
    ] = False,
    proposals: Annotated[
        bool, typer.Option("--proposals/--no-proposals", help="In các ví dụ đề xuất (print proposed examples).")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Chạy ví dụ, nêu chỗ chưa có ví dụ nào thử tới, và đề xuất ví dụ (run examples, report coverage; offline)."""
    from services.scoring.adapters.durable_engine import DurableEngine

    engine = DurableEngine()
    found = [_Outcome(file, engine, few) for file in files]
    if as_json:
        say_json([each.as_json() for each in found])
    else:
        for each in found:
            each.show(proposals)
    if any(each.is_wrong(require_coverage) for each in found):
        raise typer.Exit(REFUSED)


class _Outcome:
    """What came of one file: examples tried, or the errors that forbid trying them."""

    def __init__(self, file: Path, engine: RuleEngine, few: bool) -> None:
        from services.scoring.usecases.try_examples import try_examples
        from shared.ruleset.loader import RuleSetRefused

        self.file = file
        self.tried: TriedExamples | None = None
        self.errors: tuple[Fault, ...] = ()
        try:
            self.tried = try_examples(content_of(file), str(file), engine, few=few)
        except RuleSetRefused as refused:
            self.errors = tuple(refused.faults)

    def is_wrong(self, require_coverage: bool) -> bool:
        """Whether the command fails for this file."""
        if self.tried is None or self.tried.faults:
            return True
        return require_coverage and not self.tried.coverage.is_full

    def as_json(self) -> dict[str, Any]:
        """For programs; a file with errors has no reference."""
        if self.tried is not None:
            return {"file": str(self.file), **self.tried.as_json()}
        return {"file": str(self.file), "ref": None, "ok": False, "faults": [each.as_json() for each in self.errors]}

    def show(self, proposals: bool) -> None:
        """For people."""
        if self.tried is None:
            say(f"✗ {self.file}: {len(self.errors)} lỗi (errors)")
            _say_faults(self.errors)
            return
        _show(self.file, self.tried, proposals)


def _show(file: Path, tried: TriedExamples, proposals: bool) -> None:
    from services.scoring.core.coverage_mark import KINDS

    rule_set, coverage = tried.loaded.rule_set, tried.coverage
    count = len(rule_set.examples)
    wrong = f"{len(tried.faults)} chỗ sai (faults)" if tried.faults else "đúng (as expected)"
    say(f"{'✗' if tried.faults else '✓'} {file}: {rule_set.key}, {count} ví dụ: {wrong}")
    _say_faults(tried.faults)
    for kind, (covered, of) in coverage.counts.items():
        if of:
            vi, en = KINDS[kind]
            say(f"  {'✓' if covered == of else '!'} {covered}/{of} {vi} ({en})")
    for lack in coverage.lacks:
        way = f"→ {lack.proposal}" if lack.proposal else "→ chưa tìm được ví dụ, có thể không xảy ra (none found)"
        place, mark = tried.loaded.places.label(lack.mark.path), lack.mark
        say(f"  ! {place}: {mark.vi} ({mark.en}) [coverage.{mark.kind}] {way}")
    for name in coverage.unconfirmed:
        say(f"  ! ví dụ {name} chưa có người kiểm tay (not confirmed by hand)")
    if proposals and coverage.proposals:
        say(f"\n{_CONFIRM}")
        for proposal in coverage.proposals:
            say(proposal.yaml)


def _say_faults(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        say("\n".join(f"  {line}" for line in fault_lines(fault)))
