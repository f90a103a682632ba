"""The supplement workbook: what the client workbook never had, row by row and partly filled.

A blank cell says nothing: what is known already stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from customers.identifiers import (
    is_valid_citizen_certificate,
    is_valid_donation_code,
    is_valid_mobile_barcode,
    is_valid_ubn,
)
from customers.sheets.cells import Cells, digits_of, plain
from customers.sheets.findings import Problem
from customers.sheets.phones import NotAPhoneError, phones_of

HEADINGS: tuple[str, ...] = (
    "編號", "統編", "電話", "行動", "E-mail", "載具", "愛心碼", "虛擬帳號", "付款人帳號",
    "緯度", "經度", "座標來源",
)  # fmt: skip
#: Whether the customer agreed to messages about his orders (是 or 否); older workbooks lack the column.
AGREED = "簡訊"
OPTIONAL: tuple[str, ...] = (AGREED,)

MOBILE_CARRIER, CITIZEN_CARRIER = "3J0002", "CQ0001"
# The form of addr-spec that mail systems accept everywhere; nothing quoted, no bare host.
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


@dataclass(frozen=True, slots=True)
class SupplementRow:
    """One customer's additions; empty text or None where the cell says nothing. Phones in E.164."""

    code: str
    tax_id: str
    phones: tuple[tuple[str, str], ...]  # (number, landline or mobile)
    email: str
    carrier_type: str
    carrier_id: str
    donation_code: str
    virtual_account: str
    payer_account: str
    lat: Decimal | None
    lng: Decimal | None
    point_source: str
    agreed: bool | None = None


def parse(cells: Cells, known_ubns: Collection[str] = ()) -> SupplementRow:
    """Read one row; findings stay with ``cells``. ``known_ubns`` break the check digit and are right."""
    code = cells.customer_code("編號")
    carrier_type, carrier_id = _carrier(cells)
    donation = digits_of(cells.raw("愛心碼"))
    if donation and not is_valid_donation_code(donation):
        cells.reject("愛心碼", Problem.DONATION)
    tax_id = digits_of(cells.raw("統編"))
    if tax_id.isdigit() and len(tax_id) < 8 and tax_id.zfill(8) != "0" * 8:
        tax_id = tax_id.zfill(8)  # leading zeros go when a sheet takes the code for a number
    if tax_id and tax_id not in known_ubns and not is_valid_ubn(tax_id):
        cells.reject("統編", Problem.TAX_ID)
    if donation and carrier_id:
        cells.reject("愛心碼", Problem.CARRIER_AND_DONATION)
    if donation and tax_id:
        cells.reject("愛心碼", Problem.BUSINESS_DONATES)
    lat, lng = _point(cells)
    return SupplementRow(
        code=code,
        tax_id=tax_id,
        phones=_phones(cells),
        email=_email(cells),
        carrier_type=carrier_type,
        carrier_id=carrier_id,
        donation_code=donation,
        virtual_account=cells.account("虛擬帳號", 10, 16),
        payer_account=cells.account("付款人帳號", 8, 20),
        lat=lat,
        lng=lng,
        point_source=cells.text("座標來源", 20),
        agreed=cells.answer(AGREED),
    )


def _phones(cells: Cells) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for column, label in (("電話", "landline"), ("行動", "mobile")):
        try:
            for number in phones_of(cells.text(column, 100)):
                found.setdefault(number, label)
        except NotAPhoneError:
            cells.reject(column, Problem.PHONE)
    return tuple(found.items())


def _email(cells: Cells) -> str:
    email = plain(cells.text("E-mail", 254))
    if email and not _EMAIL.fullmatch(email):
        cells.reject("E-mail", Problem.EMAIL)
        return ""
    return email


def _carrier(cells: Cells) -> tuple[str, str]:
    carrier = plain(cells.raw("載具")).upper()
    if not carrier:
        return "", ""
    if is_valid_mobile_barcode(carrier):
        return MOBILE_CARRIER, carrier
    if is_valid_citizen_certificate(carrier):
        return CITIZEN_CARRIER, carrier
    cells.reject("載具", Problem.CARRIER)
    return "", ""


def _point(cells: Cells) -> tuple[Decimal | None, Decimal | None]:
    """Both or neither; a point outside Taiwan is implausible and comes in empty."""
    lat = cells.number("緯度", Decimal("21.5"), Decimal("26.5"), 6)
    lng = cells.number("經度", Decimal(118), Decimal("122.5"), 6)
    if lat is not None and lng is not None:
        return lat, lng
    if bool(cells.raw("緯度")) != bool(cells.raw("經度")):
        cells.reject("緯度" if not cells.raw("緯度") else "經度", Problem.HALF_POINT)
    return None, None
