"""Nothing that people meet is undocumented: topics, events, settings, roles, collections, rule-set methods."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from docs_pages import ROOT, text

from deploy.xephang.platform import DEFINITIONS
from shared.contracts.envelope import EVENT_TYPES
from shared.contracts.registry import SERVICES, topics
from shared.http.auth import ROLES
from shared.settings import ServiceSettings


def _missing(names: Iterable[str], where: str) -> list[str]:
    return sorted(name for name in set(names) if f"`{name}`" not in where and f"`{name}" not in where)


def test_topics_and_events_are_in_the_documents() -> None:
    assert not _missing(topics(), text())
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    own = [name for name in EVENT_TYPES if name.split(".")[0] in {*SERVICES, "platform", "delivery"}]
    assert not _missing(own, glossary)


def test_events_stand_with_their_topic_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for topic in topics().values():
        for event in topic.events:
            assert f"| `{event}` | `{topic.name}` |" in glossary


def test_settings_are_in_the_documents() -> None:
    names = {f"XEPHANG_{name.upper()}" for name in ServiceSettings.model_fields}
    for folder in ("shared", "services", "deploy"):
        for path in (ROOT / folder).rglob("*.py"):
            names |= set(re.findall(r"XEPHANG_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    assert not _missing(names, text())


def test_defaults_of_settings_are_as_documented() -> None:
    operate = (ROOT / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8")
    for name, field in ServiceSettings.model_fields.items():
        row = next(line for line in operate.splitlines() if line.startswith(f"| `XEPHANG_{name.upper()}`"))
        default = "required" if field.is_required() else f"`{str(field.default).removeprefix('/')}`"
        if str(field.default) in ("", "None"):
            default = "none"
        assert row.lower().endswith(f"| {default.lower()} |"), row


def test_roles_are_in_the_documents() -> None:
    assert not _missing(ROLES, (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_what_it_hears_says_and_keeps(service: str) -> None:
    readme = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
    spoken = [t.name for t in topics().values() if service == t.producer]
    heard = [t.name for t in topics().values() if service in t.consumers and t.name != "republish-requests"]
    kept = [collection.name for collection in DEFINITIONS[service]().collections]
    assert not _missing([*spoken, *heard, *kept], readme)


def test_methods_of_scoring_are_in_the_glossary() -> None:
    document = (ROOT / "shared" / "ruleset" / "document_criteria.py").read_text(encoding="utf-8")
    forms = re.findall(r'form: Literal\["(\w+)"\]', document)
    assert len(forms) == 11
    assert not _missing(forms, (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))


def test_numbers_that_the_documents_name() -> None:
    """Figures that stand in the code and in documents, so that a change of one is noticed."""
    from deploy.xephang.embedded import EMBEDDED_LIMITS
    from services.intake.core.campaign import DAYS_TO_ANSWER
    from shared.messaging.relay import RelayLimits

    named = {
        "1.5 MB on the embedded broker": EMBEDDED_LIMITS.max_ahead == 1_500_000,
        "64 MiB unless told": RelayLimits().max_ahead == 64 * 2**20,
        "15th day": DAYS_TO_ANSWER == 15,
    }
    for words, holds in named.items():
        assert words in text()
        assert holds, words
