"""The cards of a table, looked through a page at a time: those of a nation are too much to be held at once.

They are read as the plain JSON that is kept of them, and of that only what was verified is read into its class: the
scorecards beside it are what is about to be worked out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.scoring.collections import CARDS
from services.scoring.core.ranking import Entry, counted
from services.scoring.core.scorecard import basis_hash_of
from services.scoring.scorer import Scorer
from shared.contracts.common import Evidence
from shared.contracts.verification import VerifiedSubmission
from shared.messaging.aggregate import AggregateDocument
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet
from shared.storage.port import Document, StoreUnavailable

__all__ = ["BATCH", "Best", "Outcome", "Pages", "Stored", "by_key", "look_through", "stored", "through_with"]

BATCH = 100
_ROUNDS = 5

Best = Mapping[str, Fraction]

# Of documents no more counts than that there are any.
_A_DOCUMENT = (Evidence(title="…"),)


@dataclass(frozen=True, slots=True)
class Stored:
    """A card that has scorecards, as it is stored; `plain` is what was verified."""

    key: str
    plain: Mapping[str, Any]

    @property
    def agency(self) -> str:
        """Whose it is."""
        return str(self.plain["key"]["agency"])

    @property
    def revision(self) -> int:
        """Which of its verifications."""
        return int(self.plain["revision"])

    def under(self, rule_set: Mapping[str, Any]) -> bool:
        """Whether it was scored under a version, given as plain JSON of its reference."""
        return bool(self.plain["rule_set"] == rule_set)

    def counted(self, inputs: frozenset[str] | None = None) -> VerifiedSubmission:
        """What was verified, with no more of it than any point depends on; with `inputs`, of these figures alone.

        That is not who accepted a criterion and when, unless it was not accepted as well, nor which documents show it.
        """
        answers, findings = self.plain["answers"], self.plain["findings"]
        odd = {one["criterion"] for one in findings if one["finding"] != "accepted"}
        figures, evidence = answers["figures"], answers.get("evidence", {})
        if inputs is not None:
            figures, evidence = {name: figures[name] for name in inputs if name in figures}, {}
        shown = {code: _A_DOCUMENT for code, documents in evidence.items() if documents}
        counts = [one for one in findings if one["criterion"] in odd] if odd else []
        return VerifiedSubmission.model_validate(
            {**self.plain, "answers": {"figures": figures, "evidence": shown}, "findings": counts}
        )


Page = Sequence[Stored]
Pages = Callable[[], AsyncIterator[Page]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All cards of a table, scored: by key what its ranking reads, and which revision that is of."""

    best: Best
    entries: Mapping[str, Entry]
    revisions: Mapping[str, int]

    def only(self, keys: Sequence[str]) -> Outcome:
        """The same of some cards."""
        return Outcome(self.best, {key: self.entries[key] for key in keys}, self.revisions)


def stored(documents: Sequence[Document]) -> list[Stored]:
    """The cards among the documents that were ever verified."""
    states = ((each.key, AggregateDocument.load(CARDS, each.key, each).raw_state) for each in documents)
    return [Stored(key, state["verified"]) for key, state in states if state is not None and state.get("verified")]


async def by_key(aggregates: Aggregates, keys: Sequence[str]) -> AsyncIterator[Page]:
    """Those of the cards that there are, in the order of their names here."""
    for start in range(0, len(keys), BATCH):
        found = await aggregates.store.get_many(CARDS.name, keys[start : start + BATCH])
        yield stored([found[key] for key in keys[start : start + BATCH] if key in found])


async def look_through(scorer: Scorer, rule_set: RuleSet, names: Mapping[str, str], pages: Pages) -> Outcome:
    """Score all cards, compared with the highest values among these very cards.

    Raises `StoreUnavailable` where others raise the highest values each time that it looks.
    """
    if not scorer.compiled(rule_set).best_keys:
        return await through_with(scorer, rule_set, names, pages, {})
    best = await _highest(scorer, rule_set, pages)
    for _ in range(_ROUNDS):
        marks: dict[str, Fraction] = {}
        outcome = await through_with(scorer, rule_set, names, pages, best, marks)
        if marks == best:
            return outcome
        best = marks
    raise StoreUnavailable("the cards of a table were changed by others each time they were ranked")


async def through_with(
    scorer: Scorer,
    rule_set: RuleSet,
    names: Mapping[str, str],
    pages: Pages,
    best: Best,
    marks: dict[str, Fraction] | None = None,
) -> Outcome:
    """Score all cards, compared with `best`; their own highest values are put into `marks`."""
    ref, result = rule_set.ref(), rule_set.result
    entries: dict[str, Entry] = {}
    revisions: dict[str, int] = {}
    async for page in pages():
        verified = [card.counted() for card in page]
        if marks is not None:
            _raise(marks, scorer.group_best(rule_set, verified))
        for card, scored in zip(page, scorer.score(rule_set, verified, best), strict=True):
            of = counted(result, scored, basis_hash_of(card.plain, ref, best))
            entries[card.key] = Entry(card.agency, names[card.agency], of)
            revisions[card.key] = card.revision
    return Outcome(best, entries, revisions)


async def _highest(scorer: Scorer, rule_set: RuleSet, pages: Pages) -> dict[str, Fraction]:
    """The highest values, from no more of each card than they are found by."""
    inputs = scorer.compiled(rule_set).best_inputs
    marks = scorer.group_best(rule_set, ())
    async for page in pages():
        _raise(marks, scorer.group_best(rule_set, [card.counted(inputs) for card in page]))
    return marks


def _raise(marks: dict[str, Fraction], found: Best) -> None:
    for name, value in found.items():
        marks[name] = max(value, marks.get(name, value))
