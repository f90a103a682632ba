"""From a delivered order to its invoice, exactly once, or to the reason why not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models import BillableEvent, EventKind, EventState
from billing.services import balances, issuing
from billing.services.issuing import Sold
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from orders.models import Order, Product, ServedBy
from orders.models.catalogue import Method
from orders.queries import price_on

log = structlog.get_logger(__name__)

_KILOGRAM, _CYLINDER = "公斤", "桶"
_WAITING = (EventState.PENDING, EventState.CANNOT)


def record_delivery(order_id: int, *, actor: Actor) -> BillableEvent:
    """Make the billable event of a delivered order and try to invoice it; a second call changes nothing.

    A metered customer's event is its meter reading. What cannot be invoiced yet stays in a list with the
    reason; the delivery is not touched.
    """
    order = Order.objects.select_related("customer").get(pk=order_id)
    reading = getattr(order, "meter_reading", None) if order.customer.is_metered else None
    event, _made = BillableEvent.objects.get_or_create(
        order=order,
        defaults={
            "kind": EventKind.READING if reading else EventKind.DELIVERY,
            "reading": reading,
            "customer_id": order.customer_id,
            "happened_at": reading.read_at if reading else _delivered_at(order),
        },
    )
    return attempt(event, actor=actor)


def _delivered_at(order: Order) -> dt.datetime:
    assert order.delivered_at is not None, "the database holds a delivered order to its time"
    return order.delivered_at


def attempt(event: BillableEvent, *, actor: Actor) -> BillableEvent:
    """Invoice an event that waits, or write down what keeps it from being invoiced.

    The customer's account is locked first, so that two attempts (or two readings of one meter) never work at
    once; an event that was decided meanwhile is left alone.
    """
    with transaction.atomic():
        balances.lock(event.customer_id)
        event = _load(event.pk)
        return _try(event) if event.state in _WAITING else event


def _try(event: BillableEvent) -> BillableEvent:
    """Decide an event whose row and account are locked; a refusal undoes the attempt and is written down."""
    try:
        with transaction.atomic():
            _decide(event)
    except Busy:
        raise
    except Refused as refusal:
        event = _load(event.pk)
        _move(event, EventState.CANNOT, refusal.code, **_plain(refusal.details))
        log.info("event_cannot_be_invoiced", event_id=event.pk, reason=refusal.code)
    return event


def retry_waiting(*, actor: Actor, limit: int = 500) -> int:
    """Try every event that could not be invoiced again, oldest first; return how many went on.

    What mends them (a price, more numbers) needs to tell nobody: this runs every minute.
    """
    # Whoever waited longest since the last try comes first, so that none starves behind many hopeless ones.
    waiting = BillableEvent.objects.filter(state__in=_WAITING).order_by(
        F("tried_at").asc(nulls_first=True), "happened_at", "pk"
    )
    went_on = 0
    for event in waiting[:limit]:
        went_on += attempt(event, actor=actor).state not in _WAITING
    return went_on


def accept_as_baseline(event: BillableEvent, *, reason: str, actor: Actor) -> BillableEvent:
    """A person says that the meter was changed: count anew from what it shows, bill nothing before that.

    A reading older than one that was billed meanwhile is set aside instead.
    """
    return _review(event, None, reason=reason, actor=actor)


def correct_reading(event: BillableEvent, value: Decimal, *, reason: str, actor: Actor) -> BillableEvent:
    """A person says what the meter really showed (kg); it is judged and billed with that value.

    Refused when it is below the last one billed, or when a later one is billed; then nothing changes.
    """
    return _review(event, value, reason=reason, actor=actor)


def _review(event: BillableEvent, value: Decimal | None, *, reason: str, actor: Actor) -> BillableEvent:
    if not reason.strip():
        raise Refused(_("Say why."), code="reason", field="reason")
    with transaction.atomic():
        balances.lock(event.customer_id)
        event = _load(event.pk)
        if event.state != EventState.REVIEW:
            raise Refused(_("This event does not wait for a decision."), code="state")
        decided = {"decided_by": actor.name, "decision": reason.strip()[:200]}
        record(
            "billing.reading_decided", actor=actor, subject=f"billing.BillableEvent:{event.pk}", reason=reason
        )
        if value is None:
            if _billed_later(event):
                # What came after it is settled: this reading counts for nothing any more.
                _move(
                    event, EventState.NOTHING_DUE, "set_aside",
                    fields={**decided, "meter_from": None, "meter_to": None},
                )  # fmt: skip
                return event
            assert event.meter_to is not None, "a reading under review has its value"
            _move(
                event, EventState.NOTHING_DUE, "new_baseline",
                fields={**decided, "meter_from": event.meter_to}, to=_kg(event.meter_to),
            )  # fmt: skip
            return event
        if _billed_later(event):
            raise Refused(
                _("Later readings are billed already; set this one aside instead."), code="reading_older"
            )
        before = _last_value(event)
        if before is not None and value < before:
            raise Refused(
                _("The meter shows %(to)s kg, less than the %(from)s kg before.")
                % {"to": _kg(value), "from": _kg(before)},
                code="reading_lower",
                field="value",
            )
        _move(
            event, EventState.CANNOT, "no_price", fields={**decided, "meter_to": value}, product="", date=""
        )
    return attempt(event, actor=actor)


def _load(pk: int) -> BillableEvent:
    rows = BillableEvent.objects.select_related("order", "customer", "reading")
    return rows.select_for_update(of=("self",)).get(pk=pk)


def _decide(event: BillableEvent) -> None:
    order = event.order
    if order.served_by == ServedBy.LEGACY:
        _move(event, EventState.NOTHING_DUE, "legacy")
    elif event.kind == EventKind.READING:
        _decide_reading(event)
    elif event.customer.is_metered:
        _move(event, EventState.NOTHING_DUE, "metered_delivery")
    else:
        _bill(event, _delivered(event))


def _decide_reading(event: BillableEvent) -> None:
    assert event.reading is not None, "the database holds a reading to its event"
    value = event.meter_to if event.meter_to is not None else event.reading.value
    before = _last_value(event)
    span = {"meter_from": before, "meter_to": value}
    if _earlier_waits(event):
        raise Refused(_("An earlier reading of this customer waits to be invoiced."), code="earlier_reading")
    if before is None:
        _move(event, EventState.NOTHING_DUE, "baseline", fields=span, to=_kg(value))
    elif _billed_later(event):
        _move(event, EventState.REVIEW, "reading_older", fields=span)
    elif value < before:
        _move(
            event, EventState.REVIEW, "reading_lower", fields=span, **{"from": _kg(before), "to": _kg(value)}
        )
    elif value == before:
        _move(event, EventState.NOTHING_DUE, "no_usage", fields=span, to=_kg(value))
    else:
        product, price = _metered_price(event)
        _bill(event, [Sold(product, value - before, _KILOGRAM, price)], fields=span)


def _last_value(event: BillableEvent) -> Decimal | None:
    """The kilograms up to which the customer's meter is settled; None before the first reading."""
    settled = BillableEvent.objects.filter(
        customer_id=event.customer_id,
        kind=EventKind.READING,
        state__in=[EventState.INVOICED, EventState.NOTHING_DUE],
        meter_to__isnull=False,
    )
    return (
        settled.exclude(pk=event.pk)
        .order_by("-happened_at", "-pk")
        .values_list("meter_to", flat=True)
        .first()
    )


