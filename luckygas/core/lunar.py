"""The lunar calendar (農曆) as the almanacs of Taiwan have it, for the days 1989-02-06 to 2051-02-10.

The table of months is computed, not copied: ``deployment/lunar.py`` says by which rules and formulae.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass

from luckygas.core.lunar_table import FIRST_DAY, YEARS

_LENGTH = {"L": 30, "S": 29}


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A day of the lunar calendar; ``year`` is the Western year in which the lunar one began."""

    year: int
    month: int
    day: int
    leap: bool = False


def _months() -> tuple[list[dt.date], list[LunarDate], dt.date]:
    """The first days of all months, each also as a lunar date, and the day after the last month."""
    starts: list[dt.date] = []
    names: list[LunarDate] = []
    day = FIRST_DAY
    for year, (leap_after, lengths) in YEARS.items():
        for index, length in enumerate(lengths):
            # Of the months in order, the leap month stands after the one whose number it has.
            is_leap = leap_after != 0 and index == leap_after
            number = index if leap_after != 0 and index >= leap_after else index + 1
            starts.append(day)
            names.append(LunarDate(year, number, 1, is_leap))
            day += dt.timedelta(days=_LENGTH[length])
    return starts, names, day


_STARTS, _NAMES, _END = _months()


def of(date: dt.date) -> LunarDate:
    """The lunar date of a day. Raises ValueError outside the years of the table."""
    if not FIRST_DAY <= date < _END:
        raise ValueError(f"{date} is not between {FIRST_DAY} and {_END - dt.timedelta(days=1)}")
    index = bisect_right(_STARTS, date) - 1
    month = _NAMES[index]
    return LunarDate(month.year, month.month, (date - _STARTS[index]).days + 1, month.leap)
