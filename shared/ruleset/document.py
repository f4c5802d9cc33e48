"""The rule set (bộ tiêu chí): a versioned document that says what is asked, how it is scored and what cuts across.

The document is data. It is written in YAML, validated here for shape, linted and tested by scoring, stored as canonical
JSON and named by the SHA-256 of those bytes (`content_hash`). All four services read it: intake derives the survey
form, verification the list of what needs a finding, scoring the points, publishing the titles.

Defaults below are part of the format: canonical JSON leaves out what equals its default, so that a later optional
field does not change the hash of an old document. A default is therefore never changed, and no other value of its
field may be equal to it: a yes left out as `True` would swallow the number 1, which Python holds equal.
"""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.exact import Exact, Rounding

__all__ = [
    "AllOf",
    "AnyOf",
    "AskedIf",
    "AverageMethod",
    "Band",
    "BandsMethod",
    "BestMethod",
    "ByMethod",
    "CapSection",
    "ChoiceMethod",
    "Comparison",
    "Condition",
    "CountMethod",
    "Criterion",
    "Deduct",
    "Derive",
    "Display",
    "Effect",
    "Example",
    "ExampleAnswer",
    "ExampleUnits",
    "ExcludeCriterion",
    "ExcludeFromRanking",
    "Expectation",
    "Flag",
    "Group",
    "InformationMethod",
    "Input",
    "LegalBasis",
    "Level",
    "Mapping",
    "MappingEntry",
    "Method",
    "Not",
    "Option",
    "Part",
    "Programme",
    "Quotient",
    "RatioMethod",
    "RelativeMethod",
    "Result",
    "Rule",
    "RuleSet",
    "RuleSetRef",
    "Section",
    "Stage",
    "SumMethod",
    "Text",
    "TieBreaker",
    "YesNoMethod",
    "ZeroCriterion",
    "ZeroSection",
]

Programme = Literal["it", "portal"]
Group = Literal["province", "district"]

# Identifiers are plain ASCII, so that look-alike letters cannot make two names of one.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
InputId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=20)]
SectionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")]
CriterionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?$")]
FactName = Annotated[
    str,
    StringConstraints(pattern=r"^(submission|input|state|criterion|derived)\.[a-z][a-z0-9_]*$", max_length=80),
]
# The highest value of an input in a group, or of a quotient: `staff_it/staff_total` (shared/ruleset/uses.py).
BestKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$", max_length=129)]
UnitName = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Model):
    """Words for people: Vietnamese always, English where there is one."""

    vi: Sentence
    en: Sentence | None = None


class LegalBasis(_Model):
    """A legal document the set rests on (căn cứ pháp lý)."""

    number: Sentence
    issued_on: date
    issuer: Sentence
    title: Sentence


class Stage(_Model):
    """Assessment years the set is made for, both included."""

    first_year: Annotated[int, Field(ge=2000, le=2100)]
    last_year: Annotated[int, Field(ge=2000, le=2100)]


# --- what is asked -----------------------------------------------------------------------------------------------


class Option(_Model):
    """One option of a choice."""

    id: InputId
    title: Text


class Input(_Model):
    """One figure an agency is asked for (số liệu); `minimum`/`maximum` inclusive, in `unit`; decimals ≤ 6 places.

    One that is `per_unit` is asked of every sub-unit (the communes of a district) and only an average reads it.
    """

    id: InputId
    title: Text
    type: Literal["boolean", "integer", "decimal", "choice", "text"]
    unit: str | None = None
    minimum: Exact | None = None
    maximum: Exact | None = None
    options: tuple[Option, ...] = ()
    per_unit: bool = False


# --- how it is scored: one class for each form of domain.md -----------------------------------------------------


class Quotient(_Model):
    """`numerator / denominator` of two inputs (or of an input and the constant `whole`), cut to 0..1.

    Where the denominator is 0 the quotient is 0 (`zero`), 1 (`full`), or the criterion leaves points and maximum
    (`not_applicable`).
    """

    numerator: InputId
    denominator: InputId | None = None
    whole: Exact | None = None
    zero_denominator: Literal["zero", "full", "not_applicable"] = "zero"


