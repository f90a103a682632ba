from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luckygas.core.money import round_half_up


@pytest.mark.parametrize(
    ("amount", "places", "expected"),
    [
        ("0.5", 0, "1"),
        ("1.5", 0, "2"),
        ("2.5", 0, "3"),
        ("2.4999", 0, "2"),
        ("-0.5", 0, "-1"),
        ("-2.5", 0, "-3"),
        ("33.50", 0, "34"),
        ("1.005", 2, "1.01"),
        ("7", 2, "7.00"),
        ("1E+3", 0, "1000"),
        ("123456789012345678901234567890.5", 0, "123456789012345678901234567891"),
        ("99999999999999999999999999999.99", 1, "100000000000000000000000000000.0"),
    ],
)
def test_a_half_goes_away_from_zero(amount, places, expected):
    assert str(round_half_up(Decimal(amount), places)) == expected


def test_minus_zero_is_never_shown():
    assert str(round_half_up(Decimal("-0.4"))) == "0"
    assert str(round_half_up(Decimal("-0.004"), 2)) == "0.00"


@pytest.mark.parametrize("amount", [0.5, 1, "1", None])
def test_only_decimals_are_money(amount):
    with pytest.raises(TypeError, match=f"not {type(amount).__name__}"):
        round_half_up(amount)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(amount):
    with pytest.raises(ValueError, match="finite"):
        round_half_up(Decimal(amount))


def test_places_below_zero_are_refused():
    with pytest.raises(ValueError, match="not -1"):
        round_half_up(Decimal(15), -1)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_rounding_moves_by_at_most_a_half_and_is_stable(amount):
    rounded = round_half_up(amount)
    assert abs(rounded - amount) <= Decimal("0.5")
    assert rounded == rounded.to_integral_value()
    assert round_half_up(rounded) == rounded
    assert round_half_up(-amount) == -rounded
