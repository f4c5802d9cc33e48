"""Whom an amendment moves: what its rehearsal on the published year has shown."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import OPERATOR
from services.scoring.core.amendment import amend, render_text
from services.scoring.core.rehearsal import Report, Row
from services.scoring.core.rehearsal_words import drivers
from shared.kernel.exact import show, vietnamese
from shared.ruleset.document import RuleSet

__all__ = ["Moved", "amendment_text", "moved"]


@dataclass(frozen=True)
class Moved:
    """An agency before and after: rank and points; and what drove it, a sentence each, a change of level first."""

    name: str
    rank: tuple[int, int]
    points: tuple[str, str]
    why: tuple[str, ...]

    def lines(self) -> list[str]:
        """The agency with what changed, and what did not as one figure; beneath it why."""
        head = f"  {self.name}: hạng {_shift(*map(str, self.rank))}, điểm {_shift(*self.points)}"
        return [head, *(f"    {why}" for why in self.why)]


def amendment_text(old: RuleSet, new: RuleSet) -> str:
    """The amendment in the department's words."""
    return render_text(amend(old, new))


async def moved(office: Office, campaign: str, new: RuleSet) -> list[Moved]:
    """Agencies whose rank or level would have been another under `new`, in the order of the published table."""
    base = f"/scoring/rulesets/{new.key}/rehearsals/{campaign}"
    report = Report.model_validate(await office.get(f"{base}/report", OPERATOR))
    rows: list[Row] = []
    for page in range(report.pages):
        found = await office.get(f"{base}/rows?page={page}&basis_hash={report.basis_hash}", OPERATOR)
        rows += [Row.model_validate(row) for row in found["rows"]]
    ranked = [row for row in rows if row.before.rank is not None and row.after.rank is not None]
    ranked.sort(key=lambda row: (row.before.rank or 0, row.agency))
    return [_moved(report, row) for row in ranked if (row.before.rank, row.before.level) != _after(row)]


def _shift(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _after(row: Row) -> tuple[int | None, str]:
    return row.after.rank, row.after.level


def _moved(report: Report, row: Row) -> Moved:
    points = tuple(vietnamese(show(standing.points, 2)) for standing in (row.before, row.after))
    return Moved(
        row.name,
        (row.before.rank or 0, row.after.rank or 0),
        (points[0], points[1]),
        drivers(report, row),
    )
