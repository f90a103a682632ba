"""One row of the delivery history: 編號, 業務員, 交易日期 (ROC yyymmdd), 交易時間 (HHMM), sixteen quantities."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from customers.kinds import KIND_OF_HISTORY_COLUMN
from luckygas.core import rocdate

CODE, STAFF, DATE, TIME = "編號", "業務員", "交易日期", "交易時間"
QUANTITIES = tuple(KIND_OF_HISTORY_COLUMN)
HEADINGS = (CODE, STAFF, DATE, TIME, *QUANTITIES)
MOST_OF_ONE = 200

_CODE = re.compile(r"[0-9]{7}")
_DIGITS = re.compile(r"[0-9]{1,4}")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")


class Problem(StrEnum):
    """Stable words; the importer puts them into the reader's language."""

    NO_CODE = "no_code"
    CODE = "code"
    DATE = "date"
    DATE_FUTURE = "date_future"
    TIME = "time"
    NO_TIME = "no_time"  # taken as midnight: the row comes in
    QUANTITY = "quantity"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """``quantities`` is {SKU: number}, each from 1 to 200."""

    code: str
    staff: str
    date: dt.date
    time: dt.time
    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    column: str
    value: str
    problem: Problem

    @property
    def rejects(self) -> bool:
        return self.problem is not Problem.NO_TIME


class HistoryReader:
    """Reads rows by the positions of their columns; ``today`` is the last day that can be history."""

    def __init__(self, columns: Mapping[str, int], today: dt.date) -> None:
        self._code, self._staff, self._date, self._time = (columns[name] for name in HEADINGS[:4])
        self._quantities = [(columns[name], name, KIND_OF_HISTORY_COLUMN[name].value) for name in QUANTITIES]
        self._today = today

    def read(self, cells: Sequence[str]) -> tuple[HistoryRow | None, list[Finding]]:
        """The row, or None with what is wrong with it; a row may come in with a finding."""
        width = len(cells)
        findings: list[Finding] = []

        def cell(position: int) -> str:
            return cells[position] if position < width else ""

        code = cell(self._code)
        if not _CODE.fullmatch(code):
            findings.append(Finding(CODE, code, Problem.CODE if code else Problem.NO_CODE))
        date = _date_of(cell(self._date))
        if date is None:
            findings.append(Finding(DATE, cell(self._date), Problem.DATE))
        elif date > self._today:
            findings.append(Finding(DATE, cell(self._date), Problem.DATE_FUTURE))
        time = _time_of(cell(self._time))
        if time is None:
            blank = not cell(self._time)
            findings.append(Finding(TIME, cell(self._time), Problem.NO_TIME if blank else Problem.TIME))
            time = dt.time()
        quantities: dict[str, int] = {}
        wrong = False
        for position, name, sku in self._quantities:
            if position >= width or not (text := cells[position]) or text == "0":
                continue
            if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_OF_ONE:
                quantities[sku] = int(text)
            else:
                wrong = True
                findings.append(Finding(name, text, Problem.QUANTITY))
        if not quantities and not wrong:
            findings.append(Finding(QUANTITIES[0], "", Problem.EMPTY))
        if date is None or any(finding.rejects for finding in findings):
            return None, findings
        return HistoryRow(code, cell(self._staff), date, time, quantities), findings


@lru_cache(maxsize=4096)
def _date_of(text: str) -> dt.date | None:
    """ROC yyymmdd; the years before 100 lost their leading zero where the cell was a number."""
    try:
        return rocdate.parse(text.zfill(7), digits=7)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _time_of(text: str) -> dt.time | None:
    """``930``, ``0930``, ``9:30``, ``09:30:00``; None for anything else, blank included."""
    if match := _CLOCK.fullmatch(text):
        hour, minute = int(match[1]), int(match[2])
    elif _DIGITS.fullmatch(text):
        hour, minute = divmod(int(text), 100)
    else:
        return None
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None
