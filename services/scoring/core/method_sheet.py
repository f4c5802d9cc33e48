"""The method (phương pháp chấm điểm) of a rule set as it is published: how everything is scored, in plain Vietnamese.

It is derived from the rule set and nothing else. The worked examples are the set's own, and what is said of them is
worked out as scorecards are. `method_paper` puts it on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.scoring.core.card import Card
from services.scoring.core.conditions import compile_asked
from services.scoring.core.examples import example_submission, resolve
from services.scoring.core.proof_working import Worker
from shared.kernel.exact import Exact
from shared.ruleset.document import (
    Criterion,
    EvidenceRequirement,
    Example,
    LegalBasis,
    Rule,
    RuleSet,
    RuleSetRef,
    Stage,
    Text,
)
from shared.ruleset.uses import used_inputs
from shared.ruleset.words import Inputs, number, points_words, value_words
from shared.ruleset.words_methods import Scoring, scoring
from shared.ruleset.words_rules import RuleWords, asked_if_words, evidence_share_words, level_words

__all__ = ["MethodSheet", "method_sheet"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkedExample(_Part):
    """A criterion worked out on figures of an example of the set."""

    figures: tuple[str, ...]
    says: str


class MethodCriterion(_Part):
    """How one criterion is scored, what is asked and what must be shown for it."""

    code: str
    title: Text
    maximum: Exact
    bonus: bool
    origin: Literal["decision", "illustrative"]
    article: str | None
    method: str
    scoring: Scoring
    asked_if: str | None
    may_not_apply: bool
    figures: tuple[str, ...]
    evidence: EvidenceRequirement
    without_evidence: str
    data_source: str
    verifier: str
    message: str | None
    example: WorkedExample | None


class MethodSection(_Part):
    """A section with its criteria; `weight` in a mean over sections."""

    code: str
    title: Text
    maximum: Exact
    weight: Exact | None
    origin: Literal["decision", "illustrative"]
    criteria: tuple[MethodCriterion, ...]


class MethodRule(_Part):
    """What cuts across criteria: when, what it does, and where it stands."""

    id: str
    title: Text
    when: str
    effects: tuple[str, ...]
    message: str
    article: str | None
    origin: Literal["decision", "illustrative"]


class MethodLevel(_Part):
    """A level and its interval."""

    id: str
    title: Text
    at_least: Exact
    says: str


class StateEffect(_Part):
    """What a state of an answer does to points and to the maximum."""

    state: str
    title: str
    points: str
    maximum: str


class SetExample(_Part):
    """A worked example of the whole set: what must come out."""

    title: Text
    says: str


class MethodSheet(_Part):
    """The whole method, for programs."""

    rule_set: RuleSetRef
    title: Text
    programme: str
    group: str
    stage: Stage
    legal_basis: tuple[LegalBasis, ...]
    result: tuple[str, ...]
    levels: tuple[MethodLevel, ...]
    ties: tuple[str, ...]
    states: tuple[StateEffect, ...]
    sections: tuple[MethodSection, ...]
    rules: tuple[MethodRule, ...]
    examples: tuple[SetExample, ...]


_STATES = (
    StateEffect(state="value", title="có số liệu", points="theo cách tính của tiêu chí", maximum="tính"),
    StateEffect(state="not_reported", title="không báo cáo", points="0 điểm", maximum="tính"),
    StateEffect(state="rejected", title="bị bác khi thẩm tra", points="0 điểm", maximum="tính"),
    StateEffect(
        state="not_applicable",
        title="không áp dụng (chỉ ở tiêu chí cho phép; ở tiêu chí khác coi là không báo cáo)",
        points="không tính",
        maximum="không tính: điểm tối đa của cơ quan giảm tương ứng",
    ),
)


def method_sheet(rule_set: RuleSet) -> MethodSheet:
    """The method as data; the rule set must be sound (lint). Raises `DomainError` where an example is not."""
    words, result, cards = RuleWords(rule_set), rule_set.result, _cards(rule_set)
    above = (None, *result.levels)
    return MethodSheet(
        rule_set=rule_set.ref(),
        title=rule_set.title,
        programme=rule_set.programme,
        group=rule_set.group,
        stage=rule_set.stage,
        legal_basis=rule_set.legal_basis,
        result=tuple(words.result(result)),
        levels=tuple(
            MethodLevel(
                id=level.id,
                title=level.title,
                at_least=level.at_least,
                says=level_words(level, higher, result.form),
            )
            for level, higher in zip(result.levels, above, strict=False)
        ),
        ties=tuple(words.ties(result)),
        states=_STATES,
        sections=tuple(
            MethodSection(
                code=section.code,
                title=section.title,
                maximum=section.maximum,
                weight=section.weight,
                origin=section.origin,
                criteria=tuple(_criterion(criterion, rule_set.inputs(), cards) for criterion in section.criteria),
            )
            for section in rule_set.sections
        ),
        rules=tuple(_rule(rule, words) for rule in rule_set.rules),
        examples=tuple(_example(rule_set, example) for example in rule_set.examples),
    )


def _criterion(criterion: Criterion, inputs: Inputs, cards: list[_Tried]) -> MethodCriterion:
    return MethodCriterion(
        code=criterion.code,
        title=criterion.title,
        maximum=criterion.maximum,
        bonus=criterion.bonus,
        origin=criterion.origin,
        article=criterion.article,
        method=criterion.method.form,
        scoring=scoring(criterion.method, criterion.maximum, inputs),
        asked_if=None if criterion.asked_if is None else asked_if_words(criterion.asked_if, inputs),
        may_not_apply=criterion.not_applicable == "allowed",
        figures=tuple(_figure(criterion, name, inputs) for name in _figures_of(criterion)),
        evidence=criterion.evidence,
        without_evidence=evidence_share_words(criterion.evidence),
        data_source=criterion.data_source,
        verifier=criterion.verifier,
        message=None if criterion.message is None else criterion.message.vi,
        example=_worked(criterion, inputs, cards),
    )


def _figures_of(criterion: Criterion) -> tuple[str, ...]:
    asked = [item.id for item in criterion.inputs]
    return tuple(dict.fromkeys([*used_inputs(criterion.method), *asked]))


def _figure(criterion: Criterion, name: str, inputs: Inputs) -> str:
    item = inputs[name]
    unit = f" ({item.unit})" if item.unit else ""
    each = ", của từng đơn vị trực thuộc" if item.per_unit else ""
    again = "" if any(one.id == name for one in criterion.inputs) else ", kê khai ở tiêu chí khác"
    return f"{item.title.vi}{unit}{each}{again}"


def _rule(rule: Rule, words: RuleWords) -> MethodRule:
    return MethodRule(
        id=rule.id,
        title=rule.title,
        when=words.condition(rule),
        effects=words.effects(rule),
        message=rule.message.vi,
        article=rule.article,
        origin=rule.origin,
    )


# --- worked examples ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tried:
    """An example of the set, ready to be worked out."""

    card: Card
    best: Mapping[str, Fraction]


def _cards(rule_set: RuleSet) -> list[_Tried]:
    tried = []
    for example in rule_set.examples:
        resolved = resolve(rule_set, example)
        card = Card.of(example_submission(rule_set, resolved), rule_set)
        tried.append(_Tried(card, resolved.group_best))
    return tried


def _worked(criterion: Criterion, inputs: Inputs, cards: list[_Tried]) -> WorkedExample | None:
    """The first example that gives some points and not all; else the first that gives any."""
    asked = compile_asked(criterion)
    fallback: WorkedExample | None = None
    for tried in cards:
        figures = tried.card.figures
        if criterion.code in tried.card.rejected or (asked is not None and asked(figures) != "asked"):
            continue
        worker = Worker(criterion, inputs, figures, tried.best)
        points = worker.points(criterion.method, criterion.maximum)
        partial = 0 < points < criterion.maximum
        if partial or (points and fallback is None):
            worked = WorkedExample(figures=tuple(_given(criterion, tried, inputs)), says=worker.worked().says)
            if partial:
                return worked
            fallback = worked
    return fallback


def _given(criterion: Criterion, tried: _Tried, inputs: Inputs) -> list[str]:
    said = []
    for name in used_inputs(criterion.method):
        figure, item = tried.card.figures[name], inputs[name]
        if figure.units:
            units = "; ".join(
                f"{unit}: {value_words(one.state, one.value, item)}" for unit, one in figure.units.items()
            )
            said.append(f"{item.title.vi} – {units}")
        else:
            said.append(f"{item.title.vi}: {value_words(figure.state, figure.value, item)}")
    return said


def _example(rule_set: RuleSet, example: Example) -> SetExample:
    expect = example.expect
    levels = {level.id: level.title.vi for level in rule_set.result.levels}
    titles = {rule.id: rule.title.vi for rule in rule_set.rules}
    parts = []
    if expect.points is not None:
        most = f" trên {number(expect.maximum)}" if expect.maximum is not None else ""
        parts.append(f"{points_words(expect.points)}{most}")
    if expect.index is not None:
        parts.append(f"chỉ số {number(expect.index)}")
    if expect.level is not None:
        parts.append(f"mức {levels.get(expect.level, expect.level)}")
    # In the order of the annex: the mapping's own order is lost in canonical JSON.
    expected = ((one.code, expect.criteria.get(one.code)) for one in rule_set.criteria())
    parts += [f"tiêu chí {code}: {points_words(points)}" for code, points in expected if points is not None]
    if expect.fired:
        parts.append(f"áp dụng quy tắc {'; '.join(f'“{titles.get(rule, rule)}”' for rule in expect.fired)}")
    if expect.excluded:
        parts.append("không xếp hạng")
    return SetExample(title=example.title, says="; ".join(parts))
