"""How long the long tests are: a fifth of their whole length in CI, all of it where `make test-long` asks for it."""

import os

__all__ = ["WHOLE", "at_length"]

WHOLE = os.environ.get("XEPHANG_TEST_LENGTH") == "whole"


def at_length(count: int) -> int:
    """So many examples of a property, or a fifth of them."""
    return count if WHOLE else max(1, count // 5)