class YesNoMethod(_Model):
    """Yes: `yes` points (the maximum unless said); no: `no` points."""

    form: Literal["yes_no"]
    input: InputId
    yes: Exact | None = None
    no: Exact = Fraction(0)


class RatioMethod(_Model):
    """min(quotient, 1) × maximum."""

    form: Literal["ratio"]
    of: Quotient


class Band(_Model):
    """One row of a table: an interval with open (`above`, `below`) or closed (`at_least`, `at_most`) ends."""

    points: Exact
    at_least: Exact | None = None
    above: Exact | None = None
    at_most: Exact | None = None
    below: Exact | None = None


class BandsMethod(_Model):
    """Steps or bands over an input's value or over a quotient (0..1, so 90 % is `0.9`)."""

    form: Literal["bands"]
    of: InputId | Quotient
    rows: tuple[Band, ...]


class CountMethod(_Model):
    """count × `unit_points`, at most the maximum."""

    form: Literal["count"]
    input: InputId
    unit_points: Exact


class ChoiceMethod(_Model):
    """Points by the option chosen; every option of the input has its points."""

    form: Literal["choice"]
    input: InputId
    points: dict[InputId, Exact]


class RelativeMethod(_Model):
    """value / highest value in the group × maximum; known only when the group is complete (second pass).

    The value is an input's, or a quotient's (with an input as denominator), which may be more than 1 here. Where the
    highest value is 0 the criterion counts 0 (`zero`) or its maximum (`full`).
    """

    form: Literal["relative"]
    input: InputId | Quotient
    zero_best: Literal["zero", "full"] = "zero"


class InformationMethod(_Model):
    """Asked, not scored; the criterion's maximum is 0."""

    form: Literal["information"]


class SumMethod(_Model):
    """Parts added, at most the maximum."""

    form: Literal["sum"]
    parts: tuple[Part, ...]


class BestMethod(_Model):
    """The highest of several cases."""

    form: Literal["best"]
    cases: tuple[Part, ...]


class AverageMethod(_Model):
    """Mean of an inner method over the sub-units of an agency, each worked out with its own `per_unit` figures.

    A unit that is not applicable leaves the mean; one that did not report, or was rejected, counts 0. `total` names an
    input that says how many units there are: those that nothing was said of count 0 as well, and where there are none
    the criterion leaves points and maximum.
    """

    form: Literal["average"]
    of: Method
    total: InputId | None = None


class ByMethod(_Model):
    """The method differs by the class of agency: `input` is a choice (cases by option) or a boolean (`yes`, `no`)."""

    form: Literal["by"]
    input: InputId
    cases: dict[InputId, Method]


Method = Annotated[
    YesNoMethod
    | RatioMethod
    | BandsMethod
    | CountMethod
    | ChoiceMethod
    | RelativeMethod
    | InformationMethod
    | SumMethod
    | BestMethod
    | AverageMethod
    | ByMethod,
    Field(discriminator="form"),
]


class Part(_Model):
    """A part of a sum, or a case of a best-of, with a maximum of its own."""

    title: Text
    maximum: Exact
    method: Method


class EvidenceRequirement(_Model):
    """What shows that the answer is true (tài liệu kiểm chứng); `required` feeds the rule "no evidence → 0".

    `without`, 0..1, is the share of the earned points that counts where required evidence is missing, for this
    criterion alone; rules may do more.
    """

    required: bool = False
    documents: tuple[Sentence, ...] = ()
    without: Exact | None = None


class AskedIf(_Model):
    """The criterion is asked only of those for whom `when` holds (over `input.*` facts, as verified).

    Of the others it leaves points and maximum (`not_applicable`), or counts 0 of its maximum (`zero`). Whoever does
    not report a figure that decides it, and is not asked for that reason, has not reported the criterion.
    """

    when: Condition
    otherwise: Literal["not_applicable", "zero"] = "not_applicable"


