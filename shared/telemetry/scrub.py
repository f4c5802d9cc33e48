"""What may be said of an error or a text in a log: never what somebody sent, wrote, is called, or keeps secret.

The text of an error often quotes what it refuses. So of errors in general only the kind is said, and where it was
raised; the text stands where only those may read it whom it concerns (the answer to the request, the dead letter).
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Iterator
from types import TracebackType

from pydantic import ValidationError

from shared.kernel.errors import DomainError

__all__ = ["Said", "kind_of", "places", "scrubbed", "told"]

LONGEST = 2000  # characters of one message
_CODES = 5  # codes of faults named
_DEPTH = 8  # errors behind an error
# Their texts are made by us, or by an operating system, a driver or a broker, of addresses and numbers.
_PLAIN_NAMES = {"StoreUnavailable", "PublisherUnavailable", "VersionConflict", "PlatformSilent"}
_PLAIN_MODULES = ("aiokafka.errors", "kafka.errors")
_HIDDEN = "***"
# Each looks at a character a few times at most: a header of a megabyte, made for it, would otherwise take an hour.
_SECRETS = (
    # user:password@ in an address, tokens, whatever is called a secret, e-mail addresses
    (re.compile(r"(?<=://)[^\s/@'\"]+@"), f"{_HIDDEN}@"),
    (re.compile(r"(?i)\bbearer\s+\S+"), f"Bearer {_HIDDEN}"),
    (re.compile(r"(?<![\w-])(?=(?:[\w-]*-)?eyJ[\w-])(?>[\w-]+)\.[\w-]+\.?[\w-]*"), _HIDDEN),
    (
        re.compile(r"(?i)\b(authorization|token|password|passwd|secret|api[-_]?key)(['\"]?\s*[=:]\s*)[^\s&,;]+"),
        rf"\1\2{_HIDDEN}",
    ),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b"), _HIDDEN),
)


# Without any of these nothing above can be in a text; nearly all texts are without.
_SUSPICIOUS = re.compile(r"(?i)[@\r\n]|eyj|bearer|authorization|token|passw|secret|api")


class Said(str):
    """What `told` says; with %r it is the same."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def scrubbed(text: str) -> str:
    """A message without what is secret by its form, in one line, and not longer than a line should be."""
    if _SUSPICIOUS.search(text):
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
        text = text.replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def kind_of(error: BaseException) -> str:
    """The name of an error's class, with its module where it is not Python's own."""
    cls = type(error)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def told(error: BaseException) -> Said:
    """What may be said of an error."""
    if isinstance(error, DomainError):
        codes = dict.fromkeys(fault.code for fault in error.faults)
        more = [*codes][:_CODES] + (["…"] if len(codes) > _CODES else [])
        return Said(f"{type(error).__name__} [{error.code}]{': ' if more else ''}{', '.join(more)}")
    if isinstance(error, ValidationError):
        kinds = Counter(
            item["type"] for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
        counted = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common(_CODES))
        return Said(f"ValidationError of {error.title}: {counted}")
    if _is_plain(error):
        return Said(scrubbed(f"{type(error).__name__}: {error}"))
    return Said(f"{kind_of(error)} (text withheld)")


def places(error: BaseException) -> Iterator[tuple[str, list[str]]]:
    """Each error of a chain, the first cause last, with the places it went through (`file:line function`)."""
    seen: set[int] = set()
    pending: list[BaseException] = [error]
    while pending and len(seen) < _DEPTH:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield told(one), _frames(one.__traceback__)
        if isinstance(one, BaseExceptionGroup):
            pending += one.exceptions
        behind = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if behind is not None:
            pending.append(behind)


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _is_plain(error: BaseException) -> bool:
    names = {cls.__name__ for cls in type(error).__mro__}
    return (
        isinstance(error, OSError)  # timeouts and connections among them
        or bool(names & _PLAIN_NAMES)
        or type(error).__module__.startswith(_PLAIN_MODULES)
    )
