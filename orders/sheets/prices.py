"""One row of the price workbook: 產品 (SKU), 品名, 單價, 生效日 (ROC yyymmdd), 客戶編號 (blank: list price)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from luckygas.core import rocdate

SHEET = "價目表"
PRODUCT, NAME, UNIT_PRICE, VALID_FROM, CUSTOMER = "產品", "品名", "單價", "生效日", "客戶編號"
HEADINGS = (PRODUCT, NAME, UNIT_PRICE, VALID_FROM, CUSTOMER)
HIGHEST = Decimal(99_999_999)


class Problem(StrEnum):
    """Stable words; the importer puts them into the reader's language."""

    PRODUCT = "product"
    PRICE = "price"
    DATE = "date"
    CODE = "code"
    UNKNOWN_CUSTOMER = "unknown_customer"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class PriceRow:
    sku: str
    unit_price: Decimal
    valid_from: dt.date
    customer: str


@dataclass(frozen=True, slots=True)
class Finding:
    column: str
    value: str
    problem: Problem


def read_row(
    cells: Sequence[str], columns: Mapping[str, int], skus: frozenset[str]
) -> tuple[PriceRow | None, list[Finding]]:
    """The row, or None with what is wrong with it."""

    def cell(name: str) -> str:
        position = columns[name]
        return cells[position].strip() if position < len(cells) else ""

    findings: list[Finding] = []
    sku = cell(PRODUCT).upper()
    if sku not in skus:
        findings.append(Finding(PRODUCT, cell(PRODUCT), Problem.PRODUCT))
    unit_price = price_of(cell(UNIT_PRICE))
    if unit_price is None:
        findings.append(Finding(UNIT_PRICE, cell(UNIT_PRICE), Problem.PRICE))
    valid_from = _date_of(cell(VALID_FROM))
    if valid_from is None:
        findings.append(Finding(VALID_FROM, cell(VALID_FROM), Problem.DATE))
    customer = cell(CUSTOMER)
    if customer and not re.fullmatch(r"[0-9]{7}", customer):
        findings.append(Finding(CUSTOMER, customer, Problem.CODE))
    if findings or unit_price is None or valid_from is None:
        return None, findings
    return PriceRow(sku, unit_price, valid_from, customer), []


def price_of(text: str) -> Decimal | None:
    """An amount above zero with at most four decimals; None for anything else."""
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 < amount <= HIGHEST:
        return None
    rounded = amount.quantize(Decimal("0.0001"))
    return rounded if rounded == amount else None


def _date_of(text: str) -> dt.date | None:
    try:
        return rocdate.parse(text.zfill(7), digits=7)
    except ValueError:
        return None
