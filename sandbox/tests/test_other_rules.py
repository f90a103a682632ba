"""What the schemas of the other messages let pass and the platform does not."""

from datetime import date

import pytest

from sandbox.einvoice import codes
from sandbox.einvoice.calendar import last_day_to_cancel, period_of
from sandbox.einvoice.content import message_problems
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import read
from sandbox.tests.documents import Message, allowance, blank, cancel, cancel_allowance, void


def found(message: Message) -> list[tuple[str, str]]:
    problems = message_problems(read(message.bytes()), KINDS[message.code])
    return [(problem.code, problem.where.partition("/")[2]) for problem in problems]


FLAT = [
    (cancel, "InvoiceDate", "CancelDate"),
    (void, "InvoiceDate", "VoidDate"),
    (cancel_allowance, "AllowanceDate", "CancelDate"),
]


@pytest.mark.parametrize(("make", "issued", "undone"), FLAT)
def test_undoing_needs_days_that_exist_in_their_order(make, issued: str, undone: str) -> None:
    assert found(make()) == []
    assert found(make().set(issued, "20260231")) == [(codes.DATE, issued)]
    assert found(make().set(undone, "20260931")) == [(codes.DATE, undone)]
    same_day = make()
    assert found(same_day.set(undone, same_day.at(issued).text)) == []
    assert found(make().set(undone, "20260831")) == [(codes.DATE, undone)]


@pytest.mark.parametrize(("make", "issued", "undone"), FLAT)
def test_undoing_names_both_parties(make, issued: str, undone: str) -> None:
    assert found(make().set("SellerId", "")) == [(codes.PARTY, "SellerId")]
    assert found(make().set("BuyerId", "00000000")) == [(codes.PARTY, "BuyerId")]
    assert found(make().set("BuyerId", "0000000000")) == []


@pytest.mark.parametrize(
    ("issued", "period", "last"),
    [
        (date(2026, 1, 1), "11502", date(2026, 3, 13)),
        (date(2026, 2, 28), "11502", date(2026, 3, 13)),
        (date(2026, 3, 1), "11504", date(2026, 5, 13)),
        (date(2026, 10, 31), "11510", date(2026, 11, 13)),
        (date(2026, 12, 31), "11512", date(2027, 1, 13)),
        (date(2027, 1, 1), "11602", date(2027, 3, 13)),
        (date(2011, 1, 1), "10002", date(2011, 3, 13)),
    ],
)
def test_periods_and_the_last_day_to_cancel(issued: date, period: str, last: date) -> None:
    assert period_of(issued) == period
    assert last_day_to_cancel(issued) == last


def test_an_invoice_is_cancelled_in_time_or_with_consent() -> None:
    assert found(cancel().set("CancelDate", "20261113")) == []
    late = cancel().set("CancelDate", "20261114")
    assert found(late) == [(codes.TOO_LATE, "CancelDate")]
    assert found(late.set("ReturnTaxDocumentNumber", "財北國稅字第1150000001號")) == []


def test_the_last_years_of_the_calendar_are_no_trouble() -> None:
    assert found(cancel().set("InvoiceDate", "29101231").set("CancelDate", "29101231")) == []
    assert found(cancel().set("InvoiceDate", "99991231").set("CancelDate", "99991231")) == [
        (codes.DATE, "InvoiceDate"),
        (codes.DATE, "CancelDate"),
    ]


def second_line(message: Message, **changes: str) -> Message:
    fields = {element.tag: element.text or "" for element in message.at("Details/ProductItem")}
    return message.add("Details/ProductItem", {**fields, "AllowanceSequenceNumber": "2", **changes})


def test_a_right_allowance_passes() -> None:
    assert found(allowance()) == []
    two = second_line(allowance()).set("Amount/TotalAmount", "800").set("Amount/TaxAmount", "40")
    assert found(two) == []


def test_the_published_example_of_two_pieces() -> None:
    message = (
        allowance().set("Details/ProductItem/Quantity", "2").set("Details/ProductItem/UnitPrice", "2180")
    )
    message.set("Details/ProductItem/Amount", "4360").set("Details/ProductItem/Tax", "218")
    assert found(message.set("Amount/TotalAmount", "4360").set("Amount/TaxAmount", "218")) == []


