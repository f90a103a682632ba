"""客戶資料.xlsx: the client workbook of 76 columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from luckygas.sample.clients import KG, Clients
from luckygas.sample.draw import BoolArray, FloatArray, IntArray, choose, share, stream
from luckygas.sample.equipment import DEVICES, Equipment
from luckygas.sample.kinds import C04, KINDS
from luckygas.sample.mistakes import EMPTIED, MISSING, REJECTED, Mistakes
from luckygas.sample.openings import Openings
from luckygas.sample.sheets import Cell, workbook

FILE_NAME = "客戶資料.xlsx"
SHEET_NAME = "客戶資料"
_HOURS = tuple(f"{hour}~{hour + 1}" for hour in range(8, 20))
_USAGE_HEADINGS = tuple(f"第{n}使用區域(串接)" for n in "一二三四五")
HEADINGS: tuple[str, ...] = (
    "客戶", "電子發票抬頭", "客戶簡稱", "地址", "系統上鋼瓶數量",
    *(kind.client for kind in KINDS),
    "計價方式", "結帳方式", "結帳用檔案", "訂閱式會員", "發報", "排巡", "設備客戶買斷", "已解約", "需要當天配送",
    *_HOURS,
    "時段早1午2晚3全天0", "公休日", "狀態", "切替器型號",
    "月配送量", "退氣", "實際購買公斤數", "退氣比例", "平均日使用", "串接數量", "備用量", "最大週期", "可延後天數",
    "是否需要當天去", "區域", "1汽車/2機車/0全部", "單一區域供應",
    *_USAGE_HEADINGS,
    "預備桶", "串接場所申報",
    *("" if device == "帶線切替器" else device for device in DEVICES),
    "類型",
)  # fmt: skip
_WIDTHS = ((1, 30.0), (2, 18.0), (3, 34.0), (43, 12.0), (45, 20.0), (56, 12.0))
_PLACES_OF_USE = ("廚房", "熱水器", "吧台", "炒菜區", "蒸籠", "二樓廚房", "洗衣房", "宿舍")
# Wrong cells in rows that are otherwise good: heading, value, what is wrong. The cell comes in empty.
_WRONG_CELLS: tuple[tuple[str, Cell, str], ...] = (
    ("月配送量", 1_800_000, "一個月 1,800 公噸不可能"),
    ("最大週期", 999, "週期超過一年"),
    ("可延後天數", -3, "天數是負的"),
    ("公休日", 32, "不是星期也不是一個月裡的日子"),
    ("營20", -2, "數量是負的"),
)
# Rows that cannot be taken: the cell that is wrong, its value, what is wrong.
_WRONG_ROWS: tuple[tuple[str, Cell, str], ...] = (
    ("客戶", None, "沒有客戶編號"),
    ("客戶", 140_010, "客戶編號只有六碼"),
    ("計價方式", "包月", "沒有這種計價方式"),
    ("結帳方式", "賒帳", "沒有這種結帳方式"),
    ("區域", "Q-海岸線", "沒有這個區域"),
    ("50KG", "兩支", "數量不是數字"),
    ("公休日", "看心情", "不是公休日的寫法"),
    ("時段早1午2晚3全天0", 9, "沒有 9 這個時段"),
    ("1汽車/2機車/0全部", 7, "沒有 7 這種車"),
    ("系統上鋼瓶數量", "20公斤五支", "鋼瓶數量應寫成 20*5+16*1"),
    ("發報", "有", "應寫 V 或空白"),
)


@dataclass(frozen=True)
class _Figures:
    """The computed columns 47–53 and where they are filled."""

    delivered: FloatArray
    returned: FloatArray
    bought: FloatArray
    ratio: FloatArray
    daily: FloatArray
    connected: IntArray
    has_monthly: BoolArray
    has_returned: BoolArray


def client_rows(seed: int, clients: Clients, openings: Openings, fitted: Equipment) -> list[list[Cell]]:
    """One row of 76 cells per customer, without the mistakes."""
    rng = stream(seed, "client sheet")
    figures = _figures(rng, clients)
    noted = choose(rng, share(184, clients.rows), (clients.placed.sum(axis=1) > 0))
    areas, points, spare = _usage(rng, clients)
    declared = np.flatnonzero(clients.placed[:, C04])[:1].tolist() if clients.rows >= 300 else []
    rows: list[list[Cell]] = []
    for i in range(clients.rows):
        pieces = _pieces(clients.placed[i])
        rows.append(
            [
                int(clients.codes[i]), clients.titles[i], clients.shorts[i], clients.sites[i].address,
                _notation(pieces) if noted[i] else None,
                *(int(n) or None for n in clients.placed[i]),
                clients.methods[i], clients.payments[i], _v(fitted.settlement_file[i]), fitted.subscribed[i],
                _v(fitted.reporting[i]), clients.patrol[i], _v(fitted.bought_out[i]), _v(clients.terminated[i]),
                _v(fitted.same_day[i]),
                *(_v(flag) for flag in openings.flags[i]),
                openings.slots[i], openings.rests[i], None, fitted.models[i],
                *_figure_cells(figures, clients, i),
                clients.areas[i], clients.vehicle[i], points[i],
                *_usage_cells(pieces, areas[i]),
                _spare(clients.placed[i]) if spare[i] else None,
                "4公斤定期巡查" if i in declared else None,
                "客戶自備" if fitted.own_meter[i] else _v(fitted.devices["流量表"][i]),
                *(_v(fitted.devices[device][i]) for device in DEVICES[1:]),
                clients.trades[i],
            ]
        )  # fmt: skip
    return rows


def write_clients(directory: Path, seed: int, rows: list[list[Cell]], mistakes: Mistakes) -> int:
    """Write the workbook with its planted mistakes; returns the rows written."""
    rng = stream(seed, "client mistakes")
    column = {heading: i for i, heading in enumerate(HEADINGS)}
    spoilt = dict(zip(_quiet_rows(rng, rows, column), _WRONG_CELLS, strict=True))
    extra = _extra_rows(rng, rows, column, {*spoilt})
    with workbook(directory / FILE_NAME) as book:
        sheet = book.sheet(SHEET_NAME, HEADINGS, _WIDTHS)
        for i, cells in enumerate(rows):
            if i in spoilt:
                heading, value, problem = spoilt[i]
                wrong = [*cells]
                wrong[column[heading]] = value
                number = sheet.row(wrong)
                mistakes.add(FILE_NAME, SHEET_NAME, number, heading, value, problem, EMPTIED)
            else:
                number = sheet.row(cells)
            _note_gaps(cells, column, number, mistakes)
            for heading, value, problem, wrong in extra.get(i, ()):
                number = sheet.row(wrong)
                mistakes.add(FILE_NAME, SHEET_NAME, number, heading, value, problem, REJECTED)
        return sheet.number - 1


def _note_gaps(cells: list[Cell], column: dict[str, int], number: int, mistakes: Mistakes) -> None:
    """List what the real list lacks too: use that nobody computed, one customer without terms of payment."""
    for heading, problem in (("平均日使用", "有鋼瓶,沒有平均日使用"), ("結帳方式", "沒有結帳方式")):
        if cells[column[heading]] in (None, ""):
            mistakes.add(FILE_NAME, SHEET_NAME, number, heading, None, problem, MISSING)


def _quiet_rows(rng: np.random.Generator, rows: list[list[Cell]], column: dict[str, int]) -> list[int]:
    """Rows whose wrong cell costs the company nothing: without propane and, if possible, without a cycle."""
    usual = np.array([row[column["營20"]] is None and row[column["結帳方式"]] != "" for row in rows])
    blank = np.array([row[column["最大週期"]] is None for row in rows])
    return np.flatnonzero(choose(rng, len(_WRONG_CELLS), usual, blank)).tolist()


def _extra_rows(
    rng: np.random.Generator, rows: list[list[Cell]], column: dict[str, int], spoilt: set[int]
) -> dict[int, list[tuple[str, Cell, str, list[Cell]]]]:
    """Rows that must be refused, by the row after which they stand; their codes belong to nobody else."""
    last = max(code for row in rows if isinstance(code := row[0], int))
    whole = [
        i
        for i, row in enumerate(rows)
        if i not in spoilt and row[column["平均日使用"]] and row[column["結帳方式"]]
    ]
    places = rng.choice(whole, size=len(_WRONG_ROWS) + 1, replace=False).tolist()
    extra: dict[int, list[tuple[str, Cell, str, list[Cell]]]] = {}
    for n, (place, (heading, value, problem)) in enumerate(zip(places, _WRONG_ROWS, strict=False), start=1):
        wrong = [*rows[place]]
        wrong[0] = last + n
        wrong[column[heading]] = value
        extra.setdefault(place, []).append((heading, value, problem, wrong))
    twin = places[-1]
    code = rows[twin][0]
    again = [*rows[twin]]
    again[column["客戶簡稱"]] = f"{again[column['客戶簡稱']]}(重複)"
    extra.setdefault(twin, []).append(("客戶", code, "客戶編號和上一列重複", again))
    return extra


def _figures(rng: np.random.Generator, clients: Clients) -> _Figures:
    """Columns 47–51 as the old sheet had them: mostly what they should compute to, here and there not."""
    count = clients.rows
    has_monthly = choose(rng, share(1150, count), clients.cycle > 0)
    has_returned = choose(rng, share(731, count), has_monthly)
    bought = np.round(clients.use * 30.0, 1)
    rate = np.where(has_returned, np.round(rng.beta(1.3, 20.0, size=count), 4), 0.0)
    delivered = np.round(bought / (1.0 - rate), 1)
    returned = np.round(delivered - bought, 1)
    ratio = np.round(returned / delivered, 4)
    daily = np.round(bought / 30.0, 2)
    stale = choose(rng, share(13, count), has_returned)
    bought = np.where(stale, np.round(bought * 0.97, 1), bought)
    ratio = np.where(choose(rng, share(1, count), has_returned), 0.0, ratio)
    older = choose(rng, share(19, count), has_returned & ~stale)  # with the 13 above, 32 of 731 differ
    daily = np.where(older, np.round(daily * 1.05 + 0.05, 2), daily)
    reserve = (clients.placed // 2) @ KG
    return _Figures(
        delivered, returned, bought, ratio, daily, clients.placed @ KG - reserve, has_monthly, has_returned
    )


def _figure_cells(figures: _Figures, clients: Clients, i: int) -> list[Cell]:
    """月配送量 … 是否需要當天去, in their order."""
    cells: list[Cell] = [float(figures.delivered[i]) if figures.has_monthly[i] else None]
    if figures.has_returned[i]:
        cells += [float(figures.returned[i]), float(figures.bought[i]), float(figures.ratio[i])]
    else:
        cells += [None, None, None]
    if clients.cycle[i] == 0:
        return [*cells, None, None, None, None, None, None]
    connected = int(figures.connected[i])
    reserve = int(clients.placed[i] @ KG) - connected
    score = round(float(figures.daily[i]) * int(clients.cycle[i]) / max(connected, 1), 2)
    return [
        *cells, float(figures.daily[i]), connected, reserve, int(clients.cycle[i]), int(clients.postpone[i]), score,
    ]  # fmt: skip


def _usage(rng: np.random.Generator, clients: Clients) -> tuple[list[int], list[Cell], BoolArray]:
    """Named areas of use, supply points (column 59), and who keeps a spare: most where most cylinders stand."""
    count = clients.rows
    order = np.argsort(-(clients.placed.sum(axis=1) + rng.random(count) * 2.5), kind="stable")
    areas = np.zeros(count, dtype=np.int64)
    points = np.zeros(count, dtype=np.int64)
    for filled in (867, 393, 193, 40, 5):
        areas[order[: share(filled, count)]] += 1
    for filled in (1008, 347, 171, 41, 3):
        points[order[: share(filled, count)]] += 1
    spare = choose(rng, share(294, count), clients.placed.sum(axis=1) > 0, clients.placed.sum(axis=1) > 1)
    return areas.tolist(), [int(n) or None for n in points], spare


def _pieces(placed: IntArray) -> list[tuple[int, int]]:
    """(size in kg, number) of what stands at a site, the largest first."""
    sizes: dict[int, int] = {}
    for kind in np.flatnonzero(placed).tolist():
        sizes[KINDS[kind].kg] = sizes.get(KINDS[kind].kg, 0) + int(placed[kind])
    return sorted(sizes.items(), reverse=True)


def _notation(pieces: list[tuple[int, int]]) -> str:
    return "+".join(f"{size}*{number}" for size, number in pieces)


def _usage_cells(pieces: list[tuple[int, int]], areas: int) -> list[Cell]:
    """Texts of the areas of use; the cylinders are named where they stand, areas beyond them share."""
    cells: list[Cell] = [None] * len(_USAGE_HEADINGS)
    for i in range(areas):
        mine = pieces[i::areas] if areas <= len(pieces) else pieces[i : i + 1]
        cells[i] = f"{_PLACES_OF_USE[i]} {_notation(mine)}" if mine else f"{_PLACES_OF_USE[i]}(共用)"
    return cells


def _spare(placed: IntArray) -> str:
    size, number = _pieces(placed)[0]
    return f"{size}*{max(1, number // 2)}"


def _v(flag: np.bool_) -> Cell:
    return "V" if flag else None
