"""The crews of the day: they arrive when planned, deliver or find nobody, take cash, read meters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Sum

from billing.queries.cash import collected_otherwise
from dispatch.models import DayPlan, RouteStop
from dispatch.services import stops
from luckygas.core.actor import Actor
from luckygas.core.money import round_half_up
from luckygas.workday.chance import chance, key_of
from luckygas.workday.wall import Wall
from orders.models import MeterReading, OrderLine

ABSENT = 0.03
SHORT = 0.02
CASH = {"cash", "cod"}
AT_THE_DOOR = dt.timedelta(minutes=4)
#: A signature as a phone draws it, one transparent pixel.
SIGNATURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def remaining(plan: DayPlan) -> list[RouteStop]:
    """Our stops of a published plan that wait to be driven, with all that a crew knows."""
    waiting = RouteStop.objects.filter(route__plan=plan, status__in=["pending", "arrived"], is_live=True)
    return list(
        waiting.filter(order__served_by="ours")
        .select_related("route__shift__driver", "order__customer")
        .order_by("eta", "pk")
    )


def purses(plan: DayPlan | None) -> dict[int, Decimal]:
    """Driver id → the cash of his stops that day; drivers who took none have 0.

    Where a person said since that a stop's cash was told wrongly, the purse holds what he said.
    """
    if plan is None:
        return {}
    stops_of = RouteStop.objects.filter(route__plan=plan).values("route__shift__driver")
    found = {
        row["route__shift__driver"]: row["taken"] or Decimal(0)
        for row in stops_of.annotate(taken=Sum("cash"))
    }
    for driver_id, amount in collected_otherwise(plan.date).items():
        if driver_id in found:
            found[driver_id] += amount
    return found


def drive(seed: int, wall: Wall, plan: DayPlan) -> Iterator[RouteStop]:
    """Drive what is left of the day in the order things happen: arrivals and, some minutes later, deliveries.

    Yields each stop when it is done. Posts carry the same UUID when a killed run is repeated.
    """
    deeds: list[tuple[dt.datetime, int, RouteStop]] = []
    for stop in remaining(plan):
        expected = stop.eta or wall.at(10)
        deeds.append((expected, 0, stop))
        deeds.append((expected + AT_THE_DOOR, 1, stop))
    for instant, deed, stop in sorted(deeds, key=lambda entry: (entry[0], entry[1], entry[2].pk)):
        wall.stand_at(instant)
        driver = stop.route.shift.driver
        actor = Actor.driver(driver.pk, driver.name)
        if deed == 0:
            stops.arrive(stop, post_uuid=key_of(seed, wall.date, "arrive", stop.pk), actor=actor)
        else:
            _finish(seed, wall, stop, actor)
            yield stop


def _finish(seed: int, wall: Wall, stop: RouteStop, actor: Actor) -> None:
    stream = chance(seed, wall.date, "stop", stop.order_id)
    if stream.random() < ABSENT:
        post_uuid = key_of(seed, wall.date, "fail", stop.pk)
        stops.fail(stop, post_uuid=post_uuid, reason="absent", note="按鈴無人應門", actor=actor)
        return
    lines = list(OrderLine.objects.filter(order_id=stop.order_id).select_related("product"))
    quantities = {line.product_id: line.quantity for line in lines}
    if stream.random() < SHORT and sum(quantities.values()) > 1:
        most = max(quantities, key=lambda product: quantities[product])
        quantities[most] -= 1
    stops.deliver(
        stop,
        post_uuid=key_of(seed, wall.date, "deliver", stop.pk),
        quantities=quantities,
        empties=dict(quantities),
        meter_reading=_meter(seed, stop, lines, quantities),
        cash=_cash(stop, lines, quantities),
        signature=SIGNATURE,
        actor=actor,
    )


def _cash(stop: RouteStop, lines: list[OrderLine], quantities: dict[int, int]) -> Decimal:
    """What a customer who pays at the door owes for what was left there, in whole NT$."""
    if stop.order.payment_method not in CASH or stop.order.customer.is_metered:
        return Decimal(0)
    owed = sum(
        ((line.unit_price or Decimal(0)) * quantities[line.product_id] for line in lines), start=Decimal(0)
    )
    return round_half_up(owed)


def _meter(seed: int, stop: RouteStop, lines: list[OrderLine], quantities: dict[int, int]) -> Decimal | None:
    """What the meter shows: the last reading and most of the gas that was delivered since; None without one."""
    customer = stop.order.customer
    if not customer.is_metered:
        return None
    last = MeterReading.objects.filter(customer=customer).order_by("-read_at", "-pk").first()
    if last is None:
        return Decimal(chance(seed, "meter", customer.pk).randrange(800_000, 5_000_000)) / 1000
    kilograms = sum(line.product.size_kg * quantities[line.product_id] for line in lines)
    used = Decimal(kilograms) * Decimal(chance(seed, stop.pk, "used").randrange(850, 990)) / 1000
    return last.value + used.quantize(Decimal("0.001"))
