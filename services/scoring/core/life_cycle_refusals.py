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
    "frozen",
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
_OUT_OF_TURN = {
    "draft": (
        "draft",
        ("Bộ tiêu chí {key} chưa được phê duyệt", "{key} is not approved yet"),
        (
            "người thứ hai chạy `xephang ruleset approve {key}`, rồi làm lại bước này",
            "a second person runs `xephang ruleset approve {key}`; then take this step again",
        ),
    ),
    "still_draft": (
        "draft",
        ("Bộ tiêu chí {key} còn là bản nháp", "{key} is still a draft"),
        (
            "bản nháp chưa ai dùng nên không phải cho thôi dùng; nạp lại để thay nội dung",
            "no campaign uses a draft, so there is nothing to retire; load it again to replace it",
        ),
    ),
    "retired": (
        "retired",
        (
            "Bộ tiêu chí {key} đã thôi dùng; hãy nạp thành phiên bản mới",
            "{key} is retired; load it under a new version",
        ),
        (
            "đổi số phiên bản trong tệp, rồi chạy `xephang ruleset load`",
            "give the file a new version, then run `xephang ruleset load`",
        ),
    ),
    "not_in_force": (
        "not_in_force",
        ("Bộ tiêu chí {key} không có hiệu lực cho năm {year}", "{key} is not in force for {year}"),
        (
            "xem năm {year} áp dụng phiên bản nào: `xephang ruleset applicable --year {year}`",
            "see which version applies to {year}: `xephang ruleset applicable --year {year}`",
        ),
    ),
    "not_applied": (
        "not_applied",
        (
            "Năm {year} đang áp dụng phiên bản khác, không phải {key}",
            "another version than {key} applies to {year}",
        ),
        (
            "nêu phiên bản đang áp dụng: `xephang ruleset applicable --year {year}`",
            "name the version that applies: `xephang ruleset applicable --year {year}`",
        ),
    ),
}


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: others tell theirs as `source#name`, and are taken at their word."""
    return one.rsplit("#", 1)[-1].strip().casefold() == other.rsplit("#", 1)[-1].strip().casefold()


def check_second_person(key: str, loaded_by: str, by: str, act: Literal["approve", "acknowledge"]) -> None:
    """Raises `Forbidden` where who loaded the document acts."""
    if same_person(loaded_by, by):
        vi, en = _ACTS[act]
        raise _with_remedy(
            Forbidden,
            "ruleset.same_person",
            key,
            (f"Người nạp bộ tiêu chí không được {vi}", f"whoever loaded a rule set does not {en}"),
            (
                f"{loaded_by} đã nạp bản này: nhờ người thứ hai làm bước này bằng mã truy cập của mình",
                f"{loaded_by} loaded this one: a second person takes this step, with a token of his own",
            ),
        )


def check_stage(key: str, stage: Stage, year: int) -> None:
    """Raises `Invalid` for a year that the set is not made for."""
    if not stage.first_year <= year <= stage.last_year:
        first, last = stage.first_year, stage.last_year
        years_vi = f"năm {first}" if first == last else f"các năm {first}–{last}"
        years_en = str(first) if first == last else f"{first}–{last}"
        raise _with_remedy(
            Invalid,
            "ruleset.stage",
            f"{key} / {year}",
            (
                f"Bộ tiêu chí {key} chỉ dùng cho {years_vi}, không dùng cho {year}",
                f"{key} is for {years_en}, not {year}",
            ),
            (
                f"nêu năm trong khoảng {first}–{last}, hoặc nạp phiên bản mới có giai đoạn áp dụng khác",
                f"name a year within {first}–{last}, or load a new version with another stage",
            )
            if first != last
            else (
                f"nêu năm {first}, hoặc nạp phiên bản mới có giai đoạn áp dụng khác",
                f"name {first}, or load a new version with another stage",
            ),
        )


def frozen(key: str) -> Conflict:
    """Another document under the name of an approved one."""
    return _with_remedy(
        Conflict,
        "ruleset.frozen",
        key,
        (
            f"Bộ tiêu chí {key} đã được phê duyệt nên không sửa được; hãy nạp thành phiên bản mới",
            f"{key} was approved and is never edited; load the amendment under a new version",
        ),
        (
            "đổi số phiên bản trong tệp (trang “Thông tin” của sổ tính, `version` của YAML), rồi nạp lại",
            "give the file a new version (sheet “Thông tin” of the workbook, `version` of the YAML) and load it again",
        ),
    )


def replaced(key: str, hash_: str) -> Conflict:
    """Another document stands there than the one that was looked at."""
    return _with_remedy(
        Conflict,
        "ruleset.replaced",
        key,
        (
            f"Mã băm đã nêu không phải của {key} hiện nay ({hash_}): bản nháp đã được thay, hoặc mã gõ sai",
            f"the hash given is not that of {key} as it stands ({hash_}): it was replaced, or the hash mistyped",
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
        f"Bộ tiêu chí {key} cần kết quả chấm thử được người thứ hai xác nhận, ở ít nhất một đợt đã thẩm tra: {named}",
        f"{key} needs a rehearsal that a second person acknowledged, on at least one of {named}",
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
    code, words, remedy = _OUT_OF_TURN[why]
    named = {"key": key, "year": year}
    place = key if year is None else f"{key} / {year}"
    return _with_remedy(
        Conflict,
        f"ruleset.{code}",
        place,
        (words[0].format(**named), words[1].format(**named)),
        (remedy[0].format(**named), remedy[1].format(**named)),
    )


def _with_remedy(kind: type[E], code: str, place: str, words: tuple[str, str], remedy: tuple[str, str]) -> E:
    return kind.of(Fault(code, place, *words, *remedy))
