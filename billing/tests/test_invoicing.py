from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.db.utils import ProgrammingError

from billing.einvoice.mig import check
from billing.models import BillableEvent, EInvoiceSubmission, Invoice, NumberTrack
from billing.services import invoicing
from billing.tests.conftest import ACTOR, tell
from billing.verifiers import verify
from customers.models import CustomerAccount
from luckygas.core import events
from luckygas.core.models import Event, EventDelivery
from luckygas.core.testing import as_owner
from orders.events import OrderDelivered
from orders.models import Order


def sums(invoice: Invoice) -> tuple[int, int, int]:
    return int(invoice.sales), int(invoice.tax), int(invoice.total)


def test_a_delivery_becomes_one_invoice_with_its_message(billed, track):
    track()
    event = billed(C20=2, C04=1)
    invoice = Invoice.objects.get()
    assert (event.state, invoice.event_id) == ("invoiced", event.pk)
    assert (invoice.number, invoice.period, invoice.shown_number) == ("QA20000050", "11512", "QA-20000050")
    assert sums(invoice) == (1851, 0, 1851)
    assert [
        (line.description, line.shown_quantity, line.unit, line.shown_amount) for line in invoice.lines.all()
    ] == [
        ("液化石油氣 20公斤", "2", "桶", "1620"),
        ("液化石油氣 4公斤", "1", "桶", "230.5"),
    ]
    assert (invoice.buyer_identifier, invoice.handling) == ("0000000000", "print")
    assert invoice.upload_due.isoformat() == "2026-11-25"
    submission = EInvoiceSubmission.objects.get()
    assert (submission.status, submission.file_name) == ("queued", "F0401-QA20000050-20261123-1.xml")
    assert check(bytes(submission.xml)) == []
    assert b"<InvoiceTime>10:00:00<" in bytes(submission.xml)
    assert NumberTrack.objects.get().next_number == 20000051
    assert CustomerAccount.objects.get(customer=event.customer).open_balance == 1851
    assert verify() == []


def test_a_business_gets_tax_beside_the_same_total(billed, track, customer):
    track()
    event = billed(customer(tax_id="04595257", invoice_title="海邊餐廳有限公司"), C20=2, C04=1)
    assert sums(event.invoice) == (1763, 88, 1851)
    assert (event.invoice.buyer_identifier, event.invoice.buyer_name) == ("04595257", "海邊餐廳有限公司")
    assert event.invoice.handling == "print"
    assert event.invoice.upload_due.isoformat() == "2026-11-30"
    assert check(bytes(EInvoiceSubmission.objects.get().xml)) == []
    assert verify() == []


@pytest.mark.parametrize(
    ("facts", "handling", "in_message"),
    [
        ({"carrier_type": "3J0002", "carrier_id": "/QK-7.+Z"}, "carrier", b"<CarrierId2>/QK-7.+Z<"),
        ({"donation_code": "925"}, "donation", b"<NPOBAN>925<"),
        ({}, "print", b"<PrintMark>Y<"),
    ],
)
def test_exactly_one_of_print_carrier_and_donation(billed, track, customer, facts, handling, in_message):
    track()
    event = billed(customer(**facts), C20=1)
    assert event.invoice.handling == handling
    xml = bytes(EInvoiceSubmission.objects.get().xml)
    assert in_message in xml
    assert check(xml) == []


def test_what_was_delivered_is_billed_not_what_was_ordered(billed, track):
    track()
    event = billed(ordered={"C20": 3}, C20=1, C16=2)
    assert [(line.product.name, int(line.quantity)) for line in event.invoice.lines.all()] == [
        ("20公斤", 1),
        ("16公斤", 2),
    ]
    assert event.invoice.total == 2121


def test_told_twice_is_invoiced_once(billed, track):
    track()
    event = billed(C20=1)
    happened = Event.objects.get(name="orders.order_delivered")
    with transaction.atomic():
        events.deliver(happened, "billing.invoice_delivery")
    invoicing.record_delivery(event.order_id, actor=ACTOR)
    invoicing.attempt(event, actor=ACTOR)
    assert Invoice.objects.count() == 1
    assert BillableEvent.objects.count() == 1
    assert NumberTrack.objects.get().next_number == 20000051


def test_a_missed_event_is_made_up_for_by_replay(delivered, track):
    track()
    delivered(C20=1)
    EventDelivery.objects.all().delete()
    assert events.replay(OrderDelivered, "billing.invoice_delivery") == 1
    tell()
    assert Invoice.objects.count() == 1


def test_nothing_delivered_and_the_old_systems_orders_bill_nothing(billed, delivered, track):
    track()
    event = billed(ordered={"C20": 1}, empties={"C20": 1})
    assert (event.state, event.reason_code) == ("nothing_due", "nothing_delivered")
    order = delivered(C20=1)
    Order.objects.filter(pk=order.pk).update(served_by="legacy")
    tell()
    event = BillableEvent.objects.get(order=order)
    assert (event.state, event.reason_code) == ("nothing_due", "legacy")
    assert Invoice.objects.count() == 0
    assert NumberTrack.objects.get().next_number == 20000050


def test_a_ledger_refuses_to_be_edited(billed, track):
    track()
    event = billed(C20=1)
    for change in (
        lambda: Invoice.objects.filter(pk=event.invoice.pk).update(total=1),
        lambda: event.invoice.lines.all().delete(),
        lambda: event.invoice.delete(),
        lambda: EInvoiceSubmission.objects.update(xml=b"other"),
        lambda: NumberTrack.objects.update(next_number=20000050),
        lambda: NumberTrack.objects.all().delete(),
        lambda: event.delete(),
    ):
        with pytest.raises((ProgrammingError, ProtectedError)) as refused, as_owner():
            change()
        assert "pgtrigger" in str(refused.value) or "protected foreign keys" in str(refused.value)
    assert Invoice.objects.get().total == Decimal(810)
