"""Work on many things of which each may fail: one that does stops no other, and still nobody overlooks it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.storage.port import StoreUnavailable

__all__ = ["Apart"]

log = logging.getLogger(__name__)


class Apart:
    """For reconcilers: what fails is logged and raised when all else is done, so that it is tried again.

    with apart.of("ranking 2021/it/province"):
        ...
    apart.raise_failures()
    """

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """One of the things. A store that does not answer ends the whole: the others would fare no better."""
        try:
            yield
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("%s failed; going on with the others", what)
            self._failures.append(error)

    def raise_failures(self) -> None:
        """Raise what failed: the one exception, or a group of them."""
        if len(self._failures) == 1:
            raise self._failures[0]
        if self._failures:
            raise ExceptionGroup("several failed", self._failures)
