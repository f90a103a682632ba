"""The residential plan: one row is one visit, a month to a sheet, 小計 rows between the days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from customers.kinds import KIND_OF_PLAN_COLUMN
from customers.sheets.cells import Cells, digits_of, plain
from customers.sheets.client import NO_AREA, named
from customers.sheets.findings import Problem
from customers.sheets.phones import NotAPhoneError, phones_of

DATE, CODE, NAME, ADDRESS, PHONE = "日期標記", "客戶編號", "客戶名稱", "地址", "電話"
SUBTOTAL = "小計"
HEADINGS: tuple[str, ...] = (
    DATE, "序號", CODE, NAME, ADDRESS, PHONE, *KIND_OF_PLAN_COLUMN,
    "配送", "區域", "備註", "服務人次", "來電預約", "去前電", "取消", "改期",
)  # fmt: skip

_WEEKDAYS = "一二三四五六日"
_TAG = re.compile(rf"(\d{{1,2}})[/.月]?(\d{{2}})日?\(?([{_WEEKDAYS}])?\)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: .*)?")
_SHEET_MONTH = re.compile(r"(20\d{2}|1\d{2})\s*[年/.\-]?\s*(\d{1,2})\s*月?(?:\D.*)?")
_YEARS_AROUND = (0, 1, -1, 2, -2)
MOVED = MappingProxyType({"V": True, "X": False})


class WeekdayError(ValueError):
    """The weekday of a date tag is not that of the date in any year near the reference."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One visit; ``quantities`` by kind, ``phones`` in E.164, ``area`` the area's key."""

    code: str
    name: str
    address: str
    phones: tuple[str, ...]
    area: int | None
    date: dt.date | None
    sequence: int | None
    quantities: Mapping[str, int]
    crew: str
    people: int | None
    call_booked: bool
    call_before: bool
    cancelled: bool
    moved_to: dt.date | None
    put_off: bool
    note: str


def is_subtotal(cells: Sequence[str]) -> bool:
    """A 小計 or 合計 row, which sums the day and is no visit."""
    return any(plain(cell) in (SUBTOTAL, "合計", "總計") for cell in cells[:5])


def month_of(sheet: str, today: dt.date) -> dt.date:
    """The middle of the month a sheet is named for (``115年07月``, ``11507``, ``2026-07``), else ``today``."""
    match = _SHEET_MONTH.fullmatch(plain(sheet))
    if match is None or not 1 <= int(match[2]) <= 12:
        return today
    year = int(match[1])
    return dt.date(year if year > 1911 else year + 1911, int(match[2]), 15)


def date_of(tag: str, near: dt.date) -> dt.date:
    """The date of a tag such as ``0701二`` (also ``7/01``, a date cell): month, day, weekday, no year.

    The year is the one nearest to ``near`` in which the date has that weekday, at most two years away: the
    seven weekdays tell those years apart. ValueError when it is no date, WeekdayError when no year fits.
    """
    text = plain(tag).replace(" ", "") if not _ISO.fullmatch(plain(tag)) else plain(tag)
    if whole := _ISO.fullmatch(text):
        return dt.date(int(whole[1]), int(whole[2]), int(whole[3]))
    match = _TAG.fullmatch(digits_of(text).zfill(4) if digits_of(text).isdigit() else text)
    if match is None:
        raise ValueError(tag)
    candidates = [
        date for years in _YEARS_AROUND if (date := _date(near.year + years, int(match[1]), int(match[2])))
    ]
    if not candidates:
        raise ValueError(tag)
    candidates.sort(key=lambda date: abs(date - near))
    if match[3] is None:
        return candidates[0]
    for date in candidates:
        if _WEEKDAYS[date.weekday()] == match[3]:
            return date
    raise WeekdayError(tag)


def parse(cells: Cells, areas: Mapping[str, int], *, tag: str, near: dt.date) -> PlanRow:
    """Read one visit. ``tag`` is the last date tag seen, for rows that leave theirs blank."""
    name = cells.text(NAME, 100)
    code = cells.customer_code(CODE)
    if not name:
        cells.reject(NAME, Problem.REQUIRED)
    date = _visit_date(cells, tag, near)
    cancelled = cells.flag("取消")
    put_off = _is_put_off(cells)
    moved_to = None if put_off else _moved_to(cells, date)
    if cancelled and (moved_to or put_off):
        cells.reject("改期", Problem.MOVED_AND_CANCELLED)
    return PlanRow(
        code=code,
        name=name,
        address=cells.text(ADDRESS, 300),
        phones=_phones(cells),
        area=_area(cells, areas),
        date=date,
        sequence=cells.whole("序號", 1, 9_999),
        quantities={
            kind.value: number
            for column, kind in KIND_OF_PLAN_COLUMN.items()
            if (number := cells.whole(column, 0, 50))
        },
        crew=cells.text("配送", 40),
        people=cells.whole("服務人次", 0, 1_000),
        call_booked=cells.flag("來電預約"),
        call_before=cells.flag("去前電"),
        cancelled=cancelled,
        moved_to=moved_to,
        put_off=put_off,
        note=cells.text("備註", 300),
    )


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _visit_date(cells: Cells, tag: str, near: dt.date) -> dt.date | None:
    text = cells.raw(DATE) or tag
    if not text:
        cells.reject(DATE, Problem.NO_DATE)
        return None
    try:
        return date_of(text, near)
    except WeekdayError:
        cells.reject(DATE, Problem.DATE_WEEKDAY)
    except ValueError:
        cells.reject(DATE, Problem.DATE)
    return None


def _is_put_off(cells: Cells) -> bool:
    """A bare V: not on this day, and the new one is not agreed yet. A warning asks for it."""
    if plain(cells.raw("改期")).upper() != "V":
        return False
    cells.warn("改期", Problem.NO_DATE)
    return True


def _moved_to(cells: Cells, date: dt.date | None) -> dt.date | None:
    text = cells.raw("改期")
    if plain(text).upper() in ("", "X"):
        return None
    try:
        return date_of(text, date) if date else None
    except WeekdayError:
        cells.reject("改期", Problem.DATE_WEEKDAY)
    except ValueError:
        cells.reject("改期", Problem.DATE)
    return None


def _phones(cells: Cells) -> tuple[str, ...]:
    try:
        return phones_of(cells.text(PHONE, 100))
    except NotAPhoneError:
        cells.reject(PHONE, Problem.PHONE)
        return ()


def _area(cells: Cells, areas: Mapping[str, int]) -> int | None:
    written = plain(cells.raw("區域")).replace(" ", "")
    if written.upper() in NO_AREA:
        return None
    if written not in areas:
        cells.reject("區域", Problem.UNKNOWN_CODE, allowed=named(areas))
    return areas.get(written)
