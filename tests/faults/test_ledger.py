"""The ledger notices what it is for: each of these is one thing gone wrong in a campaign that is right otherwise."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from shared.contracts.registry import SERVICES, topics
from tests.faults.ledger import (
    Evidence,
    Findings,
    evidence,
    judge,
    judge_letters,
    letters,
    out_of_order,
    told_letters,
    unfinished,
)
from tests.faults.plan import draw
from tests.faults.stores import Entry, Stored
from tests.faults.strikes import STRIKES
from tests.faults.topics import Raw

RANKING = "rankings/c001/portal/province"
BUNDLE = {RANKING: b'{"rank": 1}'}
ANSWER = "intake/submissions/c001/portal/so-y-te"
DECISION = "publishing/decisions/c001"


@dataclass
class World:
    """Stores and topics of one small campaign: an answer, its amendment, and a ranking."""

    stored: list[Stored] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    records: dict[str, list[Raw]] = field(default_factory=dict)
    bundle: dict[str, bytes] = field(default_factory=lambda: dict(BUNDLE))
    accepted: list[str] = field(default_factory=lambda: ["a-1", "a-2"])
    waiting: list[tuple[str, int]] = field(default_factory=list)

    def documents(self, part: str = "") -> Iterator[Stored]:
        return (each for each in self.stored if part in f"{each.collection}/{each.key}")

    def journal(self, part: str = "") -> Iterator[Entry]:
        return (each for each in self.entries if part in each.stream)

    def unpublished(self, part: str = "") -> Iterator[tuple[str, int]]:
        return (each for each in self.waiting if part in each[0])

    def say(self, topic: str, stream: str, sequence: int, key: str, value: bytes, at: str = "2026-01-01") -> None:
        position = len(self.entries) + 1
        headers = {"ce_stream": stream, "ce_sequence": str(sequence), "ce_time": f"{at}T10:00:00Z"}
        self.entries.append(Entry(stream.split("/")[0], topic, stream, sequence, position, key, headers, value))
        self.put(topic, key, headers, value)

    def put(self, topic: str, key: str, headers: dict[str, str], value: bytes) -> None:
        log = self.records.setdefault(topic, [])
        raw = tuple((name, text.encode()) for name, text in headers.items())
        log.append(Raw(topic, 0, len(log), key.encode(), raw, value))

    def evidence(self) -> Evidence:
        return evidence(self, "c001", self.bundle)

    def judged(self, wanted: Evidence) -> Findings:
        return judge("c001", wanted, self.evidence(), self.accepted, self, self.records)


def world(at: str = "2026-01-01") -> World:
    made = World()
    made.say("submissions", ANSWER, 1, "c001/so-y-te", json.dumps({"at": f"{at}T08:00:00Z"}).encode(), at)
    made.say("submissions", ANSWER, 2, "c001/so-y-te", b"{}", at)
    made.say("rankings", DECISION, 1, "c001/portal/province", BUNDLE[RANKING], at)
    versions = [{"event_id": "/platform#a-1", "received_at": f"{at}T08:00:00.5+00:00"}, {"event_id": "/platform#a-2"}]
    state = {"state": {"versions": versions}, "emitted": {"submissions": 2}, "outbox": []}
    made.stored.append(Stored("intake", "submissions", "c001/portal/so-y-te", state))
    made.stored.append(Stored("publishing", "decisions", "c001", {"state": {}, "emitted": {"rankings": 1}}))
    return made


@pytest.fixture(scope="module")
def wanted() -> Evidence:
    return world().evidence()


def test_same_campaign_at_another_time_is_the_same(wanted: Evidence):
    assert world("2026-07-07").judged(wanted) == Findings(events=3, records=3)


def test_equal_duplicates_and_another_order_are_no_matter(wanted: Evidence):
    made = world()
    log = made.records["submissions"]
    log += [replace(record, offset=record.offset + 2) for record in reversed(log)]
    assert made.judged(wanted).clean


def amend(made: World, **body: object) -> None:
    made.stored[0] = replace(made.stored[0], body={**made.stored[0].body, **body})


WRONG: dict[str, tuple[Callable[[World], object], str]] = {
    "an event that is not in the journal": (lambda w: w.entries.pop(0), "lost"),
    "an event that never reached the broker": (lambda w: w.records["submissions"].pop(0), "lost"),
    "a compacted topic without its newest state": (lambda w: w.records["rankings"].clear(), "lost"),
    "an answer that is not in intake": (lambda w: w.accepted.append("a-3"), "lost"),
    "an answer that was taken twice": (
        lambda w: amend(w, state={"versions": w.stored[0].body["state"]["versions"] * 2}),
        "doubled",
    ),
    "an answer that nobody posted": (lambda w: w.accepted.pop(), "foreign"),
    "one place in a stream that says two things": (
        lambda w: w.put("submissions", "c001/so-y-te", {"ce_stream": ANSWER, "ce_sequence": "2"}, b'{"other": 1}'),
        "doubled",
    ),
    "one event more than there should be": (
        lambda w: w.say("submissions", ANSWER, 3, "c001/so-y-te", b"{}"),
        "foreign",
    ),
    "an event with other words": (lambda w: w.entries.append(replace(w.entries.pop(), value=b"{}")), "differing"),
    "a document with another state": (lambda w: amend(w, waits_for="campaigns/c001"), "differing"),
    "a document that is gone": (lambda w: w.stored.pop(), "differing"),
    "other bytes over HTTP": (lambda w: w.bundle.update({RANKING: b'{"rank": 2}'}), "differing"),
    "other bytes for the subscriber": (
        lambda w: w.put("rankings", "c001/portal/province", {"ce_stream": "x/y", "ce_sequence": "9"}, b"{}"),
        "differing",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_ledger_notices(name: str, wanted: Evidence):
    spoil, kind = WRONG[name]
    made = world()
    spoil(made)
    findings = made.judged(wanted)
    assert not findings.clean
    assert getattr(findings, kind), findings


def test_compacted_topic_must_end_with_the_newest_state(wanted: Evidence):
    made = world()
    made.say("rankings", DECISION, 2, "c001/portal/province", BUNDLE[RANKING])
    both = made.evidence()
    assert made.judged(both).clean
    made.records["rankings"].reverse()
    assert made.judged(both).differing == ["topic: rankings leaves c001/portal/province at 1"]


def test_what_waits_in_a_store_is_not_finished():
    made = world()
    assert unfinished(made, "c001") == []
    amend(made, emitted={"submissions": 3}, parked=[{}])
    assert unfinished(made, "c001") == [f"{ANSWER}: parked", f"{ANSWER}: submissions 3"]
    other = world()
    other.waiting = [(ANSWER, 2), ("intake/submissions/c0012/portal/so-y-te", 1)]
    assert unfinished(other, "c001") == [f"{ANSWER}: 2 is not published"]


def letter(made: World, key: str, *, kept: bool = True, told: int = 1) -> None:
    message = {"consumer": "intake", "topic_name": "verification-returns", "key": key}
    if kept:
        made.stored.append(Stored("intake", "dead_letters", f"id-{len(made.stored)}", {"state": {"message": message}}))
    for number in range(told):
        headers = {"ce_stream": f"intake/dead_letters/{key}-{number}", "ce_sequence": "1"}
        made.put("verification-returns-dlq", key, headers, json.dumps(message).encode())


def judged_letters(made: World, *keys: str) -> Findings:
    findings = Findings()
    wanted = {("intake", "verification-returns", key) for key in keys}
    judge_letters(findings, wanted, wanted, letters(made), told_letters(made.records))
    return findings


def test_each_dead_letter_is_kept_and_told_once():
    made = world()
    letter(made, "poison")
    assert judged_letters(made, "poison").clean
    assert judged_letters(made, "poison", "another").letters == 1
    assert judged_letters(made).foreign
    letter(made, "poison")
    assert judged_letters(made, "poison").doubled


@pytest.mark.parametrize(("kept", "told"), [(False, 1), (True, 0), (True, 2)])
def test_dead_letter_that_is_not_kept_or_not_told_once_is_noticed(kept: bool, told: int):
    made = world()
    letter(made, "poison", kept=kept, told=told)
    assert not judged_letters(made, "poison").clean


def test_rankings_in_another_order_than_they_were_published_in_are_noticed():
    made = world()
    made.say("rankings", DECISION, 2, "c002/portal/province", b"{}")
    log = made.records["rankings"]
    assert out_of_order(made, log, frozenset()) == []
    log += [replace(log[0], offset=2)]
    assert out_of_order(made, log, frozenset()) == ["c002/portal/province"]


def test_trials_are_the_same_for_the_same_seed_and_strike_everything():
    trials = draw(7, 100)
    assert trials == draw(7, 100)
    assert trials != draw(8, 100)
    faults = [moment.fault for trial in trials for moment in trial.moments]
    assert {fault.kind for fault in faults} == set(STRIKES)
    assert {fault.target for fault in faults if fault.kind == "poisoned topic"} == set(topics())
    assert {fault.target for fault in faults if fault.kind == "kill -9 of a service"} == set(SERVICES)
    assert max(fault.seconds for fault in faults if fault.kind == "broker stopped") == 60


def test_name_of_no_fault_is_refused():
    with pytest.raises(ValueError, match="no fault is called"):
        draw(1, 1, "earthquake")
