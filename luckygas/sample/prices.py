"""價目表.xlsx: list prices since the beginning, how they changed, and what some customers agreed on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from luckygas.sample import roc
from luckygas.sample.clients import Clients
from luckygas.sample.draw import choose, share, stream
from luckygas.sample.kinds import KINDS
from luckygas.sample.sheets import workbook

FILE_NAME = "價目表.xlsx"
SHEET_NAME = "價目表"
HEADINGS = ("產品", "品名", "單價", "生效日", "客戶編號")
BEGINNING = dt.date(2021, 1, 1)
# From when prices were another share of the first ones.
_CHANGES = (
    (dt.date(2021, 7, 1), 1.03),
    (dt.date(2022, 4, 1), 1.08),
    (dt.date(2023, 2, 1), 1.05),
    (dt.date(2024, 6, 1), 1.02),
    (dt.date(2025, 3, 1), 1.04),
    (dt.date(2026, 1, 1), 1.0),
)
_CONTRACTS = 30  # at full size
_CONTRACT_SHARE = 0.95


def price_rows(
    seed: int, clients: Clients, first: dt.date, until: dt.date
) -> list[tuple[str, str, float, int, int | None]]:
    """(SKU, name, price, ROC date, customer code or None) by date; no change lies after ``until``."""
    beginning = min(BEGINNING, first)
    dated = [(beginning, 1.0), *((day, factor) for day, factor in _CHANGES if beginning < day <= until)]
    rows: list[tuple[str, str, float, int, int | None]] = [
        (kind.sku, kind.name, _priced(kind.price, factor, kind.metered), roc.number(day), None)
        for day, factor in dated
        for kind in KINDS
    ]
    rng = stream(seed, "contracts")
    agreed = choose(
        rng, max(1, share(_CONTRACTS, clients.rows)), clients.monthly & ~clients.terminated, clients.metered
    )
    now = dated[-1][1] * _CONTRACT_SHARE
    since = roc.number(max(beginning, until - dt.timedelta(days=320)))
    for row in agreed.nonzero()[0].tolist():
        rows += [
            (kind.sku, kind.name, _priced(kind.price, now, kind.metered), since, int(clients.codes[row]))
            for i, kind in enumerate(KINDS)
            if clients.placed[row, i]
        ]
    return rows


def _priced(first: float, factor: float, metered: bool) -> float:
    """Whole fives a cylinder; a tenth of a dollar a metered kilogram."""
    return round(first * factor, 1) if metered else float(round(first * factor / 5) * 5)


def write_prices(directory: Path, rows: list[tuple[str, str, float, int, int | None]]) -> int:
    with workbook(directory / FILE_NAME) as book:
        sheet = book.sheet(SHEET_NAME, HEADINGS, ((0, 14.0), (1, 18.0)))
        for row in rows:
            sheet.row(row)
    return len(rows)
