"""Dead letters of several services at once, for `xephang dlq`: all there are, and all retried."""

from __future__ import annotations

from typing import Any, Literal

import typer

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.dlq_words import shortened
from deploy.xephang.commands.of_services import all_of
from deploy.xephang.commands.options import ServiceName
from deploy.xephang.commands.outcome import REFUSED, SILENT, note, say, say_json

__all__ = ["Status", "letters_of", "retry_all"]

Status = Literal["waiting", "retried", "discarded"]
_TELL_EVERY = 50


def letters_of(client: Client, service: ServiceName | None, status: Status) -> tuple[list[dict[str, Any]], bool]:
    """Letters of the services, and whether one of them does not answer."""
    return all_of(client, service, "dead-letters", lambda letter: str(letter["message"]["id"]), status=status)


def retry_all(client: Client, service: ServiceName | None, topic: str, as_json: bool) -> None:
    """One after the other, in the order in which they came: a later one may rest on an earlier one."""
    letters, silent = letters_of(client, service, "waiting")
    chosen = sorted((each for each in letters if topic in ("", each["message"]["topic_name"])), key=_came)
    outcomes: list[dict[str, str]] = []
    for number, letter in enumerate(chosen, 1):
        outcomes.append(_retried(client, letter))
        silent = silent or outcomes[-1]["status"] == "silent"
        if number % _TELL_EVERY == 0 and number < len(chosen):
            note(f"  {number}/{len(chosen)} …")
    failed = [each for each in outcomes if each["status"] == "failed"]
    _summary(outcomes, failed, as_json)
    if silent or failed:
        raise typer.Exit(SILENT if silent else REFUSED)


def _came(letter: dict[str, Any]) -> tuple[Any, ...]:
    message = letter["message"]
    return letter["service"], message["topic_name"], message["first_failed_at"], message["offset"]


def _retried(client: Client, letter: dict[str, Any]) -> dict[str, str]:
    """What became of it: `retried`, `failed` (it waits on) or `silent` (nobody answered)."""
    name, id_ = letter["service"], letter["message"]["id"]
    told = {"service": name, "id": id_, "topic": letter["message"]["topic_name"]}
    try:
        after = client.post(path_of(name, "dead-letters", id_, "retry"))
    except Refused as refused:
        return {**told, "status": "failed", "reason": f"{refused.vi} ({refused.en})"}
    except PlatformSilent as stopped:
        return {**told, "status": "silent", "reason": stopped.fault.vi}
    return {**told, "status": "retried", "reason": str((after or {}).get("note", ""))}


def _summary(outcomes: list[dict[str, str]], failed: list[dict[str, str]], as_json: bool) -> None:
    if as_json:
        say_json(outcomes)
        return
    retried = sum(each["status"] == "retried" for each in outcomes)
    say(f"{retried}/{len(outcomes)} thư đã xử lý lại, {len(failed)} thư vẫn lỗi (retried; still failing)")
    for each in outcomes:
        if each["status"] != "retried":
            say(f"  {each['service']} {each['id']} {each['topic']}: {shortened(each['reason'], 300)}")
