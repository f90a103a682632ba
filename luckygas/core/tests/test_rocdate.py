from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luckygas.core import rocdate


@pytest.mark.parametrize(
    ("text", "digits", "expected"),
    [
        ("1150804", 7, date(2026, 8, 4)),
        ("01150804", 8, date(2026, 8, 4)),
        ("0991231", 7, date(2010, 12, 31)),
        ("00991231", 8, date(2010, 12, 31)),
        ("1130229", 7, date(2024, 2, 29)),
        ("0010101", 7, date(1912, 1, 1)),
        ("20260804", 8, date(3937, 8, 4)),
    ],
)
def test_both_ways(text, digits, expected):
    assert rocdate.parse(text, digits=digits) == expected
    assert rocdate.format(expected, digits=digits) == text


@pytest.mark.parametrize(
    ("text", "digits", "says"),
    [
        ("01150804", 7, "7 digits .YYYMMDD, for example 1150804"),
        ("1150804", 8, "8 digits .YYYYMMDD, for example 01150804"),
        ("", 7, "7 digits"),
        ("115/8/4", 7, "7 digits"),
        ("115080４", 7, "7 digits"),
        ("1150²04", 7, "7 digits"),
        (" 150804", 7, "7 digits"),
        (1150804, 7, "7 digits"),
        ("01159999", 8, "month 99"),
        ("1140229", 7, "no month 2 with a day 29"),
        ("1151301", 7, "month 13"),
        ("1150800", 7, "day 0"),
        ("0000101", 7, "no ROC year 0"),
        ("80890101", 8, "no ROC year 8089"),
    ],
)
def test_what_is_no_date_says_why(text, digits, says):
    with pytest.raises(ValueError, match=says):
        rocdate.parse(text, digits=digits)


@pytest.mark.parametrize("digits", [6, 9, 0])
def test_a_width_is_declared_and_is_7_or_8(digits):
    with pytest.raises(ValueError, match="7 or 8 digits"):
        rocdate.parse("1150804", digits=digits)
    with pytest.raises(ValueError, match="7 or 8 digits"):
        rocdate.format(date(2026, 8, 4), digits=digits)


def test_dates_the_calendar_cannot_hold_are_refused():
    with pytest.raises(ValueError, match="before ROC year 1"):
        rocdate.format(date(1911, 12, 31))
    with pytest.raises(ValueError, match="more than 7 digits"):
        rocdate.format(date(2911, 1, 1))
    assert rocdate.format(date(2910, 12, 31)) == "9991231"
    assert rocdate.format(date(2911, 1, 1), digits=8) == "10000101"


@given(st.dates(min_value=date(1912, 1, 1), max_value=date(2910, 12, 31)))
def test_every_day_survives_both_widths(day):
    for digits in (7, 8):
        assert rocdate.parse(rocdate.format(day, digits=digits), digits=digits) == day
