"""Why publishing refuses: each refusal names the place, the reason and the remedy, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.publishing.core.model import Draft
from shared.contracts.common import GroupKey
from shared.contracts.scoring import Ranking
from shared.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound

__all__ = [
    "already_published",
    "draft_outdated",
    "draft_replaced",
    "draft_withdrawn",
    "issued_too_early",
    "no_decision",
    "no_such_draft",
    "not_published",
    "nothing_to_correct",
    "number_malformed",
    "number_taken",
    "other_content",
    "revision_in_doubt",
    "same_person",
    "tables_missing",
    "tables_superseded",
]


def tables_missing(missing: Sequence[GroupKey]) -> Conflict:
    """A Decision publishes all tables of its campaign or none."""
    return Conflict(
        "Chưa đủ bảng xếp hạng để dự thảo Quyết định",
        "not all ranking tables of the campaign are there",
        [
            Fault(
                "decision.table_missing",
                key.text,
                f"Chưa có bảng xếp hạng {key.text}",
                f"the ranking {key.text} has not been computed",
                "Hoàn tất thẩm tra và tính điểm của nhóm này, rồi dự thảo lại",
                "finish verification and scoring of this group, then draft again",
            )
            for key in missing
        ],
        "tables_missing",
    )


def tables_superseded(rankings: Sequence[Ranking]) -> Conflict:
    """A table was ranked under a version of its rule set that has been amended since."""
    return Conflict(
        "Có bảng xếp hạng theo bộ tiêu chí đã được sửa đổi",
        "some tables were ranked under a rule set that was amended since",
        [
            Fault(
                "decision.table_superseded",
                ranking.key.text,
                f"Bảng {ranking.key.text} được xếp theo {ranking.rule_set.key}, nay không còn áp dụng cho đợt đánh giá",
                f"the table {ranking.key.text} was ranked under {ranking.rule_set.key}, which the campaign left",
                "Hoàn tất thẩm tra theo phiên bản mới; bảng sẽ được xếp lại, rồi dự thảo lại",
                "finish verification under the new version; the table is ranked anew, then draft again",
            )
            for ranking in rankings
        ],
        "tables_superseded",
    )


def number_malformed(number: str) -> Invalid:
    """A Decision's number tells what kind of document it is and whose."""
    fault = Fault(
        "decision.number_malformed",
        "number",
        f"{number!r} không phải số Quyết định",
        f"{number!r} is not the number of a Decision",
        "Ghi số, kiểu văn bản và cơ quan ban hành, ví dụ 2050/QĐ-UBND",
        "write number, kind and issuing body, such as 2050/QĐ-UBND",
    )
    return Invalid("Số Quyết định không đúng dạng", "the number is malformed", [fault], "number_malformed")


def number_taken(number: str) -> Invalid:
    """Every signed document has a number of its own."""
    fault = Fault(
        "decision.number_taken",
        "number",
        f"Số {number} đã dùng cho một Quyết định đã ký",
        f"the number {number} belongs to a Decision that is signed already",
        "Dùng số văn bản mới",
        "take a new number",
    )
    return Invalid("Số Quyết định đã được dùng", "the number is taken", [fault], "number_taken")


def issued_too_early(issued_on: date, dispatched_on: date) -> Invalid:
    """Results cannot be published before anybody was asked."""
    fault = Fault(
        "decision.issued_too_early",
        "issued_on",
        f"Ngày ban hành {issued_on:%d/%m/%Y} trước ngày công văn {dispatched_on:%d/%m/%Y}",
        f"issued on {issued_on}, before the dispatch of {dispatched_on}",
        "Sửa ngày ban hành",
        "correct the date of issue",
    )
    return Invalid("Ngày ban hành không hợp lệ", "the date of issue cannot be", [fault], "issued_too_early")


def already_published(campaign: str) -> Conflict:
    """What is published is changed by a correction only."""
    fault = Fault(
        "decision.published",
        campaign,
        "Kết quả của đợt đánh giá này đã công bố",
        "the results of this campaign are published",
        "Dự thảo đính chính (correction), hoặc đề nghị Chủ tịch thu hồi",
        "draft a correction, or have the Chairman withdraw them",
    )
    return Conflict("Đã công bố, không dự thảo lại được", "published already", [fault], "already_published")


def not_published(campaign: str) -> Conflict:
    """Only what holds can be corrected or withdrawn."""
    fault = Fault(
        "decision.not_published",
        campaign,
        "Đợt đánh giá này không có kết quả nào đang được công bố",
        "nothing of this campaign is published at present",
        "Dự thảo và ký Quyết định công bố trước",
        "draft and sign the Decision first",
    )
    return Conflict("Chưa có kết quả được công bố", "nothing is published", [fault], "not_published")


def nothing_to_correct(campaign: str) -> Conflict:
    """A correction needs a newer ranking that differs from the published one."""
    fault = Fault(
        "correction.nothing_changed",
        campaign,
        "Không có bảng xếp hạng nào mới hơn và khác bảng đã công bố",
        "no ranking is newer than, and different from, the published one",
        "Mở lại hồ sơ thẩm tra, tính điểm lại, rồi dự thảo đính chính",
        "reopen the case, have it scored again, then draft the correction",
    )
    return Conflict("Không có gì để đính chính", "there is nothing to correct", [fault], "nothing_to_correct")


