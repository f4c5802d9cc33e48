"""A proof as text for the terminal, in Vietnamese."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.proof_model import Proof, ProvenCriterion, ProvenInput, ProvenSection

__all__ = ["render_text"]


def render_text(proof: Proof) -> str:
    """The proof as lines of text."""
    return "\n".join([*_head(proof), *(line for one in proof.sections for line in _section(one)), *_foot(proof)]) + "\n"


def _head(proof: Proof) -> Iterator[str]:
    stage = "chính thức" if proof.stage == "final" else "tạm tính"
    yield f"PHIẾU ĐIỂM ({stage}) – {proof.agency_name} – đợt {proof.key.campaign}"
    yield f"Bộ tiêu chí: {proof.rule_set_title}"
    yield f"  {proof.rule_set.id} phiên bản {proof.rule_set.version}, SHA-256 {proof.rule_set.hash}"
    if proof.basis == "missing":
        yield "Đơn vị không gửi phiếu trả lời."
    if proof.days_late:
        yield f"Gửi phiếu muộn {proof.days_late} ngày."


def _section(section: ProvenSection) -> Iterator[str]:
    yield ""
    yield f"{section.code}. {section.title}: {section.points.shown}/{section.maximum.shown} điểm"
    for criterion in section.criteria:
        yield from _criterion(criterion)
    if section.cap is not None:
        yield f"  Tổng tiêu chí {section.sum.shown}; hạng mục không quá {section.cap.shown} điểm"
    if section.deducted.exact:
        yield f"  Trừ {section.deducted.shown} điểm hạng mục"


def _criterion(criterion: ProvenCriterion) -> Iterator[str]:
    yield f"  {criterion.code} {criterion.title}: {criterion.points.shown}/{criterion.maximum.shown}"
    yield f"      Cách tính: {criterion.method}"
    for item in criterion.inputs:
        yield f"      – {_input(item)}"
    yield f"      Kết quả: {criterion.applied}"
    if criterion.finding is not None and criterion.finding.finding != "accepted":
        reason = f" – {criterion.finding.reason}" if criterion.finding.reason else ""
        yield f"      Thẩm tra: {criterion.finding.shown}{reason} ({criterion.finding.verifier})"
    for document in criterion.evidence:
        number = f"{document.number} " if document.number else ""
        dated = f"ngày {document.issued_on:%d/%m/%Y} " if document.issued_on else ""
        yield f"      Tài liệu: {number}{dated}{document.title}"
    if criterion.article is not None:
        yield f"      Căn cứ: {criterion.article}"
    if criterion.missed:
        yield f"      Mất {criterion.lost.shown} điểm: {criterion.missed}"


def _input(item: ProvenInput) -> str:
    changed = f" (đơn vị trả lời: {item.answered_shown})" if item.shown != item.answered_shown else ""
    return f"{item.title}: {item.shown}{changed}"


def _foot(proof: Proof) -> Iterator[str]:
    if proof.rules:
        yield ""
        yield "Quy tắc áp dụng:"
    for rule in proof.rules:
        criteria = f" [{', '.join(rule.criteria)}]" if rule.criteria else ""
        article = f" ({rule.article})" if rule.article else ""
        yield f"  • {rule.rule}{criteria}: {rule.message}{article}"
        yield f"      {'; '.join(rule.effects)}"
    yield ""
    if proof.deducted.exact:
        yield f"Cộng hạng mục {proof.sum.shown}, trừ {proof.deducted.shown} điểm"
    yield f"TỔNG ĐIỂM: {proof.points.shown}/{proof.maximum.shown}"
    if proof.form == "index":
        yield f"CHỈ SỐ: {proof.index.shown}"
    yield f"MỨC ĐỘ: {proof.level_title}"
    if proof.excluded:
        yield "Không xếp hạng."
    if proof.flags:
        yield f"Đánh dấu: {', '.join(proof.flags)}"
