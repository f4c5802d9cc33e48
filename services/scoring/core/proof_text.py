"""A proof as text for the terminal, in Vietnamese."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.proof_lines import (
    criterion_facts,
    criterion_head,
    deduction_lines,
    head_lines,
    lost_lines,
    result_lines,
    rule_lines,
    section_lines,
)
from services.scoring.core.proof_model import Proof, ProvenCriterion, ProvenSection

__all__ = ["render_text"]


def render_text(proof: Proof) -> str:
    """The proof as lines of text."""
    return "\n".join([*_head(proof), *(line for one in proof.sections for line in _section(one)), *_foot(proof)]) + "\n"


def _head(proof: Proof) -> Iterator[str]:
    stage = "chính thức" if proof.stage == "final" else "tạm tính"
    yield f"PHIẾU ĐIỂM ({stage}) – {proof.agency_name} – đợt {proof.key.campaign}"
    yield from head_lines(proof)


def _section(section: ProvenSection) -> Iterator[str]:
    yield ""
    yield f"{section.code}. {section.title}: {section.points.shown}/{section.maximum.shown} điểm"
    for criterion in section.criteria:
        yield from _criterion(criterion)
    yield from (f"  {line}" for line in section_lines(section))


def _criterion(criterion: ProvenCriterion) -> Iterator[str]:
    yield f"  {criterion_head(criterion)}"
    for label, lines in criterion_facts(criterion):
        if len(lines) == 1:
            yield f"      {label}: {lines[0]}"
        elif label == "Kết quả":
            yield f"      {label}: {lines[0]}"
            yield from (f"        {line}" for line in lines[1:])
        else:
            yield f"      {label}:"
            yield from (f"        – {line}" for line in lines)


def _foot(proof: Proof) -> Iterator[str]:
    if proof.rules:
        yield ""
        yield "Quy tắc áp dụng:"
    for title, lines in rule_lines(proof):
        yield f"  • {title}"
        yield from (f"      {line}" for line in lines)
    deductions = list(deduction_lines(proof))
    if deductions:
        yield ""
        yield "Điểm bị trừ:"
        yield from (f"  – {line}" for line in deductions)
    lost = list(lost_lines(proof))
    if len(lost) > 1:
        yield ""
        yield "Nơi mất điểm, nhiều nhất trước:"
        yield from (f"  – {line}" for line in lost)
    yield ""
    yield from result_lines(proof)
