"""350,000 deliveries of 4.4 years: who was visited when, what he took, who brought it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luckygas.sample.clients import KG, MOTORCYCLE_KG, Clients
from luckygas.sample.days import SEASON, Days
from luckygas.sample.draw import FloatArray, IntArray, stream
from luckygas.sample.due import client_last_visits, home_last_visits
from luckygas.sample.homes import Homes
from luckygas.sample.openings import Openings
from luckygas.sample.walks import Habit, Step, back_from

ROWS = 350_000  # at scale 1
_JOINED_BEFORE = 0.9  # of the customers; the others came one by one since
_CLIENT_SEASON = 0.7  # businesses feel the season less than households
_SECOND_KIND = 0.25  # of the visits to a customer with a second kind bring some of it too


@dataclass(frozen=True)
class History:
    """One entry per delivery by day and time. ``who`` counts the commercial customers first, then the households;
    ``minute`` since midnight; a second kind is brought where ``more`` is above zero; ``staff`` a number to draw by.
    """

    who: NDArray[np.int32]
    day: NDArray[np.int16]
    minute: NDArray[np.int16]
    kind: NDArray[np.int8]
    quantity: NDArray[np.int16]
    second: NDArray[np.int8]
    more: NDArray[np.int16]
    staff: NDArray[np.int16]
    client_last: IntArray
    home_last: IntArray
    home_habit: Habit

    @property
    def rows(self) -> int:
        return int(self.who.size)


def history(seed: int, clients: Clients, openings: Openings, homes: Homes, days: Days, rows: int) -> History:
    """About ``rows`` deliveries: the businesses at their rhythm, the households as often as is left for them."""
    resting = openings.weekly_rest()
    client_last = client_last_visits(seed, clients, resting, days)
    rhythm = _client_habit(seed, clients, resting, days)
    business = _all_steps(back_from(stream(seed, "client steps"), client_last, rhythm, days))
    habit = _home_habit(seed, homes, days, max(rows - business.who.size, homes.rows))
    home_last = home_last_visits(seed, habit, days)
    household = _all_steps(back_from(stream(seed, "home steps"), home_last, habit, days))
    taken = _client_quantities(seed, clients, business, days)
    nothing = np.zeros(household.who.size, dtype=np.int64)
    return _in_order(
        seed,
        np.concatenate((business.who, household.who + clients.rows)),
        np.concatenate((business.day, household.day)),
        [
            np.concatenate((taken[0], homes.kind[household.who])),
            np.concatenate((taken[1], homes.quantity[household.who])),
            np.concatenate((taken[2], nothing)),
            np.concatenate((taken[3], nothing)),
        ],
        client_last,
        home_last,
        habit,
    )


def _client_habit(seed: int, clients: Clients, resting: NDArray[np.bool_], days: Days) -> Habit:
    """Visited at nine tenths of the longest cycle; hardly later than it, because then the visit is due."""
    rng = stream(seed, "client habit")
    slack = np.clip(clients.postpone, 0, 2)
    return Habit(
        interval=clients.rhythm.astype(np.float64) * 0.9,
        shortest=np.ones(clients.rows, dtype=np.int64),
        longest=clients.rhythm + slack,
        season=_CLIENT_SEASON,
        noise=0.13,
        resting=resting,
        joined=_joined(rng, clients.rows, days),
    )


def _home_habit(seed: int, homes: Homes, days: Days, rows: int) -> Habit:
    """The households' habit, their intervals stretched until the visits come to ``rows``."""
    rng = stream(seed, "home habit")
    joined = _joined(rng, homes.rows, days)
    start = np.full(homes.rows, days.last) - rng.integers(0, 120, size=homes.rows)
    stretch = 1.0
    for _ in range(4):
        habit = Habit(
            interval=np.clip(homes.interval * stretch, 25.0, 270.0),
            shortest=np.full(homes.rows, 20, dtype=np.int64),
            longest=np.full(homes.rows, 300, dtype=np.int64),
            season=1.0,
            noise=0.16,
            resting=np.zeros((homes.rows, 8), dtype=np.bool_),
            joined=joined,
        )
        found = sum(step.who.size for step in back_from(stream(seed, "home steps"), start, habit, days))
        stretch *= found / rows
    return habit


def _joined(rng: np.random.Generator, count: int, days: Days) -> IntArray:
    """The day each customer began; 0 for those who were there before the history."""
    new = rng.random(count) >= _JOINED_BEFORE
    return np.where(new, rng.integers(0, days.last - 30, size=count), 0)


def _all_steps(steps: Iterator[Step]) -> Step:
    every = list(steps)
    return Step(
        np.concatenate([step.who for step in every]),
        np.concatenate([step.day for step in every]),
        np.concatenate([step.gap for step in every]),
    )


def _client_quantities(
    seed: int, clients: Clients, visits: Step, days: Days
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """(main kind, its number, second kind, its number) of each visit: what was burnt since the one before it."""
    rng = stream(seed, "client quantities")
    stock = clients.placed * KG
    order = np.argsort(-stock, axis=1, kind="stable")
    main, second = order[:, 0], order[:, 1]
    rows = np.arange(clients.rows)
    spare = clients.placed[rows, second]
    by_motorcycle = np.array([vehicle == 2 for vehicle in clients.vehicle])
    room = np.where(by_motorcycle, MOTORCYCLE_KG, 1000)

    who = visits.who
    count = who.size
    more = np.where(
        (spare[who] > 0) & (rng.random(count) < _SECOND_KIND),
        1 + (rng.random(count) * spare[who]).astype(np.int64),
        0,
    )
    more = np.minimum(more, np.maximum(room[who] - KG[main[who]], 0) // KG[second[who]])
    season: FloatArray = np.array((0.0, *SEASON))[days.month[visits.day]] ** _CLIENT_SEASON
    burnt = clients.use[who] * visits.gap * season - more * KG[second[who]]
    wished = np.rint(burnt / KG[main[who]] + rng.normal(0.0, 0.2, size=count)).astype(np.int64)
    most = np.minimum(
        clients.placed[rows, main][who] * 2 + 1, (room[who] - more * KG[second[who]]) // KG[main[who]]
    )
    return main[who], np.clip(wished, 1, np.maximum(most, 1)), second[who], more


def _minutes(rng: np.random.Generator, count: int) -> IntArray:
    """Minutes since midnight: most in the morning, many in the afternoon, a few after five."""
    part = rng.random(count)
    middle = np.select([part < 0.5, part < 0.9], [600.0, 930.0], 1100.0)
    return np.clip(np.rint(rng.normal(middle, 65.0)), 482, 1198).astype(np.int64)


def _in_order(
    seed: int,
    who: IntArray,
    day: IntArray,
    taken: Sequence[IntArray],
    client_last: IntArray,
    home_last: IntArray,
    home_habit: Habit,
) -> History:
    rng = stream(seed, "history times")
    minute = _minutes(rng, who.size)
    staff = rng.integers(0, 2**15, size=who.size)
    order = np.lexsort((who, minute, day))
    kind, quantity, second, more = (column[order] for column in taken)
    return History(
        who=who[order].astype(np.int32),
        day=day[order].astype(np.int16),
        minute=minute[order].astype(np.int16),
        kind=kind.astype(np.int8),
        quantity=quantity.astype(np.int16),
        second=second.astype(np.int8),
        more=more.astype(np.int16),
        staff=staff[order].astype(np.int16),
        client_last=client_last,
        home_last=home_last,
        home_habit=home_habit,
    )
