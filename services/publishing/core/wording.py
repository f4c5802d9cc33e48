"""The Decision's fixed words, after the form of Decree 30/2020/NĐ-CP; they are part of what is signed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from shared.contracts.common import GroupKey
from shared.contracts.publishing import DecisionRef
from shared.ruleset.document import LegalBasis, RuleSet

__all__ = [
    "PROPOSAL",
    "RECIPIENTS",
    "correction_articles",
    "day",
    "kind_of",
    "place_of",
    "publication_articles",
    "shared_legal_basis",
    "table_title",
]

PROPOSAL = "Xét đề nghị của Giám đốc Sở Thông tin và Truyền thông."
RECIPIENTS = (
    "Như Điều 3",
    "Bộ Thông tin và Truyền thông (báo cáo)",
    "Chủ tịch, các Phó Chủ tịch Ủy ban nhân dân tỉnh",
    "Sở Nội vụ (thi đua, khen thưởng, trách nhiệm người đứng đầu)",
    "Cổng thông tin điện tử tỉnh (công khai)",
    "Lưu: VT",
)
_PROGRAMMES = {"it": "mức độ ứng dụng công nghệ thông tin", "portal": "Cổng thông tin điện tử"}
_GROUPS = {"province": "các sở, cơ quan chuyên môn thuộc tỉnh", "district": "Ủy ban nhân dân các huyện, thành phố"}
_IN_FORCE = (
    "Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng Ủy ban nhân dân tỉnh, Thủ trưởng các sở, cơ quan chuyên "
    "môn, Chủ tịch Ủy ban nhân dân các huyện, thành phố và các tổ chức, cá nhân liên quan chịu trách nhiệm thi hành."
)
_KINDS = (("NĐ-CP", "Nghị định"), ("/TT-", "Thông tư"), ("/QĐ-", "Quyết định"), ("/CT-", "Chỉ thị"))
_BODY = re.compile(r"^(Ủy ban nhân dân|UBND) (tỉnh|thành phố) ", re.IGNORECASE)


def day(moment: date) -> str:
    """A date as Vietnamese documents write it within a sentence: a zero before one-digit days and before 1 and 2 only
    among months (Decree 30/2020/NĐ-CP, annex I)."""
    month = f"{moment.month:02d}" if moment.month < 3 else str(moment.month)
    return f"{moment:%d}/{month}/{moment.year}"


def kind_of(number: str) -> str | None:
    """The kind of document its number tells; None for laws, which are known by their names."""
    return next((kind for mark, kind in _KINDS if mark in number), None)


def place_of(issuer: str) -> str:
    """Where the issuing body sits: the name without the kind of body."""
    return _BODY.sub("", issuer)


def table_title(key: GroupKey, year: int) -> str:
    """The title of a ranking table."""
    return f"Xếp hạng {_PROGRAMMES[key.programme]} của {_GROUPS[key.group]} năm {year}"


def shared_legal_basis(rule_sets: Iterable[RuleSet]) -> tuple[LegalBasis, ...]:
    """What the rule sets rest on, each document once, in the order of the rule sets."""
    found: dict[str, LegalBasis] = {}
    for rule_set in rule_sets:
        for basis in rule_set.legal_basis:
            found.setdefault(basis.number, basis)
    return tuple(found.values())


def publication_articles(year: int, tables: int) -> tuple[str, ...]:
    """Articles 1 to 3 of a publication."""
    return (
        f"Công bố kết quả đánh giá, xếp hạng mức độ ứng dụng công nghệ thông tin và Cổng thông tin điện tử của các cơ "
        f"quan nhà nước năm {year} tại {tables:02d} bảng kèm theo Quyết định này.",
        "Sở Nội vụ sử dụng kết quả này khi xét thi đua, khen thưởng và xem xét trách nhiệm người đứng đầu. Sở Thông "
        "tin và Truyền thông công khai kết quả. Các cơ quan, đơn vị căn cứ kết quả, khắc phục hạn chế, nâng cao chất "
        "lượng ứng dụng công nghệ thông tin và Cổng thông tin điện tử.",
        _IN_FORCE,
    )


def correction_articles(
    year: int, tables: Sequence[GroupKey], corrects: Sequence[DecisionRef], reason: str
) -> tuple[str, ...]:
    """Articles 1 to 3 of a correction (đính chính)."""
    before = ", ".join(f"Quyết định số {ref.number} ngày {day(ref.issued_on)}" for ref in corrects)
    titles = "; ".join(table_title(key, year) for key in tables)
    return (
        f"Đính chính kết quả đã công bố tại {before}: thay bằng bảng kèm theo Quyết định này đối với: {titles}. "
        f"Lý do: {reason.rstrip('.')}.",
        f"Các nội dung khác đã công bố tại {before} không thay đổi.",
        _IN_FORCE,
    )
