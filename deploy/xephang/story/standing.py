"""Where a submission is now, and what it waits for: what is stuck, what is on its way, or else whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.xephang.story.gathered import Event, Gathered
from deploy.xephang.story.steps import due_words, moment_of

__all__ = ["Wait", "waits"]


@dataclass(frozen=True)
class Wait:
    """One thing that is waited for. `code` is for programs."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True)
class _Hop:
    """Events of a stream on a topic, and who takes them into which aggregate."""

    topic: str
    source: str
    consumer: str
    target: str


def waits(found: Gathered) -> list[Wait]:
    """All that is waited for; never empty."""
    stuck = [*_dead(found), *_kept(found), *_on_the_way(found)]
    return [*(stuck or [_turn(found)]), *_discarded(found)]


def _dead(found: Gathered) -> Iterator[Wait]:
    for letter in found.letters:
        if letter.status == "waiting":
            yield Wait(
                "dead_letter",
                f"Thư chết {letter.id} ở {letter.service}, từ chủ đề {letter.topic}: {letter.reason[:200]};"
                f" xem `xephang dlq show {letter.id}`",
                f"a dead letter of {letter.service}: see `xephang dlq show {letter.id}`",
            )


def _discarded(found: Gathered) -> Iterator[Wait]:
    """Nothing waits for them any more; but somebody has asked for just these."""
    for letter in found.letters:
        if letter.status == "discarded":
            yield Wait(
                "discarded",
                f"Thông điệp này là thư chết {letter.id} ở {letter.service}, đã bỏ ({letter.note})",
                f"the message became a dead letter of {letter.service}, which was discarded",
            )


def _kept(found: Gathered) -> Iterator[Wait]:
    for stream, standing in found.standings.items():
        if not standing:
            continue
        service = stream.partition("/")[0]
        if standing["parked"]:
            count, needed = len(standing["parked"]), standing["waits_for"]
            yield Wait(
                "parked",
                f"{service} giữ {count} sự kiện, chờ {needed} (đợt đánh giá hoặc bộ tiêu chí chưa tới)",
                f"{service} keeps {count} events until {needed} is there",
            )
        if standing["held"]:
            count = len(standing["held"])
            yield Wait(
                "held",
                f"{service} giữ {count} sự kiện tới trước, đã xin phát lại phần thiếu ở giữa",
                f"{service} holds {count} events that came before their predecessors, and has asked for those",
            )


def _on_the_way(found: Gathered) -> Iterator[Wait]:
    for hop in _hops(found):
        source = found.standing(hop.source)
        if source is None or hop.consumer in found.silent:
            continue
        target = found.standing(hop.target) or {"consumed": {}}
        said = source["emitted"].get(hop.topic, 0)
        behind = said - target["consumed"].get(f"{hop.topic}|{hop.source}", 0)
        if behind > 0 and not (target.get("held") or target.get("parked")):
            producer, unpublished = hop.source.partition("/")[0], found.unpublished.get(hop.topic, 0)
            more_vi = f"; {producer} có {unpublished} hồ sơ còn sự kiện chưa phát trên đó" if unpublished else ""
            more_en = f"; {producer} has events of {unpublished} documents not yet published" if unpublished else ""
            yield Wait(
                "on_the_way",
                f"{behind} sự kiện trên {hop.topic} đang tới {hop.consumer}{more_vi}",
                f"{behind} events on {hop.topic} are on their way to {hop.consumer}{more_en}",
            )


def _hops(found: Gathered) -> Iterator[_Hop]:
    key, table = found.key.text, found.table
    yield _Hop("submissions", f"intake/submissions/{key}", "verification", f"verification/cases/{key}")
    yield _Hop("verification-returns", f"verification/cases/{key}", "intake", f"intake/submissions/{key}")
    yield _Hop("verifications", f"verification/cases/{key}", "scoring", f"scoring/cards/{key}")
    yield _Hop("scorecards", f"scoring/cards/{key}", "publishing", f"publishing/cards/{key}")
    if table:
        yield _Hop("computed-rankings", f"scoring/rankings/{table}", "publishing", f"publishing/rankings/{table}")


