"""The history: its size, its rhythm through the year and the week, and what falls due after it."""

import datetime as dt
import itertools
from statistics import median

import numpy as np
import pytest

from luckygas.core import lunar
from luckygas.sample import company
from luckygas.sample.clients import KG
from luckygas.sample.days import LUNAR_NEW_YEAR, days_until

TARGET = dt.date(2026, 11, 23)


def per_day(full):
    return np.bincount(full.history.day, minlength=full.days.last + 1)


def visits_of(full, who):
    return sorted({full.days.date(day) for day in full.history.day[full.history.who == who].tolist()})


def test_the_history_has_350_000_rows_in_4_4_years(full):
    assert abs(full.history.rows - 350_000) < 3_500
    assert (full.days.until - full.days.first).days + 1 == 1609
    assert full.history.day.min() == 0
    assert full.history.day.max() <= 1608


def test_everybody_was_served_and_nobody_else(full):
    assert np.array_equal(np.unique(full.history.who), np.arange(1267 + 12_027))


def test_an_active_day_has_about_217_deliveries(full):
    counts = per_day(full)
    assert 210 <= counts[counts > 0].mean() <= 225


def test_sundays_are_quiet_and_other_days_alike(full):
    counts, weekday = per_day(full), full.days.weekday[:1609]
    means = [counts[weekday == day].mean() for day in range(1, 8)]
    assert means[6] < 0.1 * means[0]
    assert max(means[:6]) / min(means[:6]) < 1.35


def test_nobody_drives_in_a_typhoon_or_at_lunar_new_year(full):
    counts = per_day(full)
    shut = [day for day in full.days.typhoons if full.days.first <= day <= full.days.until]
    assert 6 <= len(shut) <= 30
    assert {counts[full.days.number(day)] for day in shut} == {0}
    assert all(7 <= day.month <= 10 for day in shut)
    assert counts[full.days.number(dt.date(2026, 2, 17))] == 0
    assert counts[full.days.number(dt.date(2026, 2, 18))] == 0


def test_winter_takes_more_than_summer(full):
    counts, month = per_day(full), full.days.month[:1609]
    winter = counts[np.isin(month, (12, 1))].mean()
    summer = counts[np.isin(month, (6, 7))].mean()
    assert 1.2 < winter / summer < 1.5


def test_the_company_grows(full):
    counts = per_day(full)
    assert 1.05 < counts[-365:].mean() / counts[:365].mean() < 1.25


def test_a_customer_is_served_once_a_day(full):
    keys = full.history.who.astype(np.int64) * 2000 + full.history.day
    assert np.unique(keys).size == full.history.rows


def test_rows_stand_in_order_of_day_and_time(full):
    moments = full.history.day.astype(np.int64) * 1440 + full.history.minute
    assert (np.diff(moments) >= 0).all()
    assert full.history.minute.min() >= 8 * 60
    assert full.history.minute.max() < 20 * 60


def test_businesses_are_served_within_their_cycle(full):
    sound = 0
    for who in range(0, 1267, 40):
        days = visits_of(full, who)
        gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
        most = int(full.clients.rhythm[who]) + int(full.clients.postpone[who])
        sound += sum(gap <= most + 3 for gap in gaps) / len(gaps) > 0.95
    assert sound == len(range(0, 1267, 40))


def test_businesses_get_what_they_burn(full):
    h = full.history
    recent = (h.who < 1267) & (h.day > 1608 - 365)
    kilograms = KG[h.kind] * h.quantity + KG[h.second] * h.more
    monthly = np.bincount(h.who[recent], weights=kilograms[recent], minlength=1267) / 12
    serving = ~full.clients.terminated
    share = monthly[serving] / (full.clients.use[serving] * 30)
    assert 0.9 < median(share.tolist()) < 1.1


def test_only_products_that_stand_there_are_brought(full):
    h, placed = full.history, full.clients.placed
    business = h.who < 1267
    assert (placed[h.who[business], h.kind[business]] > 0).all()
    more = business & (h.more > 0)
    assert (placed[h.who[more], h.second[more]] > 0).all()
    assert (h.quantity > 0).all()


