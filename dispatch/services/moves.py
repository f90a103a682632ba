"""Changing a day by hand: a stop to another crew, an order onto a route, a stop off the plan."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dispatch.models import Route, RouteStop
from dispatch.models.plan import PlanStatus, RouteStatus, StopStatus
from dispatch.queries import reasons
from dispatch.routing import Plan, check, timetable
from dispatch.routing import Route as Trips
from dispatch.services import announcing, loading, routes
from dispatch.services import day as days
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from orders.models import Order, OrderStatus
from orders.services import orders as order_services

# What the law or the vehicle forbids is refused; a late visit is a warning, the dispatcher knows more.
FORBIDDEN = {
    "wrong_kind", "over_capacity", "over_motorcycle_limit", "over_limit_without_permit", "too_many_trips",
}  # fmt: skip
DRIVABLE = (RouteStatus.PLANNED, RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)


def move_stop(stop: RouteStop, target: Route, *, reason: str = "", actor: Actor) -> list[str]:
    """Give a stop that is not finished to another route of the same plan; returns warnings in words.

    It joins the last trip that has room, else a new one. In a published plan the old stop stays, marked as
    moved, so that what its driver still posts is told from the new driver's. Refused when the vehicle may
    not carry it.
    """
    if target.pk == stop.route_id:
        raise Refused(_("The stop is on that route already."), code="same_route", field="target")
    with transaction.atomic():
        pair = {pk: routes.lock(pk) for pk in sorted({stop.route_id, target.pk})}
        origin, goal = pair[stop.route_id], pair[target.pk]
        row = RouteStop.objects.select_for_update(of=("self",)).select_related("order").get(pk=stop.pk)
        row.route = origin
        if row.order.is_foreign:
            raise Refused(
                _("Order %(number)s is served by the old system; which crew drives it is told there.")
                % {"number": row.order.number},
                code="foreign",
            )
        if goal.plan_id != origin.plan_id:
            raise Refused(_("The routes belong to different plans."), code="plan", field="target")
        _check_open(goal)
        if row.status not in loading.UNDONE:
            raise Refused(
                _("The stop is finished: %(status)s.") % {"status": row.get_status_display()}, code="done"
            )
        trip, warnings = _place(goal, row.order)
        sequence = _end_of(goal)
        if origin.plan.status == PlanStatus.READY:
            row.route, row.trip, row.sequence = goal, trip, sequence
            row.save(update_fields=["route", "trip", "sequence"])
        else:
            RouteStop.MACHINE.move(row, StopStatus.MOVED, is_live=False)
            fresh = RouteStop.objects.create(
                route=goal,
                order=row.order,
                trip=trip,
                sequence=sequence,
                is_approximate=row.is_approximate,
                is_live=True,
            )
            row.moved_to = fresh
            row.save(update_fields=["moved_to"])
            loading.hand_over(row, origin, goal, trip, at=clock.now(), actor=actor)
            routes.finish_when_done(origin, at=clock.now(), actor=actor)
        _time(goal)
        record(
            "dispatch.stop_moved",
            actor=actor,
            subject=f"Order:{row.order_id}",
            reason=reason,
            origin=origin.pk,
            target=goal.pk,
        )
    return warnings


def add_order(order: Order, target: Route, *, actor: Actor) -> list[str]:
    """Put a confirmed order onto a published route (a call that came in after planning).

    One of the old system's only takes its time there: it stays confirmed.
    """
    with transaction.atomic():
        goal = routes.lock(target.pk)
        _check_open(goal)
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.status != OrderStatus.CONFIRMED or goal.plan.status != PlanStatus.PUBLISHED:
            raise Refused(
                _("Only a confirmed order can join a published route; this one is: %(status)s.")
                % {"status": row.get_status_display()},
                code="state",
            )
        if RouteStop.objects.filter(order=row, is_live=True).exists():
            raise Refused(_("The order is on a route already."), code="planned")
        trip, warnings = _place(goal, row)
        stop = RouteStop.objects.create(
            route=goal,
            order=row,
            trip=trip,
            sequence=_end_of(goal),
            is_approximate=days.is_approximate(row),
            is_live=True,
        )
        if not row.is_foreign and not order_services.assign([row.pk], actor=actor):
            raise Busy(_("Someone changed this a moment ago. Look again and repeat."))
        started: list[int] = []
        if goal.status == RouteStatus.IN_PROGRESS and not row.is_foreign:
            loading.hand_over(stop, None, goal, trip, at=clock.now(), actor=actor)
            started = order_services.start_delivery([row.pk], actor=actor)
        _time(goal)
        announcing.out_for_delivery(goal, started, at=clock.now(), actor=actor)  # with the time just found
        record("dispatch.order_added", actor=actor, subject=f"Order:{row.pk}", target=goal.pk)
    return warnings


def take_off(order_id: int, *, actor: Actor) -> None:
    """Take an order's unfinished stop off its route; what the driver still posts for it is kept for review."""
    with transaction.atomic():
        live = RouteStop.objects.filter(order_id=order_id, is_live=True, status__in=loading.UNDONE)
        for found in live:
            route = routes.lock(found.route_id)
            row = RouteStop.objects.select_for_update(of=("self",)).get(pk=found.pk)
            if row.status not in loading.UNDONE:
                continue
            RouteStop.MACHINE.move(row, StopStatus.MOVED, is_live=False)
            record("dispatch.stop_taken_off", actor=actor, subject=f"Order:{order_id}", route=route.pk)
            routes.finish_when_done(route, at=clock.now(), actor=actor)


