"""What the schema cannot say: rules of a message whose elements are already in order.

Sources: 統一發票使用辦法 §9, 營業稅法施行細則 §32-1 (the consumer's invoice shows no tax of its own), the
ministry's Turnkey self-test scenarios and the public documents of value-added centres.
"""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from itertools import pairwise

from billing.einvoice.mig.problem import N_, Problem, problem
from billing.einvoice.mig.reader import Node
from billing.einvoice.tax import TAX_RATE, lawful_taxes
from customers.identifiers import (
    is_valid_citizen_certificate,
    is_valid_donation_code,
    is_valid_mobile_barcode,
    is_valid_ubn,
)
from luckygas.core.money import round_half_up

CONSUMER = "0000000000"
"""`Buyer/Identifier` of a buyer without a business number."""
MOBILE_BARCODE = "3J0002"
CITIZEN_CERTIFICATE = "CQ0001"
_CARRIER_TYPE = re.compile("3J0002|CQ0001|1K0001|1H0001|2G0001|E[A-Z][0-9]{4}")
_CARRIER_CHECKS = {
    MOBILE_BARCODE: is_valid_mobile_barcode,
    CITIZEN_CERTIFICATE: is_valid_citizen_certificate,
}
_SELLER = re.compile("[0-9]{8}")
_LARGEST_TOTAL = Decimal(10) ** 12
_ONE = Decimal(1)


def invoice_rules(root: Node, known_ubns: Collection[str]) -> list[Problem]:
    """Rules of F0401: parties, exactly one of print, carrier and donation, tax of each kind, sums."""
    main, details, amount = (_child(root, name) for name in ("Main", "Details", "Amount"))
    lines = list(details.all("ProductItem"))
    buyer = main.value("Buyer/Identifier")
    found = _parties(
        "Main/Seller/Identifier", main.value("Seller/Identifier"), "Main/Buyer/Identifier", buyer, known_ubns
    )
    found += _delivery(main, consumer=buyer == CONSUMER)
    found += _zero_rate(main, amount)
    found += _lines(lines)
    found += _sums(main, lines, amount, consumer=buyer == CONSUMER)
    return found


def _parties(
    seller_path: str, seller: str, buyer_path: str, buyer: str, known_ubns: Collection[str]
) -> list[Problem]:
    # The seller's check digit is not looked at: it is our own setting, and published test sellers break it.
    found = []
    if not _SELLER.fullmatch(seller):
        found.append(
            problem(seller_path, N_("“%(value)s” is not a business number of 8 digits"), value=seller)
        )
    if buyer != CONSUMER and buyer not in known_ubns and not is_valid_ubn(buyer):
        found.append(
            problem(
                buyer_path,
                N_("“%(value)s” is neither a valid business number nor ten zeros for a consumer"),
                value=buyer,
            )
        )
    return found


def _delivery(main: Node, *, consumer: bool) -> list[Problem]:
    """A consumer: exactly one of print, carrier, donation. A business: print, or a carrier."""
    carrier, donated, printed = (
        _carrier(main),
        main.value("DonateMark") == "1",
        main.value("PrintMark") == "Y",
    )
    donation_code = main.value("NPOBAN")
    found = _carrier_rules(main)
    if donated and not is_valid_donation_code(donation_code):
        found.append(problem("Main/NPOBAN", N_("a donated invoice needs a donation code of 3 to 7 digits")))
    if not donated and donation_code:
        found.append(problem("Main/NPOBAN", N_("is only for a donated invoice (DonateMark 1)")))
    if consumer:
        if [bool(carrier), donated, printed].count(True) != 1:
            found.append(
                problem("Main", N_("a consumer's invoice is exactly one of printed, on a carrier, donated"))
            )
    elif donated:
        found.append(problem("Main/DonateMark", N_("an invoice with a business number cannot be donated")))
    elif not carrier and not printed:
        found.append(
            problem("Main/PrintMark", N_("an invoice with a business number and no carrier must be printed"))
        )
    elif carrier and printed and carrier != MOBILE_BARCODE:
        found.append(
            problem("Main/PrintMark", N_("with this carrier and a business number it cannot be printed"))
        )
    if consumer and not main.value("RandomNumber"):
        found.append(problem("Main/RandomNumber", N_("a consumer's invoice needs its 4 random digits")))
    return found


def _carrier(main: Node) -> str:
    return main.value("CarrierType") or main.value("CarrierId1") or main.value("CarrierId2")


