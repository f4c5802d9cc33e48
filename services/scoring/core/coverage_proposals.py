"""Examples proposed for what no example shows: found by trying, their results worked out by the reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from services.scoring.core.coverage_aim import whole_card
from services.scoring.core.coverage_facts import ways_to, wishes_of
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_wish import Base, Wish
from services.scoring.core.coverage_yaml import example_yaml
from services.scoring.core.points import CompiledRuleSet
from shared.contracts.scoring import ScorecardSummary
from shared.kernel.errors import DomainError
from shared.ruleset.document import Example, Expectation, Text

__all__ = ["PROPOSED", "Proposal", "propose"]

PROPOSED = "proposed-"  # how the id of an example begins that nobody has confirmed yet
_MOST_TRIES = 60
_MOST_TRIES_TOGETHER = 6
_MOST_READINGS = 600_000  # of criteria, over all tries: ten times what a set of sixty criteria asks for
_EXPECT_ALL = Expectation(points=Fraction(0), fired=(), level="x")  # while trying, everything counts as checked


@dataclass(frozen=True, slots=True)
class Proposal:
    """An example to paste, and what it shows that no example shows."""

    example: Example
    shows: tuple[Mark, ...]

    @property
    def yaml(self) -> str:
        """The example as it stands in a file below `examples:`, with what it shows of each criterion."""
        notes: dict[str, list[str]] = {}
        for mark in self.shows:
            notes.setdefault(mark.criterion, []).append(mark.vi.partition(": ")[2])
        return example_yaml(self.example, notes)


def propose(
    compiled: CompiledRuleSet, tried: Sequence[Tried], lacking: Sequence[Mark], *, few: bool = False
) -> tuple[Proposal, ...]:
    """Examples that show what lacks: one for each thing, or (slower) as few as will do, each showing much at once."""
    return _Proposing(compiled, tried, lacking).all_of(few) if lacking else ()


@dataclass
class _Draft:
    """An example in the making: what it asks for, which marks it is meant to show, and what else it shows first."""

    wish: Wish
    tried: Tried
    marks: list[Mark] = field(default_factory=list)
    shows: tuple[Mark, ...] | None = None

    def contradicts(self, wish: Wish) -> bool:
        """Whether something would be answered in two ways."""
        both = (self.wish.answers.items(), wish.answers), (self.wish.group_best.items(), wish.group_best)
        return any(name in other and other[name] != said for items, other in both for name, said in items)


class _Proposing:
    """Proposals for one rule set, all on one base: the fullest of its examples, or one made up."""

    def __init__(self, compiled: CompiledRuleSet, tried: Sequence[Tried], lacking: Sequence[Mark]) -> None:
        self.lacking = lacking
        self.tries = _MOST_READINGS // (1 + len(compiled.criteria))
        self.names = {example.id for example in compiled.rule_set.examples}
        known = _fullest(tried)
        self.is_made_up = known is None
        self.base = _made_up(compiled) if known is None else Base(compiled, _checking_all(known.example))

    def all_of(self, few: bool) -> tuple[Proposal, ...]:
        """Go through what lacks; what an earlier draft shows as well needs none of its own."""
        drafts: list[_Draft] = []
        shown: set[str] = set()
        if self.is_made_up:
            drafts.append(self._settled(_Draft(Wish(), self.base.tried), shown))
        for mark in self.lacking:
            if mark.key in shown or (few and self._join(mark, drafts[self.is_made_up :])):
                continue
            draft = self._draft(mark)
            if draft is not None:
                drafts.append(draft if few else self._settled(draft, shown))
        return tuple(self._proposals(drafts, shown))

    def _settled(self, draft: _Draft, shown: set[str]) -> _Draft:
        """The draft as it stays, with all that it shows and none before it; `shown` gets that as well."""
        draft.shows = tuple(mark for mark in self.lacking if mark.key not in shown and mark.holds(draft.tried))
        shown |= {mark.key for mark in draft.shows}
        return draft

    def _draft(self, mark: Mark) -> _Draft | None:
        for wish in islice(_distinct(mark.ways(self.base)), _MOST_TRIES):
            tried = self._try(wish, [mark])
            if tried is not None:
                return _Draft(wish, tried, [mark])
        return None

    def _join(self, mark: Mark, drafts: Iterable[_Draft]) -> bool:
        """Let an earlier draft show this as well, if what it is meant to show stays."""
        for draft in drafts if mark.criterion else ():
            first = draft.marks[0]
            if not first.criterion or (first.kind == "state") != (mark.kind == "state"):
                continue  # rules stand alone, and what was not answered or rejected stays apart from the tables
            for wish in islice(mark.ways(self.base), _MOST_TRIES_TOGETHER):
                if draft.contradicts(wish):
                    continue
                tried = self._try(draft.wish | wish, [*draft.marks, mark])
                if tried is not None:
                    draft.wish, draft.tried = draft.wish | wish, tried
                    draft.marks.append(mark)
                    return True
        return False

    def _try(self, wish: Wish, marks: Iterable[Mark]) -> Tried | None:
        """The base with this wish if all the marks hold then; None too once a huge document has had its tries."""
        if self.tries <= 0:
            return None
        self.tries -= 1
        try:
            tried = self.base.tries(wish)
        except (DomainError, ValueError):
            return None
        return tried if all(mark.holds(tried) for mark in marks) else None

    # --- from drafts to examples ---

    def _proposals(self, drafts: Iterable[_Draft], shown: set[str]) -> Iterator[Proposal]:
        for draft in drafts:
            shows = draft.shows if draft.shows is not None else self._settled(draft, shown).shows or ()
            if shows or not draft.marks:  # what drafts before it came to show as well needs no second example
                yield Proposal(self._example(draft, shows), shows)

    def _example(self, draft: _Draft, shows: Sequence[Mark]) -> Example:
        if not draft.marks:
            name, title = "base", Text(vi="ví dụ gốc", en="the example that others extend")
        elif len(draft.marks) > 1:
            criteria = len({mark.criterion for mark in draft.marks})
            name = "together"
            title = Text(vi=f"gộp {criteria} tiêu chí", en=f"{criteria} criteria at once")
        else:
            name, title = _slug(draft.marks[0]), Text(vi=draft.marks[0].vi, en=draft.marks[0].en)
        codes = dict.fromkeys(mark.criterion for mark in shows if mark.criterion)
        update = {
            "id": self._name(name),
            "title": Text(vi=f"ĐỀ XUẤT, chưa kiểm tay: {title.vi}", en=f"PROPOSED, not confirmed by hand: {title.en}"),
            "expect": _expected(draft.tried.summary, codes),
        }
        own = {} if not draft.marks else self._own(draft.wish)
        return draft.tried.example.model_copy(update={"extends": None, **own, **update})

    def _own(self, wish: Wish) -> dict[str, object]:
        """Only what the base does not say already."""
        base = self.base.example
        return {
            "extends": base.id,
            "answers": {name: said for name, said in wish.answers.items() if base.answers.get(name) != said},
            "group_best": {name: best for name, best in wish.group_best.items() if base.group_best.get(name) != best},
            "evidence_missing": wish.evidence_missing,
            "rejected": wish.rejected,
            "days_late": wish.days_late,
            "missing": wish.missing,
        }

    def _name(self, words: str) -> str:
        name, number = f"{PROPOSED}{words}", 2
        while name in self.names:
            name = f"{PROPOSED}{words}-{number}"
            number += 1
        self.names.add(name)
        return name


def _fullest(tried: Sequence[Tried]) -> Tried | None:
    """The example with most criteria scored and most points, of those without anything out of the ordinary."""
    plain = [one for one in tried if _is_plain(one.example)]
    return max(plain, key=_fullness, default=None)


def _is_plain(example: Example) -> bool:
    return not (example.missing or example.days_late or example.evidence_missing or example.rejected)


def _fullness(tried: Tried) -> tuple[int, int, Fraction]:
    scored = sum(one.state == "value" for one in tried.scorecard.criteria)
    return scored, -len(tried.fired), tried.scorecard.points


def _made_up(compiled: CompiledRuleSet) -> Base:
    empty = Example(id=f"{PROPOSED}base", title=Text(vi="Đề xuất"), expect=_EXPECT_ALL)
    base = Base(compiled, empty)
    return _calm(Base(compiled, base.wished(whole_card(base))))


def _calm(base: Base) -> Base:
    """The same with as few rules firing as may be, for what a gate zeroes nobody sees."""
    for rule in base.rule_set.rules:
        if base.tried.criteria_of(rule):
            for wish in islice(wishes_of(ways_to(rule.when, False), base, None), _MOST_TRIES_TOGETHER):
                other = Base(base.compiled, base.wished(wish))
                if _fullness(other.tried) > _fullness(base.tried):
                    base = other
                    break
    return base


def _checking_all(example: Example) -> Example:
    return example.model_copy(update={"expect": _EXPECT_ALL})


def _distinct(wishes: Iterator[Wish]) -> Iterator[Wish]:
    seen: list[Wish] = []
    for wish in wishes:
        if wish not in seen:
            seen.append(wish)
            yield wish


def _expected(summary: ScorecardSummary, codes: Iterable[str]) -> Expectation:
    points: Mapping[str, Fraction] = {one.code: one.points for one in summary.criteria}
    return Expectation(
        points=summary.points,
        maximum=summary.maximum,
        index=summary.index,
        level=summary.level,
        fired=tuple(one.rule for one in summary.fired),
        criteria={code: points[code] for code in codes},
        excluded=summary.excluded,
    )


def _slug(mark: Mark) -> str:
    """The mark's key as part of an id: `c-1-2-row-0`."""
    path = re.sub(r"sections\[\d+\]\.criteria\[\d+\]", f"c-{mark.criterion}", mark.key)
    words = re.sub(r"[^a-z0-9]+", "-", path.lower().replace("method", "")).strip("-")
    return words[: 60 - len(PROPOSED)].strip("-")
