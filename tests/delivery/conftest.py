"""The delivery machinery is tested on toy services, with a registry of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from delivery_toys import toy_registry
from delivery_world import World


@pytest.fixture(scope="module", autouse=True)
def _toys() -> Iterator[None]:
    with toy_registry():
        yield


@pytest.fixture
def world() -> World:
    return World()
