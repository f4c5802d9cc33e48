"""The committed schemas and AsyncAPI document are what the code says, and the command that writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_files import SCHEMAS, TYPES, golden, objects
from jsonschema import Draft202012Validator

from shared.contracts import generate
from shared.contracts.envelope import EVENT_TYPES, EventData


def test_the_generated_files_are_up_to_date() -> None:
    assert generate.differences() == [], "run `make contracts`, review the difference, and commit it"


def test_no_committed_schema_is_left_behind_by_a_change() -> None:
    assert generate.refused() == [], "give the event type its next major version beside the old one"


def test_every_schema_belongs_to_an_event_type() -> None:
    assert sorted(path.stem for path in SCHEMAS.iterdir()) == TYPES


@pytest.mark.parametrize("type_", TYPES)
def test_a_schema_is_valid_and_says_who_speaks_to_whom(type_: str) -> None:
    schema = golden(type_)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:xephang:event:{type_}"
    assert schema["title"] == EVENT_TYPES[type_].__name__
    assert len(schema["description"]) > 20
    assert {"x-topic", "x-producer", "x-consumers"} <= schema.keys()


@pytest.mark.parametrize("type_", TYPES)
def test_no_event_has_a_binary_float(type_: str) -> None:
    assert not [found for found in objects(golden(type_)) if _may_be_number(found)], "use shared.kernel.exact.Exact"


def test_the_guard_against_floats_sees_one() -> None:
    assert [
        found for found in objects({"properties": {"points": {"anyOf": [{"type": "number"}]}}}) if _may_be_number(found)
    ]
    assert _may_be_number({"type": ["null", "number"]})


def _may_be_number(schema: dict[str, object]) -> bool:
    kinds = schema.get("type")
    return "number" in kinds if isinstance(kinds, list) else kinds == "number"


@pytest.mark.parametrize("type_", TYPES)
def test_event_classes_are_frozen_and_ignore_what_later_minors_add(type_: str) -> None:
    config = EVENT_TYPES[type_].model_config
    assert config.get("frozen") is True
    from_outside = type_.startswith("platform.")  # a field that is not read there is a mistake, not a later minor
    assert config.get("extra") == ("forbid" if from_outside else "ignore")


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A fresh copy of everything that is generated."""
    assert generate.main([], tmp_path) == 0
    return tmp_path


def test_the_command_writes_the_same_bytes_every_time(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in written.rglob("*.json")}
    capsys.readouterr()
    assert generate.main([], written) == 0
    assert capsys.readouterr().out == "", "nothing is written where nothing changed"
    assert {path: path.read_bytes() for path in written.rglob("*.json")} == before
    assert generate.main(["--check"], written) == 0


def test_check_lists_what_is_missing_changed_or_unowned(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemas = written / "schemas"
    (schemas / "intake.campaign.opened.v1.json").unlink()
    (schemas / "nobody.says.this.v1.json").write_text("{}")
    (written / "asyncapi.json").write_text("{}")
    assert generate.main(["--check"], written) == 1
    said = capsys.readouterr().err
    assert "make contracts" in said
    assert "schemas/intake.campaign.opened.v1.json is missing" in said
    assert "asyncapi.json differs" in said
    assert "schemas/nobody.says.this.v1.json belongs to no event type" in said


def test_the_command_refuses_to_leave_others_behind(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written / "schemas" / "intake.campaign.closed.v1.json"
    path.write_text(path.read_text().replace('"closed_by"', '"closed_by_whom"'))
    (written / "schemas" / "nobody.says.this.v1.json").write_text("{}")
    before = path.read_bytes()
    assert generate.main([], written) == 1
    said = capsys.readouterr().err
    assert "data.closed_by_whom: the field was removed" in said
    assert "schemas/nobody.says.this.v1.json: the event type was removed" in said
    assert path.read_bytes() == before
    assert generate.main(["--breaking"], written) == 0
    assert generate.main(["--check"], written) == 0


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        generate.main(["--help"])
    assert exit_.value.code == 0
    assert "python -m shared.contracts.generate --check" in capsys.readouterr().out


def test_an_event_class_without_words_is_refused() -> None:
    class Wordless(EventData):
        pass

    with pytest.raises(ValueError, match="needs a docstring"):
        generate.docstring(Wordless)
