"""The median of the last five intervals."""

from __future__ import annotations

import datetime as dt

import pytest

from orders.forecast.intervals import due_day, typical_interval


def days(*gaps: int) -> list[dt.date]:
    found = [dt.date(2026, 1, 1)]
    for gap in gaps:
        found.append(found[-1] + dt.timedelta(days=gap))
    return found


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ((), None),
        ((10, 12), None),
        ((10, 12, 14), 12),
        ((10, 12, 14, 20), 13),
        ((10, 11, 12, 20), 11),  # a median between two days is the earlier one
        ((10, 12, 14, 16, 30), 14),
        ((90, 90, 10, 12, 14, 16, 30), 14),  # only the last five
    ],
)
def test_the_median_of_the_last_five_intervals(gaps, expected):
    assert typical_interval(days(*gaps)) == expected


def test_two_deliveries_on_one_day_are_one():
    assert typical_interval([*days(10, 12, 14), *days(10, 12, 14)]) == 12


def test_a_resident_is_due_the_median_after_the_last_delivery():
    assert due_day(days(10, 12, 14)) == dt.date(2026, 2, 18)
    assert due_day(days(10)) is None
