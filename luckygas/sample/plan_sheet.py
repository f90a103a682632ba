"""住家計畫.xlsx: the residential plan, a sheet a month, a row a visit, a subtotal after each day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from luckygas.sample import roc
from luckygas.sample.days import Days
from luckygas.sample.draw import IntArray, choose, pick, share, stream
from luckygas.sample.history import History
from luckygas.sample.homes import Homes
from luckygas.sample.kinds import KINDS, PLAN_KINDS
from luckygas.sample.mistakes import EMPTIED, REJECTED, Mistakes
from luckygas.sample.sheets import Cell, Sheet, workbook

FILE_NAME = "住家計畫.xlsx"
SUBTOTAL = "小計"
HEADINGS = (
    "日期標記", "序號", "客戶編號", "客戶名稱", "地址", "電話",
    *(KINDS[kind].plan for kind in PLAN_KINDS),
    "配送", "區域", "備註", "服務人次", "來電預約", "去前電", "取消", "改期",
)  # fmt: skip
MONTHS = 12
_WIDTHS = ((2, 10.0), (3, 10.0), (4, 34.0), (5, 13.0), (13, 10.0), (14, 11.0), (15, 16.0))
_FIRST_QUANTITY = HEADINGS.index(KINDS[PLAN_KINDS[0]].plan)
_APPOINTMENTS = 430  # in the four weeks after the history, at full size
_AHEAD = 28
# Shares of the visits of the past: called off, and moved to another day.
_CANCELLED = 0.03
_MOVED = 0.04
_AGAIN = 0.08  # of the households stand in the plan a second time
_NOTES = (
    ("", 88), ("放門口", 3), ("請按二樓電鈴", 2), ("家有狗", 2), ("老人家,請幫忙換桶", 2), ("下午在家", 2), ("收現", 1),
)  # fmt: skip
_WRONG_CELLS: tuple[tuple[str, Cell, str], ...] = (("16", -1, "數量是負的"), ("10", 99, "一次九十九桶不可能"))
_WRONG_ROWS: tuple[tuple[str, Cell, str], ...] = (
    ("客戶編號", None, "沒有客戶編號"),
    ("客戶編號", "20X0001", "客戶編號不是七位數字"),
    ("客戶名稱", None, "沒有客戶名稱"),
    ("日期標記", "0231二", "沒有這一天"),
    ("區域", "Z-外海", "沒有這個區域"),
    ("電話", "沒有電話", "不是電話號碼"),
    ("4", "一支", "數量不是數字"),
    ("改期", "下週", "不是 0701二 這樣的日期"),
)


@dataclass(slots=True)
class Visit:
    """A row of the plan: a household on a day, and what became of it."""

    day: int
    home: int
    booked: bool
    call_before: bool
    note: str = ""
    cancelled: bool = False
    moved_to: int | None = None


@dataclass(frozen=True)
class Plan:
    visits: list[Visit]
    homes: Homes
    days: Days
    staff: list[str]


def plan_visits(
    seed: int, homes: Homes, clients: int, history: History, due: IntArray, days: Days
) -> list[Visit]:
    """Every household at least once in the last twelve months, and the appointments of the coming weeks.

    ``clients`` is the number of commercial customers before the households in the history; ``due`` the day
    each household's next visit falls due.
    """
    rng = stream(seed, "plan")
    opening = days.number(_months_before(days.until, MONTHS - 1))
    inside = np.flatnonzero((history.who >= clients) & (history.day >= opening))
    inside = rng.permutation(inside)
    home = history.who[inside].astype(np.int64) - clients
    first = np.zeros(inside.size, dtype=np.bool_)
    first[np.unique(home, return_index=True)[1]] = True
    again = choose(rng, int(homes.rows * _AGAIN), ~first)
    taken = first | again
    pairs = {(int(day), int(who)) for day, who in zip(history.day[inside], home, strict=True)}
    visits = _past(rng, history.day[inside[taken]].astype(np.int64), home[taken], pairs, days)
    visits += _called_off(rng, homes.rows, pairs, opening, days)
    visits += _appointments(rng, homes, due, days)
    notes = pick(rng, _NOTES, len(visits))
    order = rng.permutation(len(visits)).tolist()
    for visit, note in zip(visits, notes, strict=True):
        visit.note = note
    return sorted((visits[i] for i in order), key=lambda visit: visit.day)


def _past(
    rng: np.random.Generator, day: IntArray, home: IntArray, pairs: set[tuple[int, int]], days: Days
) -> list[Visit]:
    """Visits that were made; some stand on the day they were first meant for."""
    count = day.size
    booked, call = rng.random(count) < 0.45, rng.random(count) < 0.2
    moved = rng.random(count) < _MOVED
    meant = days.before[np.maximum(day - rng.integers(1, 6, size=count), 0)]
    visits = []
    for at, who, b, c, m, first in zip(
        day.tolist(),
        home.tolist(),
        booked.tolist(),
        call.tolist(),
        moved.tolist(),
        meant.tolist(),
        strict=True,
    ):
        visit = Visit(at, who, b, c)
        same_month = days.date(first).month == days.date(at).month
        if m and same_month and (first, who) not in pairs:
            visit = Visit(first, who, b, c, moved_to=at)
        visits.append(visit)
    return visits


def _called_off(
    rng: np.random.Generator, homes: int, pairs: set[tuple[int, int]], opening: int, days: Days
) -> list[Visit]:
    """Visits that were planned and cancelled, on days without a delivery to the same household."""
    count = max(1, int(homes * _CANCELLED))
    who = rng.choice(homes, size=count, replace=False).tolist()
    day = days.before[rng.integers(opening + 7, days.last, size=count)].tolist()
    return [
        Visit(at, home, True, False, cancelled=True)
        for at, home in zip(day, who, strict=True)
        if not any((at + shift, home) in pairs for shift in range(-6, 7))
    ]


def _appointments(rng: np.random.Generator, homes: Homes, due: IntArray, days: Days) -> list[Visit]:
    """Visits ahead, on the day on which the household's gas should run low."""
    soon = (due > days.last) & (due <= days.last + _AHEAD)
    wanted = max(2, share(_APPOINTMENTS, homes.rows, 12_027))
    chosen = np.flatnonzero(choose(rng, wanted, soon))
    calls = rng.random((chosen.size, 2)) < (0.6, 0.35)
    return [
        Visit(int(due[home]), home, bool(booked), bool(call))
        for home, (booked, call) in zip(chosen.tolist(), calls.tolist(), strict=True)
    ]