def _carrier_rules(main: Node) -> list[Problem]:
    kind, shown, hidden = (main.value(name) for name in ("CarrierType", "CarrierId1", "CarrierId2"))
    if not _carrier(main):
        return []
    if not (kind and shown and hidden):
        return [problem("Main/CarrierType", N_("a carrier needs its type and both of its numbers"))]
    if not _CARRIER_TYPE.fullmatch(kind):
        return [problem("Main/CarrierType", N_("“%(value)s” is no carrier type of the platform"), value=kind)]
    if (is_valid := _CARRIER_CHECKS.get(kind)) is None:
        return []
    found = []
    if not is_valid(shown):
        found.append(
            problem("Main/CarrierId1", N_("“%(value)s” is not a number of this carrier"), value=shown)
        )
    if hidden != shown:
        found.append(problem("Main/CarrierId2", N_("must be the same as CarrierId1 for this carrier")))
    return found


def _zero_rate(main: Node, amount: Node) -> list[Problem]:
    if amount.value("TaxType") != "2" and not _decimal(amount, "ZeroTaxSalesAmount"):
        return []
    return [
        problem(f"Main/{name}", N_("is needed for zero-rated sales"))
        for name in ("CustomsClearanceMark", "ZeroTaxRateReason")
        if not main.value(name)
    ]


def _lines(lines: list[Node]) -> list[Problem]:
    found = _sequence(lines, "SequenceNumber")
    for index, line in enumerate(lines, 1):
        path = f"Details/ProductItem[{index}]"
        if not line.value("Description").strip():
            found.append(problem(f"{path}/Description", N_("the law wants the goods named")))
        found += _product(line, path)
        if line.value("TaxType") == "9":
            found.append(
                problem(f"{path}/TaxType", N_("mixed tax (9) is for the whole invoice, not for a line"))
            )
    return found


def _product(line: Node, path: str) -> list[Problem]:
    product = _decimal(line, "Quantity") * _decimal(line, "UnitPrice")
    if abs(product - _decimal(line, "Amount")) < _ONE:
        return []
    return [
        problem(
            f"{path}/Amount",
            N_("is not quantity times unit price, which is %(product)s"),
            product=f"{product:f}",
        )
    ]


def _sequence(lines: list[Node], name: str) -> list[Problem]:
    found, seen = [], set()
    for index, line in enumerate(lines, 1):
        value = line.value(name)
        path = f"Details/ProductItem[{index}]/{name}"
        if not (value.isascii() and value.isdigit() and int(value)):
            found.append(problem(path, N_("“%(value)s” is not a line number"), value=value))
        elif int(value) in seen:
            found.append(problem(path, N_("the line number %(value)s comes twice"), value=value))
        else:
            seen.add(int(value))
    return found


_LINE_TYPES = {"1": {"1"}, "2": {"2"}, "3": {"3"}, "4": {"4"}}
_MIXED_TYPES = ({"1", "2"}, {"1", "3"})


def _sums(main: Node, lines: list[Node], amount: Node, *, consumer: bool) -> list[Problem]:
    kind = amount.value("TaxType")
    types = {line.value("TaxType") for line in lines}
    found = []
    if types not in _MIXED_TYPES if kind == "9" else types != _LINE_TYPES[kind]:
        found.append(
            problem(
                "Amount/TaxType",
                N_("tax type %(kind)s does not go with lines of tax type %(types)s"),
                kind=kind,
                types=", ".join(sorted(types)),
            )
        )
    if (kind == "4") and main.value("InvoiceType") != "08":
        found.append(problem("Main/InvoiceType", N_("special tax (4) is for invoices of type 08")))
    if kind in ("1", "9") and _decimal(amount, "TaxRate") != TAX_RATE:
        found.append(problem("Amount/TaxRate", N_("taxable sales have the rate 0.05")))
    for name, line_types in (
        ("SalesAmount", {"1", "4"}),
        ("ZeroTaxSalesAmount", {"2"}),
        ("FreeTaxSalesAmount", {"3"}),
    ):
        expected = round_half_up(
            sum(
                (_decimal(line, "Amount") for line in lines if line.value("TaxType") in line_types),
                Decimal(0),
            )
        )
        if _decimal(amount, name) != expected:
            found.append(
                problem(
                    f"Amount/{name}", N_("should be %(expected)s, the sum of its lines"), expected=expected
                )
            )
    return found + _tax_and_total(amount, consumer=consumer)


def _tax_and_total(amount: Node, *, consumer: bool) -> list[Problem]:
    kind, tax, total = amount.value("TaxType"), _decimal(amount, "TaxAmount"), _decimal(amount, "TotalAmount")
    sales, free, zero = (
        _decimal(amount, n) for n in ("SalesAmount", "FreeTaxSalesAmount", "ZeroTaxSalesAmount")
    )
    found = []
    if consumer or kind in ("2", "3"):
        if tax:
            found.append(
                problem(
                    "Amount/TaxAmount", N_("must be 0 here: the tax is inside the price, or there is none")
                )
            )
    else:
        lawful = lawful_taxes(sales, _decimal(amount, "TaxRate"))
        if tax not in lawful:
            allowed = ", ".join(str(one) for one in lawful)
            found.append(
                problem("Amount/TaxAmount", N_("should be %(allowed)s for these sales"), allowed=allowed)
            )
    expected = sales + free + zero + tax
    if total != expected:
        found.append(
            problem(
                "Amount/TotalAmount",
                N_("should be %(expected)s, sales and tax together"),
                expected=f"{expected:f}",
            )
        )
    if total <= 0:
        found.append(problem("Amount/TotalAmount", N_("an invoice over nothing is not issued")))
    if total >= _LARGEST_TOTAL:
        found.append(problem("Amount/TotalAmount", N_("has more than 12 digits")))
    return found


