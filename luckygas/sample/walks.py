"""When visits happened: walks from each customer's last visit back to his first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from luckygas.sample.days import SEASON, Days
from luckygas.sample.draw import BoolArray, FloatArray, IntArray

_SEASON = np.array((0.0, *SEASON))


@dataclass(frozen=True)
class Habit:
    """How a group of customers is visited.

    ``interval`` days between visits in an average month, ``longest`` and ``shortest`` bound them; ``season``
    is the power to which the month's factor shortens them, ``noise`` their spread (of the logarithm);
    ``resting`` (customers, 8) the weekdays each is closed; ``joined`` the day before which there was no visit.
    """

    interval: FloatArray
    shortest: IntArray
    longest: IntArray
    season: float
    noise: float
    resting: BoolArray
    joined: IntArray


@dataclass(frozen=True)
class Step:
    """One visit of each of ``who`` on ``day``; ``gap`` days since the visit before it."""

    who: IntArray
    day: IntArray
    gap: IntArray


def back_from(
    rng: np.random.Generator, last: IntArray, habit: Habit, days: Days, steps: int = 100_000
) -> Iterator[Step]:
    """The visits, last ones first. The same stream gives the same chances for a customer wherever ``last`` is."""
    who = np.arange(last.size)
    day = last.copy()
    for _ in range(steps):
        if not who.size:
            return
        noise = np.exp(rng.normal(0.0, habit.noise, size=last.size))[who]
        chance = rng.random(last.size)[who]
        rate = _SEASON[days.month[day]] ** habit.season
        wished = np.rint(habit.interval[who] / rate * noise).astype(np.int64)
        wished = np.clip(wished, habit.shortest[who], habit.longest[who])
        previous = days.snap(np.maximum(day - wished, 0), chance)
        previous = np.where(previous < day, previous, days.before[np.maximum(day - 1, 0)])
        previous = _when_open(previous, habit.resting[who], days)
        yield Step(who, day, np.maximum(day - previous, 1))
        going = (previous >= habit.joined[who]) & (previous < day) & (day - wished >= 0)
        who, day = who[going], previous[going]


def _when_open(day: IntArray, resting: BoolArray, days: Days) -> IntArray:
    """The same days, or the nearest working day before on which the customer is open (up to a week back)."""
    rows = np.arange(day.size)
    for _ in range(7):
        shut = resting[rows, days.weekday[day]]
        if not shut.any():
            break
        day = np.where(shut, days.before[np.maximum(day - 1, 0)], day)
    return day


def ages(rng: np.random.Generator, count: int, height: float, end: float) -> FloatArray:
    """Time since the last visit in units of the longest interval: even up to 0.6, then falling to ``end``.

    That is how ages lie where some visits come early: the density at 1 is the share that waits to the end.
    """
    grid = np.linspace(0.0, 1.0, 201)
    density = np.where(grid < 0.6, height, height + (end - height) * (grid - 0.6) / 0.4)
    cumulative = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    ages: FloatArray = np.interp(rng.random(count), cumulative / cumulative[-1], grid)
    return ages
