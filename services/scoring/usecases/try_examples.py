"""Try the examples of a rule set, and see what they leave untried. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.scoring.core.coverage import Coverage, Lack, cover
from services.scoring.core.coverage_proposals import Proposal
from services.scoring.core.examples import run_examples
from services.scoring.core.lint import lint
from services.scoring.documents import load_document
from services.scoring.ports import RuleEngine
from shared.kernel.errors import Fault
from shared.ruleset.document import Example, Expectation
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused
from shared.ruleset.places import join

__all__ = ["TriedExamples", "placed", "try_examples"]


@dataclass(frozen=True)
class TriedExamples:
    """What came out wrong, and what the examples cover; `place_of` says where what lacks stands."""

    loaded: LoadedRuleSet
    faults: tuple[Fault, ...]
    coverage: Coverage

    def place_of(self, lack: Lack) -> str:
        """The line (and the path) of what lacks."""
        return self.loaded.places.at(lack.mark.path)

    def as_json(self) -> dict[str, Any]:
        """For programs; fields are only ever added."""
        coverage = self.coverage
        return {
            "ref": self.loaded.rule_set.ref().model_dump(),
            "ok": not self.faults,
            "examples": len(self.loaded.rule_set.examples),
            "faults": [fault.as_json() for fault in self.faults],
            "full": coverage.is_full,
            "coverage": {kind: {"covered": n, "of": of} for kind, (n, of) in coverage.counts.items()},
            "lacks": [self._lack(lack) for lack in coverage.lacks],
            "unconfirmed": list(coverage.unconfirmed),
            "proposals": [_proposal(proposal) for proposal in coverage.proposals],
        }

    def _lack(self, lack: Lack) -> dict[str, str]:
        mark = lack.mark
        return {
            "code": f"coverage.{mark.kind}",
            "key": mark.key,
            "path": mark.path,
            "place": self.place_of(lack),
            "vi": mark.vi,
            "en": mark.en,
            "proposal": lack.proposal,
        }


def try_examples(content: bytes, name: str, engine: RuleEngine, *, few: bool = False) -> TriedExamples:
    """Run the examples of a document and work out what they cover. Raises `RuleSetRefused` for one with errors."""
    loaded = load_document(content, name)
    errors = [finding for finding in lint(loaded) if finding.severity == "error"]
    if errors:
        raise RuleSetRefused(tuple(errors))
    faults = tuple(placed(loaded, fault) for fault in run_examples(loaded.rule_set, engine))
    return TriedExamples(loaded, faults, cover(loaded.rule_set, few=few))


def placed(loaded: LoadedRuleSet, fault: Fault) -> Fault:
    """An example's fault with the line or cell that says what should have come out."""
    parts = fault.place.split(".")
    ids = [example.id for example in loaded.rule_set.examples]
    if len(parts) < 2 or parts[1] not in ids:
        return fault
    path = join("examples", ids.index(parts[1]))
    if len(parts) > 2 and parts[2] in Expectation.model_fields:
        path = join(path, "expect", parts[2], *([".".join(parts[3:])] if parts[3:] else []))
    elif len(parts) > 2 and parts[2] in Example.model_fields:
        path = join(path, parts[2], *parts[3:4])
    place = f"{loaded.places.at(path)} ({fault.place})"
    return Fault(fault.code, place, fault.vi, fault.en, fault.remedy_vi, fault.remedy_en)


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.example.id,
        "shows": [mark.key for mark in proposal.shows],
        "yaml": proposal.yaml,
        "example": proposal.example.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }
