"""Stops of orders that the old system serves: on our routes because our crews drive there, and not ours to touch.

They take time and load in the plan and are shown. Nobody here arrives, delivers or fails there, they load no cylinders
and no route waits for them; the old system's own news completes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from dispatch.models import DayPlan, RouteStop
from dispatch.models.plan import StopStatus
from dispatch.services import loading, moves, routes
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from orders.models import Order, OrderSource, OrderStatus, ServedBy


def refuse(stop: RouteStop) -> None:
    """Refused for a stop of the old system's order."""
    if stop.order.is_foreign:
        raise Refused(
            _("Order %(number)s is served by the old system; record it there.")
            % {"number": stop.order.number},
            code="foreign",
        )


def still_to_do(order_ids: Collection[int], plan: DayPlan) -> set[int]:
    """Which of these are orders that the old system still has to serve; a stop on an older plan leaves its route."""
    rows = Order.objects.select_for_update().filter(
        pk__in=list(order_ids), served_by=ServedBy.LEGACY, status=OrderStatus.CONFIRMED
    )
    found = set(rows.exclude(source=OrderSource.HISTORY).order_by("pk").values_list("pk", flat=True))
    RouteStop.objects.filter(order_id__in=found, is_live=True).exclude(route__plan=plan).update(
        is_live=False, status=StopStatus.MOVED
    )
    return found


def handed_over(order_id: int, *, at: dt.datetime, actor: Actor) -> None:
    """The other system serves it since ``at``: the stop it had then leaves its route.

    Heard late, the new owner may have planned it already: an order that is assigned has a stop of ours, and a plan made
    after ``at`` knew who serves it.
    """
    order = Order.objects.get(pk=order_id)
    stop = RouteStop.objects.filter(order_id=order_id, is_live=True).select_related("route__plan").first()
    if stop is None or order.status != OrderStatus.CONFIRMED or stop.route.plan.created_at > at:
        return
    moves.take_off(order_id, actor=actor)


def delivered(order_id: int, *, at: dt.datetime, actor: Actor) -> None:
    """The old system delivered it: its stop is done. Told again, or without a stop, nothing changes."""
    with transaction.atomic():
        live = RouteStop.objects.filter(order_id=order_id, is_live=True, status__in=loading.UNDONE).first()
        if live is None:
            return
        route = routes.lock(live.route_id)
        row = RouteStop.objects.select_for_update(of=("self",)).get(pk=live.pk)
        if row.is_live and row.status in loading.UNDONE:
            RouteStop.MACHINE.move(row, StopStatus.DELIVERED, done_at=at)
            record("dispatch.foreign_stop_done", actor=actor, subject=f"Order:{order_id}", route=route.pk)


def moved(order_id: int, date: dt.date, *, actor: Actor) -> None:
    """The old system put it off: it leaves the route of any other day."""
    live = RouteStop.objects.filter(order_id=order_id, is_live=True).exclude(route__plan__date=date)
    if live.exists():
        moves.take_off(order_id, actor=actor)
