"""No second order by mistake: for a caller whom the driver did not meet, and from a form sent twice."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from luckygas.core.errors import Refused
from orders.models import Order
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


def test_a_form_gone_back_to_and_filled_in_anew_is_no_silent_yes(customer, c20, prices, actor):
    key, buyer, other = uuid.uuid4(), customer("1400001"), customer("1400002")
    made = orders.create_order(buyer, [(c20, 2)], client_key=key, actor=actor)
    assert orders.create_order(buyer, [(c20, 2)], client_key=key, actor=actor) == made
    for caller, number in ((buyer, 3), (other, 2)):
        with pytest.raises(Refused) as refusal:
            orders.create_order(caller, [(c20, number)], client_key=key, actor=actor)
        assert (refusal.value.code, made.number in str(refusal.value)) == ("form_used", True)
    assert Order.objects.get().lines.get().quantity == 2
