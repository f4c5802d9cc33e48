"""The survey form (phiếu khảo sát) as agencies get it: every question with its unit, bounds, options and evidence.

It is derived from the rule set and nothing else. `form_sheet` is the form as plain data, `form_paper` the sheet of
paper that is printed, filled in and signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.common import Campaign
from shared.contracts.figures import MAX_PLACES
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.exact import Exact, exact_text, vietnamese
from shared.kernel.paper import Block, Grid, Heading, Items, Paper, Row, Says
from shared.ruleset.document import Criterion, EvidenceRequirement, Input, RuleSet, RuleSetRef, Section, Text
from shared.ruleset.uses import used_inputs
from shared.ruleset.words import Inputs, basis_words, points_words, title_words
from shared.ruleset.words_rules import asked_if_words, evidence_share_words

__all__ = ["FormSheet", "form_paper", "form_sheet"]

_HEADER = ("Mã", "Nội dung hỏi", "Cách trả lời", "Trả lời", "Tài liệu kiểm chứng")
_WIDTHS = (8, 34, 24, 14, 20)
_MOMENT = timedelta(microseconds=1)  # the deadline is the first moment that is late
_UNIT_ROWS = 3  # blank rows of a table that is filled in for every sub-unit


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FormOption(_Part):
    """One option of a choice."""

    id: str
    title: Text


class FormQuestion(_Part):
    """One figure that is asked; `states` are those an agency may answer, `asked` says how in words."""

    id: str
    title: Text
    type: Literal["boolean", "integer", "decimal", "choice", "text"]
    unit: str | None
    minimum: Exact | None
    maximum: Exact | None
    options: tuple[FormOption, ...]
    per_unit: bool
    states: tuple[Literal["value", "not_applicable", "not_reported"], ...]
    asked: str


class FormCriterion(_Part):
    """The questions of one criterion, of whom they are asked, and what must be shown."""

    code: str
    title: Text
    maximum: Exact
    bonus: bool
    scored: bool
    asked_if: str | None
    questions: tuple[FormQuestion, ...]
    evidence: EvidenceRequirement
    data_source: str
    verifier: str


class FormSection(_Part):
    """A section of the form."""

    code: str
    title: Text
    maximum: Exact
    criteria: tuple[FormCriterion, ...]


class FormSheet(_Part):
    """The whole form, for programs."""

    rule_set: RuleSetRef
    title: Text
    programme: str
    group: str
    sections: tuple[FormSection, ...]


def form_sheet(rule_set: RuleSet) -> FormSheet:
    """The form as data."""
    inputs = rule_set.inputs()
    return FormSheet(
        rule_set=rule_set.ref(),
        title=rule_set.title,
        programme=rule_set.programme,
        group=rule_set.group,
        sections=tuple(
            FormSection(
                code=section.code,
                title=section.title,
                maximum=section.maximum,
                criteria=tuple(_criterion(criterion, inputs) for criterion in section.criteria),
            )
            for section in rule_set.sections
        ),
    )


def _criterion(criterion: Criterion, inputs: Inputs) -> FormCriterion:
    return FormCriterion(
        code=criterion.code,
        title=criterion.title,
        maximum=criterion.maximum,
        bonus=criterion.bonus,
        scored=criterion.method.form != "information",
        asked_if=None if criterion.asked_if is None else asked_if_words(criterion.asked_if, inputs),
        questions=tuple(_question(criterion, item) for item in criterion.inputs),
        evidence=criterion.evidence,
        data_source=criterion.data_source,
        verifier=criterion.verifier,
    )


def _question(criterion: Criterion, item: Input) -> FormQuestion:
    may_not_apply = criterion.not_applicable == "allowed"
    return FormQuestion(
        id=item.id,
        title=item.title,
        type=item.type,
        unit=item.unit,
        minimum=item.minimum,
        maximum=item.maximum,
        options=tuple(FormOption(id=option.id, title=option.title) for option in item.options),
        per_unit=item.per_unit,
        states=("value", "not_reported", "not_applicable") if may_not_apply else ("value", "not_reported"),
        asked="; ".join(_how(item)).replace(":; ", ": "),
    )


def _how(item: Input) -> Iterator[str]:
    """How a question is answered: kind, unit, bounds, options."""
    match item.type:
        case "boolean":
            yield "có / không"
        case "choice":
            yield "chọn một:"
            yield from (f"({place}) {one.title.vi}" for place, one in enumerate(item.options, start=1))
        case "text":
            yield "ghi bằng chữ"
        case "integer":
            yield "số nguyên"
        case "decimal":
            yield f"số thập phân, tối đa {MAX_PLACES} chữ số sau dấu phẩy"
    if item.unit:
        yield f"đơn vị: {item.unit}"
    yield from _bounds(item)


def _bounds(item: Input) -> Iterator[str]:
    if item.minimum is not None and item.maximum is not None:
        yield f"từ {_exact(item.minimum)} đến {_exact(item.maximum)}"
    elif item.minimum is not None:
        yield f"không nhỏ hơn {_exact(item.minimum)}"
    elif item.maximum is not None:
        yield f"không lớn hơn {_exact(item.maximum)}"


# --- on paper ----------------------------------------------------------------------------------------------------


def form_paper(rule_set: RuleSet, campaign: Campaign | None = None) -> Paper:
    """The form to print: a table for each section, and one to fill in for every sub-unit where those are asked.

    With the campaign it is asked in, it names the dispatch, the reporting period and the last day to answer.
    """
    blocks = [block for section in rule_set.sections for block in _section_blocks(section, rule_set.inputs())]
    return Paper(f"Phiếu khảo sát: {rule_set.title.vi}", (*_head(rule_set, campaign), *blocks, *_foot()))


def _head(rule_set: RuleSet, campaign: Campaign | None) -> Iterator[Block]:
    if rule_set.title.en is not None:
        yield Says(f"(Survey form: {rule_set.title.en})")
    if campaign is not None:
        yield from _asked_in(campaign)
    yield Says("Cơ quan trả lời: ……………………………………………………  Ngày: ……/……/…………")
    yield Says(f"Bộ tiêu chí {rule_set.id}, phiên bản {rule_set.version}, mã băm SHA-256 {rule_set.content_hash()}.")
    yield Says("Căn cứ:")
    yield Items(tuple(basis_words(basis) for basis in rule_set.legal_basis))
    yield Heading(2, "Cách trả lời (how to answer)")
    yield Items(
        (
            "Để trống là “không báo cáo”: tiêu chí được 0 điểm, điểm tối đa vẫn tính. Số 0 là một số liệu.",
            "Chỉ được trả lời “không áp dụng” ở tiêu chí có ghi; khi đó tiêu chí không tính vào điểm và điểm tối đa.",
            "Tài liệu kiểm chứng ghi số, ký hiệu, ngày ban hành, trích yếu và đường dẫn (nếu có).",
            "Mỗi số liệu chỉ kê khai một lần; tiêu chí khác có thể dùng lại.",
        )
    )


def _asked_in(campaign: Campaign) -> Iterator[Block]:
    dispatch, period = campaign.dispatch, campaign.period
    last_day = (campaign.deadline - _MOMENT).astimezone(LOCAL_ZONE)
    yield Says(f"{campaign.title}. Kèm theo công văn số {dispatch.number} ngày {_day(dispatch.issued_on)}.")
    yield Says(f"Kỳ báo cáo: từ {_day(period.first_day)} đến {_day(period.last_day)}.")
    yield Says(f"Hạn trả lời: hết ngày {_day(last_day)}.")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _section_blocks(section: Section, inputs: Inputs) -> Iterator[Block]:
    yield Heading(2, f"{section.code}. {section.title.vi} ({points_words(section.maximum)})")
    rows = tuple(row for criterion in section.criteria for row in _rows(criterion, inputs))
    yield Grid(f"Hạng mục {section.code}: {section.title.vi}", _HEADER, rows, _WIDTHS)
    for criterion in section.criteria:
        asked = [item for item in criterion.inputs if item.per_unit]
        if asked:
            yield _unit_table(criterion, asked)


def _rows(criterion: Criterion, inputs: Inputs) -> Iterator[Row]:
    title = f"{criterion.title.vi} ({_worth(criterion)})"
    about = (title, *_conditions(criterion, inputs))
    yield Row((criterion.code, about, "", "", tuple(_evidence(criterion))), strong=True)
    for place, item in enumerate(criterion.inputs, start=1):
        how = ("theo bảng từng đơn vị bên dưới",) if item.per_unit else tuple(_how(item))
        yield Row((f"{criterion.code}/{place}", (item.title.vi, f"(mã: {item.id})"), how, "", ""))


def _worth(criterion: Criterion) -> str:
    if criterion.method.form == "information":
        return "không tính điểm"
    return f"{'điểm thưởng, ' if criterion.bonus else ''}tối đa {points_words(criterion.maximum)}"


def _conditions(criterion: Criterion, inputs: Inputs) -> Iterator[str]:
    if criterion.asked_if is not None:
        yield f"{asked_if_words(criterion.asked_if, inputs)}."
    if criterion.not_applicable == "allowed":
        yield "Được trả lời “không áp dụng” nếu nội dung này không có ở cơ quan."
    own = {item.id for item in criterion.inputs}
    again = [title_words(inputs, name) for name in used_inputs(criterion.method) if name not in own]
    if again:
        yield f"Dùng lại số liệu: {'; '.join(again)}."


def _evidence(criterion: Criterion) -> Iterator[str]:
    evidence = criterion.evidence
    if evidence.documents or evidence.required:
        yield "bắt buộc:" if evidence.required else "nếu có:"
    yield from (f"– {document}" for document in evidence.documents)
    if share := evidence_share_words(evidence):
        yield f"({share})"


def _unit_table(criterion: Criterion, asked: list[Input]) -> Grid:
    header = ("TT", "Đơn vị trực thuộc", *(item.title.vi for item in asked))
    how = Row(("", "", *(tuple(_how(item)) for item in asked)))
    blank = [Row((str(place), *("" for _ in range(len(asked) + 1)))) for place in range(1, _UNIT_ROWS + 1)]
    more = Row(("…", "(thêm dòng cho đủ các đơn vị)", *("" for _ in asked)))
    return Grid(f"{criterion.code}: trả lời cho từng đơn vị trực thuộc", header, (how, *blank, more))


def _foot() -> Iterator[Block]:
    yield Says("Thủ trưởng cơ quan chịu trách nhiệm về tính đầy đủ, chính xác, kịp thời của số liệu.")
    yield Says("Người lập phiếu: ……………………………  Thủ trưởng cơ quan (ký tên, đóng dấu): ……………………………")


def _exact(value: Fraction) -> str:
    return vietnamese(exact_text(value))
