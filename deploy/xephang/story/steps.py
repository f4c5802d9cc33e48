"""The steps of a submission in words: one for each event, with when it was and how long after the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any

from deploy.xephang.story.gathered import Event, Gathered
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.exact import show, vietnamese

__all__ = ["Step", "due_words", "local_time", "moment_of", "span_of", "steps"]


@dataclass(frozen=True)
class Step:
    """One step: whose, when (UTC), what in both languages, and the event that tells of it."""

    at: datetime
    service: str
    type: str
    vi: str
    en: str
    told: dict[str, Any]


def steps(found: Gathered) -> list[Step]:
    """All steps in order of time; of those at the same moment, in the order of the pipeline."""
    made: list[Step] = []
    for event in found.events:
        made += _sent(event)
        say = _WORDS.get(event.kind)
        if say is not None:
            vi, en = say(event, found)
            made.append(Step(moment_of(event.told["time"]), event.service, event.type, vi, en, event.told))
    order = {
        name: number for number, name in enumerate(("platform", "intake", "verification", "scoring", "publishing"))
    }
    made.sort(key=lambda step: (step.at, order[step.service]))
    return made


def local_time(moment: datetime) -> str:
    """On the province's clock."""
    return f"{moment.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M:%S}"


def due_words(told: str) -> tuple[str, str]:
    """A deadline, from the first moment that is late: where that is a midnight, as the last day that is in time."""
    local = moment_of(told).astimezone(LOCAL_ZONE)
    if local.time() != time.min:
        return local_time(local), local_time(local)
    last = f"{local - timedelta(days=1):%d/%m/%Y}"
    return f"hết ngày {last}", f"the end of {last}"


def span_of(seconds: float) -> str:
    """A duration in words that are short."""
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".", ",")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "ngày"), (hours, "giờ"), (minutes, "phút"), (rest, "giây"))
    return " ".join(f"{count} {name}" for count, name in parts if count)


