"""The days of the history: when the company drove, and when nobody could.

Days are counted from the first day of the history (0). Sundays are for emergencies, Lunar New Year's Day and
the day after it nobody works, and a typhoon closes the roads for a day or two.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from luckygas.sample.draw import BoolArray, FloatArray, IntArray, stream

HISTORY_DAYS = 1609  # 4.4 years, both ends counted
AHEAD_DAYS = 420  # how far beyond the history a visit may be looked for
EARLIEST_UNTIL = dt.date(2016, 1, 1)
LATEST_UNTIL = dt.date(2035, 12, 31)
SUNDAY_WORK = 0.10  # share of the visits falling on a Sunday that are made on it

# First day of the first lunar month (Central Weather Administration's almanac).
LUNAR_NEW_YEAR = tuple(
    dt.date.fromisoformat(text)
    for text in (
        "2011-02-03", "2012-01-23", "2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28",
        "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10",
        "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23",
        "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15",
    )
)  # fmt: skip

# How much more gas a day takes than the year's mean, by month.
SEASON = (1.20, 1.15, 1.05, 0.95, 0.85, 0.80, 0.80, 0.80, 0.85, 0.95, 1.05, 1.15)


@dataclass(frozen=True)
class Days:
    """``closed``: nobody works; ``idle``: closed or a Sunday; ``weekday``: 1 Monday … 7 Sunday; ``month`` 1 … 12.

    ``before`` and ``after`` lead from an idle day to the nearest working day on that side, and from a
    working day to itself.
    """

    first: dt.date
    until: dt.date
    typhoons: tuple[dt.date, ...]
    closed: BoolArray
    idle: BoolArray
    weekday: IntArray
    month: IntArray
    before: IntArray
    after: IntArray

    @property
    def last(self) -> int:
        """The number of the last day of the history."""
        return (self.until - self.first).days

    @property
    def target(self) -> int:
        """The number of the first working day after the history: the day that the company plans next."""
        return int(self.after[self.last + 1])

    def date(self, day: int) -> dt.date:
        return self.first + dt.timedelta(days=int(day))

    def number(self, date: dt.date) -> int:
        return (date - self.first).days

    def snap(self, day: IntArray, chance: FloatArray) -> IntArray:
        """Working days for any days, by ``chance`` (0 … 1): a Sunday's visit goes to one of the two days on
        either side of it, and now and then it is made on the Sunday."""
        stays = ~self.closed[day] & (chance < SUNDAY_WORK)
        quarter = ((chance - SUNDAY_WORK) / (1.0 - SUNDAY_WORK) * 4).astype(np.int64)
        one_before, one_after = self.before[day], self.after[day]
        two_before = self.before[np.maximum(one_before - 1, 0)]
        two_after = self.after[np.minimum(one_after + 1, self.after.size - 1)]
        moved = np.choose(np.clip(quarter, 0, 3), [one_before, two_before, one_after, two_after])
        moved = np.where(moved > self.last, one_before, moved)
        return np.where(self.idle[day] & ~stays, moved, day)


def days_until(seed: int, until: dt.date) -> Days:
    """The history that ends on a date, and the months after it."""
    first = until - dt.timedelta(days=HISTORY_DAYS - 1)
    count = HISTORY_DAYS + AHEAD_DAYS
    dates = [first + dt.timedelta(days=n) for n in range(count)]
    typhoons = _typhoons(seed, first, until)
    closed_dates = {*typhoons}
    for new_year in LUNAR_NEW_YEAR:
        closed_dates |= {new_year, new_year + dt.timedelta(days=1)}
    closed = np.array([date in closed_dates for date in dates])
    weekday = np.array([date.isoweekday() for date in dates], dtype=np.int64)
    idle = closed | (weekday == 7)
    working = np.flatnonzero(~idle)
    position = np.arange(count)
    after = working[np.minimum(np.searchsorted(working, position), working.size - 1)]
    before = working[np.maximum(np.searchsorted(working, position, side="right") - 1, 0)]
    month = np.array([date.month for date in dates], dtype=np.int64)
    return Days(first, until, typhoons, closed, idle, weekday, month, before, after)


def _typhoons(seed: int, first: dt.date, until: dt.date) -> tuple[dt.date, ...]:
    """Two or three typhoons a summer, each of one or two days; the same year always has the same ones."""
    found: set[dt.date] = set()
    for year in range(first.year, until.year + 1):
        rng = stream(seed, f"typhoon {year}")
        for _ in range(int(rng.integers(2, 4))):
            start = dt.date(year, 7, 1) + dt.timedelta(days=int(rng.integers(0, 100)))
            found |= {start + dt.timedelta(days=n) for n in range(int(rng.integers(1, 3)))}
    return tuple(sorted(date for date in found if first < date < until))
