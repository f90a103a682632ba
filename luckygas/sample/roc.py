"""Dates as the company's sheets write them."""

from __future__ import annotations

import datetime as dt

_WEEKDAYS = "一二三四五六日"


def year(date: dt.date) -> int:
    """The year of the Republic of China."""
    return date.year - 1911


def number(date: dt.date) -> int:
    """A date as the whole number yyymmdd: 2026-11-23 is 1151123."""
    return year(date) * 10_000 + date.month * 100 + date.day


def tag(date: dt.date) -> str:
    """A day of the residential plan: month, day and weekday, ``0701二``."""
    return f"{date:%m%d}{_WEEKDAYS[date.weekday()]}"
