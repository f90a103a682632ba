"""A date's orders and shifts as routing problems, one for each depot that has a crew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from customers.models.customer import VehicleRequirement
from customers.sheets.hours import SLOT_HOURS
from dispatch.models import Depot, Shift
from dispatch.models.fleet import DriverStatus, VehicleKind, VehicleStatus
from dispatch.routing import Depot as Base
from dispatch.routing import Problem, Stop
from dispatch.routing import Vehicle as Unit
from dispatch.services.fleet import NO_PERMIT_KG
from orders.models import Order, OrderLine, OrderSource, OrderStatus, ServedBy

HOUR = 3600
# Getting out, papers and money, then so long for each cylinder carried in and out.
SERVICE_S, SERVICE_PER_CYLINDER_S = 240, 90
MATRIX = "haversine × area factor"
# Visits we proposed ourselves wait when the customer is closed; what he ordered for the day does not.
OUR_OWN = {OrderSource.FORECAST, OrderSource.OVERDUE}


@dataclass
class Work:
    """One depot's share of the day."""

    depot: Depot
    problem: Problem
    approximate: set[int] = field(default_factory=set)


@dataclass
class Day:
    """What there is to plan: the problems, the orders no planner can place, and what to tell people."""

    works: list[Work]
    hopeless: list[tuple[int, str, dict[str, Any]]]
    notices: list[dict[str, Any]]

    @property
    def stop_count(self) -> int:
        return sum(len(work.problem.stops) for work in self.works)


def read(date: dt.date) -> Day:
    """Everything confirmed for the date or left over from before, and the crews of the date."""
    notices: list[dict[str, Any]] = []
    crews = _crews(date, notices)
    depots = {shift.vehicle.depot_id: shift.vehicle.depot for shift in crews}
    hopeless: list[tuple[int, str, dict[str, Any]]] = []
    stops: dict[int, list[Stop]] = {pk: [] for pk in depots}
    approximate: set[int] = set()
    for order in orders_for(date):
        stop, guessed, why, facts = _stop(order, date)
        if stop is None:
            hopeless.append((order.pk, why, facts))
            continue
        if not depots:
            hopeless.append((order.pk, "no_vehicles", {}))
            continue
        if guessed:
            approximate.add(order.pk)
        stops[_nearest(depots.values(), stop)].append(stop)
    if approximate:
        notices.append({"code": "approximate", "count": len(approximate)})
    works = [
        Work(
            depot,
            Problem(
                depot=_base(depot),
                stops=tuple(stops[pk]),
                vehicles=tuple(unit(shift) for shift in crews if shift.vehicle.depot_id == pk),
                name=f"{date} {depot.code}",
            ),
            approximate & {int(stop.id) for stop in stops[pk]},
        )
        for pk, depot in sorted(depots.items())
    ]
    return Day(works, hopeless, notices)


def orders_for(date: dt.date) -> Iterable[Order]:
    """Orders to be planned, by id: ours that are confirmed, for the date or left over, and the old system's of the date.

    The same crews drive the old system's orders, so they take time and load; when it drives them again is its say.
    """
    return (
        Order.objects.filter(status=OrderStatus.CONFIRMED, scheduled_date__lte=date)
        .filter(Q(served_by=ServedBy.OURS) | Q(served_by=ServedBy.LEGACY, scheduled_date=date))
        .exclude(source=OrderSource.HISTORY)
        .select_related("customer__area", "customer__availability")
        .prefetch_related(lines_with_products())
        .order_by("pk")
    )


def order_lines() -> QuerySet[OrderLine]:
    """Lines with their products, in the catalogue's order."""
    return OrderLine.objects.select_related("product").order_by("product__position")


def lines_with_products() -> Prefetch[Any]:
    """An order's lines, prefetched in the catalogue's order."""
    return Prefetch("lines", queryset=order_lines())


def weight(order: Order) -> int:
    """Kilograms of gas the order's full cylinders hold."""
    return sum(line.quantity * line.product.net_kg for line in order.lines.all())


def single_route(shift: Shift, orders: Iterable[Order]) -> Problem:
    """A problem of one crew and these orders: to check and to time a route someone made by hand.

    Every order is in it, one whose place nobody knows at the depot: whatever it takes to get there, it weighs.
    """
    base = _base(shift.vehicle.depot)
    stops = (_stop_at(order, shift.date, _place(order) or (base.lat, base.lon)) for order in orders)
    return Problem(depot=base, stops=tuple(stops), vehicles=(unit(shift),))


def unit(shift: Shift) -> Unit:
    """A shift as the planner sees it."""
    return Unit(
        id=shift.pk,
        capacity_kg=shift.vehicle.capacity_kg,
        shift=(_second(shift.start), _second(shift.end)),
        kind=shift.vehicle.kind,
        permit=shift.may_carry_over_50kg(),
    )


def _base(depot: Depot) -> Base:
    return Base(float(depot.lat), float(depot.lng), depot.load_minutes * 60)


