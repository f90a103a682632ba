"""Every element of every message, held against the guideline's lists (MIG 4.1), retyped here for the test."""

import pytest

from sandbox.einvoice import codes
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import read
from sandbox.einvoice.shapes import Group, shape_problems
from sandbox.tests import documents
from sandbox.tests.documents import Message

BASES = {
    "F0401": documents.full_invoice,
    "F0501": documents.cancel,
    "F0701": documents.void,
    "G0401": documents.allowance,
    "G0501": documents.cancel_allowance,
    "E0402": documents.blank,
}
ROLE = {
    "Identifier": ("req", "text 8 10"),
    "Name": ("req", "text 1 60"),
    "Address": ("opt", "text 0 100"),
    "PersonInCharge": ("opt", "text 0 30"),
    "TelephoneNumber": ("opt", "text 0 26"),
    "FacsimileNumber": ("opt", "text 0 26"),
    "EmailAddress": ("opt", "text 0 400"),
    "CustomerNumber": ("opt", "text 0 20"),
    "RoleRemark": ("opt", "text 0 40"),
}
LISTS = {
    "F0401": {
        "Main": ("req", "group"),
        "Details": ("req", "group"),
        "Amount": ("req", "group"),
        "Main/InvoiceNumber": ("req", "invoice number"),
        "Main/InvoiceDate": ("req", "date"),
        "Main/InvoiceTime": ("req", "time"),
        "Main/Seller": ("req", "group"),
        "Main/Buyer": ("req", "group"),
        **{f"Main/Seller/{name}": rule for name, rule in ROLE.items()},
        **{f"Main/Buyer/{name}": rule for name, rule in ROLE.items()},
        "Main/BuyerRemark": ("opt", "one of 1 2 3 4"),
        "Main/MainRemark": ("opt", "text 0 200"),
        "Main/CustomsClearanceMark": ("opt", "one of 1 2"),
        "Main/Category": ("opt", "text 0 2"),
        "Main/RelateNumber": ("opt", "text 0 20"),
        "Main/InvoiceType": ("req", "one of 07 08"),
        "Main/GroupMark": ("opt", "one of *"),
        "Main/DonateMark": ("req", "one of 0 1"),
        "Main/CarrierType": ("opt", "text 0 6"),
        "Main/CarrierId1": ("opt", "text 0 400"),
        "Main/CarrierId2": ("opt", "text 0 400"),
        "Main/PrintMark": ("req", "one of Y N"),
        "Main/NPOBAN": ("opt", "text 0 10"),
        "Main/RandomNumber": ("opt", "random"),
        "Main/BondedAreaConfirm": ("opt", "one of 1 2 3 4"),
        "Main/ZeroTaxRateReason": ("opt", "one of 71 72 73 74 75 76 77 78 79"),
        "Main/Reserved1": ("opt", "text 0 20"),
        "Main/Reserved2": ("opt", "text 0 100"),
        "Details/ProductItem[1]/Description": ("req", "text 0 500"),
        "Details/ProductItem[1]/Quantity": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/Unit": ("opt", "text 0 6"),
        "Details/ProductItem[1]/UnitPrice": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/TaxType": ("req", "one of 1 2 3 4 9"),
        "Details/ProductItem[1]/Amount": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/SequenceNumber": ("req", "text 0 4"),
        "Details/ProductItem[1]/Remark": ("opt", "text 0 120"),
        "Details/ProductItem[1]/RelateNumber": ("opt", "text 0 50"),
        "Amount/SalesAmount": ("req", "number 20 7"),
        "Amount/FreeTaxSalesAmount": ("req", "number 20 7"),
        "Amount/ZeroTaxSalesAmount": ("req", "number 20 7"),
        "Amount/TaxType": ("req", "one of 1 2 3 4 9"),
        "Amount/TaxRate": ("req", "rate"),
        "Amount/TaxAmount": ("req", "number 20 0"),
        "Amount/TotalAmount": ("req", "number 20 7"),
        "Amount/DiscountAmount": ("opt", "number 20 7"),
        "Amount/OriginalCurrencyAmount": ("opt", "number 20 7"),
        "Amount/ExchangeRate": ("opt", "number 13 5"),
        "Amount/Currency": ("opt", "currency"),
    },
    "F0501": {
        "CancelInvoiceNumber": ("req", "invoice number"),
        "InvoiceDate": ("req", "date"),
        "BuyerId": ("req", "text 0 10"),
        "SellerId": ("req", "text 0 10"),
        "CancelDate": ("req", "date"),
        "CancelTime": ("req", "time"),
        "CancelReason": ("req", "folded 1 20"),
        "ReturnTaxDocumentNumber": ("opt", "text 0 60"),
        "Remark": ("opt", "folded 0 200"),
        "Reserved1": ("opt", "text 0 20"),
        "Reserved2": ("opt", "text 0 100"),
    },
    "F0701": {
        "VoidInvoiceNumber": ("req", "invoice number"),
        "InvoiceDate": ("req", "date"),
        "BuyerId": ("req", "text 0 10"),
        "SellerId": ("req", "text 0 10"),
        "VoidDate": ("req", "date"),
        "VoidTime": ("req", "time"),
        "VoidReason": ("req", "folded 1 20"),
        "Remark": ("opt", "folded 0 200"),
        "Reserved1": ("opt", "text 0 20"),
        "Reserved2": ("opt", "text 0 100"),
    },
    "G0401": {
        "Main": ("req", "group"),
        "Details": ("req", "group"),
        "Amount": ("req", "group"),
        "Main/AllowanceNumber": ("req", "text 1 16"),
        "Main/AllowanceDate": ("req", "date"),
        "Main/Seller": ("req", "group"),
        "Main/Buyer": ("req", "group"),
        "Main/AllowanceType": ("req", "one of 2"),
        "Main/OriginalInvoiceSellerId": ("opt", "text 0 10"),
        "Main/OriginalInvoiceBuyerId": ("opt", "text 0 10"),
        "Details/ProductItem[1]/OriginalInvoiceDate": ("req", "date"),
        "Details/ProductItem[1]/OriginalInvoiceNumber": ("req", "invoice number"),
        "Details/ProductItem[1]/OriginalSequenceNumber": ("opt", "text 0 4"),
        "Details/ProductItem[1]/OriginalDescription": ("req", "text 0 500"),
        "Details/ProductItem[1]/Quantity": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/Unit": ("opt", "text 0 6"),
        "Details/ProductItem[1]/UnitPrice": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/Amount": ("req", "number 20 7 signed"),
        "Details/ProductItem[1]/Tax": ("req", "number 20 0 signed"),
        "Details/ProductItem[1]/AllowanceSequenceNumber": ("req", "text 1 4"),
        "Details/ProductItem[1]/TaxType": ("req", "one of 1 2 3 4 9"),
        "Amount/TaxAmount": ("req", "number 20 0"),
        "Amount/TotalAmount": ("req", "number 20 7"),
    },
    "G0501": {
        "CancelAllowanceNumber": ("req", "text 1 16"),
        "AllowanceType": ("req", "one of 1 2"),
        "AllowanceDate": ("req", "date"),
        "BuyerId": ("req", "text 0 10"),
        "SellerId": ("req", "text 0 10"),
        "CancelDate": ("req", "date"),
        "CancelTime": ("req", "time"),
        "CancelReason": ("req", "folded 1 20"),
        "Remark": ("opt", "folded 0 200"),
    },
    "E0402": {
        "Main": ("req", "group"),
        "Details": ("req", "group"),
        "Main/HeadBan": ("req", "text 0 10"),
        "Main/BranchBan": ("req", "text 0 10"),
        "Main/InvoiceType": ("req", "one of 07 08"),
        "Main/YearMonth": ("req", "period"),
        "Main/InvoiceTrack": ("req", "track"),
        "Details/BranchTrackBlankItem[1]/InvoiceBeginNo": ("req", "eight digits"),
        "Details/BranchTrackBlankItem[1]/InvoiceEndNo": ("req", "eight digits"),
    },
}
ELEMENTS = [(code, path, *rule) for code, rules in LISTS.items() for path, rule in rules.items()]