def no_decision(campaign: str, *, insider: bool) -> NotFound:
    """There is nothing that this person may see: no draft, or for an outsider (not `insider`) none that is signed."""
    remedies = (
        (
            f"Lập dự thảo trước: `xephang publish draft {campaign} --number 2050/QĐ-UBND --date NĂM-THÁNG-NGÀY`",
            f"draft one first: `xephang publish draft {campaign} --number 2050/QĐ-UBND --date YEAR-MONTH-DAY`",
        )
        if insider
        else ("Chờ Quyết định được ký và công bố", "wait until the Decision is signed and published")
    )
    vi, en = f"Chưa có Quyết định của đợt {campaign}", f"no Decision of campaign {campaign} yet"
    return NotFound(vi, en, (Fault("no_decision", campaign, vi, en, *remedies),), "no_decision")


def no_such_draft(campaign: str, number: int) -> NotFound:
    """The draft named does not exist."""
    fault = Fault(
        "draft.unknown",
        "draft",
        f"Không có dự thảo số {number} của đợt {campaign}",
        f"campaign {campaign} has no draft {number}",
        "Xem các dự thảo tại GET /decisions/{campaign}",
        "see the drafts at GET /decisions/{campaign}",
    )
    return NotFound("Không có dự thảo này", "no such draft", [fault], "no_such_draft")


def draft_replaced(named: Draft, latest: Draft) -> Conflict:
    """Only the newest draft can be signed."""
    fault = Fault(
        "draft.replaced",
        "draft",
        f"Dự thảo {named.draft} đã được thay bằng dự thảo {latest.draft}",
        f"draft {named.draft} was replaced by draft {latest.draft}",
        "Xem và ký dự thảo mới nhất",
        "read and sign the newest draft",
    )
    return Conflict("Dự thảo đã được thay thế", "the draft was replaced", [fault], "draft_replaced")


def draft_withdrawn(named: Draft) -> Conflict:
    """A signature does not bring back what was withdrawn: that takes a new draft."""
    campaign = named.content.campaign
    fault = Fault(
        "draft.withdrawn",
        "draft",
        f"Quyết định {named.content.number} (dự thảo {named.draft}) đã ký và đã bị thu hồi",
        f"the Decision {named.content.number} (draft {named.draft}) was signed and then withdrawn",
        f"Lập dự thảo Quyết định mới trước: `xephang publish draft {campaign} …`",
        f"draft a new Decision first: `xephang publish draft {campaign} …`",
    )
    return Conflict("Không có dự thảo nào chờ ký", "no draft waits for a signature", [fault], "draft_withdrawn")


def other_content(draft: Draft, seen: str) -> Conflict:
    """The signature must name what the signer saw."""
    fault = Fault(
        "draft.other_content",
        "content_hash",
        f"Mã băm {seen} không phải của dự thảo {draft.draft}",
        f"{seen} is not the content hash of draft {draft.draft}, which is {draft.content_hash}",
        "Mở lại dự thảo, kiểm tra nội dung rồi ký",
        "open the draft again, check its content, then sign",
    )
    return Conflict("Nội dung đã xem khác dự thảo", "what was seen is not this draft", [fault], "other_content")


def same_person(person: str) -> Forbidden:
    """Four eyes: who drafts does not sign."""
    fault = Fault(
        "signature.same_person",
        "signed_by",
        f"{person} đã soạn dự thảo này nên không được ký",
        f"{person} drafted it and so may not sign it",
        "Người khác soạn dự thảo, hoặc người khác ký",
        "have somebody else draft it or sign it",
    )
    return Forbidden("Người soạn không được ký", "who drafts does not sign", [fault], "same_person")


def draft_outdated(changed: Sequence[str]) -> Conflict:
    """The draft no longer says what a draft made now would say."""
    return Conflict(
        "Dự thảo đã cũ so với bảng xếp hạng mới nhất",
        "draft is outdated",
        [
            Fault(
                "draft.outdated",
                key,
                f"Bảng xếp hạng {key} đã thay đổi sau khi dự thảo",
                f"the ranking {key} changed after the draft was made",
                "Dự thảo lại rồi trình ký",
                "draft again, then sign",
            )
            for key in changed
        ],
        "draft_outdated",
    )


def revision_in_doubt(kept: Ranking, arrived: Ranking) -> Conflict:
    """One revision cannot have two contents: something went wrong where it was computed."""
    fault = Fault(
        "ranking.revision_in_doubt",
        kept.key.text,
        f"Lần tính {kept.revision} có hai nội dung: {kept.basis_hash} và {arrived.basis_hash}",
        f"revision {kept.revision} came with two contents: {kept.basis_hash} and {arrived.basis_hash}",
        "Cho tính lại bảng xếp hạng (lần tính mới)",
        "have the ranking computed again (a new revision)",
    )
    return Conflict("Bảng xếp hạng mâu thuẫn", "contradicting rankings", [fault], "revision_in_doubt")