def test_nobody_is_served_on_his_weekly_rest_day(full):
    weekday = full.days.weekday[full.history.day]
    business = full.history.who < 1267
    closed = full.openings.weekly_rest()[full.history.who[business], weekday[business]]
    assert closed.mean() < 0.002


def due_businesses(built):
    """Days on which planned businesses are due: the last visit plus the longest cycle, computed anew."""
    last = np.full(built.clients.rows, -1)
    own = built.history.who < built.clients.rows
    np.maximum.at(last, built.history.who[own], built.history.day[own])
    planned = (built.clients.cycle > 0) & ~built.clients.terminated
    return [built.days.date(int(day)) for day in (last + built.clients.cycle)[planned]]


def due_homes(built):
    """Days on which households are due: the last visit plus the median of the last five intervals."""
    seen: dict[int, list[int]] = {}
    for who, day in zip(built.history.who.tolist(), built.history.day.tolist(), strict=True):
        if who >= built.clients.rows:
            seen.setdefault(who, []).append(day)
    due = []
    for days in seen.values():
        days = sorted(days)[-6:]
        gaps = [later - earlier for earlier, later in itertools.pairwise(days)]
        if len(gaps) >= 3:
            due.append(built.days.date(days[-1] + int(median(gaps))))
    return due


def test_fifty_businesses_are_due_on_the_next_working_day(full):
    due = due_businesses(full)
    assert sum(day == TARGET for day in due) == 44
    assert sum(day < TARGET for day in due) == 6


def test_some_thirty_households_are_due_on_the_next_working_day(full):
    due = due_homes(full)
    assert sum(day == TARGET for day in due) == 32
    assert not any(day < TARGET for day in due)
    assert len(due) > 11_000


@pytest.mark.parametrize(
    ("seed", "until", "target"),
    [
        (1, dt.date(2026, 11, 20), dt.date(2026, 11, 21)),  # a Friday
        (2, dt.date(2026, 11, 21), dt.date(2026, 11, 23)),  # a Saturday: Sunday is left out
        (3, dt.date(2025, 6, 30), dt.date(2025, 7, 1)),  # in summer
    ],
)
def test_the_next_day_is_usual_whenever_the_history_ends(seed, until, target):
    built = company.build(seed, 0.25, until)
    assert built.days.date(built.days.target) == target
    businesses, homes = due_businesses(built), due_homes(built)
    assert 11 <= sum(day <= target for day in businesses) <= 16
    assert sum(day == target for day in homes) == 8
    assert not any(day < target for day in homes)


def test_a_small_company_still_has_a_day(small_built):
    assert 2 <= sum(day <= TARGET for day in due_businesses(small_built)) <= 5
    assert 1 <= sum(day <= TARGET for day in due_homes(small_built)) <= 5
    counts = np.bincount(small_built.history.day)
    assert 10 <= counts[counts > 0].mean() <= 13


@pytest.fixture(scope="module")
def small_built():
    return company.build(7, 0.05, dt.date(2026, 11, 22))


@pytest.mark.slow
def test_three_times_the_size_exceeds_a_million_deliveries():
    built = company.build(7, 3.0, dt.date(2026, 11, 22))
    assert built.history.rows > 1_000_000
    assert built.clients.rows == 3801
    assert built.homes.rows == 36_081


def test_lunar_new_year_is_the_first_day_of_the_first_lunar_month():
    for day in LUNAR_NEW_YEAR:
        assert lunar.of(day) == lunar.LunarDate(day.year, 1, 1)


def test_a_typhoon_stays_where_it_was_when_the_history_ends_later():
    early, late = days_until(5, dt.date(2025, 12, 31)), days_until(5, dt.date(2026, 11, 22))
    assert {d for d in late.typhoons if d <= early.until} == {d for d in early.typhoons if d >= late.first}
