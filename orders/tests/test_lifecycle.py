"""The life of an order: every step noted, forbidden ones refused, and nothing changed by a refusal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from luckygas.core import clock
from luckygas.core.errors import Busy, Refused
from luckygas.core.models import Event
from luckygas.core.testing import as_owner
from orders.models import Order, OrderStatus, OrderStatusChange
from orders.services import orders as service

TODAY = dt.date(2026, 11, 23)


def steps(order):
    return [(row.old, row.new, row.actor_name, row.reason) for row in order.status_changes.order_by("id")]


def test_an_order_is_taken_confirmed_priced_and_numbered(customer, order_of, c20, product):
    buyer = customer(payment_method="monthly")
    order = order_of(buyer, (c20, 2), (product("GAS-C16-R"), 1), slot="morning", note=" 後門 ")
    assert (order.number, order.status, order.source) == ("O-20261123-000001", "confirmed", "phoned")
    assert (order.total_amount, order.lacks_price, order.note) == (Decimal(2660), False, "後門")
    assert (order.payment_method, order.slot, order.created_by) == ("monthly", "morning", "test")
    assert [(line.product.sku, line.quantity, line.unit_price) for line in order.lines.all()] == [
        ("GAS-C20-R", 2, Decimal(950)),
        ("GAS-C16-R", 1, Decimal(760)),
    ]
    assert steps(order) == [("", "confirmed", "test", "")]
    assert order_of(buyer, (c20, 1)).number == "O-20261123-000002"


def test_metered_gas_costs_nothing_before_the_meter_is_read(customer, order_of, product):
    order = order_of(customer(pricing_method="by_flow"), (product("GAS-F50-R"), 4))
    assert (order.total_amount, order.lacks_price) == (Decimal(0), False)


def test_from_confirmed_to_delivered(customer, order_of, c20, vehicle, actor):
    order = order_of(customer(), (c20, 2))
    assert service.assign([order.pk], actor=actor) == [order.pk]
    assert service.start_delivery([order.pk], actor=actor) == [order.pk]
    service.record_delivery(order, quantities={c20.pk: 2}, vehicle_place=vehicle, actor=actor)
    assert (order.status, order.version, order.delivered_at) == ("delivered", 4, clock.now())
    assert [(old, new) for old, new, _name, _reason in steps(order)] == [
        ("", "confirmed"),
        ("confirmed", "assigned"),
        ("assigned", "in_delivery"),
        ("in_delivery", "delivered"),
    ]


def test_only_confirmed_orders_are_assigned_and_the_rest_stay(customer, order_of, c20, actor):
    buyer = customer()
    wanted, gone = order_of(buyer, (c20, 1)), order_of(buyer, (c20, 1))
    service.cancel_order(gone, reason="客戶取消", actor=actor)
    assert service.assign([wanted.pk, gone.pk, 999_999], actor=actor) == [wanted.pk]
    assert service.unassign([wanted.pk, gone.pk], reason="重新規劃", actor=actor) == [wanted.pk]
    wanted.refresh_from_db()
    assert wanted.status == "confirmed"
    assert steps(wanted)[-1] == ("assigned", "confirmed", "test", "重新規劃")


def test_cancelling_needs_a_reason_and_is_told_above(customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    with pytest.raises(Refused) as refusal:
        service.cancel_order(order, reason="  ", actor=actor)
    assert refusal.value.field == "reason"
    order.refresh_from_db()
    assert order.status == "confirmed"
    service.cancel_order(order, reason="重複訂單", actor=actor)
    service.cancel_order(order, reason="again", actor=actor)
    assert steps(order)[1:] == [("confirmed", "cancelled", "test", "重複訂單")]
    told = Event.objects.get(name="orders.order_cancelled")
    assert (told.payload["order_id"], told.payload["was"]) == (order.pk, "confirmed")


def test_what_is_on_its_way_or_delivered_is_not_cancelled(customer, order_of, c20, actor, vehicle):
    order = order_of(customer(), (c20, 1))
    service.assign([order.pk], actor=actor)
    service.start_delivery([order.pk], actor=actor)
    with pytest.raises(Refused):
        service.cancel_order(order, reason="late", actor=actor)
    service.record_delivery(order, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    with pytest.raises(Refused):
        service.cancel_order(order, reason="late", actor=actor)
    order.refresh_from_db()
    assert order.status == "delivered"
    assert not Event.objects.filter(name="orders.order_cancelled").exists()


@pytest.mark.parametrize("old", OrderStatus.values)
def test_the_table_is_the_only_way(old):
    allowed = {
        "pending": {"confirmed", "cancelled"},
        "confirmed": {"assigned", "cancelled"},
        "assigned": {"confirmed", "in_delivery", "delivered", "failed", "cancelled"},
        "in_delivery": {"delivered", "failed"},
        "failed": {"confirmed", "cancelled"},
        "delivered": set(),
        "cancelled": set(),
    }
    assert {new for new in OrderStatus.values if Order.MACHINE.allows(old, new)} == allowed[old]


def test_a_form_made_from_an_older_version_is_refused(customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    service.change_order(order, lines=[(c20, 2)], expected_version=1, actor=actor)
    with pytest.raises(Busy) as refusal:
        service.change_order(order, lines=[(c20, 5)], expected_version=1, actor=actor)
    assert refusal.value.code == "version"
    with pytest.raises(Busy):
        service.cancel_order(order, reason="x", expected_version=1, actor=actor)
    order.refresh_from_db()
    assert (order.version, order.total_amount, order.status) == (2, Decimal(1900), "confirmed")
    assert [line.quantity for line in order.lines.all()] == [2]


def test_a_planned_order_is_not_changed(customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    service.assign([order.pk], actor=actor)
    with pytest.raises(Refused) as refusal:
        service.change_order(order, lines=[(c20, 2)], actor=actor)
    assert refusal.value.code == "not_editable"
    assert order.lines.get().quantity == 1


def test_a_failed_order_is_confirmed_again_by_a_new_day(customer, order_of, c20, actor):
    order = order_of(customer(), (c20, 1))
    service.assign([order.pk], actor=actor)
    service.record_failure(order, reason_code="absent", note="鐵門關著", actor=actor)
    assert (order.status, order.failure) == ("failed", "absent")
    assert steps(order)[-1][3].endswith("鐵門關著")
    assert Event.objects.get(name="orders.order_failed").payload["reason_code"] == "absent"
    with pytest.raises(Refused) as refusal:
        service.change_order(order, note="x", actor=actor)
    assert refusal.value.field == "scheduled_date"
    service.change_order(order, scheduled_date=dt.date(2026, 11, 24), slot="evening", actor=actor)
    assert (order.status, order.failure, order.slot) == ("confirmed", "", "evening")
    assert order.scheduled_date == dt.date(2026, 11, 24)


def test_the_last_order_is_repeated(customer, delivered_on, order_of, c20, product, actor):
    buyer = customer()
    with pytest.raises(Refused) as refusal:
        service.repeat_last(buyer, actor=actor)
    assert refusal.value.code == "nothing_to_repeat"
    delivered_on(buyer, "2026-11-01", {c20: 5})
    delivered_on(buyer, "2026-11-10", {c20: 2, product("GAS-C16-R"): 1})
    order = service.repeat_last(buyer, actor=actor)
    assert {line.product.sku: line.quantity for line in order.lines.all()} == {"GAS-C20-R": 2, "GAS-C16-R": 1}
    assert (order.source, order.scheduled_date) == ("phoned", TODAY)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23 13:59", dt.date(2026, 11, 23)),
        ("2026-11-23 14:00", dt.date(2026, 11, 24)),
        ("2026-11-21 15:00", dt.date(2026, 11, 23)),  # Saturday afternoon: Monday
        ("2026-11-22 09:00", dt.date(2026, 11, 23)),  # Sunday
    ],
)
def test_orders_are_for_today_until_the_cut_off_of_a_working_day(stand_at, now, expected):
    stand_at(now)
    assert service.default_date() == expected


def test_only_the_importer_writes_history(customer, order_of, c20, actor):
    buyer = customer()
    order = order_of(buyer, (c20, 1))
    with pytest.raises(Refused) as refusal:
        order_of(buyer, (c20, 1), source="history")
    assert refusal.value.field == "source"
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(
            source="history", status="delivered", delivered_at=clock.now(), occurrence=1, total_amount=0
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.create(
            number="O-20261123-999999",
            customer=buyer,
            source="history",
            status="delivered",
            scheduled_date=TODAY,
            delivered_at=clock.now(),
            occurrence=1,
        )
    assert list(Order.objects.values_list("source", "status")) == [("phoned", "confirmed")]


def test_steps_are_never_rewritten(customer, order_of, c20):
    order = order_of(customer(), (c20, 1))
    with pytest.raises(ProgrammingError, match="pgtrigger"), as_owner():
        OrderStatusChange.objects.filter(order=order).update(reason="x")
    with pytest.raises(ProgrammingError, match="pgtrigger"), as_owner():
        OrderStatusChange.objects.filter(order=order).delete()
    assert steps(order) == [("", "confirmed", "test", "")]
