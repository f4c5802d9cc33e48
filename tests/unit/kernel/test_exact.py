"""Exact numbers: read exactly, written in one way, rounded once for show."""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.kernel.exact import Exact, Rounding, exact_text, parse_exact, show

unhurried = settings(deadline=None)  # a busy machine is no failure
fractions = st.fractions(max_denominator=10**9)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)
PYTHONS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


class Points(BaseModel):
    points: Exact


@unhurried
@given(fractions)
def test_what_is_written_is_read_back_exactly(number: Fraction) -> None:
    assert parse_exact(exact_text(number)) == number


@unhurried
@given(decimals)
def test_a_decimal_is_written_as_a_decimal_without_trailing_zeros(number: Decimal) -> None:
    text = exact_text(Fraction(number))
    assert Decimal(text) == number
    assert "/" not in text
    assert "." not in text or not text.endswith("0")


@unhurried
@given(fractions, fractions)
def test_two_numbers_have_one_text_only_if_they_are_equal(one: Fraction, other: Fraction) -> None:
    assert (exact_text(one) == exact_text(other)) == (one == other)


@unhurried
@given(st.integers())
def test_integers_stand_for_themselves(number: int) -> None:
    assert parse_exact(number) == number
    assert exact_text(Fraction(number)) == str(number)


def test_the_total_of_sixty_ratios_of_large_figures_is_read_back() -> None:
    # What scoring says, publishing must be able to read: up to sixty criteria, figures of up to six digits.
    total = sum((Fraction(1, 900_001 + 60 * n * n) for n in range(1, 61)), Fraction(0))
    assert parse_exact(exact_text(total)) == total


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0", Fraction(0)),
        ("-0", Fraction(0)),
        ("12", Fraction(12)),
        ("0.5", Fraction(1, 2)),
        ("1.250", Fraction(5, 4)),
        ("4/3", Fraction(4, 3)),
        ("4/2", Fraction(2)),
        ("-7/2", Fraction(-7, 2)),
        (Decimal("0.10"), Fraction(1, 10)),
        (Decimal("1E+2"), Fraction(100)),
        (Fraction(1, 3), Fraction(1, 3)),
        ("1" + "0" * 100, Fraction(10**100)),
    ],
)
def test_numbers_are_read_exactly(written: object, number: Fraction) -> None:
    assert parse_exact(written) == number


@pytest.mark.parametrize(
    "written",
    [
        0.5,
        1.0,
        float("nan"),
        True,
        False,
        None,
        [],
        "",
        "-",
        "+1",
        "1e5",
        "1E5",
        "٣",
        "１",
        " 1",
        "1 ",
        "1\n",
        "1/3\n",
        "1_000",
        "1,5",
        "0x1",
        "NaN",
        "Infinity",
        "01",
        ".5",
        "5.",
        "1/0",
        "1/-2",
        "1.5/2",
        "½",
        "1" * 5000,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+1000000"),
        Decimal("1E-1000000"),
    ],
    ids=lambda written: repr(written)[:20],
)
def test_what_is_no_exact_number_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        parse_exact(written)


@unhurried
@given(st.text(max_size=12) | st.floats() | st.decimals() | st.booleans() | st.binary())
def test_anything_is_read_exactly_or_refused(value: object) -> None:
    with suppress(ValueError):
        number = parse_exact(value)
        assert not isinstance(value, bool | float)
        assert number == Fraction(value)  # type: ignore[arg-type]


# --- for show -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "places", "rounding", "shown"),
    [
        ("0.5", 0, "half_up", "1"),
        ("1.5", 0, "half_up", "2"),
        ("2.5", 0, "half_up", "3"),
        ("2.5", 0, "half_even", "2"),
        ("3.5", 0, "half_even", "4"),
        ("-2.5", 0, "half_up", "-3"),
        ("0.125", 2, "half_up", "0.13"),
        ("0.125", 2, "half_even", "0.12"),
        ("0.135", 2, "half_even", "0.14"),
        ("2.675", 2, "half_up", "2.68"),
        ("1/3", 4, "half_up", "0.3333"),
        ("2/3", 4, "half_up", "0.6667"),
        ("-0.001", 2, "half_up", "0.00"),
        ("-0.005", 2, "half_up", "-0.01"),
        ("7", 2, "half_up", "7.00"),
        ("99.995", 2, "half_up", "100.00"),
    ],
)
def test_numbers_are_rounded_once_for_show(number: str, places: int, rounding: Rounding, shown: str) -> None:
    assert show(parse_exact(number), places, rounding) == shown


@unhurried
@given(decimals, st.integers(0, 6), st.sampled_from(["half_up", "half_even"]))
def test_what_is_shown_is_what_decimal_rounding_gives(number: Decimal, places: int, rounding: Rounding) -> None:
    shown = show(Fraction(number), places, rounding)
    assert Decimal(shown) == number.quantize(Decimal(1).scaleb(-places), PYTHONS[rounding])
    assert len(shown.partition(".")[2]) == places


@unhurried
@given(fractions, st.integers(0, 6))
def test_what_is_shown_is_at_most_half_a_unit_away(number: Fraction, places: int) -> None:
    assert abs(Fraction(show(number, places)) - number) <= Fraction(1, 2 * 10**places)


@unhurried
@given(st.integers(), st.integers(0, 4))
def test_a_half_goes_away_from_zero(whole: int, places: int) -> None:
    half = Fraction(2 * whole + 1, 2 * 10**places)
    away = whole + 1 if whole >= 0 else whole
    assert Fraction(show(half, places)) == Fraction(away, 10**places)


def test_huge_numbers_are_written_and_shown() -> None:
    assert exact_text(Fraction(10**300)) == "1" + "0" * 300
    assert show(Fraction(10**300) + Fraction(1, 2), 0) == "1" + "0" * 299 + "1"
    assert exact_text(Fraction(1, 2**100)) == f"0.{5**100:0100d}"


@pytest.mark.parametrize(
    ("number", "readable"),
    [
        (Fraction(10**3999), True),
        (Fraction(10**4000), False),
        (Fraction(-(10**3999)), False),
        (Fraction(10**1998 + 1, 10**2000 - 1), True),
        (Fraction(10**2000 + 1, 10**2000 - 1), False),
        (Fraction(1, 2**3998), True),
        (Fraction(1, 2**3999), False),
    ],
    ids=range(7),
)
def test_what_could_not_be_read_back_is_not_written(number: Fraction, readable: bool) -> None:
    if readable:
        assert parse_exact(exact_text(number)) == number
    else:
        with pytest.raises(ValueError, match="longer than 4000"):
            exact_text(number)


# --- as a field ------------------------------------------------------------------------------------------------------


def test_a_field_is_text_in_json_and_a_fraction_in_python() -> None:
    read = Points.model_validate_json('{"points": "4/3"}')
    assert read.points == Fraction(4, 3)
    assert read.model_dump_json() == '{"points":"4/3"}'
    assert Points.model_json_schema()["properties"]["points"]["type"] == "string"


@pytest.mark.parametrize("written", ["1.5", "true", '"1e5"', '"NaN"', "null"])
def test_a_field_refuses_floats_and_the_like(written: str) -> None:
    with pytest.raises(ValidationError):
        Points.model_validate_json(f'{{"points": {written}}}')
