"""A caller whom the driver did not meet: the desk offers the order that waits for a new day."""

from __future__ import annotations

import datetime as dt

from orders.services import orders


def test_an_order_that_could_not_be_delivered_is_offered_first(customer, c20, order_of, actor, client_as):
    buyer = customer()
    order = order_of(buyer, (c20, 2))
    orders.assign([order.pk], actor=actor)
    orders.record_failure(order, reason_code="absent", actor=actor)
    page = client_as("office").get(f"/admin/orders/order/desk/?customer={buyer.code}").content.decode()
    assert f"?order={order.pk}" in page
    assert order.number in page
    orders.change_order(order, scheduled_date=dt.date(2026, 11, 24), actor=actor)
    assert (order.status, buyer.orders.count()) == ("confirmed", 1)
