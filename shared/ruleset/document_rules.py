"""What cuts across criteria: conditions over facts, and the effects of the rules they decide."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from shared.kernel.exact import Exact
from shared.ruleset.document_names import (
    CriterionCode,
    DocumentPart,
    FactName,
    InputId,
    SectionCode,
    Sentence,
    Slug,
    Text,
)

__all__ = [
    "AllOf",
    "AnyOf",
    "CapSection",
    "Comparison",
    "Condition",
    "Deduct",
    "Derive",
    "Effect",
    "ExcludeCriterion",
    "ExcludeFromRanking",
    "FactValue",
    "Flag",
    "Not",
    "Rule",
    "ZeroCriterion",
    "ZeroSection",
]

FactValue = bool | Exact | Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Comparison(DocumentPart):
    """One fact against one value; exactly one of the comparisons is given. An absent fact satisfies none.

    Facts: `submission.days_late` (whole days), `submission.missing`; `input.<id>` (the verified value);
    `state.<input id>` (value | not_applicable | not_reported | rejected); `derived.<name>`; and in a rule
    `for_each: criterion`: `criterion.evidence_required`, `criterion.evidence_missing` (required and none given),
    `criterion.state` (value | not_applicable | not_reported | rejected), `criterion.scored` (not information only).

    A yes is not the number 1. Several rules may derive one fact with different values: a comparison holds if one of
    them satisfies it. `not` over a derived fact is refused.
    """

    fact: FactName
    is_: FactValue | None = Field(default=None, alias="is")
    is_not: FactValue | None = None
    at_least: Exact | None = None
    above: Exact | None = None
    at_most: Exact | None = None
    below: Exact | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AllOf(DocumentPart):
    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(DocumentPart):
    any: tuple[Condition, ...] = Field(min_length=1)


class Not(DocumentPart):
    not_: Condition = Field(alias="not")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


Condition = Comparison | AllOf | AnyOf | Not


class Derive(DocumentPart):
    """State a fact that other rules may refer to (forward chaining): a yes, unless a `value` is given."""

    effect: Literal["derive"]
    fact: Annotated[str, StringConstraints(pattern=r"^derived\.[a-z][a-z0-9_]*$", max_length=80)]
    value: FactValue | None = None

    @field_validator("value")
    @classmethod
    def _one_way_to_say_yes(cls, value: bool | Fraction | str | None) -> bool | Fraction | str | None:
        return None if value is True else value

    @property
    def stated(self) -> bool | Fraction | str:
        """What the fact is stated to be."""
        return True if self.value is None else self.value


class Deduct(DocumentPart):
    """Take `points` off a section or the total; `times` multiplies by a fact; never below zero, at most `at_most`.

    An absent fact counts 0, a yes 1; of several derived values the highest counts. A rule `for_each: criterion` takes
    the points once for every criterion it fired for; `at_most` limits them together.
    """

    effect: Literal["deduct"]
    points: Exact
    from_: Literal["total"] | SectionCode = Field(default="total", alias="from")
    times: FactName | None = None
    at_most: Exact | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class CapSection(DocumentPart):
    """The section counts at most `at_most` points."""

    effect: Literal["cap_section"]
    section: SectionCode
    at_most: Exact


class ZeroCriterion(DocumentPart):
    """The criterion counts 0 (gate); `this` names the criterion of a rule `for_each: criterion`."""

    effect: Literal["zero_criterion"]
    criterion: Literal["this"] | CriterionCode = "this"


class ZeroSection(DocumentPart):
    """The section counts 0."""

    effect: Literal["zero_section"]
    section: SectionCode


class ExcludeCriterion(DocumentPart):
    """The criterion leaves both points and maximum (not applicable)."""

    effect: Literal["exclude_criterion"]
    criterion: Literal["this"] | CriterionCode = "this"


class ExcludeFromRanking(DocumentPart):
    """The agency is scored but not ranked."""

    effect: Literal["exclude_from_ranking"]


class Flag(DocumentPart):
    """A mark shown on the scorecard, with no effect on points."""

    effect: Literal["flag"]
    flag: InputId


Effect = Annotated[
    Derive | Deduct | CapSection | ZeroCriterion | ZeroSection | ExcludeCriterion | ExcludeFromRanking | Flag,
    Field(discriminator="effect"),
]


class Rule(DocumentPart):
    """A cross-cutting rule. `message.vi` explains the outcome; `for_each: criterion` tries it on every criterion."""

    id: Slug
    title: Text
    when: Condition
    then: tuple[Effect, ...] = Field(min_length=1)
    message: Text
    article: Sentence | None = None
    origin: Literal["decision", "illustrative"] = "illustrative"
    for_each: Literal["criterion"] | None = None


for _model in (AllOf, AnyOf, Not, Rule):
    _model.model_rebuild()
