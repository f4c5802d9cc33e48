"""Writes what others read of the contracts: a golden JSON Schema for each event type, and the AsyncAPI document.

The files are reviewed and committed, never edited by hand. A change that would leave a producer or consumer of the
committed schema behind is refused: it needs a new major version (`shared.contracts.evolution` says what that is).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import asyncapi_document, docstring
from shared.contracts.envelope import EVENT_TYPES, EventData
from shared.contracts.evolution import breaking_changes
from shared.contracts.registry import DEAD_LETTER_TYPE, Topic, dead_letter_topics, topics
from shared.contracts.upcast import UPCASTS

__all__ = ["differences", "main", "refused", "rendered", "schema_of"]

HERE = Path(__file__).parent
_EXAMPLES = """examples:
  python -m shared.contracts.generate            write shared/contracts/schemas/*.json and asyncapi.json
  python -m shared.contracts.generate --check    write nothing; list what differs and exit with 1"""


def schema_of(cls: type[EventData]) -> dict[str, Any]:
    """The golden schema of one event type: of the data, without the envelope."""
    generated = cls.model_json_schema(mode="validation", by_alias=True)
    topic = _topic(cls)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:xephang:event:{cls.type_}",
        "title": cls.__name__,
        "description": docstring(cls),
        **_superseded(cls),
        "x-topic": topic.name,
        "x-producer": topic.producer,
        "x-consumers": list(topic.consumers),
        "x-subscribers": list(topic.subscribers),
    }
    return {**head, **{key: value for key, value in generated.items() if key not in head}}


def rendered() -> dict[str, str]:
    """Every generated file: its path below `shared/contracts` and its text."""
    files = {f"schemas/{type_}.json": _text(schema_of(EVENT_TYPES[type_])) for type_ in sorted(EVENT_TYPES)}
    return {**files, "asyncapi.json": _text(asyncapi_document())}


def differences(root: Path = HERE) -> list[str]:
    """What `--check` says: one sentence for each file below `root` that is not as generated."""
    files = rendered()
    found = []
    for name, text in files.items():
        path = root / name
        if not path.exists():
            found.append(f"{name} is missing")
        elif path.read_bytes() != text.encode():
            found.append(f"{name} differs from the code")
    return found + [f"{name} belongs to no event type" for name in _unowned(root, files)]


def refused(root: Path = HERE) -> list[str]:
    """Why the files below `root` may not be replaced: changes that need a new major version."""
    found = [f"{name}: the event type was removed" for name in _unowned(root, rendered())]
    for type_ in sorted(EVENT_TYPES):
        path = root / "schemas" / f"{type_}.json"
        if path.exists():
            old = json.loads(path.read_text(encoding="utf-8"))
            found += [f"{type_}: {change}" for change in breaking_changes(old, schema_of(EVENT_TYPES[type_]))]
    return found


def main(arguments: Sequence[str] | None = None, root: Path = HERE) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    if options.check:
        return _report(differences(root), "the generated contracts are not as the code says; run `make contracts`:")
    if not options.breaking and (reasons := refused(root)):
        return _report(
            reasons,
            "nothing written: these changes need a new event type with the next major version beside the old one\n"
            "(--breaking writes them all the same, for events that nobody has received yet):",
        )
    _write(root)
    return 0


def _write(root: Path) -> None:
    files = rendered()
    for name in _unowned(root, files):
        (root / name).unlink()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())
            print(f"wrote {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m shared.contracts.generate",
        description="Generates the JSON Schemas of all event types and the AsyncAPI document from the code.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing, list what differs, exit with 1 if any")
    parser.add_argument("--breaking", action="store_true", help="also write changes that leave others behind")
    return parser


def _report(lines: Sequence[str], heading: str) -> int:
    if lines:
        print(heading, *(f"  {line}" for line in lines), sep="\n", file=sys.stderr)
    return 1 if lines else 0


def _superseded(cls: type[EventData]) -> dict[str, Any]:
    upcast = UPCASTS.get(cls.type_)
    return {"deprecated": True, "x-superseded-by": upcast.new.type_} if upcast else {}


def _unowned(root: Path, files: dict[str, str]) -> list[str]:
    names = sorted(f"schemas/{path.name}" for path in (root / "schemas").glob("*.json"))
    return [name for name in names if name not in files]


def _topic(cls: type[EventData]) -> Topic:
    if cls.type_ == DEAD_LETTER_TYPE:
        # One event type on many topics: what they have in common, under the name that they share.
        return next(iter(dead_letter_topics().values())).model_copy(update={"name": "*-dlq"})
    return topics()[cls.topic]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
