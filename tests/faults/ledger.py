"""The ledger: what must have happened, against what stands on the broker and in the stores.

It believes no service. It compares a disturbed campaign with the undisturbed one of the same id, event by event and
document by document, and counts (docs/faults.md says what the words mean).
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.registry import SERVICES, dead_letter_topics, topics
from tests.faults.stores import Entry, RawStores, Stored
from tests.faults.topics import Raw

Identity = tuple[str, str, int]  # topic, stream, sequence
Place = tuple[str, int, int]  # topic, partition, offset
Letter = tuple[str, str, str]  # a dead letter: consumer, topic, key of the message, which is unlike all others
# The moment at which something was done, which no two plays share. Dates are compared.
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# When and on whose trace an event was said: not what it says.
_OF_THE_PLAY = ("ce_time", "ce_traceparent")
_COMPARED = ("state", "emitted", "consumed", "held", "ahead", "parked", "waits_for")


@dataclass(frozen=True)
class Evidence:
    """All that one campaign left behind."""

    bundle: Mapping[str, bytes]
    events: Mapping[Identity, str]  # in the journals: what each says, as a hash
    documents: Mapping[str, str]  # service/collection/key → what it holds, as a hash
    positions: Mapping[Identity, int] = field(default_factory=dict)


@dataclass
class Findings:
    """What the ledger found of one trial; all lists are empty where nothing was lost, doubled or changed."""

    events: int = 0
    records: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    letters: int = 0
    letters_wanted: int = 0

    @property
    def clean(self) -> bool:
        """Nothing to complain of."""
        wrong = self.lost or self.doubled or self.foreign or self.differing
        return not wrong and self.letters == self.letters_wanted


def fingerprint(key: str, headers: Mapping[str, str], value: bytes) -> str:
    """What an event says, whenever it was said: its key, its attributes and its data."""
    told = sorted((name, text) for name, text in headers.items() if name.startswith("ce_") and name not in _OF_THE_PLAY)
    return _hash(json.dumps([key, told]).encode() + value)


def _hash(content: bytes) -> str:
    return hashlib.sha256(_TIME.sub(b"<time>", content)).hexdigest()


def of_campaign(text: str, campaign: str) -> bool:
    """Whether a stream or a document's key is of a campaign."""
    return campaign in text.split("/")


def evidence(stores: RawStores, campaign: str, bundle: Mapping[str, bytes]) -> Evidence:
    """What the stores hold of a campaign."""
    entries = [entry for entry in stores.journal(campaign) if of_campaign(entry.stream, campaign)]
    events = {_identity(entry): fingerprint(entry.key, entry.headers, entry.value) for entry in entries}
    documents = {
        f"{found.service}/{found.collection}/{found.key}": _document(found)
        for found in stores.documents(campaign)
        if of_campaign(found.key, campaign) and _is_aggregate(found)
    }
    return Evidence(bundle, events, documents, {_identity(entry): entry.position for entry in entries})


def _identity(entry: Entry) -> Identity:
    return entry.topic, entry.stream, entry.sequence


def _is_aggregate(found: Stored) -> bool:
    return "state" in found.body and found.collection not in ("dead_letters", "passed")


def _document(found: Stored) -> str:
    body = {name: found.body[name] for name in _COMPARED if found.body.get(name)}
    return _hash(json.dumps(body, sort_keys=True).encode())


def unfinished(stores: RawStores, campaign: str) -> list[str]:
    """What still waits in the stores: said and not in the journal, not published, held back, or parked."""
    journal = {_identity(entry) for entry in stores.journal(campaign) if of_campaign(entry.stream, campaign)}
    waiting = [
        f"{stream}: {number} is not published"
        for stream, number in stores.unpublished(campaign)
        if of_campaign(stream, campaign)
    ]
    for found in stores.documents(campaign):
        if not of_campaign(found.key, campaign) or not _is_aggregate(found):
            continue
        name = f"{found.service}/{found.collection}/{found.key}"
        waiting += [f"{name}: {kind}" for kind in ("held", "ahead", "parked", "waits_for") if found.body.get(kind)]
        for topic, last in found.body.get("emitted", {}).items():
            lacking = [number for number in range(1, last + 1) if (topic, name, number) not in journal]
            waiting += [f"{name}: {topic} {number}" for number in lacking]
    return waiting


