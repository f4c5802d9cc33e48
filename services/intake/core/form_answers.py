"""Checks what an agency sends back, field by field and exactly: every fault at once, or the answers in canonical form.

An agency may answer partially: an input that is absent or null is `not_reported`, and answers can be amended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from services.intake.core.form_evidence import MAX_EVIDENCE_ITEMS, MAX_LINK, MAX_NUMBER, check_evidence
from services.intake.core.form_wording import fault
from shared.contracts.common import Answer, Answers
from shared.contracts.figures import MAX_PLACES, MAX_TEXT, read_figure
from shared.kernel.errors import Fault
from shared.ruleset.document import Criterion, Input, RuleSet
from shared.ruleset.places import join

__all__ = [
    "MAX_EVIDENCE_ITEMS",
    "MAX_LINK",
    "MAX_NUMBER",
    "MAX_PLACES",
    "MAX_TEXT",
    "Checked",
    "check_answers",
    "check_form",
]

_MAX_FAULTS = 200
_SIMPLE = frozenset({bool, int, str, type(None)})
_KNOWN = 512  # answers to one figure that are remembered, none longer than _SHORT
_SHORT = 40
_VERSIONS = 16
_made: dict[str, dict[str, _Reader]] = {}
_Read = tuple[Answer, dict[str, Any]]  # with its plain JSON


class Checked(NamedTuple):
    """Answers that were found right, and their plain JSON as they are kept and told."""

    answers: Answers
    plain: dict[str, Any]


def check_answers(
    rule_set: RuleSet, figures: Mapping[str, object], evidence: Mapping[str, object]
) -> tuple[Answers | None, list[Fault]]:
    """The answers with every input of the set in its state; or None and one fault for each field that is wrong."""
    checked, faults = check_form(rule_set, figures, evidence)
    return checked and checked.answers, faults


def check_form(
    rule_set: RuleSet, figures: Mapping[str, object], evidence: Mapping[str, object]
) -> tuple[Checked | None, list[Fault]]:
    """The same with their plain JSON: most of it was made before, with answers that were the same."""
    found, plain, faults = _figures(rule_set, figures)
    documents, plain_documents, more = check_evidence(rule_set, evidence)
    faults.extend(more)
    if faults:
        return None, _bounded(faults)
    answers = Answers(figures=found, evidence=documents)
    return Checked(answers, {"figures": plain, **({"evidence": plain_documents} if documents else {})}), []


def _figures(
    rule_set: RuleSet, figures: Mapping[str, object]
) -> tuple[dict[str, Answer], dict[str, dict[str, Any]], list[Fault]]:
    answers: dict[str, Answer] = {}
    plain: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    readers = _readers(rule_set)
    for name, reader in readers.items():
        read = reader.read(figures.get(name))
        if isinstance(read, Fault):
            faults.append(read)
        else:
            answers[name], plain[name] = read
    if not figures.keys() <= readers.keys():
        faults.extend(_unknown(figures, readers.keys()))
    return answers, plain, faults


class _Reader:
    """Reads one figure of many submissions: what was right once is right again, and need not be read anew."""

    def __init__(self, criterion: Criterion, item: Input) -> None:
        self._criterion = criterion
        self._item = item
        self._place = join("figures", item.id)
        self._known: dict[tuple[type, object], _Read] = {}

    def read(self, given: object) -> _Read | Fault:
        kind = type(given)
        if kind not in _SIMPLE:
            return self._read(given)
        key = (kind, given)  # `1` is not `true`
        known = self._known.get(key)
        if known is not None:
            return known
        read = self._read(given)
        if not isinstance(read, Fault) and len(self._known) < _KNOWN and not (kind is str and len(str(given)) > _SHORT):
            self._known[key] = read
        return read

    def _read(self, given: object) -> _Read | Fault:
        answer = read_figure(self._criterion, self._item, given, self._place)
        return answer if isinstance(answer, Fault) else (answer, answer.model_dump(mode="json", exclude_defaults=True))


def _readers(rule_set: RuleSet) -> dict[str, _Reader]:
    """By input, in the order of the form; made once for each version, which its hash names to the byte."""
    hash_ = rule_set.content_hash()
    found = _made.get(hash_)
    if found is None:
        found = {item.id: _Reader(criterion, item) for criterion in rule_set.criteria() for item in criterion.inputs}
        while len(_made) >= _VERSIONS:
            _made.pop(next(iter(_made)), None)
        _made[hash_] = found
    return found


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
