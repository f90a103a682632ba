"""What every other message says, held against the rules its schema cannot express; and one door for all."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice, pairwise

from sandbox.einvoice import codes
from sandbox.einvoice.calendar import day, last_day_to_cancel
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.content_invoice import (
    EXEMPT,
    MIXED,
    NO_UBN,
    TAXABLE,
    UBN,
    ZERO_RATED,
    date_problems,
    invoice_problems,
    party_problems,
)
from sandbox.einvoice.figures import NORMAL_RATE, ONE, number, total, whole
from sandbox.einvoice.messages import MessageKind
from sandbox.einvoice.reading import Node
from sandbox.einvoice.shapes import shape_problems

MOST_PROBLEMS = 50


def message_problems(root: Node, kind: MessageKind) -> list[Problem]:
    """Everything wrong with one message by itself: its name, then its shape, then its content.

    A later step is looked at only when the ones before are clean.
    """
    if (root.namespace, root.name) != (kind.namespace, kind.root):
        found = f"{{{root.namespace}}}{root.name}"
        expected = f"{{{kind.namespace}}}{kind.root}"
        return [Problem(codes.WRONG_MESSAGE, f"此目錄須為 {expected}，檔案為 {found}", root.name)]
    # A large file can be wrong a million times: the first reasons will do.
    every = shape_problems(root, kind.shape, kind.root, kind.namespace)
    found_problems = list(islice(every, MOST_PROBLEMS))
    return found_problems or CONTENT[kind.code](root)


def _after(root: Node, early: str, late: str, where: str) -> Iterator[Problem]:
    first, second = day(root.value(early)), day(root.value(late))
    if first and second and second < first:
        yield Problem(codes.DATE, f"{late} {second:%Y%m%d} 早於 {early} {first:%Y%m%d}", where)


def _flat_problems(root: Node, issued: str, undone: str) -> Iterator[Problem]:
    """What the three flat messages (cancel, void, cancel allowance) have in common."""
    for name in (issued, undone):
        yield from date_problems(root.value(name), f"{root.name}/{name}")
    yield from _after(root, issued, undone, f"{root.name}/{undone}")
    yield from party_problems(
        root.value("SellerId"), root.value("BuyerId"), f"{root.name}/SellerId", f"{root.name}/BuyerId"
    )


def cancel_problems(root: Node) -> list[Problem]:
    """F0501: in time (the 13th behind the period), or with the tax office's consent."""
    found = list(_flat_problems(root, "InvoiceDate", "CancelDate"))
    issued, cancelled = day(root.value("InvoiceDate")), day(root.value("CancelDate"))
    if issued and cancelled and not root.value("ReturnTaxDocumentNumber"):
        last = last_day_to_cancel(issued)
        if cancelled > last:
            text = f"{last:%Y%m%d} 後作廢須有專案作廢核准文號"
            found.append(Problem(codes.TOO_LATE, text, "CancelInvoice/CancelDate"))
    return found


def void_problems(root: Node) -> list[Problem]:
    """F0701."""
    return list(_flat_problems(root, "InvoiceDate", "VoidDate"))


def cancel_allowance_problems(root: Node) -> list[Problem]:
    """G0501."""
    return list(_flat_problems(root, "AllowanceDate", "CancelDate"))


