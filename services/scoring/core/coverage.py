"""What the examples of a rule set cover, what they leave out, and examples that would cover it.

A criterion is covered if an example scores it and says what must come out; so is each row, each end of a row, option,
part and case of its method, each answer state that matters to it, each rule with what decides it and what it does, and
each level. What is left out comes with a proposed example: its answers are worked out from the document, its expected
result by the reference. It shows what the document says, not what it should say: an officer confirms it by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.scoring.core.coverage_criteria import criterion_marks
from services.scoring.core.coverage_levels import level_marks
from services.scoring.core.coverage_mark import KINDS, Kind, Mark
from services.scoring.core.coverage_proposals import PROPOSED, Proposal, propose
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_rules import rule_marks
from services.scoring.core.examples import resolve
from services.scoring.core.points import CompiledRuleSet, compile_rule_set
from shared.kernel.errors import DomainError
from shared.ruleset.document import RuleSet

__all__ = ["Coverage", "Lack", "cover", "marks"]


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that no example shows; `proposal` names the example that would, or is empty where none was found."""

    mark: Mark
    proposal: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of each kind are covered, of how many, in the order of KINDS; what lacks, in that of the document.

    `unconfirmed` are the examples that stand as they were proposed: confirming one is to work its result out by hand
    and to give it a name of its own.
    """

    counts: dict[Kind, tuple[int, int]]
    lacks: tuple[Lack, ...]
    proposals: tuple[Proposal, ...]
    unconfirmed: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Whether nothing lacks that an example could show, and a person stands behind every example."""
        return not self.unconfirmed and not any(lack.proposal for lack in self.lacks)


def marks(rule_set: RuleSet) -> Iterator[Mark]:
    """Everything that examples ought to show: the levels, then in the order of the document."""
    yield from level_marks(rule_set)
    yield from criterion_marks(rule_set)
    yield from rule_marks(rule_set)


def cover(rule_set: RuleSet, *, few: bool = False) -> Coverage:
    """What the examples of a set without errors of lint cover; `few` asks for proposals that show much at once.

    Examples that cannot be used show nothing; what came out wrong is for `run_examples` to say.
    """
    compiled = compile_rule_set(rule_set)
    wanted = list(marks(rule_set))
    tried = list(_tried(compiled))
    lacking = [mark for mark in wanted if not mark.shown_by(tried)]
    proposals = propose(compiled, tried, lacking, few=few)
    shown = {mark.key: proposal.example.id for proposal in proposals for mark in proposal.shows}
    return Coverage(
        counts=_counts(wanted, lacking),
        lacks=tuple(Lack(mark, shown.get(mark.key, "")) for mark in lacking),
        proposals=proposals,
        unconfirmed=tuple(example.id for example in rule_set.examples if example.id.startswith(PROPOSED)),
    )


def _tried(compiled: CompiledRuleSet) -> Iterator[Tried]:
    for example in compiled.rule_set.examples:
        try:
            yield Tried(compiled, resolve(compiled.rule_set, example))
        except (DomainError, ValueError, KeyError):
            continue  # names or values that the rule set does not know


def _counts(wanted: Sequence[Mark], lacking: Sequence[Mark]) -> dict[Kind, tuple[int, int]]:
    counts: dict[Kind, tuple[int, int]] = {}
    for kind in KINDS:
        all_of_kind = sum(mark.kind == kind for mark in wanted)
        counts[kind] = (all_of_kind - sum(mark.kind == kind for mark in lacking), all_of_kind)
    return counts
