"""A delivery to a metered customer moves cylinders and no money, whatever he is brought."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from orders.services import orders, pricing

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def metered(customer):
    return customer(pricing_method="by_flow")


def test_no_money_from_order_to_door(metered, c20, prices, vehicle, actor):
    order = orders.create_order(metered, [(c20, 2)], scheduled_date=TODAY, actor=actor)
    assert order.total_amount == 0
    orders.change_order(order, lines=[(c20, 3)], actor=actor)
    assert (order.total_amount, order.lines.get().unit_price) == (0, 950)
    orders.assign([order.pk], actor=actor)
    orders.record_delivery(order, quantities={c20.pk: 3}, vehicle_place=vehicle, actor=actor)
    assert (order.status, order.total_amount) == ("delivered", 0)


def test_no_money_when_a_price_comes_late(metered, c20, actor):
    order = orders.create_order(metered, [(c20, 2)], scheduled_date=TODAY, actor=actor)
    pricing.set_price(c20, Decimal(950), TODAY, actor=actor)
    order.refresh_from_db()
    assert (order.lacks_price, order.total_amount) == (False, 0)


def test_no_money_by_a_due_visit(metered, c20, prices, delivered_on, actor):
    delivered_on(metered, "2026-11-01", {c20: 2})
    metered.max_cycle_days = 5
    metered.save()
    made = orders.make_due(TODAY, actor=actor)
    assert made.made == 1
    assert metered.orders.get(pk=made.order_ids[0]).total_amount == 0


def test_the_desk_adds_nothing_up_for_him(metered, c20, prices, client_as):
    desk = f"/admin/orders/order/desk/?customer={metered.code}"
    html = client_as("office").get(desk).content.decode()
    field = html[html.index(f'name="q_{c20.pk}"') :]
    assert "data-metered" in field[: field.index(">")]