class Criterion(_Model):
    """One row of the published annex (tiêu chí).

    A `bonus` criterion (điểm thưởng) adds up to its maximum in points and nothing to the maximum of its section. It
    cannot raise a section above the maximum that applies there, nor the total above the total maximum. A section of
    nothing but bonus criteria has no maximum that applies: its points are cut to the one that it declares.
    """

    code: CriterionCode
    title: Text
    maximum: Exact
    method: Method
    inputs: tuple[Input, ...] = ()
    evidence: EvidenceRequirement = EvidenceRequirement()
    data_source: Sentence
    verifier: Sentence
    origin: Literal["decision", "illustrative"]
    article: Sentence | None = None
    not_applicable: Literal["refused", "allowed"] = "refused"
    message: Text | None = None
    bonus: bool = False
    asked_if: AskedIf | None = None


class Section(_Model):
    """A section (hạng mục); its criteria's maxima add up to `maximum`, bonus criteria left out.

    `weight` counts in the mean of a result that has one (`Result.mean`).
    """

    code: SectionCode
    title: Text
    maximum: Exact
    criteria: tuple[Criterion, ...]
    origin: Literal["decision", "illustrative"] = "decision"
    weight: Exact | None = None


# --- what cuts across: conditions over facts, and effects -------------------------------------------------------

FactValue = bool | Exact | Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Comparison(_Model):
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


class AllOf(_Model):
    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Model):
    any: tuple[Condition, ...] = Field(min_length=1)


class Not(_Model):
    not_: Condition = Field(alias="not")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


Condition = Comparison | AllOf | AnyOf | Not


class Derive(_Model):
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


class Deduct(_Model):
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


class CapSection(_Model):
    """The section counts at most `at_most` points."""

    effect: Literal["cap_section"]
    section: SectionCode
    at_most: Exact


class ZeroCriterion(_Model):
    """The criterion counts 0 (gate); `this` names the criterion of a rule `for_each: criterion`."""

    effect: Literal["zero_criterion"]
    criterion: Literal["this"] | CriterionCode = "this"


class ZeroSection(_Model):
    """The section counts 0."""

    effect: Literal["zero_section"]
    section: SectionCode


class ExcludeCriterion(_Model):
    """The criterion leaves both points and maximum (not applicable)."""

    effect: Literal["exclude_criterion"]
    criterion: Literal["this"] | CriterionCode = "this"


class ExcludeFromRanking(_Model):
    """The agency is scored but not ranked."""

    effect: Literal["exclude_from_ranking"]


class Flag(_Model):
    """A mark shown on the scorecard, with no effect on points."""

    effect: Literal["flag"]
    flag: InputId


Effect = Annotated[
    Derive | Deduct | CapSection | ZeroCriterion | ZeroSection | ExcludeCriterion | ExcludeFromRanking | Flag,
    Field(discriminator="effect"),
]


class Rule(_Model):
    """A cross-cutting rule. `message.vi` explains the outcome; `for_each: criterion` tries it on every criterion."""

    id: Slug
    title: Text
    when: Condition
    then: tuple[Effect, ...] = Field(min_length=1)
    message: Text
    article: Sentence | None = None
    origin: Literal["decision", "illustrative"] = "illustrative"
    for_each: Literal["criterion"] | None = None


# --- result, examples, mapping ----------------------------------------------------------------------------------


class Level(_Model):
    """A level (mức độ): reached at `at_least` (inclusive) of the index or total."""

    id: InputId
    title: Text
    at_least: Exact


class Display(_Model):
    """Rounding for show only."""

    points_places: Annotated[int, Field(ge=0, le=6)] = 2
    index_places: Annotated[int, Field(ge=0, le=6)] = 4
    rounding: Rounding = "half_up"


class TieBreaker(_Model):
    """What decides between equal values: points or index, or the points of a section or criterion.

    Equal in all tie-breakers is equal rank.
    """

    of: Annotated[
        str,
        StringConstraints(
            pattern=r"^(points|index|section\.[0-9]{1,2}|criterion\.[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?)$"
        ),
    ]
    first: Literal["highest", "lowest"] = "highest"


class Result(_Model):
    """`index`: points / maximum applicable points, 0..1; `total`: points. Levels are given from high to low.

    With a `mean`, the index is the mean of the sections' points / maximum instead, by their weights (equal ones unless
    given), over the sections that apply; deductions from the total come off it as a share of the applicable maximum. A
    geometric mean has no exact value in general: it is taken down to 18 decimals, so that a level, whose threshold has
    fewer, is decided exactly.
    """

    form: Literal["index", "total"]
    levels: tuple[Level, ...] = Field(min_length=1)
    display: Display = Display()
    ties: Literal["skip"] = "skip"  # equal exact value → equal rank, the next rank skips: 1, 2, 2, 4
    mean: Literal["arithmetic", "geometric"] | None = None
    tie_breakers: tuple[TieBreaker, ...] = ()


