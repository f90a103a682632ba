"""Where each customer stands at the end of the history, so that the next working day has its usual visits.

A commercial visit is due when the last one is 最大週期 days ago; a household's when the median of its last five
intervals has passed (fewer than three intervals tell nothing).
"""

from __future__ import annotations

import numpy as np

from luckygas.sample.clients import Clients
from luckygas.sample.days import Days
from luckygas.sample.draw import BoolArray, FloatArray, IntArray, choose, share, stream
from luckygas.sample.walks import Habit, ages, back_from

# On a working day at full size; the overdue are among the commercial ones.
DUE_CLIENTS = 50
OVERDUE_CLIENTS = 6
DUE_HOMES = 32
# Orders in which other days are tried where a last visit would fall on a day off, or the next one would.
_SHIFTS = (
    (0, 1, -1, 2, -2, 3, -3, 4, 5, 6),
    (0, 2, -1, 1, 3, -2, -3, 4, 5, 6),
    (0, -1, 1, -2, 2, -3, 3, 4, 5, 6),
    (0, 3, -2, 2, 1, -1, -3, 5, 4, 6),
)
_INTERVALS = 5
_FEWEST_INTERVALS = 3
# Moving a last visit can move the median with it, so it is tried again; half-way it is seen who can be due.
_ROUNDS = 40


def client_last_visits(seed: int, clients: Clients, resting: BoolArray, days: Days) -> IntArray:
    """The day of each commercial customer's last visit."""
    rng = stream(seed, "client last")
    count = clients.rows
    target, cycle = days.target, clients.rhythm
    planned = (clients.cycle > 0) & ~clients.terminated
    age = (ages(rng, count, 1.15, 0.4) * cycle).astype(np.int64)
    last = np.minimum(target - 1 - age, days.last)
    chance = rng.random(count)
    rows = np.arange(count)

    def open_on(day: IntArray) -> BoolArray:
        return ~days.idle[day] & ~resting[rows, days.weekday[day]]

    on_target = planned & ~resting[:, days.weekday[target]]
    late = target - cycle - clients.postpone - 1
    overdue = choose(
        rng,
        max(1, share(OVERDUE_CLIENTS, count)),
        on_target & open_on(late),
        clients.postpone <= 2,
    )
    exactly = target - cycle
    due = choose(
        rng,
        max(1, share(DUE_CLIENTS, count) - int(overdue.sum())),
        on_target & open_on(exactly) & ~overdue & (exactly <= days.last),
        last == exactly,
    )
    settled = np.full(count, -1, dtype=np.int64)
    settled[overdue] = late[overdue]
    settled[due] = exactly[due]
    last = days.snap(last, chance)
    order = (chance * len(_SHIFTS)).astype(np.int64)
    for strict in (True, False):
        for shift in np.array(_SHIFTS).T:
            day = last + shift[order]
            inside = np.minimum(day, days.last)
            fits = (settled < 0) & (day <= days.last) & open_on(inside) & (day + cycle > target)
            if strict:
                fits &= open_on(inside + cycle)
            settled[fits] = day[fits]
    settled = np.where(settled < 0, days.before[days.last], settled)
    gone = days.last - rng.integers(60, 900, size=count)
    return np.where(clients.terminated, days.before[gone], settled)


def home_last_visits(seed: int, habit: Habit, days: Days) -> IntArray:
    """The day of each household's last visit, moved until the forecast meets the day wanted of it."""
    rng = stream(seed, "home last")
    count = habit.interval.size
    target = days.target
    age = ages(rng, count, 1.1, 0.3)
    chance = rng.random(count)
    last = _working_day(target - 1 - (age * habit.interval).astype(np.int64), chance, days)
    median, intervals = home_forecast(seed, last, habit, days)
    usual = np.where(np.isnan(median), habit.interval, median)
    last = _working_day(target - 1 - (age * usual).astype(np.int64), chance, days)

    wanted = max(2, share(DUE_HOMES, count, 12_027))
    median, intervals = home_forecast(seed, last, habit, days)
    distance = np.abs(last + np.nan_to_num(median) - target)
    candidates = choose(rng, wanted * 3 // 2 + 3, intervals >= _INTERVALS, distance <= 3, distance <= 1)
    later = rng.integers(1, 12, size=count)
    for attempt in range(_ROUNDS):
        median, intervals = home_forecast(seed, last, habit, days)
        due = last + np.floor(median)
        if attempt == _ROUNDS // 2:
            candidates = choose(rng, wanted, candidates & (due == target))
        wrong = (intervals > 0) & np.where(candidates, due != target, due <= target)
        shift = np.where(candidates, target - due, target + later + attempt - due)
        moved = last + np.where(wrong, np.rint(np.where(wrong, shift, 0.0)).astype(np.int64), 0)
        last = _working_day(moved, chance, days)
    return last


def home_forecast(seed: int, last: IntArray, habit: Habit, days: Days) -> tuple[FloatArray, IntArray]:
    """(median of the last five intervals, NaN without any; number of intervals known, at most five)."""
    gaps = np.full((last.size, _INTERVALS), np.nan)
    before: IntArray = np.full(last.size, -1, dtype=np.int64)
    for number, step in enumerate(back_from(stream(seed, "home steps"), last, habit, days, _INTERVALS + 1)):
        if number:
            gaps[step.who, number - 1] = before[step.who] - step.day
        before[step.who] = step.day
    intervals = (~np.isnan(gaps)).sum(axis=1)
    median = np.full(last.size, np.nan)
    for number in range(1, _INTERVALS + 1):
        rows = intervals == number
        median[rows] = np.median(gaps[rows, :number], axis=1)
    return median, intervals


def home_due(seed: int, last: IntArray, habit: Habit, days: Days) -> IntArray:
    """The day each household's next visit falls due, -1 where fewer than three intervals are known."""
    median, intervals = home_forecast(seed, last, habit, days)
    return np.where(intervals >= _FEWEST_INTERVALS, np.floor(last + np.nan_to_num(median)), -1).astype(
        np.int64
    )


def _working_day(day: IntArray, chance: FloatArray, days: Days) -> IntArray:
    return days.snap(np.clip(day, 0, days.last), chance)
