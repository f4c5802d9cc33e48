"""Why a step in a rule set's life is refused, in the words of the department, with what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from shared.kernel.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound
from shared.ruleset.document import Stage

__all__ = [
    "another_rehearsal",
    "check_second_person",
    "check_stage",
    "no_reason",
    "not_rehearsed",
    "nothing_before",
    "nothing_rehearsed",
    "out_of_turn",
    "replaced",
    "same_person",
]

E = TypeVar("E", bound=DomainError)
_ACTS = {
    "approve": ("tự phê duyệt", "approve it"),
    "acknowledge": ("tự xác nhận kết quả chấm thử của nó", "acknowledge its rehearsal"),
}


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: others tell theirs as `source#name`, and are taken at their word."""
    return one.rsplit("#", 1)[-1].strip().casefold() == other.rsplit("#", 1)[-1].strip().casefold()


def check_second_person(loaded_by: str, by: str, act: Literal["approve", "acknowledge"]) -> None:
    """Raises `Forbidden` where who loaded the document acts."""
    if same_person(loaded_by, by):
        vi, en = _ACTS[act]
        raise Forbidden(
            f"Người nạp bộ tiêu chí không được {vi}",
            f"whoever loaded a rule set does not {en}",
            code="ruleset.same_person",
        )


def check_stage(key: str, stage: Stage, year: int) -> None:
    """Raises `Invalid` for a year that the set is not made for."""
    if not stage.first_year <= year <= stage.last_year:
        raise Invalid(
            f"Bộ tiêu chí {key} chỉ dùng cho các năm {stage.first_year}–{stage.last_year}",
            f"{key} is for {stage.first_year}–{stage.last_year}, not {year}",
            code="ruleset.stage",
        )


def replaced(key: str, hash_: str) -> Conflict:
    """Another document stands there than the one that was looked at."""
    return _with_remedy(
        Conflict,
        "ruleset.replaced",
        key,
        (
            f"Bản nháp {key} đã được thay bằng nội dung khác ({hash_}); hãy xem lại",
            f"{key} has another content by now ({hash_}): look at it again",
        ),
        (
            f"xem lại bằng `xephang ruleset show {key}`, rồi nêu mã băm của bản đã xem",
            f"look at it (`xephang ruleset show {key}`), then name the hash of what was looked at",
        ),
    )


def not_rehearsed(key: str, campaigns: Sequence[str], made: Sequence[str]) -> Conflict:
    """There is verified data, and nobody but the author knows what the set would change of it."""
    faults = [_rehearse_on(key, campaign, campaign in made) for campaign in campaigns]
    code = "ruleset.not_acknowledged" if made else "ruleset.not_rehearsed"
    named = ", ".join(campaigns)
    return Conflict(
        f"Bộ tiêu chí {key} chưa có kết quả chấm thử được người thứ hai xác nhận; số liệu đã thẩm tra có ở đợt {named}",
        f"no rehearsal of {key} was acknowledged by a second person; verified data is in {named}",
        faults,
        code,
    )


def _rehearse_on(key: str, campaign: str, made: bool) -> Fault:
    if made:
        return Fault(
            "ruleset.not_acknowledged",
            f"{key} / {campaign}",
            f"đã chấm thử trên đợt {campaign} nhưng chưa ai xác nhận",
            f"was rehearsed on {campaign}, and nobody has acknowledged it",
            f"người thứ hai chạy `xephang ruleset acknowledge {key} --campaign {campaign}`",
            f"a second person runs `xephang ruleset acknowledge {key} --campaign {campaign}`",
        )
    return Fault(
        "ruleset.not_rehearsed",
        f"{key} / {campaign}",
        f"đợt {campaign} có số liệu đã thẩm tra nhưng chưa chấm thử",
        f"{campaign} holds verified data, and was not rehearsed on",
        f"chạy `xephang ruleset rehearse {key} --campaign {campaign}`, rồi người thứ hai xác nhận",
        f"run `xephang ruleset rehearse {key} --campaign {campaign}`, then a second person acknowledges it",
    )


def nothing_rehearsed(key: str, campaign: str) -> NotFound:
    """There is no rehearsal of this document on that campaign."""
    return _with_remedy(
        NotFound,
        "rehearsal.none",
        f"{key} / {campaign}",
        (
            f"Bộ tiêu chí {key}, với nội dung hiện nay, chưa được chấm thử trên đợt {campaign}",
            f"{key} as it stands now was not rehearsed on {campaign}",
        ),
        (
            f"chạy `xephang ruleset rehearse {key} --campaign {campaign}`",
            f"run `xephang ruleset rehearse {key} --campaign {campaign}`",
        ),
    )


def another_rehearsal(key: str, campaign: str, basis_hash: str) -> Conflict:
    """The rehearsal that was looked at is not the newest one."""
    return _with_remedy(
        Conflict,
        "rehearsal.replaced",
        f"{key} / {campaign}",
        (
            f"Kết quả chấm thử {key} trên đợt {campaign} nay là bản khác ({basis_hash}); hãy xem lại",
            f"the rehearsal of {key} on {campaign} is another one by now ({basis_hash}): look at it again",
        ),
        ("xem kết quả mới nhất rồi xác nhận lại", "look at the newest result, then acknowledge that one"),
    )


def nothing_before(key: str, year: int) -> Conflict:
    """No other version was ever in force for the year."""
    return _with_remedy(
        Conflict,
        "ruleset.nothing_before",
        f"{key} / {year}",
        (
            f"Trước {key} không có phiên bản nào từng có hiệu lực cho năm {year}",
            f"no other version was in force for {year} before {key}",
        ),
        (
            "nạp và kích hoạt phiên bản thay thế, hoặc cho thôi dùng (`xephang ruleset retire`)",
            "load and activate one in its place, or retire it (`xephang ruleset retire`)",
        ),
    )


def no_reason(key: str) -> Invalid:
    """A rollback without a reason."""
    return _with_remedy(
        Invalid,
        "ruleset.no_reason",
        key,
        ("Quay lại phiên bản trước phải nêu lý do", "a rollback needs a reason"),
        ("nêu lý do (--reason)", "give one (--reason)"),
    )


def out_of_turn(
    key: str, why: Literal["draft", "still_draft", "retired", "not_in_force", "not_applied"], year: int | None = None
) -> Conflict:
    """A step that the set's state does not allow."""
    code, vi, en = {
        "draft": ("draft", f"Bộ tiêu chí {key} chưa được phê duyệt", f"{key} is not approved yet"),
        "still_draft": ("draft", f"Bộ tiêu chí {key} còn là bản nháp", f"{key} is still a draft"),
        "retired": (
            "retired",
            f"Bộ tiêu chí {key} đã ngừng dùng; hãy nạp thành phiên bản mới",
            f"{key} is retired; load it under a new version",
        ),
        "not_in_force": (
            "not_in_force",
            f"Bộ tiêu chí {key} không có hiệu lực cho năm {year}",
            f"{key} is not in force for {year}",
        ),
        "not_applied": (
            "not_applied",
            f"Năm {year} đang áp dụng phiên bản khác, không phải {key}",
            f"another version than {key} applies to {year}",
        ),
    }[why]
    return Conflict(vi, en, code=f"ruleset.{code}")


def _with_remedy(kind: type[E], code: str, place: str, words: tuple[str, str], remedy: tuple[str, str]) -> E:
    return kind(*words, (Fault(code, place, *words, *remedy),), code)
