"""What counts of all that an agency answered, in the form that holds now: carried over amendments, and completed.

An answer to what is asked again need not say everything anew: it is laid over what was carried. All goes by the time
at which answers were given and by the form they were given in, so the outcome does not depend on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.intake.core.forms import Form, Forms
from services.intake.core.model import SubmissionRecord, answer_that_counts, given
from shared.contracts.carry import carry
from shared.contracts.common import Answer, Answers, AskedAgain, Evidence
from shared.contracts.gates import is_left_out
from shared.contracts.intake import Submission
from shared.ruleset.document import RuleSet
from shared.ruleset.followed import follow

__all__ = ["Effective", "effective"]


@dataclass(frozen=True)
class Effective:
    """What counts. `base` is the whole answer it rests on, `newest` the newest answer in it.

    `asked` is all that is asked again since `base`, `open` what of it is not answered yet.
    """

    base: Submission
    newest: Submission
    answers: Answers
    asked: tuple[AskedAgain, ...] = ()
    open: tuple[AskedAgain, ...] = ()


def effective(record: SubmissionRecord, forms: Forms) -> Effective | None:
    """What counts in the last of the forms; None if nothing was given in any of them."""
    place = {form.ref: index for index, form in enumerate(forms)}
    versions = [one for one in record.versions if one.carried_from is None and one.rule_set in place]
    if not versions:
        return None
    first = min(place[one.rule_set] for one in versions)
    # Who answered for the first time in a newer form answered whole.
    whole = [one for one in versions if one.event_id not in record.patches or place[one.rule_set] == first]
    base = answer_that_counts(whole, record.corrections)
    assert base is not None, "what was given in the first form is whole"
    start = place[base.rule_set]
    found = Effective(base, base, base.answers)
    for index in range(start, len(forms)):
        if index > start:
            found = _carried(found, forms[index - 1], forms[index])
        for one in sorted((one for one in versions if place[one.rule_set] == index), key=given):
            older = given(one) < given(base)
            superseded = index == start if older else one in whole
            if not superseded:
                patch = record.patches.get(one.event_id, one.answers)
                found = _completed(found, one, patch, forms[index].rule_set, older)
    return found


def _carried(found: Effective, before: Form, after: Form) -> Effective:
    carried = carry(before.rule_set, after.rule_set, found.answers)
    asked = {one.criterion: one for one in carried.asked_again}
    still_open = {one.criterion: one for one in found.open}
    for old, new in follow(before.rule_set, after.rule_set).pairs:
        # What was not answered yet stays asked, though by itself an answer that was not given carries as such.
        if old.code in still_open and not is_left_out(new, carried.answers.figures, after.rule_set.inputs()):
            was = still_open[old.code]
            names = {item.id for item in new.inputs}
            own = tuple(name for name in was.figures if name in names)
            asked.setdefault(new.code, AskedAgain(criterion=new.code, reason=was.reason, figures=own))
    in_order = tuple(asked[criterion.code] for criterion in after.rule_set.criteria() if criterion.code in asked)
    return Effective(found.base, found.newest, carried.answers, in_order, in_order)


def _completed(found: Effective, version: Submission, patch: Answers, rule_set: RuleSet, older: bool) -> Effective:
    """Lay a partial answer over what there is; an `older` one only where the newer whole answer says nothing."""
    if older:
        patch = _only(patch, found.asked, rule_set)
    answers = _laid_over(found.answers, patch, rule_set)
    inputs = rule_set.inputs()
    criteria = {criterion.code: criterion for criterion in rule_set.criteria()}
    waiting = (_unanswered(one, patch) for one in found.open)
    still_open = tuple(
        one for one in waiting if one is not None and not is_left_out(criteria[one.criterion], answers.figures, inputs)
    )
    newest = found.newest if older else version
    return Effective(found.base, newest, answers, found.asked, still_open)


def _only(patch: Answers, asked: Iterable[AskedAgain], rule_set: RuleSet) -> Answers:
    codes = {one.criterion for one in asked}
    names = {name for one in asked for name in one.figures}
    return Answers(
        figures={name: value for name, value in patch.figures.items() if name in names},
        evidence={code: documents for code, documents in patch.evidence.items() if code in codes},
    )


def _laid_over(answers: Answers, patch: Answers, rule_set: RuleSet) -> Answers:
    figures: dict[str, Answer] = {**answers.figures, **patch.figures}
    evidence: dict[str, tuple[Evidence, ...]] = {**answers.evidence, **patch.evidence}
    codes: Sequence[str] = [criterion.code for criterion in rule_set.criteria()]
    return Answers(figures=figures, evidence={code: evidence[code] for code in codes if evidence.get(code)})


def _unanswered(one: AskedAgain, patch: Answers) -> AskedAgain | None:
    """What is left of a question; where only evidence is wanted, naming it (or that there is none) answers it."""
    if not one.figures:
        return None if one.criterion in patch.evidence else one
    left = tuple(name for name in one.figures if name not in patch.figures)
    return one.model_copy(update={"figures": left}) if left else None
