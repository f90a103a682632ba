"""Every input an order refuses: the field is named, and nothing was written."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from customers.models import CustomerAccount
from luckygas.core.errors import Refused
from orders.models import Order, OrderCounter, OrderStatusChange
from orders.services import orders as service


def nothing_written():
    counts = (Order.objects.count(), OrderStatusChange.objects.count(), OrderCounter.objects.count())
    assert counts == (0, 0, 0)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"scheduled_date": dt.date(2026, 11, 22)}, "scheduled_date", "2026-11-22 is past; choose today"),
        ({"scheduled_date": dt.date(2026, 12, 24)}, "scheduled_date", "choose a day up to 2026-12-23"),
        ({"note": "x" * 501}, "note", "501 characters; 500 fit"),
        ({"slot": "night"}, "slot", "“night” is not a slot"),
        ({"window_start": dt.time(12), "window_end": dt.time(12)}, "window_end", "ends (12:00) before"),
        ({"source": "history"}, "source", "history import only"),
        ({"source": "fax"}, "source", "history import only"),
    ],
)
def test_a_bad_field_is_named(customer, order_of, c20, fields, field, said):
    buyer = customer()
    with pytest.raises(Refused) as refusal, translation.override("en"):
        order_of(buyer, (c20, 1), **fields)
    assert refusal.value.field == field
    with translation.override("en"):
        assert said in str(refusal.value)
    nothing_written()


@pytest.mark.parametrize("quantities", [(), (0,), (101,), (-1,), (60, 50), (1.5,), ("2",), (True,)])
def test_quantities_are_whole_and_from_0_to_100(customer, order_of, c20, quantities):
    buyer = customer()
    with pytest.raises(Refused) as refusal:
        order_of(buyer, *((c20, number) for number in quantities))
    assert refusal.value.field == "lines"
    nothing_written()


def test_the_thirtieth_day_and_a_hundred_cylinders_are_possible(customer, order_of, c20):
    order = order_of(customer(), (c20, 100), scheduled_date=dt.date(2026, 12, 23), note="x" * 500)
    assert order.lines.get().quantity == 100


def test_a_product_that_is_not_sold_any_more(customer, order_of, c20):
    c20.is_active = False
    c20.save()
    with pytest.raises(Refused) as refusal:
        order_of(customer(), (c20, 1))
    assert refusal.value.code == "product"
    nothing_written()


def test_a_customer_whose_contract_ended(customer, order_of, c20):
    with pytest.raises(Refused) as refusal:
        order_of(customer(status="terminated"), (c20, 1))
    assert refusal.value.code == "terminated"
    nothing_written()


def test_a_customer_on_hold(customer, order_of, c20):
    buyer = customer()
    CustomerAccount.objects.filter(customer=buyer).update(credit_hold=True, open_balance=41200)
    with pytest.raises(Refused) as refusal, translation.override("en"):
        order_of(buyer, (c20, 1))
    assert refusal.value.code == "credit_hold"
    assert str(refusal.value).endswith("is on hold with NT$ 41,200 open; settle that first.")
    CustomerAccount.objects.filter(customer=buyer).update(credit_reason="退票", credit_by="會計")
    with pytest.raises(Refused) as refusal, translation.override("en"):
        order_of(buyer, (c20, 1))
    assert str(refusal.value).endswith("settle that first. 會計 decided so: 退票")
    nothing_written()


def test_a_change_is_checked_like_a_new_order(customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    for bad in (
        {"lines": [(c20, 0)]},
        {"scheduled_date": dt.date(2026, 11, 1)},
        {"note": "x" * 501},
        {"slot": "night"},
    ):
        with pytest.raises(Refused):
            service.change_order(order, actor=actor, **bad)
    order.refresh_from_db()
    assert (order.version, order.slot, order.lines.get().quantity) == (1, "all_day", 1)