def _check_open(route: Route) -> None:
    if route.status not in DRIVABLE or route.plan.status not in (PlanStatus.READY, PlanStatus.PUBLISHED):
        raise Refused(
            _("%(route)s takes no more stops: %(status)s.")
            % {"route": route, "status": route.get_status_display()},
            code="route_closed",
            field="target",
        )


def _place(route: Route, order: Order) -> tuple[int, list[str]]:
    """The trip an order joins, and warnings; Refused when the vehicle may not carry it at all."""
    trips = _trips(route)
    last = max([*trips, route.loaded_trips, 1])
    for trip in (last, last + 1):
        changed = {**trips, trip: [*trips.get(trip, []), order.pk]}
        broken = _broken(route, changed)
        hard = [one for one in broken if one[0] in FORBIDDEN]
        if not hard:
            return trip, [text for _kind, text in broken]
    raise Refused(
        _("%(route)s cannot take it: %(why)s") % {"route": route, "why": hard[0][1]},
        code=hard[0][0],
        field="target",
    )


def _broken(route: Route, trips: dict[int, list[int]]) -> list[tuple[str, str]]:
    orders = _orders(pk for trip in trips.values() for pk in trip)
    problem = days.single_route(route.shift, orders)
    made = tuple(tuple(pks) for _trip, pks in sorted(trips.items()))
    plan = Plan((Trips(route.shift_id, made),), (), 0)
    return [
        (one.kind, reasons.violation(one)) for one in check(problem, plan) if one.kind != "wrong_distance"
    ]


def _orders(pks: Iterable[int]) -> list[Order]:
    rows = Order.objects.filter(pk__in=list(pks)).select_related("customer__area", "customer__availability")
    return list(rows.prefetch_related(days.lines_with_products()))


def _trips(route: Route) -> dict[int, list[int]]:
    trips: dict[int, list[int]] = {}
    for stop in route.stops.exclude(status=StopStatus.MOVED).order_by("sequence"):
        trips.setdefault(stop.trip, []).append(stop.order_id)
    return trips


def _end_of(route: Route) -> int:
    return int(route.stops.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _time(route: Route) -> None:
    """New expected times for stops that are not finished, from the start of the shift."""
    trips = _trips(route)
    problem = days.single_route(route.shift, _orders(pk for trip in trips.values() for pk in trip))
    made = tuple(tuple(pks) for _trip, pks in sorted(trips.items()))
    plan = Plan((Trips(route.shift_id, made),), (), 0)
    (clocked,) = timetable(problem, plan)
    starts = {visit.stop: visit.start for trip in clocked.trips for visit in trip.visits}
    for stop in route.stops.filter(status__in=loading.UNDONE):
        if stop.order_id in starts:
            stop.eta = clock.seconds(route.plan.date, starts[stop.order_id])
            stop.save(update_fields=["eta"])
    route.distance_m = clocked.metres
    route.back_at = clock.seconds(route.plan.date, clocked.trips[-1].back) if clocked.trips else None
    route.save(update_fields=["distance_m", "back_at"])
