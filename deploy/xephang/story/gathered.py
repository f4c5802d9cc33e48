"""What the services have written down about one submission, its table and its Decision; asked for, not yet told."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from deploy.xephang.client import Client, PlatformSilent, Refused, path_of
from shared.contracts.common import SubmissionKey
from shared.contracts.registry import SERVICES

__all__ = ["KEY_FORM", "Event", "Gathered", "Letter", "gather"]

_PAGE = 200
_LETTERS = 20  # looked into one by one
KEY_FORM = re.compile(r"[a-z0-9-]+/(?:it|portal)/[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Event:
    """One event as a journal has it; `service` is whose journal."""

    service: str
    told: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.told["type"])

    @property
    def kind(self) -> str:
        """The type without its major version."""
        return self.type.rpartition(".v")[0]

    @property
    def data(self) -> dict[str, Any]:
        return self.told["data"] or {}


@dataclass(frozen=True)
class Letter:
    """A dead letter that is, or may be, of a submission. `submission` is its key, as far as the message tells."""

    service: str
    id: str
    topic: str
    reason: str
    status: str
    note: str
    submission: str

    @classmethod
    def of(cls, service: str, letter: dict[str, Any]) -> Letter:
        """From what the service answers of one letter."""
        message = letter["message"]
        status, note = letter.get("status", "waiting"), letter.get("note", "")
        return cls(service, message["id"], message["topic_name"], message["reason"], status, note, _key_in(message))


@dataclass
class Gathered:
    """All that was found. `standings` by stream, None where there is no such aggregate yet; `silent`: who is away."""

    key: SubmissionKey
    campaign: dict[str, Any] | None = None
    group: str = ""
    events: list[Event] = field(default_factory=list)
    standings: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    unpublished: dict[str, int] = field(default_factory=dict)  # documents, by topic
    not_taken_in: int = 0  # of the platform's messages, of whichever submission
    ranking: dict[str, Any] | None = None
    published: dict[str, Any] | None = None
    withdrawn: bool = False
    silent: dict[str, PlatformSilent] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Event]:
        """The events of these kinds (types without their major version), in the order of their journal."""
        return [event for event in self.events if event.kind in kinds]

    def standing(self, stream: str) -> dict[str, Any] | None:
        """How an aggregate stands, or None."""
        return self.standings.get(stream)

    @property
    def table(self) -> str:
        """The ranking table, once the group is known."""
        return f"{self.key.campaign}/{self.key.programme}/{self.group}" if self.group else ""


def gather(client: Client, found: Gathered) -> Gathered:
    """Ask all services; one that is away is noted, and the story has a gap there."""
    for step in (_campaign, _submission, _ranking, _decision, _letters, _unpublished):
        for service in step.services:
            try:
                step.ask(client, found, service)
            except PlatformSilent as silent:
                found.silent.setdefault(service, silent)
    if len(found.silent) == len(SERVICES):
        raise found.silent[SERVICES[0]]
    return found


@dataclass(frozen=True)
class _Step:
    """What is asked of which services, one after the other."""

    services: tuple[str, ...]
    ask: Any


def _ask_campaign(client: Client, found: Gathered, service: str) -> None:
    try:
        found.campaign = client.get(path_of(service, "campaigns", found.key.campaign))
    except Refused as refused:
        if refused.status != 404:
            raise
        return
    members = found.campaign["members"] if found.campaign else ()
    found.group = next((one["group"] for one in members if one["id"] == found.key.agency), "")


def _ask_submission(client: Client, found: Gathered, service: str) -> None:
    collection = {"intake": "submissions", "verification": "cases"}.get(service, "cards")
    _read(client, found, service, f"{service}/{collection}/{found.key.text}")


def _ask_ranking(client: Client, found: Gathered, service: str) -> None:
    if not found.table:
        return
    _read(client, found, service, f"{service}/rankings/{found.table}", data=False)
    if service == "scoring":
        found.ranking = _there(client, path_of("scoring", "rankings", *found.table.split("/")))


def _ask_decision(client: Client, found: Gathered, service: str) -> None:
    stream = f"{service}/decisions/{found.key.campaign}"
    _read(client, found, service, stream, topic="decisions")
    if not found.table:
        return
    _read(client, found, service, stream, topic="rankings", data=False, only=found.table)
    try:
        found.published = client.get(path_of("publishing", "rankings", *found.table.split("/")))["published"]
    except Refused as refused:
        if refused.status not in (404, 410):
            raise
        found.withdrawn = refused.status == 410


def _ask_letters(client: Client, found: Gathered, service: str) -> None:
    near: list[dict[str, Any]] = []
    keyless: list[dict[str, Any]] = []  # of one that was parked, the key it came with is not known
    after: str | None = None
    while True:
        page = client.get(f"/{service}/dead-letters", status="waiting", after=after, limit=500)
        near += [one for one in page if one["message"]["key"] == found.key.partition_key]
        keyless += [one for one in page if not one["message"]["key"]]
        if len(page) < 500:
            break
        after = page[-1]["message"]["id"]
    # Of thousands that waited for the same campaign each reason names its own submission.
    keyless.sort(key=lambda one: found.key.text not in one["message"]["reason"])
    known = {(letter.service, letter.id) for letter in found.letters}
    for one in [*near[:_LETTERS], *keyless[:_LETTERS]]:
        if (service, one["message"]["id"]) in known:
            continue
        letter = Letter.of(service, client.get(path_of(service, "dead-letters", one["message"]["id"])))
        if letter.submission == found.key.text or (not letter.submission and one["message"]["key"]):
            found.letters.append(letter)


def _ask_unpublished(client: Client, found: Gathered, service: str) -> None:
    status = client.get(f"/{service}/status")
    found.unpublished |= status["unpublished"]
    if service == "intake":
        found.not_taken_in = status.get("consumed", {}).get("platform-submissions", {}).get("lag", 0)


_campaign = _Step(("intake",), _ask_campaign)
_submission = _Step(SERVICES, _ask_submission)
_ranking = _Step(("scoring", "publishing"), _ask_ranking)
_decision = _Step(("publishing",), _ask_decision)
_letters = _Step(SERVICES, _ask_letters)
_unpublished = _Step(SERVICES, _ask_unpublished)


def _read(
    client: Client, found: Gathered, service: str, stream: str, *, topic: str = "", data: bool = True, only: str = ""
) -> None:
    """All pages of a stream."""
    for page in _pages(client, service, stream, topic, data):
        found.standings[stream] = page["standing"]
        found.events += [Event(service, told) for told in page["events"] if only in ("", told["key"])]


def _pages(client: Client, service: str, stream: str, topic: str, data: bool) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = client.get(
            f"/{service}/journal", stream=stream, topic=topic, after=after, limit=_PAGE, data=str(data).lower()
        )
        yield page
        after = page["next"]
        if not after:
            return


def _there(client: Client, path: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.get(path)
    except Refused as refused:
        if refused.status != 404:
            raise
        return None
    return found


def _key_in(message: dict[str, Any]) -> str:
    """Which submission a message is of: its subject tells, or what it holds, beside its Kafka key; or nothing does."""
    subject = str(message["headers"].get("ce_subject", ""))
    if KEY_FORM.fullmatch(subject):
        return subject
    campaign, _, agency = message["key"].partition("/")
    try:
        body = json.loads(base64.b64decode(message["value_base64"]))
        told = {"campaign": campaign, "agency": agency, **body.get("data", body)}
        return SubmissionKey.model_validate({name: told[name] for name in SubmissionKey.model_fields}).text
    except (ValueError, AttributeError, KeyError, TypeError):
        return ""
