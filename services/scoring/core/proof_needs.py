"""What would have given a criterion more points: every proposal is scored before it is said, so that it is true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.card import Card
from services.scoring.core.proof_levers import levers
from services.scoring.core.proof_model import Change, Needed, Shown
from services.scoring.core.proof_working import Worker
from services.scoring.core.scorecard import CriterionResult, Scorecard
from services.scoring.core.what_if import Figured, WhatIf
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import Invalid
from shared.kernel.exact import parse_exact
from shared.ruleset.document import Input
from shared.ruleset.words import number, points_words

__all__ = ["Needs"]

_IMPROVABLE = ("value", "not_reported", "rejected")
_MOST_UNITS = 3  # sub-units named one by one; beyond that the last proposal, of all together, says enough


@dataclass(frozen=True, slots=True)
class _Tried:
    """A proposal and what it gave."""

    words: str
    changes: tuple[Figured, ...]
    evidence: bool
    accepted: bool
    points: Fraction
    total: Fraction
    group: str = ""


class Needs:
    """Tries proposals on one scorecard."""

    def __init__(
        self,
        what_if: WhatIf,
        verified: VerifiedSubmission,
        card: Card,
        scorecard: Scorecard,
        shown: Callable[[Fraction], Shown],
    ) -> None:
        self._what_if = what_if
        self._verified = verified
        self._card = card
        self._scorecard = scorecard
        self._shown = shown
        self._places = {result.code: place for place, result in enumerate(scorecard.criteria)}

    def of(self, worker: Worker, result: CriterionResult) -> tuple[Needed, ...]:
        """What would have been needed, the least first; empty where nothing could have given more."""
        criterion = worker.criterion
        if self._card.missing or result.state not in _IMPROVABLE or result.points >= criterion.maximum:
            return ()
        found = list(self._tried(worker, result))
        return tuple(self._needed(one, result) for one in found if one.points > result.points)

    def _tried(self, worker: Worker, result: CriterionResult) -> Iterator[_Tried]:
        criterion, code = worker.criterion, result.code
        accepted = code in self._card.rejected
        bare = criterion.evidence.required and code not in self._card.evidence
        reached = result.points
        if accepted:
            yield (tried := self._try(code, "nếu số liệu được chấp nhận khi thẩm tra", accepted=True))
            reached = max(reached, tried.points)
        if bare:
            wanted = "; ".join(criterion.evidence.documents)
            words = f"bổ sung tài liệu kiểm chứng bắt buộc{f' ({wanted})' if wanted else ''}"
            words = f"được chấp nhận khi thẩm tra và {words}" if accepted else words
            yield (tried := self._try(code, words, evidence=True, accepted=accepted))
            reached = max(reached, tried.points)
        yield from self._as_answered(worker, result, bare)
        beside = [*(["được chấp nhận khi thẩm tra"] if accepted else []), *(["có tài liệu kiểm chứng"] if bare else [])]
        prefix = f"{', '.join(beside)} và " if beside else ""
        proposals = [
            self._try(code, prefix + lever.words, lever.changes, evidence=bare, accepted=accepted, group=lever.group)
            for lever in levers(worker, criterion.method, criterion.maximum)
        ]
        yield from _nearest_and_top(one for one in proposals if one.points > reached)

    def _as_answered(self, worker: Worker, result: CriterionResult, bare: bool) -> Iterator[_Tried]:
        """What the agency's own answers would have given, where the verifier adjusted them."""
        finding = self._card.findings.get(result.code)
        if finding is None or finding.finding != "adjusted":
            return
        changes = []
        for name in finding.adjusted:
            item = worker.inputs.get(name)
            answer = self._verified.answers.figures.get(name)
            if item is None or item.per_unit or answer is None or answer.state != "value" or answer.value is None:
                return
            value = _typed(item, answer.value)
            if value is None:
                return
            changes.append(Figured(name, value))
        if changes:
            words = "nếu tính theo số liệu đơn vị tự báo cáo, trước khi điều chỉnh"
            yield self._try(result.code, f"{words} và có tài liệu kiểm chứng" if bare else words, tuple(changes), bare)

    def _try(
        self,
        code: str,
        words: str,
        changes: tuple[Figured, ...] = (),
        evidence: bool = False,
        accepted: bool = False,
        group: str = "",
    ) -> _Tried:
        now = self._scorecard.criteria[self._places[code]].points
        try:
            given = {"evidence": code if evidence else None, "accepted": code if accepted else None}
            card = self._what_if.scorecard(changes, **given)
        except Invalid:  # an answer that was adjusted because it does not fit
            return _Tried(words, changes, evidence, accepted, now, self._scorecard.points, group)
        points = card.criteria[self._places[code]].points
        return _Tried(words, changes, evidence, accepted, points, card.points, group)

    def _needed(self, tried: _Tried, result: CriterionResult) -> Needed:
        gain = tried.points - result.points
        words = f"{tried.words}: được {points_words(tried.points)} (thêm {number(gain)})"
        change = tried.total - self._scorecard.points
        if change != gain:
            words += f"; tổng điểm {_moves(change)}"
        return Needed(
            words=words,
            changes=tuple(Change(input=one.input, unit=one.unit, value=one.value) for one in tried.changes),
            evidence=tried.evidence,
            accepted=tried.accepted,
            points=self._shown(tried.points),
            gain=self._shown(gain),
            total=self._shown(tried.total),
        )


def _moves(change: Fraction) -> str:
    if change == 0:
        return "không đổi"
    return f"{'tăng' if change > 0 else 'giảm'} {points_words(abs(change))}"


def _nearest_and_top(tried: Iterable[_Tried]) -> Iterator[_Tried]:
    """Of each part the proposal that gives the least more, and the one that gives the most."""
    groups: dict[str, list[_Tried]] = {}
    for one in tried:
        groups.setdefault(one.group, []).append(one)
    units = [group for group in groups if group.startswith("unit/") and group != "unit/*"]
    for group, several in groups.items():
        if len(units) > _MOST_UNITS and group in units:
            continue
        several.sort(key=lambda one: one.points)  # stable: of equal points the first row of the table
        least, most = several[0], next(one for one in several if one.points == several[-1].points)
        yield least
        if most.points > least.points:
            yield most


def _typed(item: Input, value: bool | int | str) -> bool | Fraction | str | None:
    if item.type in ("integer", "decimal") and not isinstance(value, bool):
        try:
            return parse_exact(value)
        except ValueError:
            return None
    return value if isinstance(value, bool | str) else None
