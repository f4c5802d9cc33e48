"""Four services, one shape: learn one, know all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources import ROOT

from shared.contracts.registry import SERVICES

SKELETON = ("app.py", "handlers.py", "api.py", "collections.py", "core/__init__.py", "README.md")


def missing(service: Path) -> list[str]:
    """What of the skeleton a service lacks."""
    return [name for name in SKELETON if not (service / name).is_file()]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_common_skeleton(service: str) -> None:
    assert missing(ROOT / "services" / service) == []


def test_there_are_the_services_of_the_registry_and_no_others() -> None:
    found = {path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").is_file()}
    assert found == set(SERVICES)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    for name in SKELETON[:-1]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert missing(tmp_path) == ["README.md"]
