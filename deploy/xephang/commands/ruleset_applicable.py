"""`xephang ruleset applicable`: which version applied to a year, as known at a moment, and why."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any

import typer

from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Group, Programme, Token, Url
from deploy.xephang.commands.outcome import examples, misuse, say, say_json
from deploy.xephang.commands.ruleset_life import step_words
from shared.kernel.clock import LOCAL_ZONE

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    command = "xephang ruleset applicable --year 2022"
    app.command("applicable", epilog=examples(command, f"{command} --known-at 2022-11-01"))(applicable)


def applicable(
    year: Annotated[int, typer.Option(help="Năm đánh giá (assessment year).")],
    known_at: Annotated[
        str,
        typer.Option(help="Theo những gì đã ghi đến hết ngày này, hoặc đến thời điểm này; mặc định: hiện nay."),
    ] = "",
    programme: Annotated[Programme | None, typer.Option(help="Mặc định: cả hai (both).")] = None,
    group: Annotated[Group | None, typer.Option(help="Mặc định: cả hai (both).")] = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Năm nào áp dụng phiên bản nào, theo những gì đã biết tại một thời điểm (valid for which year, known when)."""
    moment = _moment(known_at)
    client = connect(url, token, data)
    answers = [
        client.get("/scoring/rulesets/applicable", programme=one.value, group=other.value, year=year, known_at=moment)
        for one in ([programme] if programme else Programme)
        for other in ([group] if group else Group)
    ]
    if as_json:
        say_json(answers)
        return
    for answer in answers:
        _show(answer)


def _moment(text: str) -> str | None:
    """A date is the whole of that day in Vietnam; a time without a zone is Vietnam's."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise misuse(f"--known-at: {text!r} không phải ngày (2022-11-01) hay thời điểm (2022-11-01T08:00)") from None
    if len(text) == len("2022-11-01"):
        moment = datetime.combine(moment.date(), time.max)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)).isoformat()


def _show(answer: dict[str, Any]) -> None:
    ref = answer["rule_set"]
    name = f"{ref['id']}@{ref['version']} ({ref['hash'][:12]})" if ref else "không có bộ nào"
    say(f"{answer['programme']}/{answer['group']}, năm {answer['year']}: {name}")
    for one in answer["considered"]:
        say(f"  {one['rule_set']['id']}@{one['rule_set']['version']}: {one['vi']}")
        for step in one["steps"]:
            say(f"    {step_words(step)}")
