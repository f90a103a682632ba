from decimal import Decimal

import pytest
from django.db import transaction

from billing.models import BillableEvent, CashCount, Invoice, Payment, PaymentAllocation
from billing.queries import cash as cash_queries
from billing.services import balances, cash, payments
from billing.tests.conftest import ACTOR, tell
from billing.verifiers import verify
from customers.models import CustomerAccount
from dispatch.events import CashCollected
from luckygas.core import clock, events
from luckygas.core.errors import Refused
from luckygas.core.models import Event


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def account(customer) -> tuple[int, object]:
    row = CustomerAccount.objects.get(customer=customer)
    return int(row.open_balance), row.oldest_due


def pay(customer, amount, source="desk:1", **more) -> Payment:
    return payments.record_payment(
        customer, Decimal(amount), kind="transfer", source=source, actor=ACTOR, **more
    )


def collect(order, driver, amount, stop=1) -> None:
    """A driver's cash, told as dispatch tells it."""
    with transaction.atomic():
        events.publish(CashCollected(stop, order.pk, driver.pk, Decimal(amount), clock.now()))
    tell()


def test_a_monthly_customer_owes_until_he_pays(billed, track, customer, stand_at):
    track()
    buyer = customer(payment_method="monthly")
    first = billed(buyer, C20=1).invoice
    stand_at("2026-11-24 10:00")
    second = billed(buyer, C20=2).invoice
    assert account(buyer) == (2430, first.issued_at.astimezone(clock.TAIPEI).date())

    pay(buyer, 1000)
    assert [(one.invoice_id, int(one.amount)) for one in PaymentAllocation.objects.order_by("id")] == [
        (first.pk, 810),
        (second.pk, 190),
    ]
    assert account(buyer) == (1430, clock.today())
    pay(buyer, 1430, "desk:2")
    assert account(buyer) == (0, None)
    assert verify() == []


def test_paying_too_much_is_kept_and_pays_the_next_invoice(billed, track, customer):
    track()
    buyer = customer()
    billed(buyer, C20=1)
    pay(buyer, 1000)
    assert account(buyer) == (-190, None)
    invoice = billed(buyer, C20=1).invoice
    assert account(buyer) == (620, clock.today())
    assert balances.open_invoices(buyer.pk).get(pk=invoice.pk).open_amount == 620
    assert verify() == []


def test_cash_of_a_stop_pays_its_own_invoice_first(billed, track, customer, driver):
    track()
    buyer = customer()
    old = billed(buyer, C20=2).invoice
    event = billed(buyer, C20=1)
    collect(event.order, driver(), 810)
    assert list(PaymentAllocation.objects.values_list("invoice_id", "amount")) == [(event.invoice.pk, 810)]
    assert balances.open_invoices(buyer.pk).get().pk == old.pk


def test_cash_before_the_invoice_is_laid_on_it_later(delivered, track, driver):
    order = delivered(C20=1)
    collect(order, driver(), 810)
    assert BillableEvent.objects.get().state == "cannot"
    assert account(order.customer) == (-810, None)
    track()
    from billing.services import invoicing

    invoicing.retry_waiting(actor=ACTOR)
    assert account(order.customer) == (0, None)
    assert Invoice.objects.get().allocations.get().amount == 810


def test_cash_told_twice_is_one_payment(billed, track, driver):
    track()
    event = billed(C20=1)
    collect(event.order, driver(), 810)
    happened = Event.objects.get(name="dispatch.cash_collected")
    with transaction.atomic():
        events.deliver(happened, "billing.record_cash")
    assert Payment.objects.get().amount == 810
    assert PaymentAllocation.objects.count() == 1


def test_no_cash_is_no_payment(billed, track, driver):
    track()
    collect(billed(C20=1).order, driver(), 0)
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("amount", ["0", "-1", "0.5", "NaN", "Infinity", "1000000001"])
def test_what_is_no_amount_is_refused(customer, today, amount):
    buyer = customer()
    with pytest.raises(Refused, match="NT"):
        pay(buyer, amount)
    assert Payment.objects.count() == 0


def test_the_same_source_again(customer, today):
    buyer, other = customer(), customer()
    first = pay(buyer, 500)
    assert pay(buyer, 500).pk == first.pk
    for wrong in (lambda: pay(buyer, 501), lambda: pay(other, 500)):
        with pytest.raises(Refused) as refused:
            wrong()
        assert refused.value.code == "source"
    assert Payment.objects.get().amount == 500
    assert account(buyer) == (-500, None)


def test_a_payment_from_the_future(customer, today, stand_at):
    buyer = customer()
    moment = stand_at("2026-11-24 10:00")
    stand_at("2026-11-23 10:00")
    with pytest.raises(Refused):
        pay(buyer, 5, received_at=moment)
    assert Payment.objects.count() == 0


def test_counting_a_drivers_cash(billed, track, driver):
    track()
    one, other = driver(), driver()
    collect(billed(C20=1).order, one, 810, stop=1)
    collect(billed(C20=2).order, one, 1620, stop=2)
    collect(billed(C20=1).order, other, 810, stop=3)
    rows = cash_queries.day(clock.today())
    assert [(row.driver, row.stops, row.expected, row.difference) for row in rows] == [
        (one, 2, 2430, None),
        (other, 1, 810, None),
    ]
    with pytest.raises(Refused, match="2,430"):
        cash.count_cash(one, clock.today(), Decimal(2400), actor=ACTOR)
    assert CashCount.objects.count() == 0
    row = cash.count_cash(one, clock.today(), Decimal(2400), note="少三十", actor=ACTOR)
    assert (row.expected, row.counted, row.difference, row.actor_name) == (2430, 2400, -30, "test")
    assert cash.count_cash(other, clock.today(), Decimal(810), actor=ACTOR).difference == 0

    with pytest.raises(Refused):
        cash.count_cash(one, clock.today(), Decimal(2430), actor=ACTOR)
    again = cash.count_cash(one, clock.today(), Decimal(2430), note="找到了", actor=ACTOR)
    assert (again.pk, again.difference) == (row.pk, 0)
    assert CashCount.objects.count() == 2


def test_cash_that_comes_after_the_count_is_seen(billed, track, driver):
    track()
    one = driver()
    collect(billed(C20=1).order, one, 810, stop=1)
    cash.count_cash(one, clock.today(), Decimal(810), actor=ACTOR)
    collect(billed(C20=1).order, one, 810, stop=2)
    (row,) = cash_queries.day(clock.today())
    assert (row.expected, row.difference, row.came_later) == (1620, -810, True)
    assert [line for line in verify() if "D01" in line]


@pytest.mark.parametrize("counted", ["-1", "0.5", "NaN"])
def test_what_cannot_be_counted(driver, today, counted):
    with pytest.raises(Refused):
        cash.count_cash(driver(), clock.today(), Decimal(counted), note="x", actor=ACTOR)
    assert CashCount.objects.count() == 0


def test_a_day_to_come_is_not_counted(driver, today):
    from datetime import timedelta

    with pytest.raises(Refused):
        cash.count_cash(driver(), clock.today() + timedelta(days=1), Decimal(0), actor=ACTOR)
