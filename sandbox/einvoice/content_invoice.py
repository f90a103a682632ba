"""What an F0401 says, held against the rules its schema cannot express.

Sources: 統一發票使用辦法 §9; the ministry's guideline for MIG 4.1; 電子發票實施作業要點.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from sandbox.einvoice import codes
from sandbox.einvoice.calendar import day
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.figures import ONE, is_whole, number, right_taxes, total, whole
from sandbox.einvoice.reading import Node

CONSUMER = "0000000000"
UBN = re.compile(r"[0-9]{8}")
NO_UBN = "00000000"
MOBILE_BARCODE, CITIZEN_CERTIFICATE = "3J0002", "CQ0001"
CARRIER_CODES = {
    MOBILE_BARCODE: re.compile(r"/[0-9A-Z.+\-]{7}"),
    CITIZEN_CERTIFICATE: re.compile(r"[A-Z]{2}[0-9]{14}"),
}
MEMBER_CARRIER = re.compile(r"[A-Z]{2}[0-9]{4}")
DONATION_CODE = re.compile(r"[0-9]{3,7}")
TAXABLE, ZERO_RATED, EXEMPT, SPECIAL, MIXED = "1", "2", "3", "4", "9"
RATES = {
    TAXABLE: (Decimal("0.05"),),
    ZERO_RATED: (Decimal(0),),
    EXEMPT: (Decimal(0),),
    SPECIAL: tuple(map(Decimal, ("0.01", "0.02", "0.05", "0.15", "0.25"))),
    MIXED: (Decimal("0.05"),),
}
LARGEST_TOTAL = Decimal(10**12)


def is_consumer(buyer_id: str) -> bool:
    """Whether the buyer is a person: ten zeros in place of a company number."""
    return buyer_id == CONSUMER


def party_problems(seller_id: str, buyer_id: str, seller_at: str, buyer_at: str) -> Iterator[Problem]:
    """Seller: a company number; buyer: a company number or ten zeros.

    Check digits are left alone: some registered numbers break the rule, and only the register knows.
    """
    if not UBN.fullmatch(seller_id) or seller_id == NO_UBN:
        yield Problem(codes.PARTY, f"賣方統一編號「{seller_id}」須為 8 位數字", seller_at)
    if not is_consumer(buyer_id) and (not UBN.fullmatch(buyer_id) or buyer_id == NO_UBN):
        yield Problem(codes.PARTY, f"買方「{buyer_id}」須為 8 位統一編號或 10 個 0", buyer_at)


def date_problems(text: str, where: str) -> Iterator[Problem]:
    """A day that the calendar has."""
    if day(text) is None:
        yield Problem(codes.DATE, f"沒有 {text} 這一天", where)


def invoice_problems(root: Node) -> list[Problem]:
    """All content problems of an F0401 whose shape is right."""
    main, amount = root.child("Main"), root.child("Amount")
    lines = root.child("Details").all("ProductItem")
    buyer_id = main.child("Buyer").value("Identifier")
    return [
        *date_problems(main.value("InvoiceDate"), "Invoice/Main/InvoiceDate"),
        *party_problems(
            main.child("Seller").value("Identifier"),
            buyer_id,
            "Invoice/Main/Seller/Identifier",
            "Invoice/Main/Buyer/Identifier",
        ),
        *_handed_over(main, is_consumer(buyer_id)),
        *_carrier(main),
        *_donation(main),
        *_random_number(main, is_consumer(buyer_id)),
        *_tax_kind(main, amount, lines),
        *_zero_rate(main, amount),
        *_lines(lines),
        *_amounts(amount, lines, is_consumer(buyer_id)),
        *_tax(amount, is_consumer(buyer_id)),
    ]


def _has_carrier(main: Node) -> bool:
    return any(main.value(name) for name in ("CarrierType", "CarrierId1", "CarrierId2"))


def _handed_over(main: Node, to_consumer: bool) -> Iterator[Problem]:
    """On paper, by carrier or given away: one way only, and a company gets no other than it can keep."""
    where = "Invoice/Main/PrintMark"
    printed, carried, donated = (
        main.value("PrintMark") == "Y",
        _has_carrier(main),
        main.value("DonateMark") == "1",
    )
    if to_consumer:
        if printed + carried + donated != 1:
            yield Problem(codes.HANDED_OVER, "消費者發票須為列印、載具、捐贈三者之一", where)
        return
    if donated:
        yield Problem(codes.HANDED_OVER, "有買方統一編號的發票不可捐贈", "Invoice/Main/DonateMark")
    elif not printed and not carried:
        yield Problem(codes.HANDED_OVER, "有買方統一編號且無載具的發票須列印", where)
    elif printed and carried and main.value("CarrierType") != MOBILE_BARCODE:
        yield Problem(codes.HANDED_OVER, "此載具的發票不可再列印", where)


def _carrier(main: Node) -> Iterator[Problem]:
    if not _has_carrier(main):
        return
    kind, shown, hidden = (main.value(name) for name in ("CarrierType", "CarrierId1", "CarrierId2"))
    if kind not in CARRIER_CODES and not MEMBER_CARRIER.fullmatch(kind):
        yield Problem(codes.CARRIER, f"沒有載具類別「{kind}」", "Invoice/Main/CarrierType")
    elif not shown or not hidden:
        yield Problem(codes.CARRIER, "載具顯碼與隱碼須同時提供", "Invoice/Main/CarrierId1")
    elif kind in CARRIER_CODES:
        if not CARRIER_CODES[kind].fullmatch(shown):
            yield Problem(codes.CARRIER, f"載具「{shown:.40}」格式不符", "Invoice/Main/CarrierId1")
        if hidden != shown:
            yield Problem(codes.CARRIER, "載具隱碼須與顯碼相同", "Invoice/Main/CarrierId2")


def _donation(main: Node) -> Iterator[Problem]:
    where, receiver = "Invoice/Main/NPOBAN", main.value("NPOBAN")
    if main.value("DonateMark") == "1":
        if not DONATION_CODE.fullmatch(receiver):
            yield Problem(codes.DONATION, f"捐贈碼「{receiver}」須為 3 至 7 位數字", where)
    elif receiver:
        yield Problem(codes.DONATION, "未捐贈的發票不可有捐贈碼", where)


def _random_number(main: Node, to_consumer: bool) -> Iterator[Problem]:
    if to_consumer and not main.value("RandomNumber"):
        yield Problem(codes.RANDOM_NUMBER, "消費者發票須有 4 位隨機碼", "Invoice/Main/RandomNumber")


def _tax_kind(main: Node, amount: Node, lines: list[Node]) -> Iterator[Problem]:
    kind = amount.value("TaxType")
    if number(amount, "TaxRate") not in RATES[kind]:
        yield Problem(
            codes.TAX_KIND, f"課稅別 {kind} 的稅率不可為 {amount.value('TaxRate')}", "Invoice/Amount/TaxRate"
        )
    if (kind == SPECIAL) != (main.value("InvoiceType") == "08") and kind != EXEMPT:
        yield Problem(codes.TAX_KIND, "特種稅額須用發票類別 08，其他用 07", "Invoice/Main/InvoiceType")
    kinds = {line.value("TaxType") for line in lines}
    allowed = [{TAXABLE, EXEMPT}, {TAXABLE, ZERO_RATED}] if kind == MIXED else [{kind}]
    if kinds not in allowed:
        yield Problem(
            codes.TAX_KIND,
            f"發票課稅別 {kind} 的明細課稅別不可為 {'、'.join(sorted(kinds))}",
            "Invoice/Details/ProductItem/TaxType",
        )


def _zero_rate(main: Node, amount: Node) -> Iterator[Problem]:
    if amount.value("TaxType") != ZERO_RATED and not number(amount, "ZeroTaxSalesAmount"):
        return
    for name in ("CustomsClearanceMark", "ZeroTaxRateReason"):
        if not main.value(name):
            yield Problem(codes.ZERO_RATE, "零稅率發票須有通關方式註記與零稅率原因", f"Invoice/Main/{name}")


def _lines(lines: list[Node]) -> Iterator[Problem]:
    seen: set[int] = set()
    for place, line in enumerate(lines, start=1):
        where = f"Invoice/Details/ProductItem[{place}]"
        if not line.value("Description").strip():
            yield Problem(codes.LINES, "品名不可空白", f"{where}/Description")
        sequence = line.value("SequenceNumber")
        if not re.fullmatch(r"[0-9]{1,4}", sequence) or int(sequence) == 0:
            yield Problem(codes.LINES, f"明細序號「{sequence}」須為 1 至 9999", f"{where}/SequenceNumber")
        elif int(sequence) in seen:
            yield Problem(codes.LINES, f"明細序號 {sequence} 重複", f"{where}/SequenceNumber")
        else:
            seen.add(int(sequence))
        product = number(line, "Quantity") * number(line, "UnitPrice")
        if abs(product - number(line, "Amount")) > ONE:
            yield Problem(codes.AMOUNTS, f"數量 × 單價 = {product:f}，與金額不符", f"{where}/Amount")


def _amounts(amount: Node, lines: list[Node], to_consumer: bool) -> Iterator[Problem]:
    buckets = {
        "SalesAmount": (TAXABLE, SPECIAL),
        "FreeTaxSalesAmount": (EXEMPT,),
        "ZeroTaxSalesAmount": (ZERO_RATED,),
    }
    for name in (*buckets, "TotalAmount"):
        if not is_whole(number(amount, name)):
            yield Problem(codes.AMOUNTS, f"{amount.value(name)} 須為整數元", f"Invoice/Amount/{name}")
    for name, kinds in buckets.items():
        lines_sum = total(number(line, "Amount") for line in lines if line.value("TaxType") in kinds)
        # A company's prices may be kept tax-inclusive: lines worked out backwards may be a dollar off.
        leeway = ONE if name == "SalesAmount" and lines_sum and not to_consumer else Decimal(0)
        if abs(whole(lines_sum) - number(amount, name)) > leeway:
            yield Problem(codes.AMOUNTS, f"明細合計 {lines_sum:f}，與 {name} 不符", f"Invoice/Amount/{name}")
    parts = total(number(amount, name) for name in (*buckets, "TaxAmount"))
    payable = number(amount, "TotalAmount")
    if parts != payable:
        yield Problem(codes.AMOUNTS, f"銷售額與稅額合計 {parts:f}，與總計不符", "Invoice/Amount/TotalAmount")
    if not 0 < payable < LARGEST_TOTAL:
        yield Problem(codes.AMOUNTS, "總計須大於 0，至多 12 位數", "Invoice/Amount/TotalAmount")


def _tax(amount: Node, to_consumer: bool) -> Iterator[Problem]:
    where, tax = "Invoice/Amount/TaxAmount", number(amount, "TaxAmount")
    if to_consumer:
        if tax != 0:
            yield Problem(codes.TAX, "消費者發票的營業稅額須為 0（售價已含稅）", where)
        return
    taxes = right_taxes(number(amount, "SalesAmount"), number(amount, "TaxRate"))
    if tax not in taxes:
        expected = " 或 ".join(f"{value:f}" for value in sorted(taxes))
        yield Problem(codes.TAX, f"營業稅額 {tax:f}，應為 {expected}", where)