def values(rule: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Texts that have to pass, and texts that have to be refused with the code for it."""
    word, *rest = rule.split()
    if word in ("text", "folded"):
        least, most = int(rest[0]), int(rest[1])
        good = ["氣" * most, "氣" * max(least, 1)] + ([""] if least == 0 else [])
        bad = [("氣" * (most + 1), codes.LENGTH)]
        if least:
            bad.append(("氣" * (least - 1), codes.LENGTH))
        if word == "folded":
            good.append("  " + "氣" * most + "\n")
            bad.extend([(" \t\n ", codes.LENGTH)] if least else [])
        else:
            bad.append((" " + "氣" * most, codes.LENGTH))
        return good, bad
    if word == "one":
        choices = rest[1:]
        refused = ["", "0" if "0" not in choices else "x", choices[0] + " ", choices[0] * 2, "Ａ"]
        return choices, [(value, codes.VALUE) for value in refused if value not in choices]
    if word == "number":
        digits, places = int(rest[0]), int(rest[1])
        whole, fraction = "9" * (digits - places), "9" * places
        longest = f"{whole}.{fraction}" if places else whole
        padded = f"000{longest}000" if places else f"000{longest}"
        good = ["0", "7", " 7 ", "+7", "07", "7.0", "7.", longest, padded]
        bad = [("", codes.NUMBER), ("7,000", codes.NUMBER), ("1e3", codes.NUMBER), ("７", codes.NUMBER)]
        bad += [("9" * (digits + 1), codes.NUMBER), ("0." + "0" * places + "1", codes.NUMBER)]
        bad += [("NaN", codes.NUMBER), (".", codes.NUMBER), ("--1", codes.NUMBER)]
        if "signed" in rest:
            good.append("-7")
        else:
            bad.append(("-1", codes.NUMBER))
            good.append("-0")
        return good, bad
    table = {
        "invoice": (
            ["AB12345678", "ZZ00000000"],
            ["", "AB1234567", "AB123456789", "ab12345678", "AB-12345678", "A112345678", "AB1234567８"],
        ),
        "date": (
            ["20260901", "20260231", "00010101"],
            ["", "2026-09-01", "20261301", "20260900", "20260932", "1150901"],
        ),
        "random": (["", "0000", "7081"], ["708", "70812", "70A1", "７０８１"]),
        "period": (
            ["11502", "11510", "11512", "00102"],
            ["11501", "11500", "11514", "202610", "1150|", "115|2", ""],
        ),
        "track": (["AB", "ZZ"], ["", "A", "ABC", "A1", "ab"]),
        "eight": (["00000000", "12345699"], ["", "1234567", "123456789", "1234567x"]),
        "currency": (["USD", "TWD", "JPY"], ["", "usd", "XXX", "US"]),
        "rate": (["0", "0.01", "0.02", "0.05", "0.050", "0.15", "0.25"], ["5", "0.1", "0.06"]),
        "time": (
            ["00:00:00", "23:59:59", "14:05:09.5", "14:05:09Z", "14:05:09+08:00", "24:00:00"],
            ["", "14:05", "24:00:01", "14:60:00", "1:02:03", "140509", "14:05:60"],
        ),
    }
    good, refused = table[word]
    return good, [(value, codes.VALUE) for value in refused]


def problems(message: Message) -> list[tuple[str, str]]:
    kind = KINDS[message.code]
    found = shape_problems(read(message.bytes()), kind.shape, kind.root, kind.namespace)
    return [(problem.code, problem.where) for problem in found]


def full_path(code: str, path: str) -> str:
    return f"{KINDS[code].root}/{path}"


@pytest.mark.parametrize("code", BASES)
def test_the_message_to_start_from_has_every_element_of_the_list_and_passes(code: str) -> None:
    message = BASES[code]()
    assert problems(message) == []
    for path in LISTS[code]:
        if LISTS[code][path][0] == "req" or code == "F0401":
            assert message.root.find(path) is not None, path


@pytest.mark.parametrize(("code", "path", "need", "rule"), ELEMENTS)
def test_an_element_left_out_is_missed_when_it_is_required(
    code: str, path: str, need: str, rule: str
) -> None:
    message = BASES[code]()
    if message.root.find(path) is None:
        pytest.fail(f"{path} is not in the message to start from")
    assert problems(message.drop(path)) == ([(codes.MISSING, full_path(code, path))] if need == "req" else [])


@pytest.mark.parametrize(("code", "path", "need", "rule"), ELEMENTS)
def test_an_element_twice_is_refused(code: str, path: str, need: str, rule: str) -> None:
    message = BASES[code]()
    parent = path.rpartition("/")[0]
    holder = message.at(parent) if parent else message.root
    again = message.at(path)
    holder.insert(list(holder).index(again), again)
    assert problems(message) == [(codes.REPEATED, full_path(code, path))]


@pytest.mark.parametrize(("code", "path", "need", "rule"), [row for row in ELEMENTS if row[3] != "group"])
def test_the_values_of_an_element(code: str, path: str, need: str, rule: str) -> None:
    good, bad = values(rule)
    for value in good:
        assert problems(BASES[code]().set(path, value)) == [], value
    for value, refused_with in bad:
        found = problems(BASES[code]().set(path, value))
        assert [where for _, where in found] == [full_path(code, path)], value
        assert found[0][0] in (refused_with, codes.LENGTH), value


@pytest.mark.parametrize(
    ("code", "name", "most"),
    [
        ("F0401", "ProductItem", 9999),
        ("G0401", "ProductItem", 9999),
        ("E0402", "BranchTrackBlankItem", 10000),
    ],
)
def test_how_many_rows_there_may_be(code: str, name: str, most: int) -> None:
    details = KINDS[code].shape.by_name["Details"][1].content
    assert isinstance(details, Group)
    assert [(child.name, child.least, child.most) for child in details.children] == [(name, 1, most)]
    message = BASES[code]()
    for row in list(message.at("Details")):
        message.at("Details").remove(row)
    assert problems(message) == [(codes.MISSING, full_path(code, f"Details/{name}"))]


def test_one_row_more_than_the_most_is_refused() -> None:
    message = documents.blank()
    details = message.at("Details")
    row = details[0]
    details.extend([row] * 9999)
    assert problems(message) == []
    details.append(row)
    assert problems(message) == [(codes.ROWS, "BranchTrackBlank/Details/BranchTrackBlankItem[10001]")]


@pytest.mark.parametrize("code", BASES)
def test_element_order_is_free_but_in_seller_and_buyer(code: str) -> None:
    message = BASES[code]()
    for element in list(message.root.iter()):
        if element.tag not in ("Seller", "Buyer", "Details"):
            element[:] = list(element)[::-1]
    assert problems(message) == []
    for holder in message.root.iter("Buyer"):
        holder[:] = list(holder)[::-1]
        found = problems(message)
        assert found
        assert {code for code, _ in found} == {codes.OUT_OF_ORDER}