def cancel_rules(issued: str, done: str) -> Callable[[Node, Collection[str]], list[Problem]]:
    """Rules of F0501, F0701, G0501; `issued` and `done` name the elements of the two days."""

    def rules(root: Node, known_ubns: Collection[str]) -> list[Problem]:
        found = _parties("SellerId", root.value("SellerId"), "BuyerId", root.value("BuyerId"), known_ubns)
        if root.value(done) < root.value(issued):
            found.append(
                problem(done, N_("is before the day of the document, %(day)s"), day=root.value(issued))
            )
        return found

    return rules


def allowance_rules(root: Node, known_ubns: Collection[str]) -> list[Problem]:
    """Rules of G0401: amounts without tax, tax beside them, both adding up; never before the invoice."""
    main, details, amount = (_child(root, name) for name in ("Main", "Details", "Amount"))
    lines = list(details.all("ProductItem"))
    found = _parties(
        "Main/Seller/Identifier",
        main.value("Seller/Identifier"),
        "Main/Buyer/Identifier",
        main.value("Buyer/Identifier"),
        known_ubns,
    )
    found += _sequence(lines, "AllowanceSequenceNumber")
    for index, line in enumerate(lines, 1):
        path = f"Details/ProductItem[{index}]"
        found += _product(line, path)
        found += _allowance_tax(line, path)
        if line.value("OriginalInvoiceDate") > main.value("AllowanceDate"):
            found.append(problem(f"{path}/OriginalInvoiceDate", N_("is after the day of the allowance")))
    total = sum((_decimal(line, "Amount") for line in lines), Decimal(0))
    tax = sum((_decimal(line, "Tax") for line in lines), Decimal(0))
    if _decimal(amount, "TotalAmount") not in (total, round_half_up(total)):
        found.append(
            problem("Amount/TotalAmount", N_("should be %(expected)s, the sum of its lines"), expected=total)
        )
    if _decimal(amount, "TaxAmount") != tax:
        found.append(
            problem("Amount/TaxAmount", N_("should be %(expected)s, the sum of its lines"), expected=tax)
        )
    if total <= 0:
        found.append(problem("Amount/TotalAmount", N_("an allowance over nothing is not issued")))
    return found


def _allowance_tax(line: Node, path: str) -> list[Problem]:
    kind, amount, tax = line.value("TaxType"), _decimal(line, "Amount"), _decimal(line, "Tax")
    if kind == "9":
        return [problem(f"{path}/TaxType", N_("mixed tax (9) is for the whole invoice, not for a line"))]
    if kind in ("2", "3") and tax:
        return [problem(f"{path}/Tax", N_("must be 0 here: the tax is inside the price, or there is none"))]
    if kind == "1" and abs(tax - amount * TAX_RATE) > _ONE:
        return [problem(f"{path}/Tax", N_("is more than NT$1 away from 5 %% of the amount"))]
    return []


def blank_rules(root: Node, known_ubns: Collection[str]) -> list[Problem]:
    """Rules of E0402: both offices by their 8 digits, ranges forward and apart."""
    main, details = _child(root, "Main"), _child(root, "Details")
    found = [
        problem(
            f"Main/{name}", N_("“%(value)s” is not a business number of 8 digits"), value=main.value(name)
        )
        for name in ("HeadBan", "BranchBan")
        if not _SELLER.fullmatch(main.value(name))
    ]
    ranges = []
    for index, item in enumerate(details.all("BranchTrackBlankItem"), 1):
        begin, end = item.value("InvoiceBeginNo"), item.value("InvoiceEndNo")
        path = f"Details/BranchTrackBlankItem[{index}]"
        if end < begin:
            found.append(
                problem(f"{path}/InvoiceEndNo", N_("is before the first number, %(begin)s"), begin=begin)
            )
        ranges.append((begin, end, path))
    ranges.sort()
    for (_, end, _), (begin, _, path) in pairwise(ranges):
        if begin <= end:
            found.append(problem(path, N_("has numbers of another range of this message")))
    return found


def _child(node: Node, name: str) -> Node:
    child = node.find(name)
    assert child is not None, "the schema has been held before the rules"
    return child


def _decimal(node: Node, name: str) -> Decimal:
    return Decimal(node.value(name).strip())
