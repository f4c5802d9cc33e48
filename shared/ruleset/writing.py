"""A rule set as YAML that people read and change: fields in the order of the format, defaults left out, exact numbers.

load_text(yaml_text(rule_set), "set.yaml").rule_set == rule_set
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import yaml
from pydantic import BaseModel

from shared.kernel.exact import exact_text
from shared.ruleset.document import RuleSet

__all__ = ["yaml_text"]

_WIDTH = 120
_FOLDED = 90  # longer text is written on lines of its own
_LONGEST_NUMBER = 38  # what the reader takes without quotes


def yaml_text(rule_set: RuleSet) -> str:
    """The whole document as YAML text."""
    return yaml.dump(_plain(rule_set), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _plain(value: Any) -> Any:
    """Mappings and lists for what models hold; numbers and dates stay what they are."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {
            field.alias or name: _plain(getattr(value, name))
            for name, field in fields.items()
            if field.is_required() or getattr(value, name) != field.get_default()
        }
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key, no aliases, small mappings and lists on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _number(dumper: yaml.SafeDumper, value: Fraction) -> yaml.Node:
    text = exact_text(value)
    if "/" in text or len(text) > _LONGEST_NUMBER:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=">" if len(value) > _FOLDED else None)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=_fits(value))


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_fits(value))


def _fits(value: dict[str, Any] | list[Any]) -> bool:
    """Whether it holds nothing but scalars and is short enough for one line."""
    items = list(value.values()) if isinstance(value, dict) else value
    if any(isinstance(item, dict | list) for item in items):
        return False
    return sum(len(str(item)) + 4 for item in [*items, *(value if isinstance(value, dict) else ())]) < _FOLDED


_Dumper.add_representer(Fraction, _number)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(
    date, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat())
)
