"""At the door: real quantities, empties, meters, and cylinders that are always somewhere."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db.utils import ProgrammingError

from luckygas.core import clock
from luckygas.core.errors import Refused
from luckygas.core.models import Event
from luckygas.core.testing import as_owner
from orders import verify
from orders.models import CylinderMovement, MeterReading, Order, OrderLine, Place
from orders.queries import cylinders_out, stock
from orders.services import movements, pricing
from orders.services import orders as service

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def on_the_way(order_of, actor):
    def take(customer, *lines):
        order = order_of(customer, *lines)
        service.assign([order.pk], actor=actor)
        service.start_delivery([order.pk], actor=actor)
        return order

    return take


def by_sku(place):
    return {(product.sku, condition): number for (product, condition), number in stock(place).items()}


def test_cylinders_go_from_the_vehicle_to_the_customer_and_empties_back(
    customer, on_the_way, c20, product, vehicle, actor
):
    buyer, c16 = customer(), product("GAS-C16-R")
    order = on_the_way(buyer, (c20, 2), (c16, 1))
    at = clock.now() - dt.timedelta(minutes=5)
    service.record_delivery(
        order,
        quantities={c20.pk: 3, c16.pk: 1},
        empties={c20.pk: 2},
        full_returned={c16.pk: 1},
        vehicle_place=vehicle,
        at=at,
        actor=actor,
    )
    lines = {line.product.sku: line for line in order.lines.all()}
    twenty = lines["GAS-C20-R"]
    assert (twenty.quantity, twenty.delivered_quantity, twenty.empties_returned) == (2, 3, 2)
    assert lines["GAS-C16-R"].full_returned == 1
    assert (order.total_amount, order.delivered_at) == (Decimal(3 * 950 + 760), at)
    assert by_sku(buyer.place) == {("GAS-C20-R", "full"): 1}
    assert by_sku(vehicle) == {("GAS-C20-R", "full"): -3, ("GAS-C20-R", "empty"): 2}
    assert cylinders_out([buyer.pk]) == {buyer.pk: {"GAS-C20-R": 1}}
    assert {row.occurred_at for row in order.movements.all()} == {at}
    event = Event.objects.get(name="orders.order_delivered")
    assert event.payload == {
        "order_id": order.pk,
        "customer_id": buyer.pk,
        "date": "2026-11-23",
        "at": at.isoformat(),
        "meter_reading_id": None,
        "is_metered": False,
    }
    assert verify.differences(TODAY) == []


def test_cylinders_at_the_site_count_with_what_came_since(customer, on_the_way, c20, vehicle, actor):
    buyer = customer()
    buyer.cylinders.create(kind="GAS-C20-R", quantity=3)
    order = on_the_way(buyer, (c20, 2))
    service.record_delivery(
        order, quantities={c20.pk: 2}, empties={c20.pk: 2}, vehicle_place=vehicle, actor=actor
    )
    assert cylinders_out([buyer.pk]) == {buyer.pk: {"GAS-C20-R": 3}}


def test_a_product_that_came_up_at_the_door_gets_a_line_and_a_price(
    customer, on_the_way, c20, product, vehicle, actor
):
    order, c50 = on_the_way(customer(), (c20, 1)), product("GAS-C50-R")
    service.record_delivery(order, quantities={c50.pk: 1}, vehicle_place=vehicle, actor=actor)
    assert list(order.lines.values_list("product__sku", "quantity", "delivered_quantity", "unit_price")) == [
        ("GAS-C50-R", 0, 1, Decimal(2375)),
        ("GAS-C20-R", 1, 0, Decimal(950)),
    ]
    assert order.total_amount == Decimal(2375)


def test_a_meter_is_read_and_only_where_there_is_one(customer, on_the_way, product, c20, vehicle, actor):
    f50 = product("GAS-F50-R")
    metered = on_the_way(customer("1400200", pricing_method="by_flow"), (f50, 2))
    service.record_delivery(
        metered,
        quantities={f50.pk: 2},
        meter_reading=Decimal("123.4567"),
        vehicle_place=vehicle,
        actor=actor,
    )
    reading = MeterReading.objects.get(order=metered)
    assert (reading.value, reading.read_at) == (Decimal("123.457"), metered.delivered_at)
    payload = Event.objects.get(name="orders.order_delivered").payload
    assert (payload["meter_reading_id"], payload["is_metered"]) == (reading.pk, True)
    assert metered.total_amount == 0

    plain = on_the_way(customer("1400201"), (c20, 1))
    with pytest.raises(Refused) as refusal:
        service.record_delivery(
            plain, quantities={c20.pk: 1}, meter_reading=Decimal(5), vehicle_place=vehicle, actor=actor
        )
    assert refusal.value.code == "no_meter"
    assert MeterReading.objects.count() == 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"quantities": {}}, "empty"),
        ({"quantities": {"c20": 0}}, "empty"),
        ({"quantities": {"c20": 101}}, "quantity"),
        ({"quantities": {"c20": -1}}, "quantity"),
        ({"quantities": {"c20": 1.0}}, "quantity"),
        ({"quantities": {"c20": 1}, "empties": {"c20": True}}, "quantity"),
        ({"quantities": {"unknown": 1}}, "product"),
        ({"quantities": {"c20": 1}, "meter_reading": Decimal(-1)}, "reading"),
        ({"quantities": {"c20": 1}, "meter_reading": Decimal("NaN")}, "reading"),
        ({"quantities": {"c20": 1}, "meter_reading": Decimal(10) ** 40}, "reading"),
    ],
)
def test_a_bad_delivery_changes_nothing(customer, on_the_way, c20, vehicle, actor, bad, code):
    order = on_the_way(customer(pricing_method="by_flow"), (c20, 1))
    ids = {"c20": c20.pk, "unknown": 999_999}
    bad = {
        name: {ids[key]: number for key, number in value.items()} if isinstance(value, dict) else value
        for name, value in bad.items()
    }
    with pytest.raises(Refused) as refusal:
        service.record_delivery(order, vehicle_place=vehicle, actor=actor, **bad)
    assert refusal.value.code == code
    order.refresh_from_db()
    assert (order.status, order.lines.get().delivered_quantity) == ("in_delivery", None)
    assert (CylinderMovement.objects.count(), Event.objects.count()) == (0, 0)


def test_a_delivery_is_recorded_once(customer, on_the_way, c20, vehicle, actor):
    order = on_the_way(customer(), (c20, 1))
    service.record_delivery(order, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    with pytest.raises(Refused):
        service.record_delivery(order, quantities={c20.pk: 1}, vehicle_place=vehicle, actor=actor)
    assert (CylinderMovement.objects.count(), Event.objects.count()) == (1, 1)


def test_an_unknown_reason_of_failure_is_refused(customer, on_the_way, c20, actor):
    order = on_the_way(customer(), (c20, 1))
    with pytest.raises(Refused) as refusal:
        service.record_failure(order, reason_code="lazy", actor=actor)
    assert refusal.value.field == "reason_code"
    order.refresh_from_db()
    assert order.status == "in_delivery"


def test_without_a_price_the_delivery_is_kept_and_priced_when_there_is_one(
    customer, c20, product, vehicle, actor
):
    c16 = product("GAS-C16-R")
    pricing.set_price(c16, Decimal(760), TODAY, actor=actor)
    order = service.create_order(customer(), [(c20, 2), (c16, 1)], scheduled_date=TODAY, actor=actor)
    assert (order.total_amount, order.lacks_price) == (Decimal(760), True)
    service.assign([order.pk], actor=actor)
    service.record_delivery(order, quantities={c20.pk: 3, c16.pk: 1}, vehicle_place=vehicle, actor=actor)
    assert (order.status, order.lacks_price) == ("delivered", True)
    pricing.set_price(c20, Decimal(950), TODAY, actor=actor)
    order.refresh_from_db()
    assert (order.total_amount, order.lacks_price) == (Decimal(3 * 950 + 760), False)


def test_a_total_is_rounded_once_half_up(customer, c20, product, actor):
    c16 = product("GAS-C16-R")
    pricing.set_price(c20, Decimal("0.2500"), TODAY, actor=actor)
    pricing.set_price(c16, Decimal("0.2500"), TODAY, actor=actor)
    order = service.create_order(customer(), [(c20, 1), (c16, 1)], scheduled_date=TODAY, actor=actor)
    assert order.total_amount == Decimal(1)


def test_movements_leave_one_place_and_reach_another(vehicle, c20, actor):
    plant = Place.objects.get(kind="plant")
    movements.move(c20, 30, condition="full", from_place=plant, to_place=vehicle, actor=actor)
    movements.move(c20, 5, condition="full", from_place=vehicle, to_place=plant, actor=actor)
    assert by_sku(vehicle) == {("GAS-C20-R", "full"): 25}
    assert by_sku(plant) == {("GAS-C20-R", "full"): -25}
    bad: list[dict[str, Any]] = [
        {"quantity": 0},
        {"quantity": 10_001},
        {"to_place": plant},
        {"condition": "half"},
        {"left_as": "half"},
    ]
    for fields in bad:
        wanted: dict[str, Any] = {
            "quantity": 1,
            "condition": "full",
            "from_place": plant,
            "to_place": vehicle,
        } | fields
        with pytest.raises(Refused):
            movements.move(c20, wanted.pop("quantity"), actor=actor, **wanted)
    assert CylinderMovement.objects.count() == 2


def test_movements_and_readings_are_never_rewritten(vehicle, c20, actor, customer):
    plant = Place.objects.get(kind="plant")
    row = movements.move(c20, 1, condition="full", from_place=plant, to_place=vehicle, actor=actor)
    reading = MeterReading.objects.create(customer=customer(), read_at=clock.now(), value=1)
    for queryset in (
        CylinderMovement.objects.filter(pk=row.pk),
        MeterReading.objects.filter(pk=reading.pk),
    ):
        with pytest.raises(ProgrammingError, match="pgtrigger"), as_owner():
            queryset.delete()
    with pytest.raises(ProgrammingError, match="pgtrigger"), as_owner():
        CylinderMovement.objects.update(quantity=2)
    assert by_sku(vehicle) == {("GAS-C20-R", "full"): 1}


def test_the_verifier_names_the_order_whose_story_differs(customer, on_the_way, c20, vehicle, actor):
    buyer = customer()
    order = on_the_way(buyer, (c20, 2))
    service.record_delivery(order, quantities={c20.pk: 2}, vehicle_place=vehicle, actor=actor)
    assert verify.differences(TODAY) == []
    OrderLine.objects.filter(order=order).update(delivered_quantity=3)
    assert [order.number in text for text in verify.differences(TODAY)] == [True]
    OrderLine.objects.filter(order=order).update(delivered_quantity=2)
    waiting = on_the_way(buyer, (c20, 1))
    movements.move(
        c20, 1, condition="full", from_place=vehicle, to_place=buyer.place, order=waiting, actor=actor
    )
    assert [waiting.number in text for text in verify.differences(TODAY)] == [True]
    assert verify.differences(TODAY - dt.timedelta(days=1)) == []
    assert Order.objects.filter(status="delivered").count() == 1
