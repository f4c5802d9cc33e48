"""The rule set (bộ tiêu chí): a versioned document that says what is asked, how it is scored and what cuts across.

The document is data. It is written in YAML, validated here for shape, linted and tested by scoring, stored as canonical
JSON and named by the SHA-256 of those bytes (`content_hash`). All four services read it: intake derives the survey
form, verification the list of what needs a finding, scoring the points, publishing the titles.

Defaults below are part of the format: canonical JSON leaves out what equals its default, so that a later optional
field does not change the hash of an old document. A default is therefore never changed, and no other value of its
field may be equal to it: a yes left out as `True` would swallow the number 1, which Python holds equal.

Its parts stand beside it, what is asked and scored in document_criteria.py and what cuts across in document_rules.py;
they are all imported from here.
"""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.exact import Exact, Rounding
from shared.ruleset.document_criteria import (
    AskedIf,
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    EvidenceRequirement,
    InformationMethod,
    Input,
    Method,
    Option,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    Section,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.document_names import (
    BestKey,
    CriterionCode,
    DocumentPart,
    FactName,
    Group,
    InputId,
    LegalBasis,
    Programme,
    SectionCode,
    Sentence,
    Slug,
    Stage,
    Text,
    UnitName,
    Version,
)
from shared.ruleset.document_rules import (
    AllOf,
    AnyOf,
    CapSection,
    Comparison,
    Condition,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    ExcludeFromRanking,
    FactValue,
    Flag,
    Not,
    Rule,
    ZeroCriterion,
    ZeroSection,
)

__all__ = [
    "AllOf",
    "AnyOf",
    "AskedIf",
    "AverageMethod",
    "Band",
    "BandsMethod",
    "BestKey",
    "BestMethod",
    "ByMethod",
    "CapSection",
    "ChoiceMethod",
    "Comparison",
    "Condition",
    "CountMethod",
    "Criterion",
    "CriterionCode",
    "Deduct",
    "Derive",
    "Display",
    "Effect",
    "EvidenceRequirement",
    "Example",
    "ExampleAnswer",
    "ExampleUnits",
    "ExcludeCriterion",
    "ExcludeFromRanking",
    "Expectation",
    "FactName",
    "FactValue",
    "Flag",
    "Group",
    "InformationMethod",
    "Input",
    "InputId",
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
    "SectionCode",
    "Sentence",
    "Slug",
    "Stage",
    "SumMethod",
    "Text",
    "TieBreaker",
    "UnitName",
    "Version",
    "YesNoMethod",
    "ZeroCriterion",
    "ZeroSection",
]


class Level(DocumentPart):
    """A level (mức độ): reached at `at_least` (inclusive) of the index or total."""

    id: InputId
    title: Text
    at_least: Exact


class Display(DocumentPart):
    """Rounding for show only."""

    points_places: Annotated[int, Field(ge=0, le=6)] = 2
    index_places: Annotated[int, Field(ge=0, le=6)] = 4
    rounding: Rounding = "half_up"


class TieBreaker(DocumentPart):
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


class Result(DocumentPart):
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


class ExampleAnswer(DocumentPart):
    """An answer that is not a plain value."""

    state: Literal["not_applicable", "not_reported"]


class ExampleUnits(DocumentPart):
    """The answers of sub-units to an input that is `per_unit`, by the name of the unit."""

    units: dict[UnitName, bool | Exact | ExampleAnswer | str]


class Expectation(DocumentPart):
    """What an example must give; whatever is left out is not checked."""

    points: Exact | None = None
    maximum: Exact | None = None
    index: Exact | None = None
    level: InputId | None = None
    fired: tuple[str, ...] | None = None
    criteria: dict[CriterionCode, Exact] = {}
    excluded: bool | None = None


class Example(DocumentPart):
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


class RuleSetRef(DocumentPart):
    """Names one version of a rule set, down to its bytes. Travels in events, so later fields are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Slug
    version: Version
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @property
    def key(self) -> str:
        """`id@version`, the key of documents and compacted topics."""
        return f"{self.id}@{self.version}"


class MappingEntry(DocumentPart):
    """What became of criteria of the version before, so that answers survive an amendment."""

    kind: Literal["kept", "renamed", "split", "merged", "dropped", "new"]
    before: tuple[CriterionCode, ...] = ()
    after: tuple[CriterionCode, ...] = ()
    note: Text | None = None


class Mapping(DocumentPart):
    """From which version the criteria come; a criterion not named is kept under its code."""

    version: Version
    entries: tuple[MappingEntry, ...] = ()


class RuleSet(DocumentPart):
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