def write_plan(directory: Path, seed: int, plan: Plan, mistakes: Mistakes) -> int:
    """Write the workbook; returns the rows of visits written (subtotals not counted)."""
    rng = stream(seed, "plan mistakes")
    usual = [
        at
        for at, v in enumerate(plan.visits)
        if v.day <= plan.days.last and not v.cancelled and v.moved_to is None
    ]
    places = rng.choice(usual, size=len(_WRONG_CELLS) + len(_WRONG_ROWS), replace=False).tolist()
    wrong_cells = dict(zip(places, _WRONG_CELLS, strict=False))
    wrong_rows = dict(zip(places[len(_WRONG_CELLS) :], _WRONG_ROWS, strict=True))
    rows = 0
    with workbook(directory / FILE_NAME) as book:
        numbered = enumerate(plan.visits)
        for name, month in groupby(numbered, key=lambda item: _sheet_name(plan.days.date(item[1].day))):
            sheet = book.sheet(name, HEADINGS, _WIDTHS)
            for _, day in groupby(month, key=lambda item: item[1].day):
                rows += _write_day(sheet, name, list(day), plan, wrong_cells, wrong_rows, mistakes)
    return rows


def _write_day(
    sheet: Sheet,
    name: str,
    day: list[tuple[int, Visit]],
    plan: Plan,
    wrong_cells: dict[int, tuple[str, Cell, str]],
    wrong_rows: dict[int, tuple[str, Cell, str]],
    mistakes: Mistakes,
) -> int:
    totals = [0] * len(PLAN_KINDS)
    sequence = 0
    for at, visit in day:
        sequence += 1
        cells = _cells(plan, visit, sequence)
        totals[PLAN_KINDS.index(int(plan.homes.kind[visit.home]))] += int(plan.homes.quantity[visit.home])
        if at in wrong_cells:
            heading, value, problem = wrong_cells[at]
            cells[HEADINGS.index(heading)] = value
            mistakes.add(FILE_NAME, name, sheet.row(cells), heading, value, problem, EMPTIED)
        else:
            sheet.row(cells)
        if at in wrong_rows:
            heading, value, problem = wrong_rows[at]
            sequence += 1
            cells = _cells(plan, visit, sequence)
            cells[HEADINGS.index("客戶編號")] = int(plan.homes.codes[-1]) + 1 + at
            cells[HEADINGS.index(heading)] = value
            mistakes.add(FILE_NAME, name, sheet.row(cells), heading, value, problem, REJECTED)
    sheet.row(
        [SUBTOTAL, None, None, None, None, None, *(n or None for n in totals), None, None, None, sequence]
    )
    return sequence


def _cells(plan: Plan, visit: Visit, sequence: int) -> list[Cell]:
    homes = plan.homes
    date = plan.days.date(visit.day)
    quantities: list[Cell] = [None] * len(PLAN_KINDS)
    quantities[PLAN_KINDS.index(int(homes.kind[visit.home]))] = int(homes.quantity[visit.home])
    moved = roc.tag(plan.days.date(visit.moved_to)) if visit.moved_to is not None else None
    return [
        roc.tag(date), sequence, int(homes.codes[visit.home]), homes.names[visit.home],
        homes.sites[visit.home].address, homes.phones[visit.home],
        *quantities,
        plan.staff[visit.home % len(plan.staff)], homes.areas[visit.home], visit.note, 1,
        "V" if visit.booked else None, "V" if visit.call_before else None, "V" if visit.cancelled else None, moved,
    ]  # fmt: skip


def _sheet_name(date: dt.date) -> str:
    return f"{roc.year(date)}年{date.month:02d}月"


def _months_before(date: dt.date, months: int) -> dt.date:
    """The first day of the month that lies so many months before the date's."""
    index = date.year * 12 + date.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)
