"""Logging of the commands that serve: to stderr; as text where a person looks on, otherwise as JSON if wanted so."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["LogForm", "set_up_logging"]

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
# Clients that announce every reconnection; what matters of it the services say themselves.
_TALKATIVE = ("aiokafka", "kafka", "uvicorn", "httpx", "faststream", "xephang.faststream")


class Form(StrEnum):
    """How log lines look."""

    json = "json"
    text = "text"


LogForm = Annotated[
    Form | None,
    typer.Option(
        "--log",
        envvar="XEPHANG_LOG",
        show_default=False,
        help="Nhật ký dạng json hay text (the form of log lines); `serve` mặc định: text trên màn hình, json khi khác.",
    ),
]


def set_up_logging(verbose: int, form: Form | None = None, *, service: str = "") -> None:
    """Text: warnings only; -v tells what happens, -vv everything. JSON, for programs: what happens; -v everything.

    `service` is whose process it is, and without a `form` decides for JSON where nobody looks on.
    """
    from shared.telemetry.logs import configure, log_the_rest

    as_json = form is Form.json if form else bool(service) and not sys.stderr.isatty()
    configure(_LEVELS[min(verbose + as_json, 2)], as_json=as_json, service=service)
    if service:
        log_the_rest()
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR if verbose < 2 else logging.INFO)
