"""補充資料.xlsx: what the client list lacks, as far as somebody has gathered it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from luckygas.sample.clients import Clients
from luckygas.sample.draw import choose, stream
from luckygas.sample.homes import Homes
from luckygas.sample.identifiers import (
    citizen_certificate,
    donation_code,
    landlines,
    mobile_barcode,
    mobiles,
    payer_account,
    tax_numbers,
    virtual_account,
)
from luckygas.sample.mistakes import EMPTIED, REJECTED, Mistakes
from luckygas.sample.sheets import Cell, workbook

FILE_NAME = "補充資料.xlsx"
SHEET_NAME = "補充資料"
HEADINGS = (
    "編號", "統編", "電話", "行動", "E-mail", "載具", "愛心碼", "虛擬帳號", "付款人帳號", "緯度", "經度", "座標來源",
    "簡訊",
)  # fmt: skip
UNKNOWN_CODE = 2_999_999
_MOBILE = HEADINGS.index("行動")
_WIDTHS = ((0, 10.0), (1, 11.0), (2, 13.0), (3, 13.0), (4, 28.0), (5, 12.0), (7, 17.0), (8, 18.0), (11, 10.0))
_SOURCES = ("地址定位", "地址定位", "地圖標定", "司機回報")
_STALLS = ("夜市", "餐車", "市場", "辦桌")
_WRONG_CELLS: tuple[tuple[str, Cell, str, str], ...] = (
    ("統編", "99000003", "統一編號的檢查碼不對", REJECTED),
    ("電話", "089-12", "電話號碼太短", REJECTED),
    ("行動", "請打公司", "不是電話號碼", REJECTED),
    ("E-mail", "shop.example.com", "電子郵件沒有 @", REJECTED),
    ("載具", "/abc123", "手機條碼是 / 和七個大寫字母或數字", REJECTED),
    ("愛心碼", "12", "愛心碼是三到七位數字", REJECTED),
    ("虛擬帳號", "9921800A", "虛擬帳號只有數字", REJECTED),
    ("緯度", 2.27, "不在臺灣", EMPTIED),
)
_WRONG_ROWS: tuple[tuple[Cell, str], ...] = (
    (UNKNOWN_CODE, "沒有這個客戶"),
    (None, "沒有客戶編號"),
    ("一四〇〇一", "客戶編號不是七位數字"),
)


def client_supplement(seed: int, clients: Clients) -> list[list[Cell]]:
    """What is known about the commercial customers; three quarters have a tax number, 4 % no point."""
    rng = stream(seed, "client supplement")
    count = clients.rows
    lot = rng.random((count, 10))
    monthly = clients.monthly
    numbers = tax_numbers(rng, count)
    phones, carried = landlines(rng, count), mobiles(rng, count)
    rows: list[list[Cell]] = []
    for i in range(count):
        listed, has_number, phone, mobile, mail, invoice, account, payer, point, source = lot[i].tolist()
        if listed < 0.01:
            continue
        stall = clients.trades[i] in _STALLS
        business = not stall and (monthly[i] or has_number < 0.55) and has_number < 0.96
        code = int(clients.codes[i])
        rows.append(
            [
                code,
                numbers[i] if business else None,
                phones[i] if phone < 0.9 and not stall else None,
                carried[i] if mobile < 0.55 or stall else None,
                f"c{code}@example.com" if mail < 0.45 else None,
                *_invoice_to(rng, invoice, business),
                virtual_account(code) if account < (0.75 if monthly[i] else 0.05) else None,
                payer_account(rng) if payer < (0.35 if monthly[i] else 0.01) else None,
                *_point(clients.sites[i].lat, clients.sites[i].lng, point < 0.96, source),
            ]
        )
    return _asked(seed, "clients", rows, agreed=0.7)


def home_supplement(seed: int, homes: Homes) -> list[list[Cell]]:
    """What is known about the households: mostly the number they call from, and where they live."""
    rng = stream(seed, "home supplement")
    lot = rng.random((homes.rows, 6))
    rows: list[list[Cell]] = []
    for i in range(homes.rows):
        listed, mail, invoice, account, point, source = lot[i].tolist()
        if listed < 0.03:
            continue
        code, phone = int(homes.codes[i]), homes.phones[i]
        rows.append(
            [
                code,
                None,
                phone if phone.startswith("089") else None,
                phone if phone.startswith("09") else None,
                f"h{code}@example.com" if mail < 0.08 else None,
                *_invoice_to(rng, invoice, business=False),
                virtual_account(code) if account < 0.01 else None,
                None,
                *_point(homes.sites[i].lat, homes.sites[i].lng, point < 0.93, source),
            ]
        )
    return _asked(seed, "homes", rows, agreed=0.55)


def _asked(seed: int, who: str, rows: list[list[Cell]], *, agreed: float) -> list[list[Cell]]:
    """With the last column: who has a mobile was asked about messages, that share said yes and a few said no."""
    lots = stream(seed, f"messages to {who}").random(len(rows)).tolist()
    for row, lot in zip(rows, lots, strict=True):
        row.append(None if row[_MOBILE] is None else "是" if lot < agreed else "否" if lot > 0.95 else None)
    return rows


def _invoice_to(rng: np.random.Generator, lot: float, business: bool) -> tuple[Cell, Cell]:
    """(carrier, donation code): never both, and no donation by a business."""
    if lot < (0.06 if business else 0.22):
        return mobile_barcode(rng), None
    if business:
        return None, None
    if lot < 0.23:
        return citizen_certificate(rng), None
    return (None, donation_code(rng)) if lot < 0.27 else (None, None)


def _point(lat: float, lng: float, known: bool, source: float) -> tuple[Cell, Cell, Cell]:
    return (lat, lng, _SOURCES[int(source * len(_SOURCES))]) if known else (None, None, None)


def write_supplement(directory: Path, seed: int, rows: list[list[Cell]], mistakes: Mistakes) -> int:
    """Write the workbook with its planted mistakes; returns the rows written."""
    rng = stream(seed, "supplement mistakes")
    # Without a tax number, carrier or donation code, so that the planted one is the only thing wrong; with a point.
    bare = np.array([row[1] is row[5] is row[6] is None and row[9] is not None for row in rows])
    cells = np.flatnonzero(choose(rng, len(_WRONG_CELLS), bare)).tolist()
    spoilt = dict(zip(rng.permutation(cells).tolist(), _WRONG_CELLS, strict=True))
    after = dict(
        zip(rng.choice(len(rows), size=len(_WRONG_ROWS), replace=False).tolist(), _WRONG_ROWS, strict=True)
    )
    with workbook(directory / FILE_NAME) as book:
        sheet = book.sheet(SHEET_NAME, HEADINGS, _WIDTHS)
        for i, row in enumerate(rows):
            if i in spoilt:
                heading, value, problem, severity = spoilt[i]
                number = sheet.row(_with(row, heading, value))
                mistakes.add(FILE_NAME, SHEET_NAME, number, heading, value, problem, severity)
            else:
                sheet.row(row)
            if i in after:
                value, problem = after[i]
                number = sheet.row(_with(row, "編號", value))
                mistakes.add(FILE_NAME, SHEET_NAME, number, "編號", value, problem, REJECTED)
        return sheet.number - 1


def _with(row: list[Cell], heading: str, value: Cell) -> list[Cell]:
    changed = [*row]
    changed[HEADINGS.index(heading)] = value
    return changed
