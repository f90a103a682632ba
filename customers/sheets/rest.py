"""Rest days as the sheet writes them (公休日), understood.

    6.7            weekdays, 1 Monday … 7 Sunday
    10.20.30       days of the month: a list with any number above 7
    Red, 見紅休    days printed red on the calendar: national holidays
    初一十五       days of the lunar month, in words
    6.7.Red        any of them together

A list that reached the sheet as a number has lost its last zero (10.20 became 10.2): days of the month are
written in rising order, so a last number that falls back is taken as its tenfold.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from luckygas.core import lunar

_DIGIT = {word: value for value, word in enumerate("一二三四五六七八九十", start=1)}
LUNAR_DAYS: dict[str, int] = (
    {f"初{word}": value for word, value in _DIGIT.items()}
    | {f"十{word}": 10 + value for word, value in _DIGIT.items() if value < 10}
    | {"二十": 20, "三十": 30}
    | {f"{tens}{word}": 20 + value for tens in ("廿", "二十") for word, value in _DIGIT.items() if value < 10}
)
# Longest first, so that 二十一 is not read as 二十 and a stray 一.
_LUNAR = re.compile("|".join(sorted(LUNAR_DAYS, key=len, reverse=True)))
_WEEKDAY = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}
_WEEKDAYS = re.compile(r"^(?:週|周|星期|禮拜)([一二三四五六日天]+)$")
_RED = frozenset({"red", "見紅休", "紅", "紅休", "見紅"})
_SEPARATORS = re.compile(r"[.,、;/+\s]+")
_STUCK_RED = re.compile(r"(red|見紅休)", re.IGNORECASE)


class UnknownRestDayError(ValueError):
    """A word that names no day; ``word`` is what was read."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class RestDayRangeError(ValueError):
    """A number that is no weekday and no day of a month; ``word`` is what was read."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class RestRule:
    """When a site is closed. ``weekdays`` 1 Monday … 7 Sunday; the other numbers are days of a month."""

    weekdays: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    lunar_days: frozenset[int] = frozenset()
    red_days: bool = False

    def closed_on(self, date: dt.date, is_holiday: bool) -> str:
        """``weekly``, ``monthly``, ``lunar`` or ``holiday``, the first that applies; empty when open.

        ``is_holiday`` tells whether the date is a national holiday. Lunar days are known for 1990–2050.
        """
        if date.isoweekday() in self.weekdays:
            return "weekly"
        if date.day in self.month_days:
            return "monthly"
        if self.lunar_days and lunar_day(date) in self.lunar_days:
            return "lunar"
        if self.red_days and is_holiday:
            return "holiday"
        return ""

    @property
    def weekly_digits(self) -> str:
        """The weekdays as digits in order, ``67`` for Saturday and Sunday."""
        return "".join(str(day) for day in sorted(self.weekdays))


def lunar_day(date: dt.date) -> int:
    """The day of the lunar month on a solar date (1990–2050, ValueError outside)."""
    return lunar.of(date).day


@lru_cache(maxsize=4096)
def parse(text: str) -> RestRule:
    """Understand a cell; blank means no rest day.

    Raises UnknownRestDayError for a word without meaning, RestDayRangeError for a number that is no day.
    """
    numbers: list[int] = []
    weekdays: set[int] = set()
    lunar_days: set[int] = set()
    red = False
    for word in _SEPARATORS.split(_STUCK_RED.sub(r" \1 ", text)):
        if not word:
            continue
        if word.isascii() and word.isdigit():
            numbers.append(int(word))
        elif word.lower() in _RED:
            red = True
        elif named := _WEEKDAYS.match(word):
            weekdays |= {_WEEKDAY[letter] for letter in named[1]}
        elif not _LUNAR.sub("", word.removeprefix("農曆")):
            lunar_days |= {LUNAR_DAYS[match] for match in _LUNAR.findall(word.removeprefix("農曆"))}
        else:
            raise UnknownRestDayError(word)
    month_days: set[int] = set()
    if max(numbers, default=0) > 7:
        month_days = set(_with_lost_zero(numbers))
    else:
        weekdays |= set(numbers)
    for number in (*weekdays, *month_days):
        if not 1 <= number <= 31:
            raise RestDayRangeError(str(number))
    return RestRule(frozenset(weekdays), frozenset(month_days), frozenset(lunar_days), red)


def _with_lost_zero(numbers: list[int]) -> list[int]:
    *head, last = numbers
    if head and last < head[-1] < last * 10 <= 31:
        return [*head, last * 10]
    return numbers
