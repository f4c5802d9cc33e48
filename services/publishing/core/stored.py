"""How a Decision is stored: each of its tables once, though a draft, its successors and the editions all hold it.

A nation's table is some four megabytes, and a stored document has room for fifteen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.contracts.scoring import Ranking

__all__ = ["with_tables", "without_repetition"]

_TABLES = "tables"


def without_repetition(plain: dict[str, Any]) -> dict[str, Any]:
    """The plain JSON of a Decision, with numbers in place of tables, which stand beside the rest."""
    tables: list[Any] = []

    def placed(table: Any) -> int:
        """Where the table stands: it is put there unless the same one is."""
        for number, known in enumerate(tables):
            if known == table:
                return number
        tables.append(table)
        return len(tables) - 1

    if "drafts" in plain:
        plain["drafts"] = [_in_draft(draft, placed) for draft in plain["drafts"]]
    if "editions" in plain:
        plain["editions"] = {
            key: [_in_edition(edition, placed) for edition in editions] for key, editions in plain["editions"].items()
        }
    return {**plain, _TABLES: tables} if tables else plain


def with_tables(stored: Any) -> Any:
    """What was stored, with each table in all its places; a Decision of before that has them there already."""
    if not isinstance(stored, Mapping) or _TABLES not in stored:
        return stored
    tables = [Ranking.model_validate(table) for table in stored[_TABLES]]
    whole = {name: value for name, value in stored.items() if name != _TABLES}
    whole["drafts"] = [_in_draft(draft, tables.__getitem__) for draft in stored.get("drafts", ())]
    whole["editions"] = {
        key: [_in_edition(edition, tables.__getitem__) for edition in editions]
        for key, editions in stored.get("editions", {}).items()
    }
    return whole


def _in_draft(draft: Mapping[str, Any], put: Callable[[Any], object]) -> dict[str, Any]:
    content = draft["content"]
    return {**draft, "content": {**content, "tables": [put(table) for table in content["tables"]]}}


def _in_edition(edition: Mapping[str, Any], put: Callable[[Any], object]) -> dict[str, Any]:
    published = edition["published"]
    return {**edition, "published": {**published, "ranking": put(published["ranking"])}}
