"""The lunar calendar against days that every almanac prints."""

import datetime as dt

import pytest

from luckygas.core import lunar
from luckygas.core.lunar import LunarDate

# Lunar New Year's Days, year by year.
NEW_YEARS = (
    "1990-01-27", "1991-02-15", "1992-02-04", "1993-01-23", "1994-02-10", "1995-01-31", "1996-02-19", "1997-02-07",
    "1998-01-28", "1999-02-16", "2000-02-05", "2001-01-24", "2002-02-12", "2003-02-01", "2004-01-22", "2005-02-09",
    "2006-01-29", "2007-02-18", "2008-02-07", "2009-01-26", "2010-02-14", "2011-02-03", "2012-01-23", "2013-02-10",
    "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12",
    "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13",
    "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15",
    "2038-02-04", "2039-01-24", "2040-02-12",
)  # fmt: skip

# Lunar year → number of its leap month; the years between have none.
LEAPS = {
    1990: 5, 1993: 3, 1995: 8, 1998: 5, 2001: 4, 2004: 2, 2006: 7, 2009: 5, 2012: 4, 2014: 9, 2017: 6,
    2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11, 2036: 6, 2039: 5,
}  # fmt: skip

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("text", NEW_YEARS)
def test_new_years_day(text):
    day = dt.date.fromisoformat(text)
    assert lunar.of(day) == LunarDate(day.year, 1, 1)
    before = lunar.of(day - DAY)
    assert (before.year, before.month) == (day.year - 1, 12)
    assert before.day in (29, 30)


def test_every_year_from_1990_to_2040_is_tried():
    assert [int(text[:4]) for text in NEW_YEARS] == list(range(1990, 2041))


def test_leap_months_come_where_the_almanacs_have_them():
    found: dict[int, set[int]] = {}
    day = dt.date(1990, 1, 27)
    while day < dt.date(2041, 1, 1):
        if (date := lunar.of(day)).leap:
            found.setdefault(date.year, set()).add(date.month)
        day += DAY
    assert found == {year: {month} for year, month in LEAPS.items()}


@pytest.mark.parametrize(
    ("day", "date"),
    [
        ("1990-01-01", LunarDate(1989, 12, 5)),
        ("2004-03-21", LunarDate(2004, 2, 1, leap=True)),  # the second second month begins
        ("2020-05-23", LunarDate(2020, 4, 1, leap=True)),
        ("2020-06-25", LunarDate(2020, 5, 5)),  # Dragon Boat Festival
        ("2023-03-22", LunarDate(2023, 2, 1, leap=True)),
        ("2024-09-17", LunarDate(2024, 8, 15)),  # Mid-Autumn Festival
        ("2025-07-25", LunarDate(2025, 6, 1, leap=True)),
        ("2025-10-06", LunarDate(2025, 8, 15)),
        ("2026-06-19", LunarDate(2026, 5, 5)),
        ("2026-09-25", LunarDate(2026, 8, 15)),
        ("2026-11-23", LunarDate(2026, 10, 15)),
        ("2033-12-22", LunarDate(2033, 11, 1, leap=True)),  # where simpler tables went wrong
    ],
)
def test_days_that_people_know(day, date):
    assert lunar.of(dt.date.fromisoformat(day)) == date


def test_days_follow_each_other_without_a_gap():
    day, before = dt.date(1990, 1, 1), lunar.of(dt.date(1989, 12, 31))
    while day <= dt.date(2050, 12, 31):
        date = lunar.of(day)
        if date.day != 1:
            assert (date.year, date.month, date.leap, date.day) == (
                before.year, before.month, before.leap, before.day + 1,
            )  # fmt: skip
        else:
            assert before.day in (29, 30)
            following = {(date.year, date.month - 1), (date.year - 1, 12)}
            assert (before.year, before.month) in ({(date.year, date.month)} if date.leap else following)
        day, before = day + DAY, date


@pytest.mark.parametrize("day", ["1989-02-05", "2051-02-11"])
def test_other_years_are_not_known(day):
    with pytest.raises(ValueError, match="is not between 1989-02-06 and 2051-02-10"):
        lunar.of(dt.date.fromisoformat(day))


@pytest.mark.parametrize(("day", "date"), [("1989-02-06", (1989, 1, 1)), ("2051-02-10", (2050, 12, 29))])
def test_the_first_and_the_last_day(day, date):
    assert lunar.of(dt.date.fromisoformat(day)) == LunarDate(*date)