def _crews(date: dt.date, notices: list[dict[str, Any]]) -> list[Shift]:
    crews = []
    shifts = Shift.objects.filter(date=date).select_related("vehicle__depot", "driver").order_by("pk")
    told: set[tuple[str, int]] = set()
    for shift in shifts:
        vehicle, driver = shift.vehicle, shift.driver
        if vehicle.status != VehicleStatus.ACTIVE:
            _tell(notices, told, "vehicle_out", vehicle.pk, plate=vehicle.plate)
            continue
        if driver.status != DriverStatus.ACTIVE:
            _tell(notices, told, "driver_out", driver.pk, name=driver.name)
            continue
        crews.append(shift)
        if vehicle.kind != VehicleKind.TRUCK or vehicle.capacity_kg <= NO_PERMIT_KG:
            continue
        if not vehicle.permit_no or vehicle.permit_valid_to is None:
            _tell(notices, told, "no_permit", vehicle.pk, plate=vehicle.plate)
        elif vehicle.permit_valid_to < date:
            ended = vehicle.permit_valid_to.isoformat()
            _tell(notices, told, "permit_expired", vehicle.pk, plate=vehicle.plate, date=ended)
        if not driver.hazmat_cert_no or driver.hazmat_valid_to is None:
            _tell(notices, told, "no_certificate", driver.pk, name=driver.name)
        elif driver.hazmat_valid_to < date:
            ended = driver.hazmat_valid_to.isoformat()
            _tell(notices, told, "certificate_expired", driver.pk, name=driver.name, date=ended)
    if not crews:
        notices.append({"code": "no_crews"})
    return crews


def _tell(
    notices: list[dict[str, Any]], told: set[tuple[str, int]], code: str, subject: int, **facts: str
) -> None:
    if (code, subject) not in told:
        told.add((code, subject))
        notices.append({"code": code} | facts)


def _stop(order: Order, date: dt.date) -> tuple[Stop | None, bool, str, dict[str, Any]]:
    """The order as a stop, whether its place is a guess; or None with why it is none."""
    customer = order.customer
    if order.source in OUR_OWN and customer.closed_on(date):
        return None, False, "closed", {}
    place = _place(order)
    if place is None:
        return None, False, "no_place", {}
    return _stop_at(order, date, place), is_approximate(order), "", {}


def is_approximate(order: Order) -> bool:
    """Whether the customer has no point of his own, so that his area's centre stands for it."""
    return order.customer.lat is None or order.customer.lng is None


def _place(order: Order) -> tuple[float, float] | None:
    """Latitude and longitude of the customer's point, else of his area's centre; None when he has neither."""
    customer = order.customer
    if customer.lat is not None and customer.lng is not None:
        return float(customer.lat), float(customer.lng)
    return (float(customer.area.lat), float(customer.area.lng)) if customer.area else None


def _stop_at(order: Order, date: dt.date, place: tuple[float, float]) -> Stop:
    customer, area = order.customer, order.customer.area
    lines = [line for line in order.lines.all() if line.quantity]
    kinds: tuple[str, ...] = ("truck", "motorcycle")
    if customer.vehicle_requirement == VehicleRequirement.TRUCK:
        kinds = ("truck",)
    elif customer.vehicle_requirement == VehicleRequirement.MOTORCYCLE:
        kinds = ("motorcycle",)
    return Stop(
        id=order.pk,
        lat=place[0],
        lon=place[1],
        kg=weight(order),
        windows=windows(order),
        service_s=SERVICE_S + SERVICE_PER_CYLINDER_S * sum(line.quantity for line in lines),
        vehicle_kinds=kinds,
        # What the old system promised is not ours to leave for another day.
        urgent=order.is_urgent
        or order.is_foreign
        or (order.latest_date is not None and order.latest_date <= date),
        factor=float(area.detour_factor) if area else None,
        speed_kmh=float(area.speed_kmh) if area else None,
    )


def windows(order: Order) -> tuple[tuple[int, int], ...]:
    """When the order may be served: what it was promised, within what the customer's door allows.

    Where the two share nothing the promise holds: the customer agreed to it.
    """
    open_at = order.customer.windows()
    if order.window_start is not None or order.window_end is not None:
        start = _second(order.window_start) if order.window_start else 0
        promised = (start, _second(order.window_end) if order.window_end else 24 * HOUR)
    else:
        hours = SLOT_HOURS[order.slot]
        promised = (hours.start * HOUR, hours.stop * HOUR)
    shared = [
        (max(start, promised[0]), min(end, promised[1]))
        for start, end in open_at
        if max(start, promised[0]) < min(end, promised[1])
    ]
    return tuple(shared) or (promised,)


def _second(time: dt.time) -> int:
    return time.hour * HOUR + time.minute * 60 + time.second


def _nearest(depots: Iterable[Depot], stop: Stop) -> int:
    """The depot next to a stop, as the crow flies; the difference of degrees is enough to compare."""
    return min(
        depots,
        key=lambda depot: (
            (float(depot.lat) - stop.lat) ** 2 + ((float(depot.lng) - stop.lon) * 0.92) ** 2,
            depot.pk,
        ),
    ).pk
