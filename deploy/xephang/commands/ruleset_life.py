"""`xephang ruleset load|approve|activate|retire|list|show`: the life of rule sets on a platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.xephang.client import path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import examples, fault_lines, say, say_json, say_table
from shared.kernel.errors import Fault
from shared.ruleset.document import RuleSet

__all__ = ["register"]

Key = Annotated[str, typer.Argument(help="id@phiên-bản, ví dụ bac-giang-it-province@2021.1.")]
Why = Annotated[str, typer.Option("--reason", help="Lý do, ghi vào lịch sử (why).", show_default=False)]
_STATUS = {"draft": "bản nháp", "approved": "đã phê duyệt", "active": "đang dùng", "retired": "thôi dùng"}
_STEPS = {"loaded": "nạp", "approved": "phê duyệt", "activated": "kích hoạt", "retired": "cho thôi dùng"}
# Whoever loads a rule set does not approve it (four eyes), in the demo too.
_LOADER, _APPROVER = "demo-rules-admin-1", "demo-rules-admin-2"
_KEY = "bac-giang-it-province@2021.1"


def register(app: typer.Typer) -> None:
    """Add the commands to the group `ruleset`."""
    app.command("load", epilog=examples("xephang ruleset load services/scoring/rulesets/it-province/2021.1.yaml"))(load)
    app.command("approve", epilog=examples(f"xephang ruleset approve {_KEY}"))(approve)
    app.command("activate", epilog=examples(f"xephang ruleset activate {_KEY} --from-year 2021"))(activate)
    app.command("retire", epilog=examples(f'xephang ruleset retire {_KEY} --reason "Đã có phiên bản 2022.1"'))(retire)
    app.command("list", epilog=examples("xephang ruleset list", "xephang ruleset list --json"))(list_)
    app.command("show", epilog=examples(f"xephang ruleset show {_KEY}", f"xephang ruleset show {_KEY} --json"))(show)


def load(
    file: Annotated[Path, typer.Argument(help="Tệp bộ tiêu chí YAML hoặc JSON.")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra và nạp thành bản nháp (load a draft)."""
    content = content_of(file)
    client = connect(url, token, data, "rules_admin", person=_LOADER)
    state = client.post(f"/scoring/rulesets?name={quote(file.name)}", content, content_type="application/yaml")
    _told(state, as_json)


def approve(
    key: Key,
    reason: Why = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Phê duyệt bản nháp; người nạp không được tự phê duyệt (approve as a second person)."""
    client = connect(url, token, data, "rules_admin", person=_APPROVER)
    draft = json.loads(client.get_text(path_of("scoring", "rulesets", key, "draft")))
    seen = RuleSet.model_validate(draft).content_hash()
    _told(client.post(path_of("scoring", "rulesets", key, "approve"), {"reason": reason, "hash": seen}), as_json)


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
    client = connect(url, token, data, "rules_admin", person=_APPROVER)
    body = {"from_year": from_year, "reason": reason}
    _told(client.post(path_of("scoring", "rulesets", key, "activate"), body), as_json)


def retire(
    key: Key,
    reason: Annotated[str, typer.Option(help="Lý do (why).")],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Cho thôi dùng; các đợt đã mở vẫn giữ (no new campaign may pin it)."""
    client = connect(url, token, data, "rules_admin", person=_APPROVER)
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
        typer.echo(client.get_text(path_of("scoring", "rulesets", key)), nl=False)
        return
    states = [each for each in client.get("/scoring/rulesets/all") if _key(each) == key]
    if not states:
        client.get(path_of("scoring", "rulesets", key))  # the platform says why there is none
        return
    _show(states[0])
    for step in states[0]["steps"]:
        reason = f": {step['reason']}" if step.get("reason") else ""
        say(f"  {step['at']}  {_STEPS.get(step['action'], step['action'])} – {step['by']}{reason}")


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
    since = f" từ năm {state['active_from_year']}" if state["active_from_year"] else ""
    say(f"{_key(state)}: {_STATUS.get(state['status'], state['status'])}{since} – {state['title']}")
    say(f"  SHA-256 {state['ref']['hash']}")
