"""The proof sheet on paper: a table of the sections, then each criterion with everything behind its points."""

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
from shared.kernel.paper import Block, Grid, Heading, Items, Paper, Row, Says

__all__ = ["proof_paper"]


def proof_paper(proof: Proof) -> Paper:
    """The sheet of one agency, or of one criterion of it (proof.about)."""
    stage = "chính thức" if proof.stage == "final" else "tạm tính"
    title = f"Phiếu điểm ({stage}): {proof.agency_name}, đợt {proof.key.campaign}"
    return Paper(title, tuple(_blocks(proof)))


def _blocks(proof: Proof) -> Iterator[Block]:
    yield from (Says(line.strip()) for line in head_lines(proof))
    yield Heading(2, "Kết quả")
    yield Items(tuple(line.strip() for line in result_lines(proof)))
    if deductions := tuple(deduction_lines(proof)):
        yield Heading(2, "Điểm bị trừ")
        yield Items(deductions)
    if len(lost := tuple(lost_lines(proof))) > 1:
        yield Heading(2, "Nơi mất điểm, nhiều nhất trước")
        yield Items(lost)
    yield Heading(2, "Điểm các hạng mục")
    yield _summary(proof)
    for section in proof.sections:
        yield from _section(section)
    if proof.rules:
        yield Heading(2, "Quy tắc áp dụng")
        rows = tuple(Row((title, lines)) for title, lines in rule_lines(proof))
        yield Grid("Các quy tắc đã áp dụng", ("Quy tắc", "Nội dung"), rows, (35, 65))


def _summary(proof: Proof) -> Grid:
    rows = tuple(Row((one.code, one.title, one.points.shown, one.maximum.shown)) for one in proof.sections)
    return Grid("Hạng mục", ("Mã", "Hạng mục", "Điểm", "Tối đa áp dụng"), rows, (8, 60, 16, 16))


def _section(section: ProvenSection) -> Iterator[Block]:
    yield Heading(2, f"{section.code}. {section.title}: {section.points.shown}/{section.maximum.shown} điểm")
    if lines := tuple(section_lines(section)):
        yield Items(lines)
    for criterion in section.criteria:
        yield Heading(3, criterion_head(criterion))
        yield _criterion(criterion)


def _criterion(criterion: ProvenCriterion) -> Grid:
    rows = tuple(Row((label, lines)) for label, lines in criterion_facts(criterion))
    return Grid("", (), rows, (18, 82))
