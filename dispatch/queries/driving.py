"""What a driver sees: his routes of the day and their stops."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from customers.models import Customer
from customers.sheets.phones import national
from dispatch.models import Driver, Route, RouteStop
from dispatch.models.plan import PlanStatus, RouteStatus, StopStatus
from dispatch.queries.due import amount_due, pays_at_the_door
from dispatch.services.day import order_lines, windows
from orders.models import OrderLine

UNDONE = (StopStatus.PENDING, StopStatus.ARRIVED)


@dataclass(frozen=True)
class Door:
    """A stop as it fills the driver's screen."""

    stop: RouteStop
    customer: Customer
    lines: list[OrderLine]
    window: str
    phone: str
    phone_link: str
    map_link: str
    due: Decimal
    is_paid_here: bool
    is_metered: bool

    @property
    def summary(self) -> str:
        """20公斤 × 2、16公斤 × 1"""
        return "、".join(f"{line.product.name} × {line.quantity}" for line in self.lines)

    @property
    def empties(self) -> int:
        """How many come back if all is as ordered: each full cylinder for an empty one."""
        return sum(line.quantity for line in self.lines)


def routes_of(driver: Driver, date: dt.date) -> QuerySet[Route]:
    """The driver's routes of a date that are published, earliest first."""
    return (
        Route.objects.filter(shift__driver=driver, plan__date=date, plan__status=PlanStatus.PUBLISHED)
        .exclude(status=RouteStatus.CANCELLED)
        .select_related("plan", "shift__driver", "shift__vehicle")
        .order_by("shift__start")
    )


def stops_of(route: Route) -> list[RouteStop]:
    """The route's stops in order, without those moved away."""
    return list(_with_order(route.stops.exclude(status=StopStatus.MOVED)).order_by("sequence"))


def find_stop(stop_id: int) -> RouteStop | None:
    """One stop with all the driver's page shows."""
    return (
        _with_order(RouteStop.objects.all())
        .select_related("route__plan", "route__shift__driver", "route__shift__vehicle", "moved_to")
        .filter(pk=stop_id)
        .first()
    )


def door(stop: RouteStop) -> Door:
    """The stop as a page."""
    customer = stop.order.customer
    phones = list(customer.phones.all())
    number = phones[0].number if phones else ""
    goal = f"{customer.lat},{customer.lng}" if customer.lat is not None else customer.address
    return Door(
        stop=stop,
        customer=customer,
        lines=[line for line in stop.order.lines.all() if line.quantity or line.delivered_quantity],
        window="、".join(f"{_hour(start)}–{_hour(end)}" for start, end in windows(stop.order)),
        phone=national(number) if number else "",
        phone_link=number,
        map_link=goal,
        due=amount_due(stop.order),
        is_paid_here=pays_at_the_door(stop.order),
        is_metered=customer.is_metered,
    )


def next_stop(stops: list[RouteStop]) -> RouteStop | None:
    """The first of ours that is not finished; one the driver stands at comes first."""
    undone = [stop for stop in stops if stop.status in UNDONE and not stop.order.is_foreign]
    return next((stop for stop in undone if stop.status == StopStatus.ARRIVED), undone[0] if undone else None)


def _with_order(stops: QuerySet[RouteStop]) -> QuerySet[RouteStop]:
    return stops.select_related("order__customer__availability", "order__customer__area").prefetch_related(
        Prefetch("order__lines", queryset=order_lines()), "order__customer__phones"
    )


def _hour(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