def _earlier_waits(event: BillableEvent) -> bool:
    """Readings are billed in order: one that could not be invoiced yet keeps the later ones waiting."""
    earlier = BillableEvent.objects.filter(
        customer_id=event.customer_id,
        kind=EventKind.READING,
        state__in=_WAITING,
    )
    before = Q(happened_at__lt=event.happened_at) | Q(happened_at=event.happened_at, pk__lt=event.pk)
    return earlier.filter(before).exists()


def _billed_later(event: BillableEvent) -> bool:
    settled = BillableEvent.objects.filter(
        customer_id=event.customer_id,
        kind=EventKind.READING,
        state__in=[EventState.INVOICED, EventState.NOTHING_DUE],
        meter_to__isnull=False,
    )
    after = Q(happened_at__gt=event.happened_at) | Q(happened_at=event.happened_at, pk__gt=event.pk)
    return settled.filter(after).exists()


def _metered_price(event: BillableEvent) -> tuple[Product, Decimal]:
    """The metered product of the visit, or of the customer's site, and its price per kilogram that day."""
    lines = event.order.lines.filter(product__method=Method.FLOW).select_related("product")
    line = max(
        lines, key=lambda one: (one.delivered_quantity or 0, one.quantity, -one.product_id), default=None
    )
    if line is not None:
        product = line.product
    else:
        kinds = event.customer.cylinders.values_list("kind", flat=True)
        found = Product.objects.filter(method=Method.FLOW, kind__in=list(kinds)).order_by("position").first()
        if found is None:
            raise Refused(_("No metered product is known for this customer."), code="no_product")
        product = found
    if line is not None and line.unit_price is not None:
        return product, line.unit_price
    return product, _price(event, product)


def _price(event: BillableEvent, product: Product) -> Decimal:
    day = clock.taipei(event.happened_at).date()
    try:
        return price_on(product, day, event.customer)
    except Refused as refusal:
        # The same refusal with what the list of waiting events shows.
        raise Refused(
            refusal.message, code="no_price", product=str(product), date=day.isoformat()
        ) from refusal


def _delivered(event: BillableEvent) -> list[Sold]:
    """What the customer keeps and pays by the cylinder, at the price of the order or of the day."""
    lines = event.order.lines.exclude(product__method=Method.FLOW).filter(delivered_quantity__gt=0)
    return [
        Sold(
            line.product,
            Decimal(line.delivered_quantity or 0),
            _CYLINDER,
            line.unit_price if line.unit_price is not None else _price(event, line.product),
        )
        for line in lines.select_related("product").order_by("product__position")
    ]


def _bill(event: BillableEvent, sold: list[Sold], fields: dict[str, Any] | None = None) -> None:
    if not sold:
        _move(event, EventState.NOTHING_DUE, "nothing_delivered", fields=fields)
        return
    buyer = issuing.buyer_of(event.customer)
    figures = issuing.figures_of(sold, buyer)
    if figures.total <= 0:
        _move(event, EventState.NOTHING_DUE, "zero_total", fields=fields)
        return
    _move(event, EventState.INVOICED, "", fields=fields)
    issuing.issue(event, sold, buyer, figures)
    balances.settle(event.customer_id)


def _move(
    event: BillableEvent, state: str, code: str, *, fields: dict[str, Any] | None = None, **values: Any
) -> None:
    BillableEvent.MACHINE.move(
        event, state, reason_code=code, reason_values=values, tried_at=clock.now(), **(fields or {})
    )


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """What of a refusal's details an event can keep: plain JSON."""
    return {name: value if isinstance(value, list) else str(value) for name, value in details.items()}


def _kg(value: Decimal) -> str:
    return f"{value.normalize():f}"