def judge(
    campaign: str,
    wanted: Evidence,
    found: Evidence,
    accepted: Iterable[str],
    stores: RawStores,
    records: Mapping[str, Sequence[Raw]],
    injected: Collection[Place] = frozenset(),
    *,
    whole: bool = True,
) -> Findings:
    """Compare. `records` are those of all topics since the broker's logs began; `injected` those that are not ours.

    Where the logs are not `whole` (the broker's data was deleted), what was consumed before need not be there again.
    """
    findings = Findings(events=len(wanted.events))
    _compare_bundles(findings, wanted, found)
    _compare_events(findings, wanted.events, found.events, "journal")
    _compare_documents(findings, wanted, found)
    _count_answers(findings, campaign, list(accepted), stores)
    _look_at_topics(findings, campaign, wanted, records, injected, whole=whole)
    _hear_rankings(findings, wanted, records.get("rankings", ()), injected)
    return findings


def _compare_bundles(findings: Findings, wanted: Evidence, found: Evidence) -> None:
    for path in sorted(wanted.bundle.keys() | found.bundle.keys()):
        if wanted.bundle.get(path) != found.bundle.get(path):
            findings.differing.append(f"bundle: {path}")


def _compare_events(
    findings: Findings, wanted: Mapping[Identity, str], found: Mapping[Identity, str], where: str
) -> None:
    findings.lost += [f"{where}: {_named(identity)}" for identity in sorted(wanted.keys() - found.keys())]
    findings.foreign += [f"{where}: {_named(identity)}" for identity in sorted(found.keys() - wanted.keys())]
    common = sorted(wanted.keys() & found.keys())
    findings.differing += [f"{where}: {_named(each)}" for each in common if wanted[each] != found[each]]


def _compare_documents(findings: Findings, wanted: Evidence, found: Evidence) -> None:
    for name in sorted(wanted.documents.keys() | found.documents.keys()):
        if wanted.documents.get(name) != found.documents.get(name):
            findings.differing.append(f"store: {name}")


def _count_answers(findings: Findings, campaign: str, accepted: list[str], stores: RawStores) -> None:
    """Each answer that was accepted stands in intake once, and nothing else does."""
    kept: dict[str, int] = defaultdict(int)
    for found in stores.documents(campaign):
        if found.service == "intake" and found.collection == "submissions" and of_campaign(found.key, campaign):
            for version in (found.body["state"] or {}).get("versions", ()):
                kept[str(version["event_id"]).rpartition("#")[2]] += 1
    findings.lost += [f"answer {name}" for name in accepted if name not in kept]
    findings.doubled += [f"answer {name}: {count} times" for name, count in kept.items() if count > 1]
    findings.foreign += [f"answer {name}" for name in kept if name not in accepted]


def _look_at_topics(
    findings: Findings,
    campaign: str,
    wanted: Evidence,
    records: Mapping[str, Sequence[Raw]],
    injected: Collection[Place],
    *,
    whole: bool,
) -> None:
    """Every event is there, none says two things, none is there that should not be, and compacted topics end well."""
    said: dict[Identity, str] = {}
    owned = {name: topic for name, topic in topics().items() if topic.producer in SERVICES}
    for name, topic in owned.items():
        newest: dict[str, Identity] = {}
        last: dict[str, Identity] = {}
        for record in records.get(name, ()):
            if (name, record.partition, record.offset) in injected:
                continue
            identity = (name, record.header("ce_stream"), int(record.header("ce_sequence") or 0))
            if not of_campaign(identity[1], campaign):
                continue
            findings.records += 1
            key = (record.key or b"").decode()
            headers = {header: value.decode() for header, value in record.headers}
            told = fingerprint(key, headers, record.value or b"")
            if said.setdefault(identity, told) != told:
                findings.doubled.append(f"topic: {_named(identity)} says two things")
            last[key] = identity
            if identity[2] >= newest.get(key, identity)[2]:
                newest[key] = identity
        if topic.cleanup == "compact":
            findings.differing += [
                f"topic: {name} leaves {key} at {last[key][2]}" for key in last if last[key] != newest[key]
            ]
            _only_newest(findings, name, wanted, said)
    expected = {each: told for each, told in wanted.events.items() if each[0] in owned}
    wanted_there = {each for each in expected if whole and topics()[each[0]].cleanup != "compact"}
    findings.foreign += [f"topic: {_named(each)}" for each in sorted(said.keys() - expected.keys())]
    findings.lost += [f"topic: {_named(each)}" for each in sorted(wanted_there - said.keys())]
    findings.differing += [
        f"topic: {_named(each)}" for each in sorted(said) if said[each] != expected.get(each, said[each])
    ]


