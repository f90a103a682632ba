"""What a customer may know about his delivery: its state, the promised window, and when the crew will be there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dispatch.models import RouteStop
from dispatch.models.plan import StopStatus
from dispatch.queries.driving import UNDONE, next_stop
from dispatch.services.day import windows
from luckygas.core import clock
from orders.models import Order, OrderStatus

#: States that change by themselves; the page looks again while one of them holds.
MOVING = ("planned", "under_way", "next", "arrived")


@dataclass(frozen=True)
class Tracked:
    """``state`` is planned, under_way, next, arrived, delivered or failed; ``heading`` the same in words.

    ``eta`` moves with what the crew reported last, at ``reported_at``; before its first report it is the plan's, and
    ``reported_at`` is None. ``ahead`` counts the stops before this one.
    """

    number: str
    date: dt.date
    state: str
    heading: str
    window: str
    eta: dt.datetime | None = None
    reported_at: dt.datetime | None = None
    ahead: int = 0
    at: dt.datetime | None = None

    @property
    def is_moving(self) -> bool:
        return self.state in MOVING


def tracked(order: Order) -> Tracked:
    """The order as its customer sees it now."""
    window = "、".join(f"{_hour(start)}–{_hour(end)}" for start, end in windows(order))
    stop = (
        RouteStop.objects.filter(order=order, is_live=True).select_related("route").first()
        if order.status in (OrderStatus.ASSIGNED, OrderStatus.IN_DELIVERY)
        else None
    )

    def told(state: str, heading: str, **more: object) -> Tracked:
        return Tracked(order.number, order.scheduled_date, state, heading, window, **more)  # type: ignore[arg-type]

    if order.status == OrderStatus.DELIVERED:
        return told("delivered", _("Delivered"), at=order.delivered_at)
    if order.status == OrderStatus.FAILED:
        return told("failed", _("We could not deliver"))
    if stop is None:
        return told("planned", _("Planned"))
    if stop.status == StopStatus.ARRIVED:
        return told("arrived", _("The driver is at your door"), at=stop.arrived_at)
    stops = list(
        stop.route.stops.exclude(status=StopStatus.MOVED).select_related("order").order_by("sequence")
    )
    eta, reported_at = _expected(stop, stops)
    ahead = sum(one.status in UNDONE and one.sequence < stop.sequence for one in stops)
    more = {"eta": eta, "reported_at": reported_at, "ahead": ahead}
    if order.status == OrderStatus.ASSIGNED:
        return told("planned", _("Planned"), **more)
    upcoming = next_stop(stops)
    if upcoming is not None and upcoming.pk == stop.pk:
        return told("next", _("You are the next stop"), **more)
    return told("under_way", _("On the way"), **more)


def _expected(stop: RouteStop, stops: list[RouteStop]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When the crew will be there, as late as it was at its last report, and when that was."""
    reports = [(one.done_at or one.arrived_at, one.eta) for one in stops if one.done_at or one.arrived_at]
    last = max(
        ((at, eta) for at, eta in reports if at is not None), key=lambda report: report[0], default=None
    )
    if stop.eta is None:
        return None, None
    if last is None:
        return max(stop.eta, clock.now()), None
    at, planned = last
    late = max(dt.timedelta(0), at - planned) if planned is not None else dt.timedelta(0)
    return max(stop.eta + late, clock.now()), at


def _hour(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
