"""What ``run_day`` holds a day against, each proved by damage that it must find and name."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from billing.models import EInvoiceSubmission, NumberTrack
from billing.services.cash import count_cash
from dispatch.models import RouteStop
from dispatch.services import stops
from dispatch.tests.conftest import (  # noqa: F401  (fixtures)
    DAY,
    customer,
    depot,
    driver,
    order,
    planned,
    product,
    today,
    vehicle,
)
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.testing import plant
from luckygas.workday import invariants
from luckygas.workday.driving import purses
from luckygas.workday.filing import settle_events

SELLER = "22099131"
DAMAGE = [
    (
        "UPDATE orders_cylindermovement SET quantity = quantity + 1 WHERE quantity = 2"
        " AND to_place_id IN (SELECT id FROM orders_place WHERE kind = 'customer')",
        "3 full cylinders went out, 4 were delivered and 0 came back",
    ),
    (
        "DELETE FROM orders_cylindermovement WHERE condition = 'empty' AND quantity = 3"
        " AND to_place_id IN (SELECT id FROM orders_place WHERE kind = 'shop')",
        "vehicle TRK-0001 still has 3 cylinders on board",
    ),
    (
        "UPDATE billing_billableevent SET happened_at = happened_at - interval '9 days', order_id ="
        " (SELECT id FROM orders_order WHERE status = 'confirmed') WHERE state = 'invoiced' AND id ="
        " (SELECT min(id) FROM billing_billableevent)",
        "was delivered and has 0 billable events",
    ),
    (
        "UPDATE billing_billableevent SET state = 'cannot', reason_code = 'no_track'",
        "(cannot) has 1 invoices",
    ),
    (
        "UPDATE billing_invoice SET number = 'QA00000060' WHERE number = 'QA00000051'",
        "after invoice QA00000050 the number QA00000051 of its range is missing",
    ),
    (
        "UPDATE dispatch_routestop SET cash = 1901 WHERE cash = 1900",
        "took NT$ 1901 in cash, its payment says NT$ 1900",
    ),
    ("UPDATE billing_cashcount SET counted = counted - 5", "NT$ 3610 expected, NT$ 3605 counted"),
    ("UPDATE billing_einvoicesubmission SET status = 'queued'", "EInvoiceSubmission: 3 rows are not final"),
    ("UPDATE core_eventdelivery SET status = 'failed'", "core.EventDelivery: 6 rows are not final"),
    ("DELETE FROM billing_paymentallocation; DELETE FROM billing_payment WHERE amount = 950", "billing: "),
]


@pytest.fixture
def sound_day(planned: Any, order: Any, settings: Any, tmp_path: Any, monkeypatch: Any) -> None:  # noqa: F811
    """Three deliveries paid at the door, invoiced and confirmed, the cash counted, and an order for later."""
    settings.SELLER_UBN, settings.SELLER_NAME = SELLER, "幸福氣瓦斯行"
    settings.TURNKEY_DIR = tmp_path
    range_of = {"first": 50, "last": 99, "next_number": 50}
    NumberTrack.objects.create(seller=SELLER, period="11512", letters="QA", **range_of)
    day = planned([order(C20=2), order(C20=1), order(C16=1)])
    order()
    me = Actor.driver(day.driver.pk, day.driver.name)
    for stop in RouteStop.objects.select_related("route__shift__driver", "order"):
        counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
        cash = stop.order.total_amount
        stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, empties=counts, cash=cash, actor=me)
    settle_events()
    EInvoiceSubmission.objects.update(status="done", done_at=clock.now())
    count_cash(day.driver, DAY, purses(day.plan)[day.driver.pk], actor=Actor.system("test"))
    assert invariants.broken(DAY) == []


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_damage_is_found_and_named(sound_day: None, damage: str, named: str) -> None:
    plant(*damage.split(";"))

    found = invariants.broken(DAY)

    assert [line for line in found if named in line], found
