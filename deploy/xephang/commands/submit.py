"""`xephang submit`: answers (phiếu trả lời) sent to intake, each with its receipt or every fault in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.xephang.client import Client, PlatformSilent, Refused
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import Document, read_items
from deploy.xephang.commands.options import DEFAULT_DATA, AsJson, Data, Token, Url
from deploy.xephang.commands.outcome import REFUSED, SILENT, examples, fault_lines, note, refused_json, say, say_json
from shared.kernel.errors import DomainError, Invalid

__all__ = ["register"]

Outcome = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("submit", epilog=examples("xephang submit phieu/*.json", "xephang submit phieu.yaml --json"))(submit)


def submit(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Phiếu thường hoặc CloudEvent; YAML, JSON, một hay nhiều.")
    ],
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Nộp phiếu; phiếu bị từ chối không cản các phiếu khác (one refusal does not stop the others)."""
    read = {file: _read(file) for file in files}
    client = connect(url, token, data, "platform")
    outcomes: list[Outcome] = []
    try:
        for outcome in _outcomes(client, read):
            outcomes.append(outcome)
            if "silent" in outcome:
                note("\n".join(fault_lines(outcome["silent"])))
            elif not as_json:
                _show(outcome)
    finally:  # whoever breaks it off is told what was sent
        if as_json:
            say_json([_plain(outcome) for outcome in outcomes])
    taken, refused = (sum(kind in outcome for outcome in outcomes) for kind in ("receipt", "error"))
    if not as_json:
        say(f"Đã nhận {taken}, từ chối {refused} (taken in, refused).")
    if taken + refused < len(outcomes):
        raise typer.Exit(SILENT)
    if refused:
        raise typer.Exit(REFUSED)


def _read(file: Path) -> list[Document] | Invalid:
    """All files are read before anything is sent: a missing one stops the call, a malformed one does not."""
    try:
        return read_items(file, "submissions")
    except Invalid as error:
        return error


def _outcomes(client: Client, files: dict[Path, list[Document] | Invalid]) -> Iterator[Outcome]:
    """One for each answer; where the platform falls silent that is the last."""
    for file, documents in files.items():
        if isinstance(documents, Invalid):
            yield {"file": str(file), "error": documents}
            continue
        for number, document in enumerate(documents, start=1):
            where = {"file": str(file), **({"number": number} if len(documents) > 1 else {})}
            try:
                yield {**where, "receipt": _send(client, document)}
            except Refused as refused:
                if refused.status == 422:
                    refused.faults = document.placed(refused.faults)
                yield {**where, "error": refused}
            except PlatformSilent as silent:
                yield {**where, "silent": silent.fault}
                return


def _send(client: Client, document: Document) -> Any:
    kind = "application/cloudevents+json" if "specversion" in document.data else "application/json"
    return client.post("/intake/submissions", document.body(), content_type=kind)


def _plain(outcome: Outcome) -> Outcome:
    error = DomainError.of(outcome["silent"]) if "silent" in outcome else outcome.get("error")
    if not isinstance(error, DomainError):
        return outcome
    return {name: value for name, value in outcome.items() if name in ("file", "number")} | refused_json(error)


def _show(outcome: Outcome) -> None:
    name = outcome["file"] + (f"#{outcome['number']}" if "number" in outcome else "")
    error = outcome.get("error")
    if isinstance(error, DomainError):
        say(f"✗ {name}: {error.vi} ({error.en})")
        for fault in error.faults:
            say("\n".join(f"    {line}" for line in fault_lines(fault)))
        return
    receipt = outcome["receipt"]
    key = f"{receipt['campaign']}/{receipt['programme']}/{receipt['agency']}"
    late = f"muộn {receipt['days_late']} ngày" if receipt["days_late"] else "đúng hạn"
    say(f"✓ {name}: {key}, lần nộp {receipt['number']}, {late}{'' if receipt['new'] else ' (đã nhận từ trước)'}")
