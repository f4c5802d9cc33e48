"""What a proof says to people, in Vietnamese, line by line: the text for a terminal and the sheet of paper share it.

No id of a rule, a flag or a person is said here: those are in the JSON.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.proof_model import (
    Proof,
    ProvenCriterion,
    ProvenInput,
    ProvenSection,
    Worked,
)
from shared.ruleset.words import points_words

__all__ = [
    "Fact",
    "criterion_facts",
    "criterion_head",
    "deduction_lines",
    "head_lines",
    "lost_lines",
    "result_lines",
    "rule_lines",
    "section_lines",
]

_MOST_LOST = 10

Fact = tuple[str, tuple[str, ...]]  # a label and its lines


def head_lines(proof: Proof) -> Iterator[str]:
    """Whose it is, and by which rule set."""
    yield f"Bộ tiêu chí: {proof.rule_set_title}"
    yield f"  {proof.rule_set.id} phiên bản {proof.rule_set.version}, SHA-256 {proof.rule_set.hash}"
    if proof.basis == "missing":
        yield "Đơn vị không gửi phiếu trả lời."
    if proof.days_late:
        yield f"Gửi phiếu muộn {proof.days_late} ngày."
    if proof.stage == "provisional":
        yield "Tạm tính: tiêu chí so sánh với đơn vị cao nhất trong nhóm chờ cả nhóm thẩm tra xong."


def criterion_head(criterion: ProvenCriterion) -> str:
    """Code, title, and points of what can be got."""
    most = f"thưởng, tối đa {criterion.most.shown}" if criterion.bonus else criterion.maximum.shown
    shown = f"{criterion.points.shown} ({most})" if criterion.bonus else f"{criterion.points.shown}/{most}"
    return f"{criterion.code} {criterion.title}: {shown}"


def criterion_facts(criterion: ProvenCriterion) -> Iterator[Fact]:
    """Everything about one criterion: how it is scored, from what, by whom it was checked, what is missing and why."""
    if criterion.asked_if:
        yield "Đối tượng", (criterion.asked_if,)
    yield "Cách tính", (_method(criterion),)
    if criterion.inputs:
        yield "Số liệu", tuple(line for item in criterion.inputs for line in _input(item))
    yield "Kết quả", (criterion.applied, *_working(criterion.worked))
    if (found := criterion.finding) is not None:
        reason = f": {found.reason}" if found.reason else ""
        yield "Thẩm tra", (f"{found.unit} – {found.shown}, ngày {found.found_on:%d/%m/%Y}{reason}",)
    yield from _evidence(criterion)
    if criterion.article is not None:
        yield "Căn cứ", (criterion.article,)
    if criterion.missed or criterion.needed:
        lines = (*criterion.missed, *(need.words for need in criterion.needed))
        lost = criterion.lost.exact
        yield (f"Mất {criterion.lost.shown} điểm" if lost and not criterion.bonus else "Ghi chú"), lines


def _evidence(criterion: ProvenCriterion) -> Iterator[Fact]:
    lines = []
    for document in criterion.evidence:
        number = f"{document.number} " if document.number else ""
        dated = f"ngày {document.issued_on:%d/%m/%Y} " if document.issued_on else ""
        link = f" ({document.link})" if document.link else ""
        lines.append(f"{number}{dated}{document.title}{link}")
    if not lines and criterion.evidence_required and criterion.state not in ("not_applicable", "information"):
        wanted = "; ".join(criterion.evidence_wanted)
        lines.append(f"không có (yêu cầu bắt buộc{f': {wanted}' if wanted else ''})")
    if lines:
        yield "Tài liệu", tuple(lines)


def _input(item: ProvenInput) -> Iterator[str]:
    yield f"{item.title}: {item.shown}{_changed(item.shown, item.answered_shown)}"
    # How each sub-unit came out stands in the result; here only what verification made of its answer.
    for one in item.units:
        if one.shown != one.answered_shown:
            yield f"{one.name} – {item.title}: {one.shown}{_changed(one.shown, one.answered_shown)}"


def _changed(shown: str, answered: str) -> str:
    return f" (đơn vị trả lời: {answered})" if shown != answered else ""


def _working(worked: Worked, indent: str = "") -> Iterator[str]:
    """The table with a mark at the row that applies, and what is inside."""
    for row in worked.rows:
        yield f"{indent}{'▸' if row.applies else '·'} {row.case}: {points_words(row.points)}"
    for inner in worked.inside:
        beside = "" if inner.counts else " (không lấy)"
        title = inner.title or "cách tính"
        yield f"{indent}– {title}: {inner.says}{beside}"
        if inner.inside or len(worked.inside) == 1:
            yield from _working(inner, indent + "  ")


def _method(criterion: ProvenCriterion) -> str:
    """In short where the table that applies stands with the result: the criterion's own, or that of the own class."""
    worked = criterion.worked
    if worked.rows:
        return criterion.method_says
    if len(worked.inside) == 1 and worked.inside[0].rows:
        return f"{criterion.method_says}; {worked.inside[0].title} – {worked.inside[0].method}"
    return criterion.method


