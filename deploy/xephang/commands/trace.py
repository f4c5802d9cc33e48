"""`xephang trace`: the story of one submission in words, from the platform to the publication, and where it is now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.xephang.client import Client
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Programme, Token, Url
from deploy.xephang.commands.outcome import SILENT, examples, fault_lines, misuse, note, say, say_json, say_table
from shared.kernel.errors import NotFound

if TYPE_CHECKING:
    from deploy.xephang.story.gathered import Gathered
    from deploy.xephang.story.standing import Wait
    from deploy.xephang.story.steps import Step

__all__ = ["register"]

_STEP = re.compile(r"[a-z0-9-]+")
What = Annotated[
    str,
    typer.Argument(
        metavar="SUBMISSION",
        help="CAMPAIGN/PROGRAMME/AGENCY, hoặc mã sự kiện, mã tương quan, mã vết; hoặc đợt.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    lines = ("xephang trace 2022/it/so-y-te", "xephang trace 2022 it so-y-te", "xephang trace 2022-it-so-y-te-1 --json")
    app.command("trace", epilog=examples(*lines))(trace)


def trace(
    submission: What,
    programme: Annotated[Programme | None, typer.Argument(help="Chương trình.", show_default=False)] = None,
    agency: Annotated[str, typer.Argument(help="Mã cơ quan (agency).", show_default=False)] = "",
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Một phiếu đã đi những bước nào, mất bao lâu, đang ở đâu và chờ gì (the story of one submission)."""
    if (programme is None) != (not agency):
        raise misuse("nêu một mã, hoặc cả CAMPAIGN PROGRAMME AGENCY (one name, or all three)")
    if not submission.strip():
        raise misuse("chưa nêu phiếu nào, ví dụ 2022/it/so-y-te (no submission is named)")
    from deploy.xephang.story.gathered import gather
    from deploy.xephang.story.named import unknown
    from deploy.xephang.story.standing import waits
    from deploy.xephang.story.steps import steps

    client = connect(url, token, data, "operator")
    found = gather(client, _named(client, submission, programme, agency))
    if refusal := unknown(found):
        raise refusal
    made, now = steps(found), waits(found)
    if as_json:
        say_json(_as_json(found, made, now))
    else:
        _tell(found, made, now)
    for silent in found.silent.values():
        note("\n".join(fault_lines(silent.fault)))
    if found.silent:
        raise typer.Exit(SILENT)


def _known_programme(name: str) -> None:
    """Of a name that nobody knows: whether it is a submission's but for the programme. Raises `BadParameter`."""
    campaign, *rest = name.split("/")
    if not (campaign and len(rest) == 2 and all(_STEP.fullmatch(each) for each in (campaign, *rest))):
        return
    if rest[0] not in {each.value for each in Programme}:
        there = ", ".join(each.value for each in Programme)
        raise misuse(f"{name}: chương trình {rest[0]} không có: {there} (no such programme)")


def _named(client: Client, submission: str, programme: Programme | None, agency: str) -> Gathered:
    from pydantic import ValidationError

    from deploy.xephang.story.named import find_submission

    try:
        return find_submission(client, f"{submission}/{programme.value}/{agency}" if programme else submission)
    except ValidationError as error:
        raise misuse(f"{submission}: không phải tên một phiếu (no name of a submission)") from error
    except NotFound:  # asked first: what the platform calls an answer may look like this
        _known_programme(submission)
        raise


def _tell(found: Gathered, made: list[Step], now: list[Wait]) -> None:
    from deploy.xephang.story.steps import local_time, span_of

    rows: list[tuple[str, str, str, str]] = []
    before = None
    for step in made:
        since = span_of((step.at - before).total_seconds()) if before else ""
        rows.append((local_time(step.at), since, step.service, f"{step.vi} ({step.en})"))
        before = step.at
    title = f"Phiếu {found.key.text}"
    if made:
        title += f": {len(made)} bước trong {span_of((made[-1].at - made[0].at).total_seconds())}"
    say_table(title, ("Thời điểm", "Sau", "Dịch vụ", "Việc"), rows, right=(1,))
    correlation, place = _whose(found)
    if correlation:
        say(f"Mã tương quan (correlation): {correlation}")
        say(f"Mã vết (trace): {place or 'không có'}")
    say("Hiện nay (now):")
    for wait in now:
        say(f"  • {wait.vi} ({wait.en})")


def _whose(found: Gathered) -> tuple[str, str]:
    """Correlation and trace of the submission, by its first event."""
    first = next((event for event in found.events if event.service == "intake"), None)
    return (first.told["correlation"], first.told["traceparent"][3:35]) if first else ("", "")


def _as_json(found: Gathered, made: list[Step], now: list[Wait]) -> dict[str, Any]:
    correlation, place = _whose(found)
    fields = ("topic", "sequence", "id", "correlation", "causation", "actor", "traceparent")
    return {
        "submission": found.key.text,
        "correlation": correlation,
        "trace": place,
        "steps": [
            {
                "at": step.at.isoformat(),
                "service": step.service,
                "type": step.type,
                "vi": step.vi,
                "en": step.en,
                "event": {name: step.told[name] for name in fields},
            }
            for step in made
        ],
        "now": [{"code": wait.code, "vi": wait.vi, "en": wait.en} for wait in now],
        "silent": list(found.silent),
    }
