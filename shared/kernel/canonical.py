"""One way to turn data into bytes, and one way to read bytes exactly.

`canonical_json` follows RFC 8785 for the data this project has (no floats; object keys within the Basic
Multilingual Plane): sorted keys, no white space, UTF-8. Whatever is hashed, signed or compared goes through it.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

__all__ = ["DuplicateKey", "canonical_json", "compact_json", "loads_exact", "sha256_hex", "with_exact_text"]

# Whatever is not plain JSON is refused instead of being turned into something that reads back differently.
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class DuplicateKey(ValueError):
    """An object names the same key twice: which of the two is meant cannot be known."""


def canonical_json(data: Any) -> bytes:
    """Bytes of plain JSON data (dict, list, str, int, bool, None); anything else, floats above all, is a `TypeError`.

    For whatever is hashed, signed or compared.
    """
    _refuse_inexact(data)
    return compact_json(data)


def compact_json(data: Any) -> bytes:
    """The same bytes without the check for floats: for data that is known to be plain, such as what models dump."""
    # A copy: what orjson makes lies in a buffer of four times its length and more, and a batch of documents together in
    # so much that the system is asked for fresh memory each time, which takes longer than copying.
    return bytes(memoryview(orjson.dumps(data, option=_OPTIONS)))


def _refuse_inexact(data: Any) -> None:
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list | tuple):
            pending.extend(value)
        elif value is not None and not isinstance(value, str | int):
            raise TypeError(f"{value!r} ({type(value).__name__}) has no canonical JSON; exact numbers travel as text")


def sha256_hex(content: bytes) -> str:
    """SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def loads_exact(content: bytes | str) -> Any:
    """Read JSON with decimals kept exact (`Decimal`), refusing NaN, Infinity and doubled keys.

    Raises `ValueError` (with line and column for malformed text) and nothing else, however hostile the input.
    """
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    except InvalidOperation as error:
        raise ValueError("a number's exponent is beyond all measure") from error


def with_exact_text(value: Any) -> Any:
    """What `loads_exact` read, with its decimals as text, so that it can be written as canonical JSON."""
    if isinstance(value, dict):
        return {key: with_exact_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_exact_text(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON allows")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DuplicateKey(f"the key {twice!r} stands twice in one object")
    return result