def _turn(found: Gathered) -> Wait:
    """Nothing is stuck or on its way: whose turn it is."""
    if found.silent:
        names = ", ".join(found.silent)
        return Wait("silent", f"Không rõ: {names} không trả lời", f"not known: {names} does not answer")
    if not found.of(*_TAKEN_IN):
        return _not_taken_in(found)
    for look in (_case, _table, _decision):
        if wait := look(found):
            return wait
    return Wait("published", "Đã công bố, không chờ gì nữa", "published; it waits for nothing")


_TAKEN_IN = (
    "intake.submission.received",
    "intake.submission.late",
    "intake.submission.amended",
    "intake.submission.carried",
    "intake.submission.missing",
)


def _not_taken_in(found: Gathered) -> Wait:
    if found.campaign is None:
        return Wait("no_campaign", "Không có đợt đánh giá này", "there is no such campaign")
    if not found.group:
        return Wait("no_member", "Cơ quan không thuộc đợt đánh giá này", "the agency is no member of the campaign")
    (due_vi, due_en), count = due_words(found.campaign["deadline"]), found.not_taken_in
    more_vi = f"; còn {count} thông điệp của nền tảng chưa tiêu thụ" if count else ""
    more_en = f"; {count} of the platform's messages are not yet consumed" if count else ""
    vi, en = f"Chưa nhận được phiếu nào; hạn nộp {due_vi}", f"no answer was taken in; due by {due_en}"
    return Wait("no_answer", vi + more_vi, en + more_en)


def _case(found: Gathered) -> Wait | None:
    case = _last(found, "verification.case.returned", "verification.submission.verified", "verification.case.reopened")
    # What came in after the last word of verification is to be verified; a return is answered by it.
    opened = _last(found, "verification.case.opened")
    if opened and (case is None or _after(opened, case)):
        case = opened
    if case is None or case.kind in ("verification.case.opened", "verification.case.reopened"):
        return Wait("verification", "Chờ thẩm tra", "it is to be verified")
    if case.kind == "verification.case.returned":
        due_vi, due_en = due_words(case.data["due_at"])
        return Wait("correction", f"Chờ cơ quan sửa, hạn {due_vi}", f"the agency is to correct it by {due_en}")
    return None


def _table(found: Gathered) -> Wait | None:
    cards = found.of("scoring.scorecard.computed")  # in the order of their stream
    if cards and cards[-1].data["scorecard"]["stage"] == "final":
        return None
    if found.campaign and found.campaign["status"] == "open":
        return Wait("campaign_open", "Đã thẩm tra; chờ đóng đợt để xếp hạng", "verified; the campaign is still open")
    return Wait(
        "table", "Đã thẩm tra; chờ cả bảng được thẩm tra để xếp hạng", "verified; others of its table are not yet"
    )


def _decision(found: Gathered) -> Wait | None:
    if found.withdrawn:
        return Wait("withdrawn", "Kết quả đã công bố bị thu hồi", "what was published was withdrawn")
    newest = found.ranking["revision"] if found.ranking else 0
    published = found.published["ranking"]["revision"] if found.published else 0
    if published and published >= newest:
        return None
    drafted, signed = _last(found, "publishing.decision.drafted"), _last(found, "publishing.decision.signed")
    if drafted and (signed is None or _after(drafted, signed)):
        return Wait("signature", "Chờ Chủ tịch ký Quyết định", "the Decision is to be signed")
    if published:
        return Wait("correction_due", "Có bảng mới hơn bảng đã công bố: chờ đính chính", "a correction is due")
    return Wait("draft", "Đã xếp hạng; chờ dự thảo Quyết định", "ranked; the Decision is to be drafted")


def _last(found: Gathered, *kinds: str) -> Event | None:
    events: list[Event] = found.of(*kinds)
    return max(events, key=_when) if events else None


def _after(one: Event, other: Event) -> bool:
    return _when(one) > _when(other)


def _when(event: Event) -> tuple[Any, int]:
    """Of events of one service: positions of two journals tell nothing."""
    return moment_of(event.told["time"]), event.told["position"]