def _hear_rankings(findings: Findings, wanted: Evidence, records: Iterable[Raw], injected: Collection[Place]) -> None:
    """A subscriber of `rankings` is left with the very bytes that were published over HTTP without any fault."""
    heard = {
        f"rankings/{(record.key or b'').decode('utf-8', 'replace')}": record.value
        for record in records
        if (record.topic, record.partition, record.offset) not in injected
    }
    for path, body in wanted.bundle.items():
        if path.startswith("rankings/") and not path.endswith(".csv") and heard.get(path) != body:
            findings.differing.append(f"subscriber: {path}")


def out_of_order(stores: RawStores, records: Iterable[Raw], injected: Collection[Place]) -> list[str]:
    """Rankings that a new subscriber hears after one that was published later, by what each key is heard of last."""
    published = {entry.key: entry.position for entry in stores.journal() if entry.topic == "rankings"}
    last: dict[tuple[int, str], int] = {}
    for record in records:
        if (record.topic, record.partition, record.offset) not in injected:
            last[record.partition, (record.key or b"").decode()] = record.offset
    wrong: list[str] = []
    for partition in {number for number, _ in last}:
        heard = sorted((offset, key) for (number, key), offset in last.items() if number == partition)
        positions = [published.get(key, 0) for _, key in heard]
        wrong += [key for (_, key), one, two in zip(heard, positions, positions[1:], strict=False) if one > two]
    return wrong


def _only_newest(findings: Findings, topic: str, wanted: Evidence, said: Mapping[Identity, str]) -> None:
    """Of a compacted topic the newest state of each stream has to be there; earlier ones may be gone."""
    ends: dict[str, int] = {}
    for name, stream, sequence in wanted.events:
        if name == topic:
            ends[stream] = max(ends.get(stream, 0), sequence)
    findings.lost += [
        f"topic: {topic} {stream} {end}" for stream, end in ends.items() if (topic, stream, end) not in said
    ]


def _named(identity: Identity) -> str:
    topic, stream, sequence = identity
    return f"{topic} {stream}#{sequence}"


def letters(stores: RawStores) -> Counter[Letter]:
    """The dead letters that the services keep."""
    kept: Counter[Letter] = Counter()
    for found in stores.documents("dead_letters"):
        if found.collection == "dead_letters" and found.body.get("state"):
            kept[_letter(found.body["state"]["message"])] += 1
    return kept


def told_letters(records: Mapping[str, Sequence[Raw]]) -> Counter[Letter]:
    """The dead letters that are told of on the dead-letter topics; what is told twice in equal words counts once."""
    told: dict[tuple[str, int], Letter] = {}
    for name in dead_letter_topics():
        for record in records.get(name, ()):
            message = json.loads(record.value or b"null")
            identity = (record.header("ce_stream"), int(record.header("ce_sequence")))
            told[identity] = _letter(message)
    return Counter(told.values())


def _letter(message: Mapping[str, Any]) -> Letter:
    return message["consumer"], message["topic_name"], message["key"]


def judge_letters(
    findings: Findings,
    wanted: Collection[Letter],
    all_wanted: Collection[Letter],
    kept: Counter[Letter],
    told: Counter[Letter],
    *,
    whole: bool = True,
) -> None:
    """Each poisoned message is a dead letter of each of its consumers once, kept and told; nothing else is one."""
    findings.letters_wanted = len(wanted)
    findings.letters = sum(1 for each in wanted if kept[each] == 1 and (not whole or told[each] == 1))
    for where, counted in (("kept", kept), ("told", told)):
        findings.foreign += [f"dead letter {where}: {each}" for each in sorted(counted.keys() - set(all_wanted))]
        findings.doubled += [f"dead letter {where}: {each}" for each in wanted if counted[each] > 1]
