"""Working days in Taipei: the public calendar (the ``holidays`` package) under the company's own overlay.

Lucky Gas works Monday to Saturday. Public holidays and Sundays are closed; the overlay (CalendarDay) has the
last word: a typhoon day or ``closed`` closes, ``make_up`` or ``open`` opens.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import holidays

from luckygas.core.models.calendar import CalendarDay

CLOSES = {CalendarDay.Kind.TYPHOON, CalendarDay.Kind.CLOSED}
OPENS = {CalendarDay.Kind.OPEN, CalendarDay.Kind.MAKE_UP}
SUNDAY = 6
SATURDAY = 5


@lru_cache(maxsize=32)
def _public(year: int) -> dict[dt.date, str]:
    return dict(holidays.country_holidays("TW", years=year, language="zh_TW"))


def holiday_name(date: dt.date) -> str:
    """The public holiday on a date, in Chinese; empty when there is none."""
    return _public(date.year).get(date, "")


def overlay(date: dt.date) -> set[str]:
    """The kinds of overlay rows on a date."""
    return set(CalendarDay.objects.filter(date=date).values_list("kind", flat=True))


def closed_because(date: dt.date) -> str:
    """Why the company does not deliver on a date: typhoon, closed, holiday, sunday; empty when it works."""
    kinds = overlay(date)
    if CalendarDay.Kind.TYPHOON in kinds:
        return "typhoon"
    if CalendarDay.Kind.CLOSED in kinds:
        return "closed"
    if kinds & OPENS:
        return ""
    if holiday_name(date):
        return "holiday"
    return "sunday" if date.weekday() == SUNDAY else ""


def is_working_day(date: dt.date) -> bool:
    return not closed_because(date)


def is_holiday(date: dt.date) -> bool:
    """A red day for the customer's rest rule (見紅休): a public holiday, whatever our own overlay says."""
    return bool(holiday_name(date))


def is_bank_day(date: dt.date) -> bool:
    """Banks work Monday to Friday, not on public holidays, and not where the overlay closes them."""
    kinds = overlay(date)
    if kinds & {CalendarDay.Kind.BANK_CLOSED, CalendarDay.Kind.TYPHOON}:
        return False
    if CalendarDay.Kind.MAKE_UP in kinds:
        return True
    return date.weekday() < SATURDAY and not holiday_name(date)


def next_working_day(date: dt.date) -> dt.date:
    """The first working day after a date."""
    for days in range(1, 60):
        candidate = date + dt.timedelta(days=days)
        if is_working_day(candidate):
            return candidate
    raise LookupError(f"no working day within 60 days after {date}")


def working_days_before(date: dt.date, count: int) -> list[dt.date]:
    """The last ``count`` working days before a date, oldest first."""
    found: list[dt.date] = []
    day = date
    while len(found) < count:
        day -= dt.timedelta(days=1)
        if is_working_day(day):
            found.append(day)
    return found[::-1]
