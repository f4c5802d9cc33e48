"""An event's data as plain JSON: the words that came, where its class would write the very same.

A later minor of an event may say what today's class does not know, and then it is written as the class knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.contracts.envelope import Event, EventData

__all__ = ["said"]

_Check = Callable[[list[Any]], bool]  # of all that stands at one place: asked once, it is several times as fast


def said(event: Event[Any]) -> dict[str, Any]:
    """What `event.data.plain()` gives, of an event that a service of ours said. Nobody changes it.

    Spelling is not looked at: who sends "2.0" where our services write "2" has it kept so. Only the broker's ACLs keep
    others from speaking for a service.
    """
    data: EventData = event.data
    plain: dict[str, Any] = event.envelope.data
    return plain if event.envelope.type == data.type_ and _knows(type(data))([plain]) else data.plain()


@lru_cache(None)
def _knows(cls: type[BaseModel]) -> _Check:
    """Whether plain JSON that was read into the class names nothing else, and nothing that is left out as a default."""
    fields = {field.serialization_alias or name: field for name, field in cls.model_fields.items()}
    checks = {name: check for name, field in fields.items() if (check := _check(field.annotation)) is not None}
    defaults = cls.model_construct().model_dump(mode="json", by_alias=True)  # no more than these: it holds nothing

    def knows(parts: list[Any]) -> bool:
        names = set(chain.from_iterable(parts))
        if not names <= fields.keys():
            return False
        for name in names:
            if name in defaults or name in checks:
                there = [part[name] for part in parts if name in part]
                if (name in defaults and defaults[name] in there) or (name in checks and not checks[name](there)):
                    return False
        return True

    return knows


def _check(annotation: Any) -> _Check | None:
    """The same of what stands in a field; None where no model can."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _knows(annotation)
    kind, arguments = get_origin(annotation), get_args(annotation)
    checks = [check for one in arguments if (check := _check(one)) is not None]
    if not checks:
        return None
    check = checks[0]
    if kind is dict and len(checks) == 1:
        return lambda found: check(_flat(one.values() for one in found))
    if kind is tuple and arguments[1:] == (Ellipsis,):
        return lambda found: check(_flat(found))
    if kind in (Union, UnionType) and len(checks) == 1 and len(arguments) == 2 and type(None) in arguments:
        return lambda found: check([one for one in found if one is not None])
    return lambda _: False  # whatever it is, it is written anew


def _flat(found: Iterable[Iterable[Any]]) -> list[Any]:
    return list(chain.from_iterable(found))
