"""歷史_<民國年>.xlsx: the delivery history, one workbook a year, written a block of rows at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from luckygas.sample import roc
from luckygas.sample.days import Days
from luckygas.sample.draw import BoolArray, IntArray, stream
from luckygas.sample.history import History
from luckygas.sample.kinds import KINDS
from luckygas.sample.mistakes import REJECTED, Mistakes
from luckygas.sample.sheets import Cell, workbook

SHEET_NAME = "歷史"
HEADINGS = ("編號", "業務員", "交易日期", "交易時間", *(kind.history for kind in KINDS))
UNKNOWN_CODE = 1_999_999
_FIRST_QUANTITY = 4  # columns before the quantities
_BLOCK = 20_000
_TIME_AS_TEXT = 0.05  # of the rows have the time as text

# Column and value that make a row wrong, and why, in the last year's workbook; None takes the cell away.
_WRONG: tuple[tuple[str, Cell, str], ...] = (
    ("編號", UNKNOWN_CODE, "沒有這個客戶"),
    ("編號", None, "沒有客戶編號"),
    ("交易時間", 2575, "沒有這個時刻"),
    ("20公斤", -1, "數量是負的"),
    ("20公斤", 1.5, "數量不是整數"),
)


def file_name(year: int) -> str:
    return f"歷史_{year}.xlsx"


@dataclass(frozen=True)
class Book:
    """What a year's workbook is written from: the customers' codes by ``who``, the drivers' names, ROC dates by day."""

    seed: int
    history: History
    codes: IntArray
    staff: list[str]
    dates: list[int]


def write_histories(directory: Path, book: Book, days: Days, mistakes: Mistakes) -> Iterator[tuple[str, int]]:
    """Write the years in order; yields (file name, rows) as each is finished."""
    years = range(roc.year(days.first), roc.year(days.until) + 1)
    starts = [max(0, days.number(dt.date(year + 1911, 1, 1))) for year in years]
    edges = [*np.searchsorted(book.history.day, starts).tolist(), book.history.rows]
    for year, start, end in zip(years, edges, edges[1:], strict=False):
        wrong: list[tuple[str, Cell, str]] = [("交易日期", year * 10_000 + 230, "沒有這一天")]
        if end == book.history.rows:
            wrong += _WRONG
        yield file_name(year), _write_year(directory, book, year, (start, end), wrong, mistakes)


def _write_year(
    directory: Path,
    book: Book,
    year: int,
    span: tuple[int, int],
    wrong: list[tuple[str, Cell, str]],
    mistakes: Mistakes,
) -> int:
    """Write the deliveries from ``span[0]`` to ``span[1]`` and, each after one of them, the wrong rows."""
    start, end = span
    rng = stream(book.seed, f"history sheet {year}")
    after = dict(
        zip(rng.choice(np.arange(start, end), size=len(wrong), replace=False).tolist(), wrong, strict=True)
    )
    name = file_name(year)
    with workbook(directory / name) as file:
        sheet = file.sheet(SHEET_NAME, HEADINGS)
        for first in range(start, end, _BLOCK):
            last = min(first + _BLOCK, end)
            as_text = rng.random(last - first) < _TIME_AS_TEXT
            for at, cells in enumerate(_rows(book, first, last, as_text), start=first):
                sheet.write(cells)
                if at in after:
                    heading, value, problem = after[at]
                    number = sheet.write(_spoilt(cells, HEADINGS.index(heading), value))
                    mistakes.add(name, SHEET_NAME, number, heading, value, problem, REJECTED)
        return sheet.number - 1


def _rows(book: Book, first: int, last: int, as_text: BoolArray) -> Iterator[list[tuple[int, Cell]]]:
    """The filled cells of the deliveries from ``first`` to ``last``."""
    h = book.history
    block = slice(first, last)
    clock = h.minute[block] // 60 * 100 + h.minute[block] % 60
    columns = (
        book.codes[h.who[block]], h.staff[block] % len(book.staff), h.day[block], clock, as_text,
        h.kind[block] + _FIRST_QUANTITY, h.quantity[block], h.second[block] + _FIRST_QUANTITY, h.more[block],
    )  # fmt: skip
    for code, staff, day, time, text, column, quantity, second, more in zip(
        *(values.tolist() for values in columns), strict=True
    ):
        cells = [
            (0, code),
            (1, book.staff[staff]),
            (2, book.dates[day]),
            (3, f"{time:04d}" if text else time),
            (column, quantity),
        ]
        if more:
            cells.append((second, more))
        yield cells


def _spoilt(cells: list[tuple[int, Cell]], column: int, value: Cell) -> list[tuple[int, Cell]]:
    """The row with one cell wrong; a wrong quantity is the only one."""
    return [
        cell
        for cell in cells
        if cell[0] != column and (column < _FIRST_QUANTITY or cell[0] < _FIRST_QUANTITY)
    ] + [(column, value)]