def section_lines(section: ProvenSection) -> Iterator[str]:
    """What became of the sum of the criteria, where it is not the section's points."""
    if section.most is not None:
        yield f"Tổng tiêu chí {section.sum.shown}; điểm thưởng không đưa hạng mục vượt {section.most.shown} điểm"
    if section.cap is not None:
        yield f"Tổng tiêu chí {section.sum.shown}; hạng mục tính không quá {section.cap.shown} điểm"
    if section.deducted.exact:
        yield f"Trừ {section.deducted.shown} điểm hạng mục"


def deduction_lines(proof: Proof) -> Iterator[str]:
    """Points that were taken off, with the rule and its article."""
    for one in proof.deductions:
        where = "tổng điểm" if one.from_ == "total" else f"hạng mục {one.from_}"
        article = f" – {one.article}" if one.article else ""
        yield f"trừ {one.points.shown} điểm vào {where}: {one.title}{article}"


def lost_lines(proof: Proof) -> Iterator[str]:
    """Where most points are missing, the most first."""
    criteria = [one for section in proof.sections for one in section.criteria if one.lost.exact and not one.bonus]
    criteria.sort(key=lambda one: -one.lost.exact)  # stable: equal losses in the order of the annex
    for one in criteria[:_MOST_LOST]:
        yield f"{one.code} {one.title}: mất {one.lost.shown} trên {one.maximum.shown} điểm"
    if rest := criteria[_MOST_LOST:]:
        yield f"và {len(rest)} tiêu chí khác, mỗi tiêu chí mất không quá {rest[0].lost.shown} điểm"


def rule_lines(proof: Proof) -> Iterator[Fact]:
    """The rules that applied: what is said of it and what it does."""
    for rule in proof.rules:
        codes = f" [{', '.join(rule.criteria)}]" if rule.criteria else ""
        article = f" ({rule.article})" if rule.article else ""
        cost = rule.cost
        taken = () if cost is None or cost.exact <= 0 else (f"riêng quy tắc này làm giảm tổng điểm {cost.shown} điểm",)
        yield f"{rule.title}{codes}{article}", (rule.message, f"Áp dụng {_small(rule.when)}", *rule.effects, *taken)


def result_lines(proof: Proof) -> Iterator[str]:
    """The result and how it comes from the sections."""
    if sum(section.points.exact for section in proof.sections) > proof.sum.exact:
        yield f"Điểm thưởng không đưa tổng vượt điểm tối đa áp dụng {proof.sum.shown}"
    if proof.deducted.exact:
        yield f"Cộng hạng mục {proof.sum.shown}, trừ {proof.deducted.shown} điểm"
    yield f"TỔNG ĐIỂM: {proof.points.shown}/{proof.maximum.shown}"
    if proof.maximum.exact != proof.full_maximum.exact:
        yield from _denominator(proof)
    yield from _index(proof)
    yield f"MỨC ĐỘ: {proof.level_title}"
    if (above := proof.next_level) is not None:
        lacking = f"{above.lacking.shown} {'điểm' if above.of == 'points' else 'chỉ số'}"
        yield f"Mức “{above.title}” cần từ {above.at_least.shown}: còn thiếu {lacking}"
    for place, tie in enumerate(proof.ties, start=1):
        yield f"Khi bằng nhau xét ({place}) {tie.words}: {tie.value.shown}"
    if proof.excluded:
        yield "Không xếp hạng."


def _denominator(proof: Proof) -> Iterator[str]:
    criteria = [one for section in proof.sections for one in section.criteria]
    out = [one.code for one in criteria if one.state == "not_applicable" and not one.bonus]
    why = f"không tính tiêu chí {', '.join(out)} vì không áp dụng" if out else "chỉ tính tiêu chí áp dụng"
    yield f"Điểm tối đa áp dụng {proof.maximum.shown} trên {proof.full_maximum.shown}: {why}"


def _index(proof: Proof) -> Iterator[str]:
    if proof.form != "index" and proof.mean is None:
        return
    if proof.mean is None:
        yield f"CHỈ SỐ: {proof.points.shown} / {proof.maximum.shown} = {proof.index.shown}"
        return
    kind = "bình quân cộng" if proof.mean.kind == "arithmetic" else "bình quân nhân"
    yield f"CHỈ SỐ ({kind} có trọng số của các hạng mục): {proof.index.shown}"
    for share in proof.mean.shares:
        yield f"  hạng mục {share.section}: {share.share.shown}, trọng số {share.weight.shown}"
    if proof.mean.deducted.exact:
        yield f"  trừ {proof.mean.deducted.shown} (điểm trừ vào tổng / điểm tối đa áp dụng)"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
