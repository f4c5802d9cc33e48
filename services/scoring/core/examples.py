"""Worked examples of a rule set: answers in, expected points, level and rules out.

They run on the production path and on the reference; where the two differ, that is a fault too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count
from typing import Protocol, TypeVar

from services.scoring.core.card import Card
from services.scoring.core.facts import Firing, RuleEngineError
from services.scoring.core.points import CompiledRuleSet, compile_rule_set
from services.scoring.core.reference import evaluate
from services.scoring.core.scorecard import basis_hash, score
from shared.contracts.common import Answer, Answers, CriterionFinding, Evidence, SubmissionKey, UnitAnswer
from shared.contracts.scoring import ScorecardSummary
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import DomainError, Fault
from shared.kernel.exact import exact_text
from shared.ruleset.document import Example, ExampleAnswer, ExampleUnits, Expectation, Input, RuleSet
from shared.ruleset.uses import best_keys

__all__ = ["example_submission", "resolve", "run_examples"]

_Key = TypeVar("_Key")
_Item = TypeVar("_Item")
_Ready = tuple[Example, VerifiedSubmission, Card]


class _Engine(Protocol):
    """What is needed of `ports.RuleEngine`; the core does not import ports."""

    def load(self, rule_set_hash: str, rule_set: RuleSet) -> None: ...

    def release(self, rule_set_hash: str) -> None: ...

    def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]: ...


_AT = datetime(2000, 1, 1, tzinfo=UTC)
_EVIDENCE = (Evidence(title="Tài liệu của ví dụ"),)
_runs = count(1)


def run_examples(rule_set: RuleSet, engine: _Engine) -> list[Fault]:
    """Run all examples; the faults are empty when everything comes out as expected."""
    faults: list[Fault] = []
    ready: list[_Ready] = []
    for example in rule_set.examples:
        try:
            resolved = resolve(rule_set, example)
            found = list(_unknown(rule_set, resolved))
            if not found:
                verified = example_submission(rule_set, resolved)
                ready.append((resolved, verified, Card.of(verified, rule_set)))
            faults += found
        except DomainError as error:
            faults += [_at(example, fault) for fault in error.faults]
    if ready:
        try:
            faults += _run(rule_set, engine, ready)
        except RuleEngineError as error:
            faults.append(_refused_by_engine(error))
    return faults


def resolve(rule_set: RuleSet, example: Example) -> Example:
    """The example with everything it extends; raises `DomainError` for an unknown or circular `extends`.

    What the example gives comes before what it extends; lists add up; a number of days that is 0 is not given.
    """
    by_id = {one.id: one for one in rule_set.examples}
    chain = [example]
    while (parent := chain[-1].extends) is not None:
        if parent not in by_id or any(one.id == parent for one in chain):
            raise _cannot_extend(example, parent, known=parent in by_id)
        chain.append(by_id[parent])
    return example.model_copy(
        update={
            "answers": _merged(one.answers for one in chain),
            "group_best": _merged(one.group_best for one in chain),
            "evidence_missing": tuple(dict.fromkeys(code for one in chain for code in one.evidence_missing)),
            "rejected": tuple(dict.fromkeys(code for one in chain for code in one.rejected)),
            "days_late": next((one.days_late for one in chain if one.days_late), 0),
            "missing": any(one.missing for one in chain),
        }
    )


def example_submission(rule_set: RuleSet, example: Example) -> VerifiedSubmission:
    """A resolved example as the verified submission it stands for."""
    inputs = rule_set.inputs()
    lacking = set(example.evidence_missing)
    return VerifiedSubmission(
        key=SubmissionKey(campaign="examples", programme=rule_set.programme, agency=f"example-{example.id}"[:60]),
        group=rule_set.group,
        rule_set=rule_set.ref(),
        revision=1,
        basis="missing" if example.missing else "answered",
        submission_number=0 if example.missing else 1,
        days_late=example.days_late,
        answers=Answers(
            figures={name: _answer(inputs[name], value) for name, value in example.answers.items()},
            evidence={one.code: _EVIDENCE for one in rule_set.criteria() if one.code not in lacking},
        ),
        findings=tuple(
            CriterionFinding(criterion=code, finding="rejected", reason="Ví dụ", verifier="example", found_at=_AT)
            for code in example.rejected
        ),
    )


def _merged(chain: Iterable[Mapping[_Key, _Item]]) -> dict[_Key, _Item]:
    merged: dict[_Key, _Item] = {}
    for mapping in chain:
        merged = {**mapping, **merged}
    return merged


def _answer(item: Input, value: bool | Fraction | ExampleAnswer | ExampleUnits | str) -> Answer:
    if isinstance(value, ExampleUnits):
        units = {name: UnitAnswer.model_validate(_plain(item, one)) for name, one in value.units.items()}
        return Answer(state="value", units=units)
    return Answer.model_validate(_plain(item, value))


def _plain(item: Input, value: bool | Fraction | ExampleAnswer | str) -> dict[str, bool | int | str]:
    if isinstance(value, ExampleAnswer):
        return {"state": value.state}
    if isinstance(value, Fraction):
        # A text or an option may look like a number; an integer travels as one.
        whole = value.denominator == 1 and item.type == "integer"
        return {"state": "value", "value": value.numerator if whole else exact_text(value)}
    return {"state": "value", "value": value}


def _run(rule_set: RuleSet, engine: _Engine, ready: Sequence[_Ready]) -> list[Fault]:
    compiled = compile_rule_set(rule_set)
    # A name of its own: the version may be loaded and in use, or be checked by somebody else at the same time.
    name = f"examples:{compiled.ref.hash}:{next(_runs)}"
    engine.load(name, rule_set)
    try:
        fired = engine.fire(name, [card for _, _, card in ready])
    finally:
        engine.release(name)
    faults: list[Fault] = []
    for (example, verified, card), firings in zip(ready, fired, strict=True):
        faults += _check(compiled, example, verified, card, firings)
    return faults


def _check(
    compiled: CompiledRuleSet, example: Example, verified: VerifiedSubmission, card: Card, firings: tuple[Firing, ...]
) -> Iterator[Fault]:
    best = example.group_best
    summary = score(compiled, card, firings, best).summary(
        verified.key, verified.group, "final", basis_hash(verified, compiled.ref, best)
    )
    yield from _differences(example, example.expect, summary)
    if summary != (reference := evaluate(compiled.rule_set, verified, best)):
        fields = [name for name in type(summary).model_fields if getattr(summary, name) != getattr(reference, name)]
        yield _fault(example, "reference", "giống bộ tính đối chứng", ", ".join(fields))


def _differences(example: Example, expect: Expectation, summary: ScorecardSummary) -> Iterator[Fault]:
    numbers = {"points": summary.points, "maximum": summary.maximum, "index": summary.index}
    for name, found in numbers.items():
        expected: Fraction | None = getattr(expect, name)
        if expected is not None and expected != found:
            yield _fault(example, name, exact_text(expected), exact_text(found))
    if expect.level is not None and expect.level != summary.level:
        yield _fault(example, "level", expect.level, summary.level)
    if expect.excluded is not None and expect.excluded != summary.excluded:
        yield _fault(example, "excluded", str(expect.excluded).lower(), str(summary.excluded).lower())
    fired = {one.rule for one in summary.fired}
    if expect.fired is not None and set(expect.fired) != fired:
        yield _fault(example, "fired", ", ".join(sorted(expect.fired)) or "-", ", ".join(sorted(fired)) or "-")
    points = {one.code: one.points for one in summary.criteria}
    for code, wanted in expect.criteria.items():
        if code in points and points[code] != wanted:
            yield _fault(example, f"criteria.{code}", exact_text(wanted), exact_text(points[code]))


def _unknown(rule_set: RuleSet, example: Example) -> Iterator[Fault]:
    inputs = rule_set.inputs()
    codes = {one.code for one in rule_set.criteria()}
    named: dict[str, tuple[Iterable[str | None], Container[str | None]]] = {
        "answers": (example.answers, inputs),
        "group_best": (
            example.group_best,
            inputs.keys() | {k for one in rule_set.criteria() for k in best_keys(one.method)},
        ),
        "evidence_missing": (example.evidence_missing, codes),
        "rejected": (example.rejected, codes),
        "expect.criteria": (example.expect.criteria, codes),
        "expect.fired": (example.expect.fired or (), {rule.id for rule in rule_set.rules}),
        "expect.level": ((example.expect.level,), {None, *(level.id for level in rule_set.result.levels)}),
    }
    for field, (names, known) in named.items():
        for name in names:
            if name not in known:
                yield Fault(
                    code="example.unknown",
                    place=f"examples.{example.id}.{field}",
                    vi=f"bộ tiêu chí không có {name!r}",
                    en=f"the rule set has no {name!r}",
                    remedy_vi="sửa lại mã trong ví dụ",
                    remedy_en="correct the name in the example",
                )


def _fault(example: Example, field: str, expected: str, found: str) -> Fault:
    return Fault(
        code=f"example.{field.partition('.')[0]}",
        place=f"examples.{example.id}.{field}",
        vi=f"mong đợi {expected}, tính ra {found}",
        en=f"expected {expected}, found {found}",
        remedy_vi="sửa ví dụ hoặc sửa cách tính của bộ tiêu chí",
        remedy_en="correct the example, or the method of the rule set",
    )


def _refused_by_engine(error: RuleEngineError) -> Fault:
    return Fault(
        code="example.engine",
        place="rules",
        vi=f"bộ máy quy tắc không chạy được: {error}",
        en=f"the rule engine cannot run: {error}",
        remedy_vi="sửa điều kiện của quy tắc",
        remedy_en="correct the condition of the rule",
    )


def _cannot_extend(example: Example, parent: str, known: bool) -> DomainError:
    fault = Fault(
        code="example.extends",
        place=f"examples.{example.id}.extends",
        vi=f"{'kế thừa vòng tròn qua' if known else 'không có ví dụ'} {parent!r}",
        en=f"{'circular extension through' if known else 'no example'} {parent!r}",
        remedy_vi="chỉ kế thừa một ví dụ có trong bộ tiêu chí, không vòng tròn",
        remedy_en="extend an example of this rule set, without a circle",
    )
    return DomainError("Ví dụ không dùng được", "An example cannot be used", (fault,))


def _at(example: Example, fault: Fault) -> Fault:
    if fault.place.startswith("examples."):
        return fault
    return Fault(
        code=fault.code,
        place=f"examples.{example.id}.answers.{fault.place}",
        vi=fault.vi,
        en=fault.en,
        remedy_vi=fault.remedy_vi,
        remedy_en=fault.remedy_en,
    )
