"""Parts that come again are read once, and everything else is as it is without that."""

from __future__ import annotations

import tracemalloc
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, WrapValidator

from shared.kernel.alike import Alike

Name = Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)

    value: bool | int | str
    about: dict[str, int] = {}


class Plainly(BaseModel):
    named: dict[Name, Part] = {}
    listed: tuple[Part, ...] = ()


def known(size: int = 100) -> type[BaseModel]:
    """`Plainly` with a memory of its own."""
    parts = Alike[Part](size)

    class Known(BaseModel):
        named: Annotated[dict[Name, Part], WrapValidator(parts.by_name)] = {}
        listed: Annotated[tuple[Part, ...], WrapValidator(parts.in_order)] = ()

    return Known


def faults(cls: type[BaseModel], given: Any) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(given)
    return caught.value.errors(include_url=False)


GIVEN = [
    {"named": {"a": {"value": 1}, "b": {"value": True}, "c": {"value": "1"}, "d": {"value": 1}}},
    {"named": {"d": {"value": "new"}, "a": {"value": 1}, "e": {"about": {"x": 1}, "value": 2}}},
    {"named": {"z": {"value": "new"}, "e": {"value": 2, "about": {"x": 1}}, "b": {"value": 0}}},
    {"named": {}, "listed": [{"value": 1}, {"value": True}, {"value": 1}]},
    {"listed": [{"value": "long" * 100}, {"value": 1}, {"value": 0}, {"value": False}]},
    {"listed": ({"value": 1}, {"value": 2})},
    {"named": {"a": Part(value=1)}, "listed": [Part(value=2), {"value": 1}]},
    {"named": {"a": {"value": 2**60}}, "listed": [{"value": 2**70}]},
]
WRONG = [
    {"named": {"a": {"value": 1}, "b": {}, "c": {"value": []}}},
    {"named": {"a": {"value": 1}, "Not a name": {"value": 1}}},
    {"named": [], "listed": {}},
    {"listed": [{"value": 1}, {"value": 2}, {}, {"value": 1}, {"value": None}]},
    {"listed": [{"value": 1}, 7, {"value": float("inf")}]},
]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_read_is_the_same_with_and_without(size: int) -> None:
    cls = known(size)
    for given in (*GIVEN, *GIVEN, *reversed(GIVEN)):
        read, plain = cls.model_validate(given), Plainly.model_validate(given)
        assert read.model_dump_json() == plain.model_dump_json()
        assert repr(read.named) == repr(plain.named)  # type: ignore[attr-defined]


def test_what_is_wrong_is_told_at_the_same_place() -> None:
    cls = known()
    for given in (*WRONG, *GIVEN, *WRONG):
        if given in WRONG:
            assert faults(cls, given) == faults(Plainly, given)
        else:
            cls.model_validate(given)


def test_equal_parts_become_one_object_and_true_is_not_one() -> None:
    cls = known()
    given = {**GIVEN[3], **GIVEN[0]}
    cls.model_validate(given)
    first, second = cls.model_validate(given), cls.model_validate(given)
    assert second.named["a"] is first.named["a"]  # type: ignore[attr-defined]
    assert second.listed[0] is first.named["a"]  # type: ignore[attr-defined]
    assert second.named["a"].value is not True  # type: ignore[attr-defined]
    assert second.named["b"].value is True  # type: ignore[attr-defined]


def test_no_more_is_kept_than_told() -> None:
    parts = Alike[Part](50)

    def read(given: dict[str, Any]) -> dict[str, Part]:
        return {name: Part.model_validate(one) for name, one in given.items()}

    for number in range(500):
        parts.by_name({f"a{number}": {"value": number}, "b": {"value": "long" * number}}, read)
    assert len(parts._known) <= 50
    assert len(parts._names) <= 50
    assert all(len(text) < 200 for text in parts._known)


def test_what_is_kept_takes_little_more_than_its_text() -> None:
    """What orjson makes takes 4 KiB, however short."""
    parts = Alike[Any](2_000)
    tracemalloc.start()
    try:
        for start in range(0, 2_000, 50):
            parts.in_order(
                [{"value": number} for number in range(start, start + 50)], lambda given: (None,) * len(given)
            )
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()
