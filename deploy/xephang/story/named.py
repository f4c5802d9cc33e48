"""Which submission a word names, and what to say of one that nobody knows."""

from __future__ import annotations

import re
from difflib import get_close_matches

from deploy.xephang.client import Client, path_of
from deploy.xephang.story.gathered import KEY_FORM, Gathered, Letter
from shared.contracts.common import SubmissionKey
from shared.contracts.registry import SERVICES
from shared.kernel.errors import Fault, NotFound

__all__ = ["find_submission", "unknown"]

_STREAM = re.compile(r"[a-z]+/[a-z_]+/([a-z0-9-]+/(?:it|portal)/[a-z0-9-]+)(?:#.*)?")
_LETTER = re.compile(r"([a-z]+)/dead_letters/([0-9a-f]+)")
_SOME = 5  # names shown of many


def find_submission(client: Client, word: str) -> Gathered:
    """What begins with the submission that a key, stream, event, correlation, trace or answer belongs to.

    The dead letters by which it was found are in it. Raises `NotFound`.
    """
    if KEY_FORM.fullmatch(word):
        return Gathered(SubmissionKey.parse(word))
    if found := _STREAM.fullmatch(word):
        return Gathered(SubmissionKey.parse(found[1]))
    streams = client.get("/intake/journal/streams", of=word)
    letters = [_letter(client, *found.groups()) for stream in streams if (found := _LETTER.fullmatch(stream))]
    keys = {found[1] for stream in streams if (found := _STREAM.fullmatch(stream))}
    keys |= {letter.submission for letter in letters if letter.submission}
    if len(keys) == 1:
        return Gathered(SubmissionKey.parse(keys.pop()), letters=letters)
    if keys:
        some = ", ".join(sorted(keys)[:_SOME])
        raise NotFound(f"{word} thuộc nhiều phiếu: {some}; hãy nêu một phiếu", f"{word} belongs to several: {some}")
    raise _only_letters(word, letters) if letters else _no_such_id(word)


def unknown(found: Gathered) -> NotFound | None:
    """The refusal of a submission of which no service knows anything, and which is not even waited for."""
    known = any(standing for stream, standing in found.standings.items() if stream.endswith(f"/{found.key.text}"))
    if known or found.letters or found.silent:
        return None
    lacking = _lacking(found)
    return None if lacking is None else NotFound.of(_fault(found, *lacking))


def _letter(client: Client, service: str, id_: str) -> Letter:
    return Letter.of(service, client.get(path_of(service, "dead-letters", id_)))


def _lacking(found: Gathered) -> tuple[str, str, str, str] | None:
    """What there is not, and what to look at instead; in both languages. None where the answer may yet come."""
    key, campaign = found.key, found.campaign
    if campaign is None:
        return (
            f"không có đợt đánh giá {key.campaign}",
            f"there is no campaign {key.campaign}",
            "xem các đợt bằng `xephang campaign status`",
            "see the campaigns with `xephang campaign status`",
        )
    programmes = campaign.get("programmes") or [key.programme]
    if key.programme not in programmes:
        has = ", ".join(programmes)
        return (
            f"đợt {key.campaign} không có chương trình {key.programme}",
            f"the campaign {key.campaign} has no programme {key.programme}",
            f"nêu một chương trình của đợt: {has}",
            f"name one of its programmes: {has}",
        )
    if found.group:
        return None
    near = _near(key.agency, [member["id"] for member in campaign["members"]])
    return (
        f"đợt {key.campaign} không có cơ quan {key.agency}",
        f"the campaign {key.campaign} has no agency {key.agency}",
        f"{near and f'có phải {near}? '}xem các cơ quan bằng `xephang agencies list`",
        f"{near and f'perhaps {near}? '}see the agencies with `xephang agencies list`",
    )


def _near(name: str, names: list[str]) -> str:
    return ", ".join(get_close_matches(name, names, n=3))


def _fault(found: Gathered, vi: str, en: str, remedy_vi: str, remedy_en: str) -> Fault:
    where = ", ".join(SERVICES)
    looked_vi, looked_en = "hồ sơ, sự kiện, thư chết đang chờ", "documents, events, waiting dead letters"
    more_vi = f"; còn {found.not_taken_in} thông điệp của nền tảng chưa tiêu thụ" if found.not_taken_in else ""
    more_en = f"; {found.not_taken_in} of the platform's messages are not yet consumed" if found.not_taken_in else ""
    return Fault(
        "trace.unknown",
        found.key.text,
        f"Không dịch vụ nào biết phiếu này: {vi} (đã tìm {looked_vi} ở {where}){more_vi}",
        f"no service knows of this submission: {en} (looked for {looked_en} at {where}){more_en}",
        remedy_vi,
        remedy_en,
    )


def _only_letters(word: str, letters: list[Letter]) -> NotFound:
    """What the platform sent stands in dead letters, and they do not tell of which submission it is."""
    return NotFound(
        f"Thông điệp {word} không xử lý được và không cho biết thuộc phiếu nào",
        f"the message {word} could not be handled, and does not tell of which submission it is",
        [
            Fault(
                "trace.dead_letter",
                f"{letter.service}, thư chết {letter.id}",
                letter.reason[:200],
                f"a dead letter of {letter.service}, {letter.status}",
                f"xem `xephang dlq show {letter.id}`",
                f"see `xephang dlq show {letter.id}`",
            )
            for letter in letters
        ],
        "trace.dead_letter",
    )


def _no_such_id(word: str) -> NotFound:
    fault = Fault(
        "trace.unknown",
        word,
        f"Không có phiếu nào mang mã {word} (đã tìm trong nhật ký, sự kiện đang giữ và thư chết của intake)",
        f"no submission is known by {word} (looked for in intake's journal, in what it keeps, and in dead letters)",
        "kiểm tra lại mã, hoặc nêu CAMPAIGN/PROGRAMME/AGENCY; xem còn gì chưa tiêu thụ bằng `xephang status`",
        "check the id, or name CAMPAIGN/PROGRAMME/AGENCY; see what is not yet consumed with `xephang status`",
    )
    return NotFound.of(fault)
