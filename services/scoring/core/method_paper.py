"""The published method on paper: the result, what each state does, every criterion, the rules, worked examples."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.method_sheet import MethodCriterion, MethodSection, MethodSheet
from shared.kernel.paper import Block, Cell, Grid, Heading, Items, Paper, Row, Says
from shared.ruleset.words import basis_words, number, points_words
from shared.ruleset.words_methods import scoring_lines

__all__ = ["method_paper"]

_ORIGIN = {"decision": "theo Quyết định", "illustrative": "minh họa, không phải nguyên văn Quyết định"}
_GROUPS = {"province": "sở, cơ quan chuyên môn cấp tỉnh", "district": "UBND huyện, thành phố"}
_PROGRAMMES = {"it": "mức độ ứng dụng CNTT", "portal": "Cổng thông tin điện tử"}


def method_paper(sheet: MethodSheet) -> Paper:
    """The whole method."""
    sections = [block for section in sheet.sections for block in _section(section)]
    return Paper(f"Cách chấm điểm: {sheet.title.vi}", (*_head(sheet), *sections, *_rules(sheet), *_examples(sheet)))


def _head(sheet: MethodSheet) -> Iterator[Block]:
    if sheet.title.en is not None:
        yield Says(f"(Method: {sheet.title.en})")
    what = f"Đánh giá {_PROGRAMMES[sheet.programme]}, nhóm {_GROUPS[sheet.group]}"
    years = f"dùng cho các năm {sheet.stage.first_year}–{sheet.stage.last_year}"
    yield Says(f"{what}; {years}.")
    yield Says(f"Bộ tiêu chí {sheet.rule_set.id}, phiên bản {sheet.rule_set.version}, SHA-256 {sheet.rule_set.hash}.")
    yield Says("Căn cứ:")
    yield Items(tuple(basis_words(basis) for basis in sheet.legal_basis))
    yield Heading(2, "Kết quả, mức độ, thứ hạng (result, levels, ranks)")
    yield Items(sheet.result)
    levels = tuple(Row((level.title.vi, level.says)) for level in sheet.levels)
    yield Grid("Mức độ", ("Mức độ", "Khoảng giá trị"), levels, (40, 60))
    yield Items(sheet.ties)
    yield Heading(2, "Trạng thái số liệu (states of an answer)")
    states = tuple(Row((state.title, state.points, state.maximum)) for state in sheet.states)
    yield Grid("Mỗi trạng thái làm gì với điểm và điểm tối đa", ("Trạng thái", "Điểm", "Điểm tối đa"), states)
    yield Heading(2, "Các hạng mục (sections)")
    yield _summary(sheet)


def _summary(sheet: MethodSheet) -> Grid:
    weighed = any(section.weight is not None for section in sheet.sections)
    header = ("Mã", "Hạng mục", "Điểm tối đa", *(("Trọng số",) if weighed else ()), "Nguồn")
    rows = [
        Row(
            (
                section.code,
                section.title.vi,
                number(section.maximum),
                *((number(section.weight) if section.weight is not None else "1",) if weighed else ()),
                _ORIGIN[section.origin],
            )
        )
        for section in sheet.sections
    ]
    return Grid("Hạng mục và điểm tối đa", header, tuple(rows))


def _section(section: MethodSection) -> Iterator[Block]:
    yield Heading(2, f"{section.code}. {section.title.vi} ({points_words(section.maximum)})")
    rows = tuple(Row((one.code, tuple(_what(one)), tuple(_how(one)), _shown(one))) for one in section.criteria)
    header = ("Mã", "Tiêu chí", "Cách tính", "Tài liệu kiểm chứng, nguồn số liệu, thẩm tra")
    yield Grid(f"Hạng mục {section.code}: {section.title.vi}", header, rows, (6, 26, 42, 26))


def _what(criterion: MethodCriterion) -> Iterator[str]:
    yield criterion.title.vi
    if criterion.title.en is not None:
        yield f"({criterion.title.en})"
    if criterion.bonus:
        most = points_words(criterion.maximum)
        yield f"Điểm thưởng, tối đa {most}: không tính vào điểm tối đa và không đưa hạng mục vượt điểm tối đa"
    elif criterion.method != "information":
        yield f"Tối đa {points_words(criterion.maximum)}"
    if criterion.asked_if is not None:
        yield criterion.asked_if
    if criterion.may_not_apply:
        yield "Được trả lời “không áp dụng”: không tính vào điểm và điểm tối đa"
    if criterion.article is not None:
        yield f"Căn cứ: {criterion.article}"
    yield f"Nguồn quy định: {_ORIGIN[criterion.origin]}"


def _how(criterion: MethodCriterion) -> Iterator[str]:
    yield f"[{criterion.scoring.form}]"
    yield from scoring_lines(criterion.scoring)
    if criterion.example is not None:
        yield f"Ví dụ: {'; '.join((*criterion.example.figures, criterion.example.says))}"


def _shown(criterion: MethodCriterion) -> Cell:
    evidence = criterion.evidence
    lines = []
    if evidence.documents or evidence.required:
        lines.append("Tài liệu kiểm chứng (bắt buộc):" if evidence.required else "Tài liệu kiểm chứng (nếu có):")
        lines += [f"– {document}" for document in evidence.documents]
    if criterion.without_evidence:
        lines.append(criterion.without_evidence)
    lines += [f"Nguồn số liệu: {criterion.data_source}", f"Thẩm tra: {criterion.verifier}"]
    return tuple(lines)


def _rules(sheet: MethodSheet) -> Iterator[Block]:
    if not sheet.rules:
        return
    yield Heading(2, "Quy tắc chung (rules)")
    rows = tuple(
        Row(
            (
                rule.title.vi,
                rule.when,
                rule.effects,
                (*((rule.article,) if rule.article else ()), _ORIGIN[rule.origin]),
            )
        )
        for rule in sheet.rules
    )
    yield Grid("Quy tắc áp dụng ngoài cách tính của từng tiêu chí", ("Quy tắc", "Khi nào", "Kết quả", "Căn cứ"), rows)
    yield Says(
        "Thứ tự: loại tiêu chí không áp dụng; thiếu tài liệu kiểm chứng; đưa về 0 điểm; cộng hạng mục; giới hạn điểm"
        " thưởng; mức trần của hạng mục (lấy mức thấp nhất); trừ điểm hạng mục; cộng tổng; trừ điểm tổng; không dưới 0."
    )


def _examples(sheet: MethodSheet) -> Iterator[Block]:
    if not sheet.examples:
        return
    yield Heading(2, "Ví dụ tính cả bộ (worked examples)")
    rows = tuple(Row((example.title.vi, example.says)) for example in sheet.examples)
    yield Grid("Số liệu giả định; phần mềm chạy lại mỗi khi bộ tiêu chí được nạp", ("Ví dụ", "Kết quả"), rows, (45, 55))