class ExampleAnswer(_Model):
    """An answer that is not a plain value."""

    state: Literal["not_applicable", "not_reported"]


class ExampleUnits(_Model):
    """The answers of sub-units to an input that is `per_unit`, by the name of the unit."""

    units: dict[UnitName, bool | Exact | ExampleAnswer | str]


class Expectation(_Model):
    """What an example must give; whatever is left out is not checked."""

    points: Exact | None = None
    maximum: Exact | None = None
    index: Exact | None = None
    level: InputId | None = None
    fired: tuple[str, ...] | None = None
    criteria: dict[CriterionCode, Exact] = {}
    excluded: bool | None = None


class Example(_Model):
    """A worked example: answers → what must come out. Inputs not named are not reported.

    `extends` starts from another example's answers, findings and facts. `evidence_missing` lists the criteria that
    have no evidence (all others have it); `rejected` the criteria that verification rejected; `group_best` the highest
    value in the group by input (of a quotient by `numerator/denominator`), for relative criteria.
    """

    id: Slug
    title: Text
    extends: Slug | None = None
    answers: dict[InputId, bool | Exact | ExampleAnswer | ExampleUnits | str] = {}
    evidence_missing: tuple[CriterionCode, ...] = ()
    rejected: tuple[CriterionCode, ...] = ()
    days_late: Annotated[int, Field(ge=0)] = 0
    missing: bool = False
    group_best: dict[BestKey, Exact] = {}
    expect: Expectation


class RuleSetRef(_Model):
    """Names one version of a rule set, down to its bytes. Travels in events, so later fields are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Slug
    version: Version
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @property
    def key(self) -> str:
        """`id@version`, the key of documents and compacted topics."""
        return f"{self.id}@{self.version}"


class MappingEntry(_Model):
    """What became of criteria of the version before, so that answers survive an amendment."""

    kind: Literal["kept", "renamed", "split", "merged", "dropped", "new"]
    before: tuple[CriterionCode, ...] = ()
    after: tuple[CriterionCode, ...] = ()
    note: Text | None = None


class Mapping(_Model):
    """From which version the criteria come; a criterion not named is kept under its code."""

    version: Version
    entries: tuple[MappingEntry, ...] = ()


class RuleSet(_Model):
    """A whole rule set (bộ tiêu chí), one version of it."""

    format: Literal["xephang.ruleset/1"]
    id: Slug
    version: Version
    title: Text
    programme: Programme
    group: Group
    stage: Stage
    legal_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    result: Result
    sections: tuple[Section, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    mapping: Mapping | None = None

    @property
    def key(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def canonical(self) -> dict[str, Any]:
        """Plain JSON of the document, defaults left out: what is stored, sent and hashed."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @cached_property
    def _content_hash(self) -> str:
        return sha256_hex(canonical_json(self.canonical()))

    def content_hash(self) -> str:
        """SHA-256 (hex) of the canonical JSON bytes; worked out once, as the document never changes."""
        return self._content_hash

    def model_copy(self, *, update: Mapping_[str, Any] | None = None, deep: bool = False) -> RuleSet:
        """A copy; a changed one is another document, so it does not inherit the hash."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("_content_hash", None)
        return copy

    def ref(self) -> RuleSetRef:
        """The reference that campaigns, scorecards and rankings carry."""
        return RuleSetRef(id=self.id, version=self.version, hash=self.content_hash())

    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria in the order of the annex."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    def inputs(self) -> dict[str, Input]:
        """All inputs by id (ids are unique within a set; lint refuses doubles)."""
        return {item.id: item for criterion in self.criteria() for item in criterion.inputs}


for _model in (
    Part,
    SumMethod,
    BestMethod,
    AverageMethod,
    ByMethod,
    AllOf,
    AnyOf,
    Not,
    Rule,
    AskedIf,
    Criterion,
    Section,
    RuleSet,
):
    _model.model_rebuild()
