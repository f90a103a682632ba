"""A route's own life: leaving the depot, mileage, and coming home."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils.translation import gettext as _

from dispatch.models import Route, Vehicle
from dispatch.models.plan import PlanStatus, RouteStatus, StopStatus
from dispatch.models.post import PostKind
from dispatch.services import announcing, loading, posts
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, OrderStatus
from orders.services import orders as order_services

MOST_KM = 2_000_000
LONGEST_HALF_DAY_KM = 1_000


def leave(route: Route, *, at: dt.datetime, actor: Actor) -> None:
    """The crew leaves with the first trip on board; its orders are on the way. The caller holds the row.

    A route that is on the road stays as it is.
    """
    if route.status == RouteStatus.IN_PROGRESS:
        return
    Route.MACHINE.move(route, RouteStatus.IN_PROGRESS, started_at=at)
    loading.load_trips(route, 1, at=at, actor=actor)
    planned = Order.objects.filter(stops__route=route, stops__is_live=True, status=OrderStatus.ASSIGNED)
    started = order_services.start_delivery(list(planned.values_list("pk", flat=True)), actor=actor)
    announcing.out_for_delivery(route, started, at=at, actor=actor)


def finish_when_done(route: Route, *, at: dt.datetime, actor: Actor) -> None:
    """The crew is home when no stop of ours is left: what is on board goes back to the depot.

    When the vehicle is out on its other half of the day already, what it holds comes off at the end of that.
    """
    if loading.ours(route.stops.filter(status__in=loading.UNDONE)).exists():
        return
    if route.status == RouteStatus.PUBLISHED:
        if not route.stops.exclude(
            status=StopStatus.MOVED
        ).exists():  # else the crew drives for the old system
            Route.MACHINE.move(route, RouteStatus.CANCELLED, completed_at=at)
        return
    # Two routes of one vehicle that end at once wait here, so that the second of them unloads.
    vehicle = Vehicle.objects.select_for_update().get(pk=route.shift.vehicle_id)
    Route.MACHINE.move(route, RouteStatus.COMPLETED, completed_at=at)
    out = Route.objects.filter(
        shift__vehicle=vehicle, shift__date=route.shift.date, status=RouteStatus.IN_PROGRESS
    )
    if not out.exists():
        loading.unload(route, at=at, actor=actor)


def mileage(
    route: Route,
    *,
    post_uuid: uuid.UUID,
    start_km: int | None = None,
    end_km: int | None = None,
    at: dt.datetime | None = None,
    actor: Actor,
) -> posts.Answer:
    """Enter what the odometer shows at the start (the crew leaves) or at the end, or both.

    Refused when it runs backwards or more than 1,000 km in a half-day, and for another driver's route.
    """
    posts.check_own(route, actor)
    payload = {"start_km": start_km, "end_km": end_km}
    with posts.once(PostKind.MILEAGE, post_uuid, route=route, payload=payload, at=at, actor=actor) as post:
        if post.is_repeated:
            return post.answer()
        row = lock(route.pk)
        if row.plan.status != PlanStatus.PUBLISHED:
            raise Refused(_("This route is not published."), code="not_published")
        start = start_km if start_km is not None else row.start_km
        end = end_km if end_km is not None else row.end_km
        for name, value in (("start_km", start_km), ("end_km", end_km)):
            if value is not None and not 0 <= value <= MOST_KM:
                raise Refused(
                    _("The mileage is a number from 0 to %(most)d.") % {"most": MOST_KM},
                    code="mileage",
                    field=name,
                )
        if end is not None and start is None:
            raise Refused(_("Enter the mileage at the start first."), code="mileage", field="start_km")
        if start is not None and end is not None and not 0 <= end - start <= LONGEST_HALF_DAY_KM:
            raise Refused(
                _("From %(start)d to %(end)d is not possible in half a day; read the odometer again.")
                % {"start": start, "end": end},
                code="mileage",
                field="end_km" if end_km is not None else "start_km",
            )
        row.start_km, row.end_km = start, end
        row.save(update_fields=["start_km", "end_km"])
        if start_km is not None and row.status == RouteStatus.PUBLISHED:
            leave(row, at=post.at, actor=actor)
        return post.done(_("Mileage entered."))


def lock(route_id: int) -> Route:
    """The route's row, held until the transaction ends, with its crew."""
    return (
        Route.objects.select_for_update(of=("self",))
        .select_related("plan", "shift__driver", "shift__vehicle__place", "shift__vehicle__depot__place")
        .get(pk=route_id)
    )
