"""`xephang ruleset load|approve|activate|rollback|retire|list|show`: the life of rule sets on a platform.

Rehearsing and acknowledging are in ruleset_rehearse.py, what applied when in ruleset_applicable.py.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.xephang.client import Client, Refused, path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import examples, fault_lines, note, say, say_json, say_table
from services.scoring.core.amendment import amend, render_text
from services.scoring.documents import MEDIA_TYPE, is_workbook
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import RuleSet

__all__ = ["FIRST", "SECOND", "Key", "Why", "register", "step_words"]

Key = Annotated[str, typer.Argument(help="id@phiên-bản, ví dụ bac-giang-it-province@2021.1.")]
Why = Annotated[str, typer.Option("--reason", help="Lý do, ghi vào lịch sử (why).", show_default=False)]
_STATUS = {"draft": "bản nháp", "approved": "đã phê duyệt", "active": "đang dùng", "retired": "thôi dùng"}
_STEPS = {
    "loaded": "nạp",
    "linted": "kiểm tra",
    "rehearsed": "chấm thử",
    "acknowledged": "xác nhận kết quả chấm thử",
    "approved": "phê duyệt",
    "activated": "kích hoạt",
    "rolled_back": "thay lại bằng phiên bản trước",
    "reinstated": "dùng lại",
    "retired": "cho thôi dùng",
}
_STATEMENTS = {"nothing_to_rehearse": "chưa có số liệu đã thẩm tra để chấm thử"}
# Whoever loads a rule set neither acknowledges its rehearsal nor approves it (four eyes), in the demo too.
FIRST, SECOND = "demo-rules-admin-1", "demo-rules-admin-2"
_SHOWN_LINES = 40
_HASH_DIGITS = 64
_KEY = "bac-giang-it-province@2021.1"


def register(app: typer.Typer) -> None:
    """Add the commands to the group `ruleset`."""
    app.command("load", epilog=examples("xephang ruleset load services/scoring/rulesets/it-province/2021.1.yaml"))(load)
    app.command("approve", epilog=examples(f"xephang ruleset approve {_KEY}"))(approve)
    app.command("activate", epilog=examples(f"xephang ruleset activate {_KEY} --from-year 2021"))(activate)
    app.command("rollback", epilog=examples(f'xephang ruleset rollback {_KEY} --year 2022 --reason "Sai thang điểm"'))(
        rollback
    )
    app.command("retire", epilog=examples(f'xephang ruleset retire {_KEY} --reason "Đã có phiên bản 2022.1"'))(retire)
    app.command("list", epilog=examples("xephang ruleset list", "xephang ruleset list --json"))(list_)
    app.command("show", epilog=examples(f"xephang ruleset show {_KEY}", f"xephang ruleset show {_KEY} --json"))(show)


def load(
    file: Annotated[Path, typer.Argument(help="Tệp bộ tiêu chí YAML, JSON hoặc Excel (.xlsx).")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra và nạp thành bản nháp (load a draft)."""
    content = content_of(file)
    kind = MEDIA_TYPE if is_workbook(content) else "application/yaml"
    client = connect(url, token, data, "rules_admin", person=FIRST)
    state = client.post(f"/scoring/rulesets?name={quote(file.name)}", content, content_type=kind)
    _told(state, as_json)


