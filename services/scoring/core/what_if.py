"""What a scorecard would have been, had a few things been otherwise: figures, evidence, one finding.

Everything else stays as it is, what others of the group reached included. Rules are tried anew, by the reference
evaluator, only where a fact that some rule looks at came out differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.card import Card, Typed
from services.scoring.core.facts import Firing, card_fact, criterion_fact
from services.scoring.core.points import compile_rule_set
from services.scoring.core.reference_rules import RulesReading
from services.scoring.core.scorecard import Scorecard, score
from shared.contracts.common import Answer, Answers, CriterionFinding, Evidence, UnitAnswer
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import exact_text
from shared.ruleset.document import Deduct, RuleSet
from shared.ruleset.uses import comparisons

__all__ = ["Figured", "WhatIf"]

_SHOWN = (Evidence(title="Tài liệu kiểm chứng"),)


@dataclass(frozen=True, slots=True)
class Figured:
    """A figure that is another: of one sub-unit, if `unit` is given."""

    input: str
    value: Typed
    unit: str | None = None


class WhatIf:
    """Changes one verified submission and scores it again."""

    def __init__(
        self,
        rule_set: RuleSet,
        verified: VerifiedSubmission,
        firings: Sequence[Firing],
        group_best: Mapping[str, Fraction] | None,
    ) -> None:
        self._rule_set = rule_set
        self._verified = verified
        self._firings = tuple(firings)
        self._best = group_best
        self._card = Card.of(verified, rule_set)
        self._compiled = compile_rule_set(rule_set)
        self._inputs = rule_set.inputs()
        conditions = {one.fact for rule in rule_set.rules for one in comparisons(rule.when)}
        times = {e.times for rule in rule_set.rules for e in rule.then if isinstance(e, Deduct) and e.times}
        self._card_facts = [
            card_fact(fact) for fact in sorted(conditions | times) if fact.partition(".")[0] in _OF_CARD
        ]
        self._criterion_facts = [criterion_fact(fact) for fact in sorted(conditions) if fact.startswith("criterion.")]
        self._facts = self._facts_of(self._card)

    def scorecard(
        self, changes: Iterable[Figured] = (), *, evidence: str | None = None, accepted: str | None = None
    ) -> Scorecard:
        """With other figures; with evidence for the criterion `evidence`; with `accepted` not rejected."""
        changed = self._changed(tuple(changes), evidence, accepted)
        card = Card.of(changed, self._rule_set)
        firings = self._firings
        if self._facts_of(card) != self._facts:
            reading = RulesReading(self._rule_set, changed, self._best)
            reading.fire()
            firings = tuple(Firing(rule, criterion) for rule, criterion in reading.fired)
        return score(self._compiled, card, firings, self._best)

    def without(self, rule: str) -> Scorecard:
        """As if one rule had not applied; what others concluded from it stays."""
        firings = [firing for firing in self._firings if firing.rule_id != rule]
        return score(self._compiled, self._card, firings, self._best)

    def _facts_of(self, card: Card) -> list[object]:
        """All that rules look at: with equal facts the same rules fire."""
        facts: list[object] = [read(card) for read in self._card_facts]
        facts += [read(criterion, card) for read in self._criterion_facts for criterion in self._compiled.criteria]
        return facts

    def _changed(self, changes: tuple[Figured, ...], evidence: str | None, accepted: str | None) -> VerifiedSubmission:
        verified = self._verified
        figures = {**verified.answers.figures}
        for finding in verified.findings:
            if finding.finding == "adjusted":
                figures.update(finding.adjusted)
        for change in changes:
            figures[change.input] = self._answer(figures.get(change.input), change)
        documents = {**verified.answers.evidence}
        if evidence is not None:
            documents[evidence] = _SHOWN
        # What was adjusted stands in the figures now; a rejection stays, unless it is the one in question.
        findings = [
            one.model_copy(update={"finding": "accepted", "adjusted": {}}) if _is_lifted(one, accepted) else one
            for one in verified.findings
        ]
        return verified.model_copy(
            update={"answers": Answers(figures=figures, evidence=documents), "findings": tuple(findings)}
        )

    def _answer(self, given: Answer | None, change: Figured) -> Answer:
        value = self._plain(change)
        if change.unit is None:
            return Answer(state="value", value=value)
        units = {**given.units} if given is not None and given.state == "value" else {}
        return Answer(state="value", units={**units, change.unit: UnitAnswer(state="value", value=value)})

    def _plain(self, change: Figured) -> bool | int | str:
        if not isinstance(change.value, Fraction):
            return change.value
        whole = self._inputs[change.input].type == "integer"
        return int(change.value) if whole else exact_text(change.value)


_OF_CARD = ("submission", "input", "state")


def _is_lifted(finding: CriterionFinding, accepted: str | None) -> bool:
    return finding.finding == "adjusted" or (finding.finding == "rejected" and finding.criterion == accepted)
