"""Rule sets read into their class once for each version, however often they are asked for."""

from __future__ import annotations

from typing import Any

from shared.ruleset.document import RuleSet

__all__ = ["parsed_rule_set"]

_MOST = 64
_parsed: dict[str, RuleSet] = {}  # by content hash, which names the document to the byte


def parsed_rule_set(hash_: str, document: dict[str, Any]) -> RuleSet:
    """The document read into its class."""
    found = _parsed.get(hash_)
    if found is None:
        found = RuleSet.model_validate(document)
        if len(_parsed) >= _MOST:
            _parsed.pop(next(iter(_parsed)))
        _parsed[hash_] = found
    return found
