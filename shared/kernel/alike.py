"""Small parts that come again and again are read once: equal ones become one object.

A form has some eighty figures, most of them one of few values; what a criterion gives, it gave on many cards before. To
look such a part up takes a third of what reading it takes, and leaves nothing for Python's collector to look at. Only
for frozen models that follow from their plain JSON alone. JSON has no NaN: it would pass for null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

__all__ = ["Alike"]

M = TypeVar("M", bound=BaseModel)

_LONG = 160  # bytes of JSON: longer parts hardly ever come again, and would take memory
# Whatever is not plain JSON has no text to be known by.
_PLAIN = (
    orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class Alike(Generic[M]):
    """At most `size` parts of at most 160 bytes, and as many names; when it is full it begins anew.

    Its methods are for `WrapValidator`: `read` reads what is not known, and tells what is wrong and where, as ever.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: dict[bytes, M] = {}
        self._names: set[str] = set()  # those that `read` has taken

    def by_name(self, given: Any, read: Callable[[Any], dict[str, M]]) -> dict[str, M]:
        """The parts of a mapping."""
        texts = _texts(given.values()) if type(given) is dict else None
        if texts is None:
            return read(given)
        if not self._names.issuperset(given):
            found = read(given)
            self._keep(texts, found.values())
            self._keep_names(found)
            return found
        parts = dict(zip(given, map(self._known.get, texts), strict=True))
        new = {name: given[name] for name, part in parts.items() if part is None}
        if new:
            fresh = read(new)
            self._keep([text for text, name in zip(texts, given, strict=True) if name in new], fresh.values())
            parts.update(fresh)  # each at its place
        return parts

    def in_order(self, given: Any, read: Callable[[Any], tuple[M, ...]]) -> tuple[M, ...]:
        """The parts of a sequence."""
        texts = _texts(given) if type(given) is list else None
        if texts is None:
            return read(given)
        parts = list(map(self._known.get, texts))
        new = [at for at, part in enumerate(parts) if part is None]
        if new:
            try:
                fresh = read([given[at] for at in new])
            except ValidationError:
                return read(given)  # which tells of each at its own place
            self._keep([texts[at] for at in new], fresh)
            for at, part in zip(new, fresh, strict=True):
                parts[at] = part
        return tuple(parts)  # type: ignore[arg-type]

    def _keep(self, texts: Iterable[bytes], parts: Iterable[M]) -> None:
        known = self._known
        for text, part in zip(texts, parts, strict=True):
            if len(text) <= _LONG:
                if len(known) >= self._size:
                    known.clear()
                # A copy: what orjson made takes 4 KiB however short it is.
                known.setdefault(bytes(memoryview(text)), part)

    def _keep_names(self, names: Iterable[str]) -> None:
        self._names.update(names)
        if len(self._names) > self._size:
            self._names.clear()


def _texts(parts: Iterable[Any]) -> list[bytes] | None:
    """The plain JSON of each part, by which it is known again; None where one is something else."""
    try:
        return [orjson.dumps(part, option=_PLAIN) for part in parts]
    except TypeError:
        return None
