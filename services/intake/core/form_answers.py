"""Checks what an agency sends back, field by field and exactly: every fault at once, or the answers in canonical form.

An agency may answer partially: an input that is absent or null is `not_reported`, and answers can be amended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from services.intake.core.form_evidence import MAX_EVIDENCE_ITEMS, MAX_LINK, MAX_NUMBER, check_evidence
from services.intake.core.form_wording import fault
from shared.contracts.common import Answer, Answers
from shared.contracts.figures import MAX_PLACES, MAX_TEXT, read_figure
from shared.kernel.errors import Fault
from shared.ruleset.document import RuleSet
from shared.ruleset.places import join

__all__ = ["MAX_EVIDENCE_ITEMS", "MAX_LINK", "MAX_NUMBER", "MAX_PLACES", "MAX_TEXT", "check_answers"]

_MAX_FAULTS = 200


def check_answers(
    rule_set: RuleSet, figures: Mapping[str, object], evidence: Mapping[str, object]
) -> tuple[Answers | None, list[Fault]]:
    """The answers with every input of the set in its state; or None and one fault for each field that is wrong."""
    found, faults = _figures(rule_set, figures)
    documents, more = check_evidence(rule_set, evidence)
    faults.extend(more)
    if faults:
        return None, _bounded(faults)
    return Answers(figures=found, evidence=documents), []


def _figures(rule_set: RuleSet, figures: Mapping[str, object]) -> tuple[dict[str, Answer], list[Fault]]:
    answers: dict[str, Answer] = {}
    faults: list[Fault] = []
    for criterion in rule_set.criteria():
        for item in criterion.inputs:
            read = read_figure(criterion, item, figures.get(item.id), join("figures", item.id))
            if isinstance(read, Fault):
                faults.append(read)
            else:
                answers[item.id] = read
    faults.extend(_unknown(figures, rule_set.inputs().keys()))
    return answers, faults


def _unknown(figures: Mapping[str, object], known: Iterable[str]) -> list[Fault]:
    names = set(known)
    return [
        fault("answer.unknown_input", join("figures", str(name)[:80]), sorted(names), name=str(name)[:80])
        for name in islice((name for name in figures if name not in names), _MAX_FAULTS)
    ]


def _bounded(faults: list[Fault]) -> list[Fault]:
    if len(faults) <= _MAX_FAULTS:
        return faults
    return [*faults[:_MAX_FAULTS], fault("answer.more", "submission")]
