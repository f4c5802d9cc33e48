"""Asking several services for what each keeps by itself: all there is, page by page, or the one that has an id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from deploy.xephang.commands.options import ServiceName
from deploy.xephang.commands.outcome import fault_lines, misuse, note

__all__ = ["all_of", "one_of"]

_PAGE = 500  # as many as the platform gives at once
_UNKNOWN, _NO_MORE = 404, 409

Found = dict[str, Any]


def all_of(
    client: Client, service: ServiceName | None, kept: str, last: Callable[[Found], str], **query: str | None
) -> tuple[list[Found], bool]:
    """What the services keep under `kept`, each with its service, and whether one of them does not answer.

    `last` tells after which the next page begins.
    """
    found: list[Found] = []
    silent = False
    for name in _names_of(service):
        try:
            found += [{"service": name, **one} for one in _pages(client, path_of(name, kept), last, query)]
        except PlatformSilent as stopped:
            silent = True
            note("\n".join(fault_lines(stopped.fault)))
    return found, silent


def one_of(
    client: Client, service: ServiceName | None, kept: str, id_: str, what: str, *, may_be_gone: bool = False
) -> tuple[str, Found]:
    """The service that keeps it, and what that is. What failed or waits in two services has one id: then `--service`
    decides.

    Raises `Refused` where nobody keeps it (`may_be_gone`: rather by whoever did), `PlatformSilent` where it may be in a
    service that is stopped.
    """
    found: dict[str, Found] = {}
    refusal: Exception | None = None
    for name in _names_of(service):
        try:
            found[name] = client.get(path_of(name, kept, id_))
        except Refused as refused:
            gone = may_be_gone and refused.status == _NO_MORE
            if not gone and refused.status != _UNKNOWN:
                raise
            refusal = refused if gone else refusal or refused
        except PlatformSilent as stopped:
            refusal = stopped
    if len(found) > 1:
        raise misuse(f"{what} {id_} có ở {', '.join(found)}: hãy nêu --service (say which with --service)")
    if not found:
        assert refusal is not None
        raise refusal
    return next(iter(found.items()))


def _names_of(service: ServiceName | None) -> list[str]:
    return [service.value] if service else [name.value for name in ServiceName]


def _pages(client: Client, path: str, last: Callable[[Found], str], query: dict[str, str | None]) -> list[Found]:
    found: list[Found] = []
    while True:
        page = client.get(path, after=last(found[-1]) if found else None, limit=_PAGE, **query)
        found += page
        if len(page) < _PAGE:
            return found