def approve(
    key: Key,
    seen: Annotated[
        str,
        typer.Option("--hash", show_default=False, help="Mã băm của bản đã xem; bỏ trống: bản hiện nay."),
    ] = "",
    reason: Why = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Phê duyệt bản nháp; người nạp không được tự phê duyệt (approve as a second person)."""
    _check_whole(key, seen)
    client = connect(url, token, data, "rules_admin", person=SECOND)
    draft = _document(client, key)
    _say_what_it_changes(client, draft)
    body = {"reason": reason, "hash": seen or draft.content_hash()}
    _told(client.post(path_of("scoring", "rulesets", key, "approve"), body), as_json)


def _check_whole(key: str, hash_: str) -> None:
    """Raises `Invalid` for a hash that was cut off, as `list` shows it, or mistyped."""
    if not hash_ or (len(hash_) == _HASH_DIGITS and set(hash_) <= set("0123456789abcdef")):
        return
    fault = Fault(
        "ruleset.hash_malformed",
        f"--hash {hash_}",
        "mã băm SHA-256 gồm đúng 64 ký tự 0-9, a-f",
        "a SHA-256 hash has exactly 64 characters 0-9, a-f",
        f"chép đủ mã băm mà `xephang ruleset show {key}` in ra",
        f"copy the whole hash that `xephang ruleset show {key}` prints",
    )
    raise Invalid("Mã băm không đầy đủ hoặc gõ sai", "the hash is cut off or mistyped", (fault,), fault.code)


def _document(client: Client, key: str) -> RuleSet:
    """The document that stands on the platform, drafts included."""
    return RuleSet.model_validate(client.get(path_of("scoring", "rulesets", key, "draft")))


def _say_what_it_changes(client: Client, draft: RuleSet) -> None:
    """The hash, and the amendment in words, beside the result: what the person is about to put a name to."""
    note(f"{draft.key} – SHA-256 {draft.content_hash()}")
    if draft.mapping is None:
        note("  phiên bản đầu, không sửa đổi phiên bản nào (the first version)")
        return
    try:
        before = _document(client, f"{draft.id}@{draft.mapping.version}")
    except Refused as refused:
        if refused.status != 404:
            raise
        note(f"  sửa đổi {draft.mapping.version}, phiên bản này không có trên nền tảng")
        return
    lines = render_text(amend(before, draft)).splitlines()
    note("\n".join(f"  {line}" for line in lines[:_SHOWN_LINES]))
    if len(lines) > _SHOWN_LINES:
        whole = f"xephang ruleset diff {before.key} {draft.key}"
        note(f"  … còn {len(lines) - _SHOWN_LINES} dòng; xem đủ bằng `{whole}` (the whole of it)")


def activate(
    key: Key,
    from_year: Annotated[int, typer.Option(help="Dùng cho các đợt từ năm này (from this year on).")],
    reason: Why = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Cho các đợt đánh giá dùng từ một năm (let campaigns pin it from a year on)."""
    client = connect(url, token, data, "rules_admin", person=SECOND)
    body = {"from_year": from_year, "reason": reason}
    _told(client.post(path_of("scoring", "rulesets", key, "activate"), body), as_json)


def rollback(
    key: Annotated[str, typer.Argument(help=f"Phiên bản bị thay lại (the one to leave), ví dụ {_KEY}.")],
    year: Annotated[int, typer.Option(help="Từ năm này dùng lại phiên bản trước (from this year on).")],
    reason: Annotated[str, typer.Option(help="Lý do (why).")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Quay lại phiên bản trước cho một năm; đợt đã mở giữ nguyên bộ đã chốt (return to the version before)."""
    client = connect(url, token, data, "rules_admin", person=SECOND)
    done = client.post(path_of("scoring", "rulesets", key, "rollback"), {"year": year, "reason": reason})
    if as_json:
        say_json(done)
        return
    _show(done["rolled_back"])
    _show(done["applies"])
    say(f"Từ năm {year} áp dụng lại {_key(done['applies'])}, thay {key} (applies again from {year} on)")


def retire(
    key: Key,
    reason: Annotated[str, typer.Option(help="Lý do (why).")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Cho thôi dùng; các đợt đã mở vẫn giữ (no new campaign may pin it)."""
    client = connect(url, token, data, "rules_admin", person=SECOND)
    _told(client.post(path_of("scoring", "rulesets", key, "retire"), {"reason": reason}), as_json)


def list_(url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Liệt kê các bộ tiêu chí, kể cả bản nháp (drafts included)."""
    found = connect(url, token, data, "rules_admin").get("/scoring/rulesets/all")
    if as_json:
        say_json(found)
        return
    rows = [
        (
            _key(each),
            _STATUS.get(each["status"], each["status"]),
            str(each["active_from_year"] or "–"),
            each["ref"]["hash"][:12],
            each["title"],
        )
        for each in found
    ]
    say_table(f"{len(rows)} bộ tiêu chí", ("Mã", "Trạng thái", "Từ năm", "SHA-256", "Tên"), rows)


def show(key: Key, url: Url = "", token: Token = "", data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Trạng thái và lịch sử; --json: văn bản chuẩn tắc có mã băm SHA-256 (the canonical document)."""
    client = connect(url, token, data, "rules_admin")
    if as_json:
        typer.echo(client.get_text(path_of("scoring", "rulesets", key, "draft")), nl=False)
        return
    states = [each for each in client.get("/scoring/rulesets/all") if _key(each) == key]
    if not states:
        client.get(path_of("scoring", "rulesets", key))  # the platform says why there is none
        return
    _show(states[0])
    for step in states[0]["steps"]:
        say(f"  {step_words(step)}")


def step_words(step: dict[str, Any]) -> str:
    """A step in a line: when, what, who, why."""
    what = _STEPS.get(step["action"], step["action"])
    about = [step.get("campaign"), f"năm {step['year']}" if step.get("year") else "", step.get("other")]
    named = ", ".join(part for part in about if part)
    reason = f": {step['reason']}" if step.get("reason") else ""
    statement = _STATEMENTS.get(step.get("statement", ""), "")
    return f"{_local(step['at'])}  {what}{f' ({named})' if named else ''} – {step['by']}{reason}" + (
        f" [{statement}]" if statement else ""
    )


def _local(at: str) -> str:
    """A moment on Vietnam's clock, which is also the one of `--known-at`; --json has it exactly."""
    return f"{datetime.fromisoformat(at).astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M}"


def _key(state: dict[str, Any]) -> str:
    return f"{state['ref']['id']}@{state['ref']['version']}"


def _told(state: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say_json(state)
        return
    _show(state)
    for warning in state.get("warnings", []):
        names = ("code", "place", "vi", "en", "remedy_vi", "remedy_en")
        say("\n".join(f"  {line}" for line in fault_lines(Fault(*(warning.get(n, "") for n in names)), "!")))


def _show(state: dict[str, Any]) -> None:
    # A set that was retired is not out of use since the year from which it was in use.
    in_use = state["status"] != "retired"
    since = f" từ năm {state['active_from_year']}" if in_use and state["active_from_year"] else ""
    since += f" đến năm {state['active_until_year']}" if in_use and state.get("active_until_year") else ""
    say(f"{_key(state)}: {_STATUS.get(state['status'], state['status'])}{since} – {state['title']}")
    say(f"  SHA-256 {state['ref']['hash']}")
