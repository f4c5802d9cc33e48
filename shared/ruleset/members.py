"""Which fields a spot of the document has, found from the classes: so that a fault can name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.ruleset.document import RuleSet

__all__ = ["fields_at", "name_of"]

_TAGS = ("form", "effect")


def fields_at(location: Iterable[int | str]) -> tuple[str, ...]:
    """The fields of the part at a pydantic location, in the order of the format; empty where there is none."""
    found: list[Any] = [RuleSet]
    for step in location:
        found = [inner for each in found for inner in _step(each, step)]
    models = [each for each in found if isinstance(each, type) and issubclass(each, BaseModel)]
    return tuple(dict.fromkeys(name_of(model, field) for model in models for field in model.model_fields))


def name_of(model: type[BaseModel], field: str) -> str:
    """A field as it is written in a document."""
    return model.model_fields[field].alias or field


def _step(kind: Any, step: int | str) -> Iterator[Any]:
    """What stands behind one step: a field, a position, a key, or the member of a union that was tried."""
    if get_origin(kind) in (tuple, dict):
        yield from _kinds(get_args(kind)[0 if get_origin(kind) is tuple else 1])
        return
    fields = {name_of(kind, field): info for field, info in kind.model_fields.items()}
    if step == kind.__name__ or any(tag in fields and step in get_args(fields[tag].annotation) for tag in _TAGS):
        yield kind
    elif step in fields:
        yield from _kinds(fields[str(step)].annotation)


def _kinds(annotation: Any) -> Iterator[Any]:
    """Classes, lists and mappings among what an annotation allows; plain values have no fields."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for member in get_args(annotation):
            yield from _kinds(member)
    elif origin in (tuple, dict) or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield annotation
