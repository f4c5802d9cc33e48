"""What is asked and how it is scored: inputs, one class for each form of method, criteria, sections."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from shared.kernel.exact import Exact
from shared.ruleset.document_names import (
    CriterionCode,
    DocumentPart,
    InputId,
    SectionCode,
    Sentence,
    Text,
)
from shared.ruleset.document_rules import (
    Condition,
)

__all__ = [
    "AskedIf",
    "AverageMethod",
    "Band",
    "BandsMethod",
    "BestMethod",
    "ByMethod",
    "ChoiceMethod",
    "CountMethod",
    "Criterion",
    "EvidenceRequirement",
    "InformationMethod",
    "Input",
    "Method",
    "Option",
    "Part",
    "Quotient",
    "RatioMethod",
    "RelativeMethod",
    "Section",
    "SumMethod",
    "YesNoMethod",
]

# --- what is asked -----------------------------------------------------------------------------------------------


class Option(DocumentPart):
    """One option of a choice."""

    id: InputId
    title: Text


class Input(DocumentPart):
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


class Quotient(DocumentPart):
    """`numerator / denominator` of two inputs (or of an input and the constant `whole`), cut to 0..1.

    Where the denominator is 0 the quotient is 0 (`zero`), 1 (`full`), or the criterion leaves points and maximum
    (`not_applicable`).
    """

    numerator: InputId
    denominator: InputId | None = None
    whole: Exact | None = None
    zero_denominator: Literal["zero", "full", "not_applicable"] = "zero"


class YesNoMethod(DocumentPart):
    """Yes: `yes` points (the maximum unless said); no: `no` points."""

    form: Literal["yes_no"]
    input: InputId
    yes: Exact | None = None
    no: Exact = Fraction(0)


class RatioMethod(DocumentPart):
    """min(quotient, 1) × maximum."""

    form: Literal["ratio"]
    of: Quotient


class Band(DocumentPart):
    """One row of a table: an interval with open (`above`, `below`) or closed (`at_least`, `at_most`) ends."""

    points: Exact
    at_least: Exact | None = None
    above: Exact | None = None
    at_most: Exact | None = None
    below: Exact | None = None


class BandsMethod(DocumentPart):
    """Steps or bands over an input's value or over a quotient (0..1, so 90 % is `0.9`)."""

    form: Literal["bands"]
    of: InputId | Quotient
    rows: tuple[Band, ...]


class CountMethod(DocumentPart):
    """count × `unit_points`, at most the maximum."""

    form: Literal["count"]
    input: InputId
    unit_points: Exact


class ChoiceMethod(DocumentPart):
    """Points by the option chosen; every option of the input has its points."""

    form: Literal["choice"]
    input: InputId
    points: dict[InputId, Exact]


class RelativeMethod(DocumentPart):
    """value / highest value in the group × maximum; known only when the group is complete (second pass).

    The value is an input's, or a quotient's (with an input as denominator), which may be more than 1 here. Where the
    highest value is 0 the criterion counts 0 (`zero`) or its maximum (`full`).
    """

    form: Literal["relative"]
    input: InputId | Quotient
    zero_best: Literal["zero", "full"] = "zero"


class InformationMethod(DocumentPart):
    """Asked, not scored; the criterion's maximum is 0."""

    form: Literal["information"]


class SumMethod(DocumentPart):
    """Parts added, at most the maximum."""

    form: Literal["sum"]
    parts: tuple[Part, ...]


class BestMethod(DocumentPart):
    """The highest of several cases."""

    form: Literal["best"]
    cases: tuple[Part, ...]


class AverageMethod(DocumentPart):
    """Mean of an inner method over the sub-units of an agency, each worked out with its own `per_unit` figures.

    A unit that is not applicable leaves the mean; one that did not report, or was rejected, counts 0. `total` names an
    input that says how many units there are: those that nothing was said of count 0 as well, and where there are none
    the criterion leaves points and maximum.
    """

    form: Literal["average"]
    of: Method
    total: InputId | None = None


class ByMethod(DocumentPart):
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


class Part(DocumentPart):
    """A part of a sum, or a case of a best-of, with a maximum of its own."""

    title: Text
    maximum: Exact
    method: Method


class EvidenceRequirement(DocumentPart):
    """What shows that the answer is true (tài liệu kiểm chứng); `required` feeds the rule "no evidence → 0".

    `without`, 0..1, is the share of the earned points that counts where required evidence is missing, for this
    criterion alone; rules may do more.
    """

    required: bool = False
    documents: tuple[Sentence, ...] = ()
    without: Exact | None = None


class AskedIf(DocumentPart):
    """The criterion is asked only of those for whom `when` holds (over `input.*` facts, as verified).

    Of the others it leaves points and maximum (`not_applicable`), or counts 0 of its maximum (`zero`). Whoever does
    not report a figure that decides it, and is not asked for that reason, has not reported the criterion.
    """

    when: Condition
    otherwise: Literal["not_applicable", "zero"] = "not_applicable"


class Criterion(DocumentPart):
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


class Section(DocumentPart):
    """A section (hạng mục); its criteria's maxima add up to `maximum`, bonus criteria left out.

    `weight` counts in the mean of a result that has one (`Result.mean`).
    """

    code: SectionCode
    title: Text
    maximum: Exact
    criteria: tuple[Criterion, ...]
    origin: Literal["decision", "illustrative"] = "decision"
    weight: Exact | None = None


for _model in (Part, SumMethod, BestMethod, AverageMethod, ByMethod, AskedIf, Criterion, Section):
    _model.model_rebuild()
