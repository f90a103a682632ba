# ruff: noqa: F811  (fixtures of another floor)
"""Each deed of both systems about one order is found and named, and what went before a hand-over is not."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.utils.translation import override

from customers.models import Occasion
from dispatch.models import RouteStop
from dispatch.tests.conftest import (  # noqa: F401  (its company)
    ACTOR,
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
from luckygas.core import clock, extend
from luckygas.core.events import publish
from luckygas.core.models import SmsMessage
from luckygas.core.testing import plant
from orders.events import ForeignOrderDelivered
from orders.models import Condition, Place
from orders.services import foreign
from orders.services.movements import Move, move_all
from pilot import one_owner


@pytest.fixture
def theirs(planned, order, customer, product):
    """A published day with one order of ours and one of the old system; the latter's number, row and stop."""
    row = foreign.take(
        customer(),
        [(product("C20"), 1)],
        number_there="WEB-1",
        scheduled_date=DAY,
        actor=ACTOR,
    )
    made = planned([order(), row])
    made.row, made.stop = row, RouteStop.objects.get(order=row)
    return made


def found():
    with override("en"):
        return one_owner.differences(DAY)


def test_a_day_with_both_systems_orders_is_sound(theirs, product):
    foreign.delivered(theirs.row, {product("C20").pk: 1}, at=clock.now(), actor=ACTOR)
    RouteStop.objects.filter(pk=theirs.stop.pk).update(status="delivered", done_at=clock.now())
    assert found() == []


def test_it_runs_at_the_end_of_each_day():
    assert dict(extend.verifiers.items())["one_owner"] is one_owner.differences


def test_on_our_road(theirs):
    plant(
        "ALTER TABLE orders_order DROP CONSTRAINT orders_order_foreign_status",
        "UPDATE orders_order SET status = 'in_delivery' WHERE id = %(id)s",
        values={"id": theirs.row.pk},
    )
    assert found() == [f"order {theirs.row.number} is the old system's and is “in_delivery” here"]


@pytest.mark.parametrize("planted", [{"arrived_at": True}, {"cash": Decimal(950)}])
def test_our_crew_worked_there(theirs, planted):
    values = {name: clock.now() if value is True else value for name, value in planted.items()}
    RouteStop.objects.filter(pk=theirs.stop.pk).update(status="delivered", done_at=clock.now(), **values)
    assert found() == [
        f"order {theirs.row.number} is the old system's, and our crew worked at its stop {theirs.stop.pk}"
    ]


def test_our_crew_signed_or_posted_there(theirs):
    from dispatch.models import DriverPost, Signature

    RouteStop.objects.filter(pk=theirs.stop.pk).update(status="delivered", done_at=clock.now())
    Signature.objects.create(stop=theirs.stop, png=b"\x89PNG")
    DriverPost.objects.create(
        uuid=uuid.uuid4(),
        kind="deliver",
        stop=theirs.stop,
        digest="x",
        occurred_at=clock.now(),
        outcome="done",
    )
    assert len(found()) == 1


def test_cylinders_moved_for_it(theirs, product):
    shop = theirs.route.shift.vehicle.depot.place
    goal = Place.objects.exclude(pk=shop.pk).earliest("pk")
    move_all(
        [Move(product("C20"), 3, Condition.FULL, shop, goal)],
        order=theirs.row,
        at=clock.now(),
        actor=ACTOR,
    )
    assert found() == [f"order {theirs.row.number} is the old system's, and 3 cylinders moved for it here"]


def test_we_took_money_for_it(theirs):
    from billing.models import Payment
    from tests.rows import row_of

    row_of(Payment, source=f"stop:{theirs.stop.pk}", amount=Decimal(950), customer=theirs.row.customer)
    assert found() == [f"order {theirs.row.number} is the old system's, and we took NT$ 950 for it"]


def test_we_invoiced_it(theirs):
    from billing.models import BillableEvent, Invoice
    from tests.rows import row_of

    event = row_of(BillableEvent, order=theirs.row, customer=theirs.row.customer)
    invoice = row_of(Invoice, event=event, customer=theirs.row.customer)
    assert found() == [
        f"order {theirs.row.number} is the old system's, and we issued invoice {invoice.number} for it"
    ]


def _told(order, at):
    return SmsMessage.objects.create(
        recipient="+886912345678", body="x", encoding="ucs2", parts=1, occasion=Occasion.OUT_FOR_DELIVERY,
        provider="twilio", once_key=f"{order.pk}{at}", subject=f"order:{order.pk}", created_at=at,
    )  # fmt: skip


def test_we_announced_it(theirs):
    _told(theirs.row, clock.now() + dt.timedelta(minutes=1))
    assert found() == [
        f"order {theirs.row.number} is the old system's, and we announced it ({Occasion.OUT_FOR_DELIVERY.value})"
    ]


def test_what_we_announced_before_it_was_handed_over_is_right(today, order):
    one = order()
    _told(one, clock.now())
    clock.freeze(clock.now() + dt.timedelta(minutes=5))
    foreign.hand_over(one, "legacy", reason="退出試辦", actor=ACTOR)
    assert found() == []
    _told(one, clock.now() + dt.timedelta(minutes=5))
    assert len(found()) == 1
    SmsMessage.objects.update(status="expired")  # made, and never sent
    assert found() == []


@pytest.mark.parametrize("status", ["queued", "held"])
def test_what_we_would_still_announce(today, order, status):
    one = order()
    message = _told(one, clock.now())
    clock.freeze(clock.now() + dt.timedelta(minutes=5))
    foreign.hand_over(one, "legacy", reason="退出試辦", actor=ACTOR)
    message.refresh_from_db()
    assert message.status == "expired"
    SmsMessage.objects.update(status=status)
    assert found() == [
        f"order {one.number} is the old system's, and we announced it ({Occasion.OUT_FOR_DELIVERY.value})"
    ]


def test_the_old_system_delivered_ours(today, order):
    one = order()
    publish(ForeignOrderDelivered(one.pk, one.customer_id, clock.now()))
    assert found() == [f"order {one.number} is ours, and the old system delivered it on 2026-11-23"]
