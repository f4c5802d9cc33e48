"""Realistic messages of every event type: they are read today, and must be for ever."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from contract_files import EXAMPLES, TYPES, example, example_files, golden
from jsonschema import Draft202012Validator, FormatChecker

from shared.contracts.envelope import EVENT_TYPES, CloudEvent, UnreadableEvent, decode, read_event
from shared.contracts.registry import DEAD_LETTER_TYPE, topics
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.canonical import canonical_json

LOCK = Path(__file__).with_name("examples.lock")
FILES = example_files()
every_example = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def test_every_event_type_has_an_example_and_every_example_an_event_type() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == TYPES
    assert {path.parent.name for path in FILES} == set(TYPES)
    assert {path for path in EXAMPLES.rglob("*") if path.is_file()} == set(FILES), "examples/<type>/<name>.json only"


def test_examples_are_frozen() -> None:
    locked = dict(reversed(line.split("  ", 1)) for line in LOCK.read_text(encoding="utf-8").splitlines())
    found = {str(path.relative_to(EXAMPLES)): hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES}
    changed = sorted(name for name, digest in locked.items() if found.get(name) != digest)
    assert not changed, "messages like these have been sent: leave them as they are, and add another beside them"
    new = sorted(found.keys() - locked.keys())
    assert not new, "freeze it: (cd shared/contracts/examples && sha256sum */*.json) > tests/contracts/examples.lock"


@every_example
def test_an_example_is_read_in_the_structured_mode(path: Path) -> None:
    event = read_event(example(path))
    assert event.envelope.type == path.parent.name
    assert type(event.data) is EVENT_TYPES[path.parent.name]


@every_example
def test_the_binary_mode_carries_the_same_event(path: Path) -> None:
    sent = example(path)
    received = decode(sent.headers(), sent.value())
    assert received == sent
    assert read_event(received).data == read_event(sent).data
    assert received.value() == sent.value()


@every_example
def test_an_example_fits_the_golden_schema(path: Path) -> None:
    validator = Draft202012Validator(golden(path.parent.name), format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(example(path).data)] == []


@every_example
def test_what_is_read_and_written_again_fits_the_golden_schema_and_is_the_same(path: Path) -> None:
    data = read_event(example(path)).data
    sent = data.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    Draft202012Validator(golden(path.parent.name)).validate(sent)
    whole = data.model_dump(mode="json", by_alias=True)
    Draft202012Validator(golden(path.parent.name)).validate(whole)
    assert type(data).model_validate(sent) == data == type(data).model_validate(whole)


@every_example
def test_fields_of_a_later_minor_are_ignored(path: Path) -> None:
    envelope = example(path)
    schema = golden(path.parent.name)
    if EVENT_TYPES[envelope.type].model_config.get("extra") == "forbid":
        later = envelope.model_copy(update={"data": {**envelope.data, "later": 1}})
        with pytest.raises(UnreadableEvent, match="later"):  # what comes from outside says nothing that is not read
            read_event(later)
        return
    later = envelope.model_copy(update={"data": _with_more(schema, schema, envelope.data)})
    assert later.data != envelope.data
    assert read_event(later).data == read_event(envelope).data


def _with_more(root: dict[str, Any], schema: dict[str, Any], data: Any) -> Any:
    """The data with a field more in every object that does not refuse what it does not know."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if isinstance(data, list):
        return [_with_more(root, schema.get("items", {}), item) for item in data]
    if not isinstance(data, dict):
        return data
    fields = schema.get("properties", {})
    more = {name: _with_more(root, fields.get(name, {}), item) for name, item in data.items()}
    if fields and schema.get("additionalProperties") is not False:
        more["added_later"] = {"anything": [1, "…"]}
    return more


@every_example
def test_the_envelope_says_what_a_service_would_say(path: Path) -> None:
    event = example(path)
    raw = json.loads(path.read_bytes())
    assert raw["specversion"] == "1.0"
    assert event.time.utcoffset() is not None
    assert event.partitionkey
    assert event.subject
    if event.stream:
        service, collection, key = event.stream.split("/", 2)
        assert collection
        assert event.source == f"/xephang/{service}"
        assert event.subject == key
        assert event.sequence >= 1
        assert event.id == f"{event.stream}#{_topic(event)}.{event.sequence}"
        assert event.correlationid
        assert service in _producers(event)


def _topic(event: CloudEvent) -> str:
    if event.type == DEAD_LETTER_TYPE:
        return str(topics()[event.data["topic_name"]].dlq)
    return EVENT_TYPES[event.type].topic


def _producers(event: CloudEvent) -> tuple[str, ...]:
    if event.type == DEAD_LETTER_TYPE:
        return topics()[event.data["topic_name"]].consumers
    return (topics()[_topic(event)].producer,)


# --- the examples tell one story ------------------------------------------------------------------------------------


def _data(path: str) -> Any:
    return read_event(example(EXAMPLES / path)).data


RECORDS = [path for path in sorted(EXAMPLES.glob("scoring.ruleset.*/*.json")) if "stepped" not in path.parent.name]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.parent.name)
def test_the_rule_set_of_an_example_is_valid_and_named_by_its_hash(path: Path) -> None:
    record: RuleSetRecord = _data(str(path.relative_to(EXAMPLES))).record
    assert record.rule_set().ref() == record.ref
    assert canonical_json(record.rule_set().canonical()) == canonical_json(record.document)
    last = {"active": "activated", "rolledback": "activated"}
    assert record.steps[-1].action == last.get(path.parent.name.split(".")[2], last.get(record.status, record.status))


def test_the_published_ranking_is_the_computed_one() -> None:
    computed = _data("scoring.ranking.computed.v1/it-district-2021.json").ranking
    published = _data("publishing.ranking.published.v1/it-district-2021.json").published
    assert published.ranking == computed
    assert published.decision == _data("publishing.decision.signed.v1/2021.json").decision


def test_points_of_the_scorecards_add_up() -> None:
    for path in sorted(EXAMPLES.glob("scoring.scorecard.computed.v1/*.json")):
        card = _data(str(path.relative_to(EXAMPLES))).scorecard
        assert sum(section.maximum for section in card.sections) == card.maximum
        assert sum(criterion.maximum for criterion in card.criteria) == card.maximum
        assert card.index == card.points / card.maximum