ITEM = "Details/ProductItem[1]"


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("Main/AllowanceDate", "20260231", codes.DATE, "Main/AllowanceDate"),
        ("Main/AllowanceDate", "20260831", codes.DATE, f"{ITEM}/OriginalInvoiceDate"),
        (f"{ITEM}/OriginalInvoiceDate", "20260231", codes.DATE, f"{ITEM}/OriginalInvoiceDate"),
        ("Main/OriginalInvoiceSellerId", "12345678", codes.PARTY, "Main/OriginalInvoiceSellerId"),
        ("Main/OriginalInvoiceBuyerId", "12345678", codes.PARTY, "Main/OriginalInvoiceBuyerId"),
        (f"{ITEM}/OriginalDescription", " ", codes.LINES, f"{ITEM}/OriginalDescription"),
        (f"{ITEM}/Quantity", "2", codes.AMOUNTS, f"{ITEM}/Amount"),
        (f"{ITEM}/TaxType", "9", codes.TAX_KIND, f"{ITEM}/TaxType"),
        (f"{ITEM}/TaxType", "2", codes.TAX, f"{ITEM}/Tax"),
        (f"{ITEM}/TaxType", "3", codes.TAX, f"{ITEM}/Tax"),
        ("Amount/TotalAmount", "401", codes.AMOUNTS, "Amount/TotalAmount"),
        ("Amount/TaxAmount", "19", codes.TAX, "Amount/TaxAmount"),
    ],
)
def test_an_allowance_with_one_thing_wrong(path: str, value: str, code: str, where: str) -> None:
    assert found(allowance().set(path, value)) == [(code, where)]


def test_an_allowance_is_between_a_company_and_somebody() -> None:
    assert (codes.PARTY, "Main/Seller/Identifier") in found(
        allowance().set("Main/Seller/Identifier", "0000000000")
    )
    assert (codes.PARTY, "Main/Buyer/Identifier") in found(
        allowance().set("Main/Buyer/Identifier", "00000000")
    )


def test_original_parties_may_be_left_out() -> None:
    assert found(allowance().drop("Main/OriginalInvoiceSellerId").drop("Main/OriginalInvoiceBuyerId")) == []


@pytest.mark.parametrize(("tax", "right"), [(19, True), (20, True), (21, True), (18, False), (22, False)])
def test_the_tax_of_an_allowances_line_is_five_percent_within_a_dollar(tax: int, right: bool) -> None:
    message = allowance().set(f"{ITEM}/Tax", str(tax)).set("Amount/TaxAmount", str(tax))
    assert found(message) == ([] if right else [(codes.TAX, f"{ITEM}/Tax")])


@pytest.mark.parametrize("kind", ["2", "3"])
def test_untaxed_lines_carry_no_tax(kind: str) -> None:
    message = allowance().set(f"{ITEM}/TaxType", kind).set(f"{ITEM}/Tax", "0").set("Amount/TaxAmount", "0")
    assert found(message) == []


def test_a_special_tax_is_not_reckoned_at_five_percent() -> None:
    message = allowance().set(f"{ITEM}/TaxType", "4").set(f"{ITEM}/Tax", "60").set("Amount/TaxAmount", "60")
    assert found(message) == []


def test_an_allowances_total_is_the_sum_exact_or_rounded() -> None:
    def of(total: str) -> Message:
        message = allowance().set(f"{ITEM}/Amount", "399.5").set(f"{ITEM}/UnitPrice", "399.5")
        return message.set("Amount/TotalAmount", total)

    assert found(of("399.5")) == []
    assert found(of("400")) == []
    assert found(of("399")) == [(codes.AMOUNTS, "Amount/TotalAmount")]


def test_an_allowance_of_nothing_is_none() -> None:
    message = allowance()
    for path in (
        f"{ITEM}/Amount",
        f"{ITEM}/UnitPrice",
        f"{ITEM}/Tax",
        "Amount/TotalAmount",
        "Amount/TaxAmount",
    ):
        message.set(path, "0")
    assert found(message) == [(codes.AMOUNTS, "Amount/TotalAmount")]


def test_the_lines_of_an_allowance_are_numbered_once() -> None:
    message = second_line(allowance(), AllowanceSequenceNumber="1")
    message.set("Amount/TotalAmount", "800").set("Amount/TaxAmount", "40")
    assert found(message) == [(codes.LINES, "Details/ProductItem[2]/AllowanceSequenceNumber")]


@pytest.mark.parametrize("name", ["HeadBan", "BranchBan"])
@pytest.mark.parametrize("ban", ["", "0000000000", "1234567", "00000000"])
def test_blank_numbers_belong_to_companies(name: str, ban: str) -> None:
    assert found(blank().set(f"Main/{name}", ban)) == [(codes.PARTY, f"Main/{name}")]


def ranges(*pairs: tuple[str, str]) -> Message:
    message = blank(*pairs[0])
    for first, last in pairs[1:]:
        message.add("Details/BranchTrackBlankItem", {"InvoiceBeginNo": first, "InvoiceEndNo": last})
    return message


def test_blank_ranges_run_forward_and_do_not_meet() -> None:
    assert found(ranges(("00000010", "00000010"))) == []
    assert found(ranges(("00000050", "00000099"), ("00000000", "00000049"))) == []
    assert found(ranges(("00000011", "00000010"))) == [(codes.RANGE, "Details/BranchTrackBlankItem[1]")]
    assert found(ranges(("00000050", "00000099"), ("00000000", "00000050"))) == [
        (codes.RANGE, "Details/BranchTrackBlankItem[1]")
    ]