def allowance_problems(root: Node) -> list[Problem]:
    """G0401: amounts without tax, tax beside them, and both add up."""
    main, amount = root.child("Main"), root.child("Amount")
    seller, buyer = main.child("Seller").value("Identifier"), main.child("Buyer").value("Identifier")
    found = [
        *date_problems(main.value("AllowanceDate"), "Allowance/Main/AllowanceDate"),
        *party_problems(seller, buyer, "Allowance/Main/Seller/Identifier", "Allowance/Main/Buyer/Identifier"),
    ]
    for name, own in (("OriginalInvoiceSellerId", seller), ("OriginalInvoiceBuyerId", buyer)):
        if main.value(name) and main.value(name) != own:
            found.append(Problem(codes.PARTY, f"{name} 與本單不符", f"Allowance/Main/{name}"))
    lines = root.child("Details").all("ProductItem")
    found.extend(_allowance_lines(lines, day(main.value("AllowanceDate"))))
    amounts, taxes = (total(number(line, name) for line in lines) for name in ("Amount", "Tax"))
    payable = number(amount, "TotalAmount")
    if payable not in (amounts, whole(amounts)):
        text = f"明細金額合計 {amounts:f}，與總計不符"
        found.append(Problem(codes.AMOUNTS, text, "Allowance/Amount/TotalAmount"))
    if payable <= 0:
        found.append(Problem(codes.AMOUNTS, "折讓金額須大於 0", "Allowance/Amount/TotalAmount"))
    if number(amount, "TaxAmount") != taxes:
        text = f"明細稅額合計 {taxes:f}，與營業稅額不符"
        found.append(Problem(codes.TAX, text, "Allowance/Amount/TaxAmount"))
    return found


def _allowance_lines(lines: list[Node], issued: date | None) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, line in enumerate(lines, start=1):
        where = f"Allowance/Details/ProductItem[{place}]"
        original = day(line.value("OriginalInvoiceDate"))
        if original is None:
            yield from date_problems(line.value("OriginalInvoiceDate"), f"{where}/OriginalInvoiceDate")
        elif issued is not None and original > issued:
            yield Problem(codes.DATE, "原發票日期晚於折讓日期", f"{where}/OriginalInvoiceDate")
        sequence = line.value("AllowanceSequenceNumber")
        if sequence in seen:
            yield Problem(codes.LINES, f"明細序號 {sequence} 重複", f"{where}/AllowanceSequenceNumber")
        seen.add(sequence)
        if not line.value("OriginalDescription").strip():
            yield Problem(codes.LINES, "原品名不可空白", f"{where}/OriginalDescription")
        amount, tax, kind = number(line, "Amount"), number(line, "Tax"), line.value("TaxType")
        if abs(number(line, "Quantity") * number(line, "UnitPrice") - amount) > ONE:
            yield Problem(codes.AMOUNTS, "數量 × 單價與金額不符", f"{where}/Amount")
        if kind == MIXED:
            yield Problem(codes.TAX_KIND, "明細課稅別不可為 9", f"{where}/TaxType")
        elif kind in (ZERO_RATED, EXEMPT):
            if tax != 0:
                yield Problem(codes.TAX, "零稅率與免稅明細的稅額須為 0", f"{where}/Tax")
        elif kind == TAXABLE and abs(amount * NORMAL_RATE - tax) > ONE:
            yield Problem(codes.TAX, f"稅額 {tax:f}，金額的 5% 為 {amount * NORMAL_RATE:f}", f"{where}/Tax")


def blank_problems(root: Node) -> list[Problem]:
    """E0402: company numbers, and ranges that run forward and do not meet."""
    main = root.child("Main")
    found = []
    for name in ("HeadBan", "BranchBan"):
        ban = main.value(name)
        if not UBN.fullmatch(ban) or ban == NO_UBN:
            text = f"統一編號「{ban}」須為 8 位數字"
            found.append(Problem(codes.PARTY, text, f"BranchTrackBlank/Main/{name}"))
    ranges = []
    for place, item in enumerate(root.child("Details").all("BranchTrackBlankItem"), start=1):
        first, last = int(item.value("InvoiceBeginNo")), int(item.value("InvoiceEndNo"))
        where = f"BranchTrackBlank/Details/BranchTrackBlankItem[{place}]"
        if first > last:
            found.append(Problem(codes.RANGE, f"起號 {first:08d} 大於迄號 {last:08d}", where))
        ranges.append((first, last, where))
    ranges.sort()
    for (_, before, _), (first, _, where) in pairwise(ranges):
        if first <= before:
            found.append(Problem(codes.RANGE, f"起號 {first:08d} 與前一區間重疊", where))
    return found


CONTENT: dict[str, Callable[[Node], list[Problem]]] = {
    "F0401": invoice_problems,
    "F0501": cancel_problems,
    "F0701": void_problems,
    "G0401": allowance_problems,
    "G0501": cancel_allowance_problems,
    "E0402": blank_problems,
}
