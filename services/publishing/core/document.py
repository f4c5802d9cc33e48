"""The Decision as a document: what stands on the page, whichever form it is written in. Markdown and HTML follow it.

Layout after Decree 30/2020/NĐ-CP (issuer, motto, number, place and date, basis, articles, recipients, signature), with
the tables as annexes. The same draft gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.publishing.core.model import Draft, Withdrawal
from services.publishing.core.tables import RankingTable, ranking_table
from services.publishing.core.wording import day, kind_of
from shared.kernel.clock import LOCAL_ZONE
from shared.ruleset.document import LegalBasis, RuleSet

__all__ = ["Page", "page_of"]

DRAFT_MARK = "DỰ THẢO"
WITHDRAWN_MARK = "ĐÃ THU HỒI"


@dataclass(frozen=True)
class Page:
    """Everything that stands on the page, as plain text."""

    mark: str
    mark_note: str
    issuer: str
    number: str
    place_and_date: str
    title: str
    authority: str
    basis: tuple[str, ...]
    articles: tuple[str, ...]
    tables: tuple[RankingTable, ...]
    recipients: tuple[str, ...]
    signature: tuple[str, ...]
    content_hash: str


def page_of(draft: Draft, rule_sets: Mapping[str, RuleSet], withdrawal: Withdrawal | None = None) -> Page:
    """The page of a draft or signed Decision; `rule_sets` by `RuleSetRef.key` hold titles and rounding."""
    content, issued = draft.content, draft.content.issued_on
    mark, note = _mark(draft, withdrawal)
    return Page(
        mark=mark,
        mark_note=note,
        issuer=content.issuer.upper(),
        number=f"Số: {content.number}",
        place_and_date=f"{content.place}, ngày {issued:%d} tháng {issued:%m} năm {issued:%Y}",
        title=content.title,
        authority=f"CHỦ TỊCH {content.issuer.upper()}",
        basis=(*(_basis(each) for each in content.legal_basis), content.proposal),
        articles=content.articles,
        tables=tuple(ranking_table(table, rule_sets[table.rule_set.key]) for table in content.tables),
        recipients=content.recipients,
        signature=_signature(draft),
        content_hash=draft.content_hash,
    )


def _mark(draft: Draft, withdrawal: Withdrawal | None) -> tuple[str, str]:
    if draft.signature is None:
        return DRAFT_MARK, f"Dự thảo lần {draft.draft}, chưa có giá trị pháp lý"
    if withdrawal:
        moment = withdrawal.withdrawn_at.astimezone(LOCAL_ZONE)
        return WITHDRAWN_MARK, f"Thu hồi ngày {day(moment)}. Lý do: {withdrawal.reason}"
    return "", ""


def _basis(basis: LegalBasis) -> str:
    """A ground in the order official texts name it: kind, number, date, issuer, and what it is about."""
    kind = kind_of(basis.number)
    if kind is None:  # a law goes by its name
        return f"Căn cứ {basis.title} số {basis.number} ngày {day(basis.issued_on)};"
    about = basis.title.removeprefix(kind).strip()
    about = about[:1].lower() + about[1:]
    return f"Căn cứ {kind} số {basis.number} ngày {day(basis.issued_on)} của {basis.issuer} {about};"


def _signature(draft: Draft) -> tuple[str, ...]:
    if draft.signature is None:
        return ("CHỦ TỊCH", "(chưa ký)")
    moment = draft.signature.signed_at.astimezone(LOCAL_ZONE)
    return ("CHỦ TỊCH", f"(đã ký lúc {moment:%H:%M:%S} ngày {day(moment)})", draft.signature.signed_by)
