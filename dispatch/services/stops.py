"""At the customer's door: arrive, deliver, fail. Each is a driver's post and takes effect once.

A post for a stop that moved to another route, or for one that is finished, or whose order changed meanwhile,
is never dropped: it is kept for review and its sender is told so.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from dispatch.events import CashCollected
from dispatch.models import ReviewItem, RouteStop, Signature
from dispatch.models.plan import StopStatus
from dispatch.models.post import PostKind
from dispatch.services import foreign, loading, routes
from dispatch.services.posts import Answer, Post, check_own, once
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.events import publish
from orders.models import FailureReason, Order, OrderStatus
from orders.services import orders as order_services

MOST_CYLINDERS = 100
MOST_CASH = Decimal(1_000_000)
MOST_NOTE = 300
PNG = "data:image/png;base64,"
MOST_PNG_BYTES = 150_000
ON_ITS_WAY = (OrderStatus.ASSIGNED, OrderStatus.IN_DELIVERY)


def arrive(stop: RouteStop, *, post_uuid: uuid.UUID, at: dt.datetime | None = None, actor: Actor) -> Answer:
    """The crew stands at the door. The first arrival of a route also tells that it has left."""
    check_own(stop.route, actor)
    with once(PostKind.ARRIVE, post_uuid, stop=stop, payload={}, at=at, actor=actor) as post:
        if post.is_repeated:
            return post.answer()
        row = _locked(stop)
        held = _gone(row, post)
        if held:
            return held
        if row.status == StopStatus.PENDING:
            _be_on_the_road(row, post, actor)
            RouteStop.MACHINE.move(row, StopStatus.ARRIVED, arrived_at=post.at)
        return post.done(_("Arrived at %(time)s.") % {"time": _clock(row.arrived_at or post.at)})


def deliver(
    stop: RouteStop,
    *,
    post_uuid: uuid.UUID,
    quantities: Mapping[int, int],
    empties: Mapping[int, int] | None = None,
    full_returned: Mapping[int, int] | None = None,
    meter_reading: Decimal | None = None,
    cash: Decimal | int = 0,
    signature: str = "",
    note: str = "",
    at: dt.datetime | None = None,
    actor: Actor,
) -> Answer:
    """What was really left, and what came back empty or full: {product id: cylinders}; cash in whole NT$,
    change given.

    `signature` is a PNG data URL, or empty. Refused, with nothing changed, for quantities that are all
    nothing or out of range, cash that is not whole or not possible, a signature that is no picture, and a note
    of more than 300 characters.
    """
    check_own(stop.route, actor)
    counts = {"quantities": quantities, "empties": empties or {}, "full_returned": full_returned or {}}
    amount = _checked_cash(cash)
    _check_counts(counts, meter_reading)
    picture = _checked_signature(signature)
    note = _checked_note(note)
    payload = {
        **{name: {str(pk): n for pk, n in sorted(given.items())} for name, given in counts.items()},
        "meter_reading": meter_reading,
        "cash": amount,
        "note": note,
    }
    with once(PostKind.DELIVER, post_uuid, stop=stop, payload=payload, at=at, actor=actor) as post:
        if post.is_repeated:
            return post.answer()
        row = _locked(stop)
        held = _too_late(row, post)
        if held:
            return held
        _be_on_the_road(row, post, actor)
        order_services.record_delivery(
            row.order,
            quantities=counts["quantities"],
            empties=counts["empties"],
            full_returned=counts["full_returned"],
            meter_reading=meter_reading,
            vehicle_place=row.route.shift.vehicle.place,
            at=post.at,
            actor=actor,
        )
        RouteStop.MACHINE.move(
            row,
            StopStatus.DELIVERED,
            arrived_at=row.arrived_at or post.at,
            done_at=post.at,
            cash=amount or None,
            note=note,
        )
        if picture:
            Signature.objects.create(stop=row, png=picture)
        if amount:
            publish(
                CashCollected(
                    stop_id=row.pk,
                    order_id=row.order_id,
                    driver_id=row.route.shift.driver_id,
                    amount=amount,
                    at=post.at,
                )
            )
        routes.finish_when_done(row.route, at=post.at, actor=actor)
        return post.done(_("Delivered at %(time)s.") % {"time": _clock(post.at)})


def fail(
    stop: RouteStop,
    *,
    post_uuid: uuid.UUID,
    reason: str,
    note: str = "",
    at: dt.datetime | None = None,
    actor: Actor,
) -> Answer:
    """Nothing could be delivered. Refused for an unknown reason, or “other” without a word why."""
    check_own(stop.route, actor)
    if reason not in FailureReason.values:
        raise Refused(_("Choose a reason."), code="reason", field="reason")
    note = _checked_note(note)
    if reason == FailureReason.OTHER and not note:
        raise Refused(_("Say in a few words what happened."), code="note", field="note")
    payload = {"reason": reason, "note": note}
    with once(PostKind.FAIL, post_uuid, stop=stop, payload=payload, at=at, actor=actor) as post:
        if post.is_repeated:
            return post.answer()
        row = _locked(stop)
        held = _too_late(row, post)
        if held:
            return held
        _be_on_the_road(row, post, actor)
        order_services.record_failure(row.order, reason_code=reason, note=note, at=post.at, actor=actor)
        RouteStop.MACHINE.move(
            row,
            StopStatus.FAILED,
            arrived_at=row.arrived_at or post.at,
            done_at=post.at,
            is_live=False,
            failure_reason=reason,
            note=note,
        )
        routes.finish_when_done(row.route, at=post.at, actor=actor)
        return post.done(_("Recorded as not delivered at %(time)s.") % {"time": _clock(post.at)})


def settle_review(item: ReviewItem, *, resolution: str, actor: Actor) -> None:
    """A person has looked at a post that was kept, and says what was done about it."""
    if not resolution.strip():
        raise Refused(_("Say what was done about it."), code="resolution", field="resolution")
    changed = ReviewItem.objects.filter(pk=item.pk, resolved_at__isnull=True).update(
        resolved_at=clock.now(), resolved_by=actor.name, resolution=resolution.strip()[:300]
    )
    if not changed:
        raise Refused(_("This was settled already."), code="settled")
    record("dispatch.review_settled", actor=actor, subject=f"ReviewItem:{item.pk}", reason=resolution)


def _locked(stop: RouteStop) -> RouteStop:
    """The stop with its route's row held, the one lock under which a route changes; Refused when it is not ours."""
    route = routes.lock(RouteStop.objects.values_list("route_id", flat=True).get(pk=stop.pk))
    rows = RouteStop.objects.select_for_update(of=("self",)).select_related("moved_to", "order")
    row = rows.get(pk=stop.pk)
    row.route = route
    foreign.refuse(row)
    return row


