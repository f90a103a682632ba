"""What the platform has on record decides: duplicates, order, cancelling, allowances, blank numbers."""

import pytest

from sandbox.einvoice import codes
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.tests.documents import (
    BUYER,
    allowance,
    blank,
    cancel,
    cancel_allowance,
    company_invoice,
    donated_invoice,
    invoice,
    void,
)
from sandbox.tests.gateway import file, put


def register(platform: EInvoicePlatform) -> dict[str, int]:
    return dict(platform.state()["register"])


def test_a_number_is_taken_once_in_its_period(platform: EInvoicePlatform) -> None:
    assert file(platform, invoice(date="20260901")) == []
    assert file(platform, invoice(date="20260901")) == [codes.DUPLICATE]
    assert file(platform, invoice(date="20261031")) == [codes.DUPLICATE]
    assert file(platform, invoice(date="20260831")) == []
    assert file(platform, invoice(date="20261101")) == []
    assert register(platform) == {"invoices live": 3}


def test_two_of_one_batch_see_each_other(platform: EInvoicePlatform) -> None:
    put(platform, invoice(), "a.xml")
    put(platform, invoice(), "b.xml")
    assert platform.tick() == 4
    assert [row["status"] for row in platform.messages("", 9)] == ["E", "C"]
    assert register(platform) == {"invoices live": 1}


def test_a_refused_message_leaves_nothing_on_record(platform: EInvoicePlatform) -> None:
    assert file(platform, invoice().set("Main/PrintMark", "N")) == [codes.HANDED_OVER]
    assert register(platform) == {}
    assert file(platform, invoice()) == []


def test_cancelling(platform: EInvoicePlatform) -> None:
    assert file(platform, cancel()) == [codes.NOT_CONFIRMED]
    file(platform, invoice())
    assert file(platform, cancel()) == []
    assert register(platform) == {"invoices cancelled": 1}
    assert file(platform, cancel()) == [codes.CANCELLED_ALREADY]


def test_a_cancelled_number_never_comes_back(platform: EInvoicePlatform) -> None:
    file(platform, invoice())
    file(platform, cancel())
    assert file(platform, void()) == [codes.CANCELLED_ALREADY]
    assert file(platform, invoice()) == [codes.DUPLICATE]


def test_a_voided_number_may_be_sent_again(platform: EInvoicePlatform) -> None:
    assert file(platform, void()) == [codes.NOT_CONFIRMED]
    file(platform, invoice())
    assert file(platform, void()) == []
    assert file(platform, void()) == [codes.NOT_CONFIRMED]
    assert file(platform, cancel()) == [codes.NOT_CONFIRMED]
    assert file(platform, invoice().set("Main/RandomNumber", "0000")) == []
    assert register(platform) == {"invoices live": 1, "invoices voided": 1}


@pytest.mark.parametrize("make", [cancel, void])
@pytest.mark.parametrize(
    ("path", "value"), [("BuyerId", BUYER), ("SellerId", "10458575"), ("InvoiceDate", "20260902")]
)
def test_undoing_says_the_same_as_the_invoice(
    platform: EInvoicePlatform, make, path: str, value: str
) -> None:
    file(platform, invoice())
    assert file(platform, make().set(path, value)) == [codes.DIFFERS]
    assert register(platform) == {"invoices live": 1}


@pytest.mark.parametrize("make", [cancel, void])
def test_undoing_waits_for_the_invoices_answer(platform: EInvoicePlatform, make) -> None:
    put(platform, invoice())
    put(platform, make())
    platform.tick()
    assert [row["status"] for row in platform.messages("", 9)] == ["E", "C"]
    assert platform.messages("", 1)[0]["problems"][0]["code"] == codes.NOT_CONFIRMED
    assert file(platform, make()) == []


def test_an_invoice_whose_answer_was_lost_counts_as_answered(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "reply_lost", "times": 1})
    file(platform, invoice())
    assert file(platform, cancel()) == []


def test_what_was_given_away_cannot_be_cancelled(platform: EInvoicePlatform) -> None:
    file(platform, donated_invoice("AB12345678"))
    assert file(platform, cancel()) == [codes.DONATED]
    assert file(platform, void()) == []


def test_an_allowance_keeps_its_invoice_until_it_is_cancelled(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice())
    assert file(platform, allowance()) == []
    undo = cancel("AB12345682", BUYER)
    assert file(platform, undo) == [codes.HAS_ALLOWANCE]
    assert file(platform, void("AB12345682", BUYER)) == [codes.HAS_ALLOWANCE]
    assert file(platform, cancel_allowance()) == []
    assert file(platform, undo) == []
    assert register(platform) == {"invoices cancelled": 1, "allowances cancelled": 1}


