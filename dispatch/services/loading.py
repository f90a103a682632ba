"""Cylinders on and off a vehicle: full ones on before every trip, what is left and the empties off at the end."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from dispatch.models import Route, RouteStop
from dispatch.models.plan import StopStatus
from luckygas.core.actor import Actor
from orders.models import Condition, OrderLine, Place, Product, ServedBy
from orders.queries.stock import stock
from orders.services.movements import Move, move_all

UNDONE = (StopStatus.PENDING, StopStatus.ARRIVED)


def ours(stops: QuerySet[RouteStop]) -> QuerySet[RouteStop]:
    """Without the old system's: its cylinders are counted there."""
    return stops.filter(order__served_by=ServedBy.OURS)


def load_trips(route: Route, upto: int, *, at: dt.datetime, actor: Actor) -> None:
    """Load every trip up to that one which is not loaded yet. The caller holds the route's row."""
    if upto <= route.loaded_trips:
        return
    orders = ours(route.stops.filter(trip__gt=route.loaded_trips, trip__lte=upto, status__in=UNDONE))
    vehicle = route.shift.vehicle
    _move_all(
        _ordered(orders.values_list("order_id", flat=True)),
        Condition.FULL,
        vehicle.depot.place,
        vehicle.place,
        reason=_("loaded for %(route)s") % {"route": route},
        at=at,
        actor=actor,
    )
    route.loaded_trips = upto
    route.save(update_fields=["loaded_trips"])


def hand_over(
    stop: RouteStop, origin: Route | None, target: Route, trip: int, *, at: dt.datetime, actor: Actor
) -> None:
    """A stop's cylinders follow it to a crew whose trip is on the road already.

    They come from the first vehicle (`origin`) when that had loaded them, else from the depot, as far as the crew
    has none to spare (from a customer who was not at home, perhaps this one). A trip that is still to be loaded takes
    them on with the rest; what the first vehicle holds comes off at its end.
    """
    if trip > target.loaded_trips:
        return
    vehicle = target.shift.vehicle
    is_on_board = origin is not None and stop.trip <= origin.loaded_trips
    source = origin.shift.vehicle.place if origin is not None and is_on_board else vehicle.depot.place
    wanted = _ordered([stop.order_id])
    if source.pk == vehicle.depot.place_id:
        wanted -= _spare(target, but=stop)
    if source.pk != vehicle.place_id:
        _move_all(
            wanted,
            Condition.FULL,
            source,
            vehicle.place,
            reason=_("handed over to %(route)s") % {"route": target},
            at=at,
            actor=actor,
        )


def unload(route: Route, *, at: dt.datetime, actor: Actor) -> None:
    """Everything on the vehicle goes back to the depot: full cylinders left over, and the empties."""
    vehicle = route.shift.vehicle
    board = stock(vehicle.place)
    for condition in Condition.values:
        left = Counter({product.pk: n for (product, kept_as), n in board.items() if kept_as == condition})
        _move_all(
            left,
            condition,
            vehicle.place,
            vehicle.depot.place,
            reason=_("unloaded after %(route)s") % {"route": route},
            at=at,
            actor=actor,
        )


def _spare(route: Route, *, but: RouteStop) -> Counter[int]:
    """Full cylinders on the vehicle that no loaded stop waits for."""
    board = stock(route.shift.vehicle.place)
    spare = Counter({product.pk: n for (product, kept_as), n in board.items() if kept_as == Condition.FULL})
    waiting = ours(route.stops.filter(status__in=UNDONE, trip__lte=route.loaded_trips)).exclude(pk=but.pk)
    return spare - _ordered(waiting.values_list("order_id", flat=True))


def _ordered(orders: Iterable[int]) -> Counter[int]:
    lines = OrderLine.objects.filter(order_id__in=orders).values_list("product").annotate(Sum("quantity"))
    return Counter(dict(lines))


def _move_all(
    counts: Counter[int],
    condition: str,
    origin: Place,
    goal: Place,
    *,
    reason: str,
    at: dt.datetime,
    actor: Actor,
) -> None:
    products = Product.objects.in_bulk([pk for pk, number in counts.items() if number > 0])
    move_all(
        [Move(product, counts[pk], condition, origin, goal) for pk, product in products.items()],
        reason=reason,
        at=at,
        actor=actor,
    )
