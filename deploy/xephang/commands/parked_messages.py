"""Parked messages of several services, for `xephang parked`: all there are, one of them, and giving them up."""

from __future__ import annotations

from typing import Any

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.of_services import all_of, one_of
from deploy.xephang.commands.options import ServiceName

__all__ = ["find_one", "give_up", "messages_of", "outcome_of"]


def messages_of(client: Client, service: ServiceName | None, waits_for: str) -> tuple[list[dict[str, Any]], bool]:
    """What is parked in the services (for one reference), and whether one of them does not answer."""
    # A page goes on with what else its last aggregate keeps.
    return all_of(client, service, "parked", lambda message: str(message["aggregate"]), waits_for=waits_for or None)


def find_one(client: Client, id_: str, service: ServiceName | None) -> dict[str, Any]:
    """One message as a whole. Raises `Refused` where it is not parked: where it became a dead letter, that is told."""
    name, message = one_of(client, service, "parked", id_, "thông điệp", may_be_gone=True)
    return {"service": name, **message}


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
