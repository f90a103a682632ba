"""What cannot be invoiced yet stays in a list with the reason, and goes on by itself when mended."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.models import BillableEvent, EInvoiceSubmission, Invoice, NumberTrack
from billing.services import invoicing
from billing.tasks import retry_waiting_events
from billing.tests.conftest import ACTOR
from customers.models import Customer
from customers.services import taxnumbers
from luckygas.core.models import EventDelivery
from orders.models import Order, Price


def waits(event: BillableEvent, code: str, reason: str) -> None:
    """The event is in the list with that reason; the delivery is kept, and nothing was written or sent."""
    assert (event.state, event.reason_code, event.reason) == ("cannot", code, reason)
    assert Order.objects.get(pk=event.order_id).status == "delivered"
    assert not EventDelivery.objects.exclude(status="done").exists()
    assert not Invoice.objects.filter(event=event).exists()


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def test_no_price_on_the_date(billed, track, product):
    track()
    Price.objects.all().delete()
    event = billed(ordered={"C16": 1}, C16=1)
    waits(event, "no_price", "16公斤 has no price on 2026-11-23.")
    assert event.remedy == ("Add the price", "/admin/orders/price/")
    assert NumberTrack.objects.get().next_number == 20000050

    Price.objects.create(product=product("C16"), unit_price=700, valid_from=dt.date(2026, 11, 24))
    assert invoicing.retry_waiting(actor=ACTOR) == 0, "a price from tomorrow is none for today"
    Price.objects.create(product=product("C16"), unit_price=650, valid_from=dt.date(2026, 11, 1))
    retry_waiting_events()
    event.refresh_from_db()
    assert (event.state, event.invoice.total, event.invoice.number) == ("invoiced", 650, "QA20000050")


def test_numbers_used_up_and_more_imported(billed, track):
    track(next_number=20000099)
    last = billed(C20=1)
    assert last.invoice.number == "QA20000099"
    event = billed(C20=1)
    waits(event, "track_exhausted", "The invoice numbers of the period 115年11-12月 are used up.")
    assert event.remedy == ("Import more numbers", "/admin/core/importrun/upload/")
    track(first=30000000, last=30000049, letters="QB")
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    event.refresh_from_db()
    assert event.invoice.number == "QB30000000"


def test_the_next_range_follows_when_one_is_full(billed, track):
    track(next_number=20000099)
    track(first=20000100, last=20000149)
    assert [billed(C20=1).invoice.number for _ in range(2)] == ["QA20000099", "QA20000100"]


def test_no_numbers_for_this_period(billed, track):
    track(period="11510")
    track(seller="04595257", letters="QB")
    event = billed(C20=1)
    waits(event, "no_track", "There are no invoice numbers for the period 115年11-12月.")


def test_the_last_minutes_of_a_period(delivered, billed, track, stand_at, customer):
    track()
    track(period="11602", letters="QB")
    order = delivered(C20=1)
    stand_at("2026-12-31 23:57")
    from billing.tests.conftest import tell

    tell()
    event = BillableEvent.objects.get(order=order)
    waits(event, "period_closing", "The period 115年11-12月 ends in a moment; it goes on in the next one.")
    stand_at("2027-01-01 00:00")
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    event.refresh_from_db()
    assert (event.invoice.period, event.invoice.number) == ("11602", "QB20000050")
    assert b"<InvoiceDate>20270101<" in bytes(EInvoiceSubmission.objects.get().xml)


def test_the_company_has_no_number(billed, track, company):
    track()
    company.SELLER_UBN = ""
    event = billed(C20=1)
    waits(event, "no_seller", "The company's own business number is not set (LUCKYGAS_SELLER_UBN).")
    assert event.remedy is None


def test_a_buyers_number_that_is_wrong(billed, track, customer):
    track()
    buyer = customer(tax_id="12345678")
    event = billed(buyer, C20=1)
    waits(event, "bad_buyer", "12345678 is not a valid business number.")
    assert event.remedy == ("Mend the customer", f"/admin/customers/customer/{buyer.pk}/change/")
    Customer.objects.filter(pk=buyer.pk).update(tax_id="12345675")
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    assert Invoice.objects.get().buyer_identifier == "12345675"


def test_a_carrier_that_is_wrong(billed, track, customer):
    track()
    event = billed(customer(carrier_type="3J0002", carrier_id="/abc+123"), C20=1)
    waits(event, "bad_carrier", "/abc+123 is not a number of the customer's carrier type.")


def test_a_message_the_platform_would_not_take(billed, track, customer, company):
    track()
    company.SELLER_NAME = "氣" * 61
    event = billed(C20=1)
    waits(
        event,
        "not_fileable",
        "The tax platform would not take it: Main/Seller/Name: has 61 characters, at most 60 fit",
    )
    assert NumberTrack.objects.get().next_number == 20000050, "the number was given back"
    company.SELLER_NAME = "幸福氣"
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    assert Invoice.objects.get().number == "QA20000050"


def test_a_character_the_message_cannot_hold(billed, track, customer):
    track()
    event = billed(customer(tax_id="04595257", invoice_title="海邊\x0b餐廳"), C20=1)
    waits(
        event,
        "not_fileable",
        "The tax platform would not take it: Name: the character U+000B cannot stand in a message",
    )


def test_nothing_is_issued_over_nothing(billed, track, product):
    track()
    Price.objects.filter(product=product("C04")).update(unit_price=Decimal("0.4"))
    event = billed(C04=1)
    assert (event.state, event.reason_code) == ("nothing_due", "zero_total")
    assert Invoice.objects.count() == 0
    assert NumberTrack.objects.get().next_number == 20000050


def test_a_number_that_a_person_vouches_for_is_billed_with_it(track, billed, customer):
    track()
    event = billed(customer(tax_id="12345678", invoice_title="海邊餐廳"), C20=1)
    waits(event, "bad_buyer", "12345678 is not a valid business number.")
    row = taxnumbers.vouch({"number": "12345678", "reason": "看過登記表"}, actor=ACTOR)
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    event.refresh_from_db()
    assert (event.invoice.buyer_identifier, event.invoice.total) == ("12345678", 810)
    assert b"<Identifier>12345678</Identifier>" in bytes(event.invoice.submissions.get().xml)

    taxnumbers.withdraw(row, {"withdrawal": "看錯了"}, actor=ACTOR)
    waits(billed(event.customer, C20=1), "bad_buyer", "12345678 is not a valid business number.")
