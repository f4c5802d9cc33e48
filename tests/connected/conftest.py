"""Addresses of the real servers. A connected test without them fails: a skip would pass for a proof."""

import os
import sys
from pathlib import Path

import pytest

# The small year is the same on the embedded parts and on real servers.
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
pytest.register_assert_rewrite("insistent", "processes", "small_year")

REMEDY = "start it with the servers: python -m deploy.servers run -- python -m pytest -m connected"


@pytest.fixture(scope="session")
def kafka_address() -> str:
    """host:port of the shared Kafka broker."""
    return _address("XEPHANG_TEST_KAFKA")


@pytest.fixture(scope="session")
def mongo_uri() -> str:
    """Connection string of the shared MongoDB-wire server."""
    return _address("XEPHANG_TEST_MONGO")


def _address(variable: str) -> str:
    address = os.environ.get(variable)
    if not address:
        pytest.fail(f"{variable} is not set; {REMEDY}", pytrace=False)
    return address
