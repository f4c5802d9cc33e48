"""Plain JSON of models, made once for each part: a state and the events that tell of it share most of what they hold.

Models are frozen, so a part that is the very object written before is written the same way again. The bytes are those
that `model_dump` gives of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

__all__ = ["Parts"]

Many = type[tuple[Any, ...]] | type[dict[str, Any]] | None  # how a field holds models of a class; None: one of them
_FEW = 8  # of many small parts each is written sooner than learnt; where all are known, they are taken


class Parts:
    """The parts whose plain JSON is known. What they hold is kept alive with them, so no other object takes a place."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[BaseModel, Any]] = {}

    def plain(self, model: BaseModel) -> dict[str, Any]:
        """The model as plain JSON, by alias and without defaults; what is known of it is not gone through again."""
        plain = self._from_parts(model)
        return _dumped(model, frozenset()) if plain is None else plain

    def learn(self, model: BaseModel, plain: dict[str, Any]) -> None:
        """Remember the plain JSON of a model and of the models in it."""
        if _is_simple(type(model)):
            self._known[id(model)] = (model, plain)
        for name, part, many in _fields(type(model)):
            value = getattr(model, name)
            if name not in plain:
                continue
            if many is tuple:
                if len(value) <= _FEW:
                    for one, raw in zip(value, plain[name], strict=True):
                        if type(one) is part:
                            self.learn(one, raw)
            elif type(value) is part:
                self.learn(value, plain[name])

    def _from_parts(self, model: BaseModel) -> dict[str, Any] | None:
        """The plain JSON put together with what is known; None if nothing in it is."""
        known = self._known.get(id(model))
        if known is not None:
            plain: dict[str, Any] = known[1]
            return plain
        parts: dict[str, Any] = {}
        for name, part, many in _fields(type(model)):
            value = getattr(model, name)
            if many is not None:
                each = self._each(value.values() if many is dict else value, part) if value else None
                if each is not None:
                    parts[name] = dict(zip(value, each, strict=True)) if many is dict else each
            elif type(value) is part:
                found = self._from_parts(value)
                if found is not None:
                    parts[name] = found
        return {**_dumped(model, frozenset(parts)), **parts} if parts else None

    def _each(self, models: Iterable[Any], cls: type[BaseModel]) -> list[dict[str, Any]] | None:
        """The plain JSON of each; None as soon as nothing in one is known."""
        each: list[dict[str, Any]] = []
        for model in models:
            found = self._from_parts(model) if type(model) is cls else None
            if found is None:
                return None
            each.append(found)
        return each


def _dumped(model: BaseModel, without: frozenset[str]) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(without) or None)


@lru_cache(None)
def _fields(cls: type[BaseModel]) -> tuple[tuple[str, type[BaseModel], Many], ...]:
    """Fields that hold a model (or several, in a tuple or by name) of exactly one class, and are written as they are.

    No class is among them that validates or serializes in a way of its own: what it reads need not be what it writes.
    """
    if not _is_plain(cls):
        return ()
    found = []
    for name, field in cls.model_fields.items():
        part, many = _class_in(field.annotation)
        default = field.default_factory is not None or isinstance(field.default, BaseModel)
        aliased = field.alias is not None or field.serialization_alias is not None
        if part is not None and _is_simple(part) and not (default or aliased or field.metadata or field.exclude):
            found.append((name, part, many))
    return tuple(found)


def _class_in(annotation: Any) -> tuple[type[BaseModel] | None, Many]:
    if get_origin(annotation) in (Union, UnionType):
        others = [each for each in get_args(annotation) if each is not type(None)]
        annotation = others[0] if len(others) == 1 else None
    origin, arguments = get_origin(annotation), get_args(annotation)
    cls: Any = annotation
    many: Many = None
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        cls, many = arguments[0], tuple
    elif origin is dict and getattr(arguments[0], "__origin__", arguments[0]) is str:
        cls, many = arguments[1], dict
    return (cls, many) if isinstance(cls, type) and issubclass(cls, BaseModel) else (None, None)


@lru_cache(None)
def _is_simple(cls: type[BaseModel]) -> bool:
    """Whether neither the class nor any in it validates or serializes in a way of its own."""
    reached, waiting = {cls}, [cls]
    while waiting:
        one = waiting.pop()
        if not _is_plain(one):
            return False
        inner = {each for field in one.model_fields.values() for each in _models_in(field.annotation)}
        waiting += inner - reached
        reached |= inner
    return True


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {each for argument in get_args(annotation) for each in _models_in(argument)}


def _is_plain(cls: type[BaseModel]) -> bool:
    of = cls.__pydantic_decorators__
    read = (of.validators, of.field_validators, of.root_validators, of.model_validators)
    written = (of.field_serializers, of.model_serializers, of.computed_fields)
    return not any((*read, *written)) and not cls.__pydantic_root_model__