def _be_on_the_road(stop: RouteStop, post: Post, actor: Actor) -> None:
    routes.leave(stop.route, at=post.at, actor=actor)
    loading.load_trips(stop.route, stop.trip, at=post.at, actor=actor)


def _too_late(stop: RouteStop, post: Post) -> Answer | None:
    """The answer when the post cannot take effect by itself any more."""
    held = _gone(stop, post)
    if held:
        return held
    if stop.status in (StopStatus.DELIVERED, StopStatus.FAILED):
        assert stop.done_at is not None
        text = _("This stop was finished at %(time)s already; what you entered is kept for review.")
        return post.review(stop, ReviewItem.Cause.DONE, text % {"time": _clock(stop.done_at)})
    order = Order.objects.select_for_update().get(pk=stop.order_id)
    if order.status not in ON_ITS_WAY:
        text = _("The order was changed meanwhile (%(status)s); what you entered is kept for review.")
        return post.review(stop, ReviewItem.Cause.ORDER, text % {"status": order.get_status_display()})
    stop.order = order
    return None


def _gone(stop: RouteStop, post: Post) -> Answer | None:
    """The answer when the stop is not this route's any more: moved, taken off, or its whole plan withdrawn."""
    if stop.status == StopStatus.MOVED or (stop.status in loading.UNDONE and not stop.is_live):
        return post.review(stop, ReviewItem.Cause.MOVED, _moved(stop))
    return None


def _moved(stop: RouteStop) -> str:
    live = RouteStop.objects.filter(order_id=stop.order_id, is_live=True)
    now_at = live.select_related("route__shift__driver").first() or stop.moved_to
    if now_at is None:
        return _("This stop was taken off the route; what you entered is kept for review.")
    return _("This stop was moved to %(route)s; what you entered is kept for review.") % {
        "route": now_at.route
    }


def _check_counts(counts: Mapping[str, Mapping[int, int]], meter_reading: Decimal | None) -> None:
    for name, given in counts.items():
        for number in given.values():
            if isinstance(number, bool) or not 0 <= number <= MOST_CYLINDERS:
                raise Refused(
                    _("%(number)s cylinders are not possible; from 0 to %(most)d are.")
                    % {"number": number, "most": MOST_CYLINDERS},
                    code="quantity",
                    field=name,
                )
    if meter_reading is None and not any(number for given in counts.values() for number in given.values()):
        raise Refused(
            _("Nothing was delivered: record it as not delivered, with the reason."),
            code="nothing",
            field="quantities",
        )


def _checked_cash(cash: Decimal | int) -> Decimal:
    amount = Decimal(cash)
    if not amount.is_finite() or amount != amount.to_integral_value() or not 0 <= amount <= MOST_CASH:
        raise Refused(
            _("%(cash)s is not an amount in whole NT$.") % {"cash": cash}, code="cash", field="cash"
        )
    return amount.quantize(Decimal(1))


def _checked_note(note: str) -> str:
    """Without NUL signs, which PostgreSQL does not store, and blanks around it."""
    note = note.replace("\x00", "").strip()
    if len(note) > MOST_NOTE:
        raise Refused(
            _("The note has %(length)d characters; %(most)d fit.") % {"length": len(note), "most": MOST_NOTE},
            code="note",
            field="note",
        )
    return note


def _checked_signature(signature: str) -> bytes:
    if not signature:
        return b""
    try:
        picture = base64.b64decode(signature.removeprefix(PNG), validate=True)
    except (binascii.Error, ValueError):
        picture = b""
    if not signature.startswith(PNG) or not picture.startswith(b"\x89PNG") or len(picture) > MOST_PNG_BYTES:
        raise Refused(
            _("The signature could not be read; ask for it again."), code="signature", field="signature"
        )
    return picture


def _clock(instant: dt.datetime) -> str:
    return f"{clock.taipei(instant):%H:%M}"
