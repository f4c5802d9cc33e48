"""Parked messages of several services, for `xephang parked`: all there are, one of them, and giving them up."""

from __future__ import annotations

from typing import Any

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.dlq_letters import names_of
from deploy.xephang.commands.options import ServiceName
from deploy.xephang.commands.outcome import fault_lines, misuse, note

__all__ = ["find_one", "give_up", "messages_of", "outcome_of"]

_PAGE = 500  # as many as the platform gives at once, and what else the last aggregate of a page keeps


def messages_of(client: Client, service: ServiceName | None, waits_for: str) -> tuple[list[dict[str, Any]], bool]:
    """What is parked in the services (for one reference), and whether one of them does not answer."""
    messages: list[dict[str, Any]] = []
    silent = False
    for name in names_of(service):
        try:
            messages += [{"service": name, **message} for message in _pages(client, name, waits_for)]
        except PlatformSilent as stopped:
            silent = True
            note("\n".join(fault_lines(stopped.fault)))
    return messages, silent


def find_one(client: Client, id_: str, service: ServiceName | None) -> dict[str, Any]:
    """One message as a whole. Raises `Refused` where it is not parked, `PlatformSilent` if it may be in a stopped one.

    One that is parked in two services has one id: then `--service` decides.
    """
    found: list[dict[str, Any]] = []
    refusal: Exception | None = None
    for name in names_of(service):
        try:
            found.append({"service": name, **client.get(path_of(name, "parked", id_))})
        except Refused as refused:
            if refused.status not in (404, 409):
                raise
            known = refused.status == 409  # it was parked there, and is a dead letter now
            refusal = refused if known else refusal or refused
        except PlatformSilent as stopped:
            refusal = stopped
    if len(found) > 1:
        places = ", ".join(each["service"] for each in found)
        raise misuse(f"thông điệp {id_} có ở {places}: hãy nêu --service (say which with --service)")
    if not found:
        assert refusal is not None
        raise refusal
    return found[0]


def give_up(client: Client, message: dict[str, Any], reason: str, *, discard: bool) -> dict[str, Any]:
    """Make a dead letter of it, as long as it waits for what was told; with `discard` that is let go at once."""
    name, id_ = message["service"], message["id"]
    asked = {"reason": reason, "aggregate": message["aggregate"], "waits_for": message["waits_for"]}
    letter = client.post(path_of(name, "parked", id_, "set-aside"), asked)
    if discard:
        letter = client.post(path_of(name, "dead-letters", id_, "discard"), {"reason": reason})
    return {"service": name, "id": id_, "status": letter["status"], "reason": letter["message"]["reason"]}


def outcome_of(client: Client, message: dict[str, Any], reason: str, *, discard: bool) -> dict[str, Any]:
    """`give_up` of one of many: also `gone` (taken up meanwhile), `refused`, or `silent` (nobody answered)."""
    told = {"service": message["service"], "id": message["id"]}
    try:
        return give_up(client, message, reason, discard=discard)
    except Refused as refused:
        # What was behind one that was given up is taken up, or waits for something else.
        gone = refused.status in (404, 409)
        return {**told, "status": "gone" if gone else "refused", "reason": f"{refused.vi} ({refused.en})"}
    except PlatformSilent as stopped:
        return {**told, "status": "silent", "reason": stopped.fault.vi}


def _pages(client: Client, name: str, waits_for: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["aggregate"] if found else None
        page = client.get(path_of(name, "parked"), waits_for=waits_for or None, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found
