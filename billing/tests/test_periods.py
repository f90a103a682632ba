from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice import periods


@pytest.mark.parametrize(
    ("day", "key", "label"),
    [
        (date(2026, 1, 1), "11502", "115年01-02月"),
        (date(2026, 2, 28), "11502", "115年01-02月"),
        (date(2026, 3, 1), "11504", "115年03-04月"),
        (date(2026, 10, 31), "11510", "115年09-10月"),
        (date(2026, 12, 31), "11512", "115年11-12月"),
        (date(2027, 1, 1), "11602", "116年01-02月"),
        (date(2011, 1, 1), "10002", "100年01-02月"),
        (date(2010, 12, 31), "09912", "099年11-12月"),
    ],
)
def test_period_of_a_day(day, key, label):
    assert periods.period_key(day) == key
    assert periods.label(key).lstrip("0") == label.lstrip("0")


def test_an_instant_counts_by_the_clock_of_taipei():
    assert periods.period_at(datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC)) == "11508"
    assert periods.period_at(datetime(2026, 8, 31, 16, 0, 0, tzinfo=UTC)) == "11510"
    with pytest.raises(ValueError, match="time zone"):
        periods.period_at(datetime(2026, 8, 31, 16, 0, 0))  # noqa: DTZ001
    with pytest.raises(TypeError, match="period_at"):
        periods.period_key(datetime(2026, 8, 31, 16, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize("day", [date(1911, 12, 31), date(2911, 1, 1)])
def test_days_without_a_period(day):
    with pytest.raises(ValueError, match="has no invoice period"):
        periods.period_key(day)


@pytest.mark.parametrize("key", ["", "11511", "1150|", "202610", "11514", "11500", "abc02"])
def test_what_is_no_period(key):
    with pytest.raises(ValueError, match="is not an invoice period such as 11510"):
        periods.first_day(key)


def test_deadlines():
    assert periods.upload_deadline(date(2026, 9, 1), business=False) == date(2026, 9, 3)
    assert periods.upload_deadline(date(2026, 9, 1), business=True) == date(2026, 9, 8)
    assert periods.blank_deadline("11510") == date(2026, 11, 10)
    assert periods.blank_deadline("11512") == date(2027, 1, 10)
    assert periods.cancel_deadline("11502") == date(2026, 3, 13)


@given(st.dates(min_value=date(1912, 1, 1), max_value=date(2910, 10, 31)))
def test_periods_tile_the_calendar(day):
    key = periods.period_key(day)
    assert periods.first_day(key) <= day <= periods.last_day(key)
    assert periods.first_day(periods.next_period(key)) == periods.last_day(key) + timedelta(days=1)
