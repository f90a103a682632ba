"""Telling customers that a crew has set out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from customers.messaging.announcing import announce
from customers.models import Occasion
from dispatch.models import Route, RouteStop
from luckygas.core import clock
from luckygas.core.actor import Actor
from orders.models import ServedBy
from orders.services.announcing import subject

#: It is news until an hour after the crew was expected; without an expectation, for half a day.
LATE = dt.timedelta(hours=1)
HALF_A_DAY = dt.timedelta(hours=5)


def out_for_delivery(route: Route, order_ids: Collection[int], *, at: dt.datetime, actor: Actor) -> None:
    """One message for each order that left with the route, in the caller's transaction.

    Beside the text's own placeholders the context has ``order_pk``, ``stop_pk`` and ``date`` for the link.
    """
    stops = (
        RouteStop.objects.filter(
            route=route, order_id__in=order_ids, is_live=True, order__served_by=ServedBy.OURS
        )
        .select_related("order__customer")
        .order_by("order__customer_id", "pk")  # each customer is locked while his day's messages are counted
    )
    date = clock.taipei(at).date()
    for stop in stops:
        announce(
            stop.order.customer,
            Occasion.OUT_FOR_DELIVERY,
            once_key=f"{Occasion.OUT_FOR_DELIVERY}:{subject(stop.order)}:{date}",
            context={
                "order_id": stop.order.number,
                "driver_name": route.shift.driver.name,
                "eta": f"{clock.taipei(stop.eta):%H:%M}" if stop.eta else "",
                "order_pk": stop.order_id,
                "stop_pk": stop.pk,
                "date": date,
            },
            not_after=max(at, stop.eta) + LATE if stop.eta else at + HALF_A_DAY,
            subject=subject(stop.order),
            subject_label=stop.order.number,
            actor=actor,
        )