def test_an_allowance_needs_an_invoice_that_stands(platform: EInvoicePlatform) -> None:
    assert file(platform, allowance()) == [codes.NOT_CONFIRMED]
    put(platform, company_invoice())
    put(platform, allowance())
    platform.tick()
    assert platform.messages("", 1)[0]["problems"][0]["code"] == codes.NOT_CONFIRMED
    file(platform, cancel("AB12345682", BUYER))
    assert file(platform, allowance()) == [codes.CANCELLED_ALREADY]
    assert register(platform) == {"invoices cancelled": 1}


def test_an_allowance_says_the_same_as_its_invoice(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice())
    other_day = allowance().set("Details/ProductItem/OriginalInvoiceDate", "20260902")
    assert file(platform, other_day) == [codes.DIFFERS]
    other = allowance().drop("Main/OriginalInvoiceBuyerId").set("Main/Buyer/Identifier", "12345678")
    assert file(platform, other) == [codes.DIFFERS]
    assert register(platform) == {"invoices live": 1}


def test_an_allowance_number_is_used_once_by_its_seller(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice())
    file(platform, allowance())
    assert file(platform, allowance()) == [codes.DUPLICATE]
    file(platform, cancel_allowance())
    assert file(platform, allowance()) == [codes.DUPLICATE]


def test_allowances_end_at_the_invoices_total(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice())  # NT$1,050
    assert file(platform, allowance("A1")) == []  # 420
    assert file(platform, allowance("A2")) == []  # 840
    assert file(platform, allowance("A3")) == [codes.ALLOWANCE_TOO_HIGH]
    rest = (
        allowance("A4").set("Details/ProductItem/Amount", "200").set("Details/ProductItem/UnitPrice", "200")
    )
    rest.set("Details/ProductItem/Tax", "10").set("Amount/TotalAmount", "200").set("Amount/TaxAmount", "10")
    assert file(platform, rest) == []
    assert file(platform, cancel_allowance("A1")) == []
    assert file(platform, allowance("A5")) == []
    assert register(platform) == {"allowances cancelled": 1, "allowances live": 3, "invoices live": 1}


def test_one_note_may_point_at_several_invoices(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice("AB12345682"))
    file(platform, company_invoice("AB12345683"))
    note = allowance()
    fields = {element.tag: element.text or "" for element in note.at("Details/ProductItem")}
    second = {**fields, "OriginalInvoiceNumber": "AB12345683", "AllowanceSequenceNumber": "2"}
    note.add("Details/ProductItem", second)
    note.set("Amount/TotalAmount", "800").set("Amount/TaxAmount", "40")
    assert file(platform, note) == []
    assert file(platform, cancel("AB12345683", BUYER)) == [codes.HAS_ALLOWANCE]


def test_cancelling_an_allowance(platform: EInvoicePlatform) -> None:
    assert file(platform, cancel_allowance()) == [codes.NOT_CONFIRMED]
    file(platform, company_invoice())
    put(platform, allowance())
    put(platform, cancel_allowance())
    platform.tick()
    assert platform.messages("", 1)[0]["problems"][0]["code"] == codes.NOT_CONFIRMED
    assert file(platform, cancel_allowance().set("AllowanceDate", "20260904")) == [codes.DIFFERS]
    assert file(platform, cancel_allowance().set("BuyerId", "12345678")) == [codes.DIFFERS]
    assert file(platform, cancel_allowance().set("AllowanceType", "1")) == [codes.DIFFERS]
    assert file(platform, cancel_allowance()) == []
    assert file(platform, cancel_allowance()) == [codes.CANCELLED_ALREADY]


def test_a_used_number_is_not_blank(platform: EInvoicePlatform) -> None:
    file(platform, invoice("AB12345699"))
    assert file(platform, blank("12345687", "12345699")) == [codes.IN_USE]
    assert file(platform, blank("12345687", "12345698")) == []
    file(platform, cancel("AB12345699"))
    assert file(platform, blank("12345699", "12345699")) == [codes.IN_USE]


def test_a_blank_number_is_not_used_any_more(platform: EInvoicePlatform) -> None:
    assert file(platform, blank("12345678", "12345699")) == []
    assert file(platform, blank("12345678", "12345699")) == []
    assert file(platform, invoice("AB12345678")) == [codes.REPORTED_BLANK]
    assert file(platform, invoice("AB12345699")) == [codes.REPORTED_BLANK]
    assert file(platform, invoice("AB12345700")) == []
    assert file(platform, invoice("AC12345678")) == []
    assert file(platform, invoice("AB12345678", "20261101")) == []


def test_a_voided_number_never_sent_again_is_blank(platform: EInvoicePlatform) -> None:
    file(platform, invoice("AB12345678"))
    file(platform, void("AB12345678"))
    assert file(platform, blank("12345678", "12345678")) == []