def moment_of(text: str) -> datetime:
    """A time of an event."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _sent(event: Event) -> list[Step]:
    """When the agency gave the answer, as the platform attests it: before any event of ours."""
    if event.kind not in _ANSWERS:
        return []
    submission = event.data["submission"]
    sender, _, name = submission["event_id"].partition("#")
    moment = moment_of(submission["submitted_at"])
    vi = f"Cơ quan trả lời qua {sender}, tên {name}"
    return [Step(moment, "platform", "platform.submission.posted.v1", vi, f"answered by way of {sender}", event.told)]


def _received(event: Event, found: Gathered) -> tuple[str, str]:
    submission = event.data["submission"]
    late = submission["days_late"]
    due = _deadline(event, found)
    when_vi = f"muộn {late} ngày" if late else "trong hạn"
    when_en = f"{late} days late" if late else "in time"
    rule_set = submission["rule_set"]
    return (
        f"{_ANSWERS[event.kind][0]} lần {submission['number']} của {submission['key']['agency']}: {when_vi}{due},"
        f" theo bộ tiêu chí {rule_set['id']}@{rule_set['version']}",
        f"{_ANSWERS[event.kind][1]} no. {submission['number']}, {when_en}",
    )


_ANSWERS = {
    "intake.submission.received": ("Nhận phiếu", "submission received"),
    "intake.submission.late": ("Nhận phiếu muộn", "late submission received"),
    "intake.submission.amended": ("Nhận phiếu thay thế", "amended submission received"),
}


def _deadline(event: Event, found: Gathered) -> str:
    """What it was in time for: once the campaign's deadline has passed, that of a return, or of what is asked again.

    Of both the later: each lets the agency answer. Days late always count from the campaign's.
    """
    submission = event.data["submission"]
    given = moment_of(submission["submitted_at"])
    if found.campaign and (submission["days_late"] or given < moment_of(found.campaign["deadline"])):
        return f" (hạn {due_words(found.campaign['deadline'])[0]})"
    returns = _last_until(found.of("verification.case.returned"), given)
    carried = _last_until(found.of("intake.submission.carried"), given)
    lasting = [("theo yêu cầu bổ sung", one.data["due_at"]) for one in returns]
    asked = [one.data["submission"] for one in carried]
    lasting += [("theo bộ tiêu chí sửa đổi", one["answer_until"]) for one in asked if one.get("answer_until")]
    if lasting:
        why, due = max(lasting, key=lambda one: moment_of(one[1]))
        return f" ({why}, hạn {due_words(due)[0]})"
    return f" (hạn {due_words(found.campaign['deadline'])[0]})" if found.campaign else ""


def _last_until(events: Iterable[Event], until: datetime) -> list[Event]:
    """The last of them that was said until then, if there is any."""
    before = [one for one in events if moment_of(one.told["time"]) <= until]
    return [max(before, key=lambda one: (moment_of(one.told["time"]), one.told["position"]))] if before else []


def _carried(event: Event, _: Gathered) -> tuple[str, str]:
    number, asked = event.data["submission"]["number"], len(event.data["submission"].get("asked_again", ()))
    return (
        f"Chuyển phiếu sang bộ tiêu chí sửa đổi thành lần {number}; hỏi lại {asked} tiêu chí",
        f"carried into the amended form as no. {number}, {asked} criteria asked again",
    )


def _missing(_: Event, __: Gathered) -> tuple[str, str]:
    return "Đóng đợt mà cơ quan chưa nộp phiếu", "the campaign was closed without an answer"


def _opened(event: Event, _: Gathered) -> tuple[str, str]:
    number = event.data["submission_number"]
    return f"Mở hồ sơ thẩm tra cho phiếu lần {number}", f"case opened for submission no. {number}"


def _counted(findings: list[dict[str, Any]]) -> tuple[str, str]:
    counts = Counter(finding["finding"] for finding in findings)
    names = {"accepted": "chấp nhận", "adjusted": "điều chỉnh", "rejected": "không chấp nhận"}
    vi = ", ".join(f"{counts[each]} {name}" for each, name in names.items() if counts[each])
    en = ", ".join(f"{counts[each]} {each}" for each in names if counts[each])
    return vi or "không có kết luận", en or "no findings"


def _finding(event: Event, _: Gathered) -> tuple[str, str]:
    vi, en = _counted(event.data["findings"])
    return f"Ghi kết luận thẩm tra: {vi}", f"findings: {en}"


def _returned(event: Event, _: Gathered) -> tuple[str, str]:
    data = event.data
    criteria = data.get("corrections") or data.get("criteria", ())  # since version 2, and before
    count, (due, _en) = len(criteria), due_words(data["due_at"])
    return f"Trả lại để sửa {count} tiêu chí, hạn {due}", f"returned for correction of {count} criteria"


def _verified(event: Event, _: Gathered) -> tuple[str, str]:
    verified = event.data["verified"]
    vi, en = _counted(verified["findings"])
    return f"Thẩm tra xong, lần {verified['revision']}: {vi}", f"verified, revision {verified['revision']}: {en}"


def _reopened(event: Event, _: Gathered) -> tuple[str, str]:
    return f"Mở lại hồ sơ thẩm tra (lần {event.data['revision']})", "case reopened"


def _card(event: Event, _: Gathered) -> tuple[str, str]:
    card = event.data["scorecard"]
    final = card["stage"] == "final"
    points, maximum = (show(Fraction(card[name]), 2) for name in ("points", "maximum"))
    level = _LEVELS.get(card["level"], card["level"])
    stage = "chính thức" if final else "tạm tính"
    return (
        f"Phiếu điểm {stage}: {vietnamese(points)}/{vietnamese(maximum)} điểm, mức {level}",
        f"{card['stage']} scorecard: {points} of {maximum} points",
    )


# Of the Decision; a rule set may have others, which are shown as it calls them.
_LEVELS = {"tot": "Tốt", "kha": "Khá", "trung_binh": "Trung bình", "yeu": "Yếu"}


def _ranked(event: Event, found: Gathered) -> tuple[str, str]:
    place = _place(found.ranking, found) if _newest(event, found) else ""
    return (
        f"Tính bảng xếp hạng {event.told['key']}, lần {event.told['sequence']}{place and f': hạng {place}'}",
        f"ranking computed, revision {event.told['sequence']}{place and f': rank {place}'}",
    )


def _drafted(event: Event, _: Gathered) -> tuple[str, str]:
    number = event.data["decision"]["number"]
    return f"Dự thảo Quyết định {number}, bản {event.data['draft']}", f"decision drafted, no. {event.data['draft']}"


def _signed(event: Event, _: Gathered) -> tuple[str, str]:
    number = event.data["decision"]["number"]
    return f"Chủ tịch ký Quyết định {number}", f"decision {number} signed"


def _published(event: Event, found: Gathered) -> tuple[str, str]:
    ranking = found.published["ranking"] if found.published and _newest(event, found) else None
    place = _place(ranking, found)
    corrected = event.kind == "publishing.ranking.corrected"
    return (
        f"{'Đính chính' if corrected else 'Công bố'} bảng xếp hạng{place and f': hạng {place}'}",
        f"ranking {'corrected' if corrected else 'published'}{place and f': rank {place}'}",
    )


def _withdrawn(_: Event, __: Gathered) -> tuple[str, str]:
    return "Thu hồi bảng xếp hạng đã công bố", "the published ranking was withdrawn"


def _newest(event: Event, found: Gathered) -> bool:
    """The newest of its kind: only of that the table is at hand."""
    return found.of(*_ALIKE.get(event.kind, (event.kind,)))[-1] is event


_ALIKE = dict.fromkeys(
    ("publishing.ranking.published", "publishing.ranking.corrected"),
    ("publishing.ranking.published", "publishing.ranking.corrected"),
)


def _place(ranking: dict[str, Any] | None, found: Gathered) -> str:
    rows = ranking["rows"] if ranking else ()
    return next((f"{row['rank']}/{len(rows)}" for row in rows if row["agency"] == found.key.agency), "")


_WORDS: dict[str, Callable[[Event, Gathered], tuple[str, str]]] = {
    **dict.fromkeys(_ANSWERS, _received),
    "intake.submission.carried": _carried,
    "intake.submission.missing": _missing,
    "verification.case.opened": _opened,
    "verification.finding.recorded": _finding,
    "verification.case.returned": _returned,
    "verification.submission.verified": _verified,
    "verification.case.reopened": _reopened,
    "scoring.scorecard.computed": _card,
    "scoring.ranking.computed": _ranked,
    "publishing.decision.drafted": _drafted,
    "publishing.decision.signed": _signed,
    "publishing.ranking.published": _published,
    "publishing.ranking.corrected": _published,
    "publishing.ranking.withdrawn": _withdrawn,
}
