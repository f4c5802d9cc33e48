"""Logging of the commands that serve: to stderr, quiet unless asked."""

from __future__ import annotations

import logging

__all__ = ["set_up_logging"]

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
# Clients that announce every reconnection; what matters of it the services say themselves.
_TALKATIVE = ("aiokafka", "kafka", "uvicorn", "httpx", "faststream", "xephang.faststream")


def set_up_logging(verbose: int) -> None:
    """Warnings only; -v tells what happens, -vv everything that libraries say as well."""
    logging.basicConfig(
        level=_LEVELS[min(verbose, 2)], format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR if verbose < 2 else logging.DEBUG)
