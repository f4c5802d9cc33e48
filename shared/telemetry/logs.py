"""Logs: one line an event, as JSON for programs or as text for people, from us and from libraries alike.

A line says when, where, what, and what was going on (situation.py). What it must not say is kept out here, for all
lines: errors are told by `scrub.told`, and libraries say nothing below INFO, for there they print what they carry.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import orjson

from shared.telemetry import situation
from shared.telemetry.scrub import places, scrubbed, told

__all__ = ["FIELDS", "JsonLines", "TextLines", "configure", "log_the_rest"]

# Whatever a line may have besides time, level, service, logger and event; in this order.
FIELDS = (
    "correlation",
    "trace",
    "span",
    "request",
    "method",
    "route",
    "status",
    "ms",
    "changed",
    "topic",
    "partition",
    "offset",
    "messages",
    "type",
    "letter",
)
_OURS = ("shared", "services", "deploy", "xephang")
_NOT_OURS = "xephang.faststream"
# At INFO an HTTP client says where it goes, with which query.
_QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING}
_FIELDS_OF_RECORD = "fields"  # logging's `extra={"fields": {…}}`
log = logging.getLogger(__name__)


class _Lines(logging.Formatter):
    """What both forms share: the parts of a line, without anything that may not be said."""

    def __init__(self, service: str = "") -> None:
        super().__init__()
        self._service = service

    def parts(self, record: logging.LogRecord) -> dict[str, Any]:
        here = {**situation.now(), **getattr(record, _FIELDS_OF_RECORD, {})}
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "service": here.get("service", self._service),
            "logger": record.name,
            "event": _event(record),
        }
        line |= {name: _plain(here[name]) for name in FIELDS if here.get(name) not in (None, "")}
        return line


class JsonLines(_Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = self.parts(record)
        if error := _error(record):
            line["error"] = [{"is": said, "at": frames} for said, frames in places(error)]
        return orjson.dumps(line, default=str).decode()


class TextLines(_Lines):
    """For people: `time LEVEL service logger: event name=value …`, errors below it."""

    def format(self, record: logging.LogRecord) -> str:
        line = self.parts(record)
        time, level, service, logger, event = (
            line.pop(name) for name in ("time", "level", "service", "logger", "event")
        )
        head = " ".join(part for part in (time, level.upper(), service, f"{logger}:", event) if part)
        lines = [" ".join([head, *(f"{name}={value}" for name, value in line.items())])]
        if error := _error(record):
            for said, frames in places(error):
                lines += [f"    {said}", *(f"      at {frame}" for frame in frames)]
        return "\n".join(lines)


def configure(level: int, *, as_json: bool, service: str = "", stream: TextIO | None = None) -> logging.Handler:
    """Send everything that is logged to one place (stderr unless told), and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter((JsonLines if as_json else TextLines)(service))
    handler.addFilter(_may_be_said)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):  # what libraries set up for themselves
        other = logging.getLogger(name)
        other.propagate = True
        other.handlers.clear()
    return handler


def log_the_rest() -> None:
    """Have logged what Python would write by itself: warnings, and what ends a thread or the process."""
    warnings.showwarning = _warned
    sys.excepthook = _ended
    threading.excepthook = lambda args: _ended(args.exc_type, args.exc_value, args.exc_traceback)


def _may_be_said(record: logging.LogRecord) -> bool:
    if _is_ours(record.name):
        return True
    return record.levelno >= _QUIET.get(record.name.split(".")[0], logging.INFO)


def _is_ours(name: str) -> bool:
    return name.split(".")[0] in _OURS and not name.startswith(_NOT_OURS)


def _event(record: logging.LogRecord) -> str:
    """The message; errors in it are told as they may be, and of libraries' messages the first line is enough."""
    args = record.args
    if isinstance(args, Mapping):
        args = {name: _said(value) for name, value in args.items()}
    elif args:
        args = tuple(_said(value) for value in args)
    # As the library was asked to say it; a message that cannot be put together is no reason to fail.
    message = record.msg if isinstance(record.msg, str) else str(_said(record.msg))
    try:
        text = message % args if args else message
    except (TypeError, ValueError, KeyError):
        text = message
    return scrubbed(text if _is_ours(record.name) else text.strip().split("\n", 1)[0])


def _said(value: Any) -> Any:
    return told(value) if isinstance(value, BaseException) else value


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else scrubbed(str(value))


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning's text may quote a value, so only its kind and place are said."""
    log.warning("%s at %s:%d (text withheld)", category.__name__, filename, lineno)


def _ended(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    log.critical("ended by an error", exc_info=(kind, error, trace))
