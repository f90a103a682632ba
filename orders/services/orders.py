"""Taking, changing and cancelling orders, and their steps up to the door."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.models.site import SlotPreference
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from luckygas.core.events import publish
from orders.events import OrderCancelled
from orders.models import (
    Order,
    OrderLine,
    OrderSource,
    OrderStatus,
    Product,
    ServedBy,
)
from orders.queries import last_order_lines, prices_for
from orders.services import announcing, checks, numbers
from orders.services.delivery import record_delivery, record_failure
from orders.services.due import DueReport, make_due
from orders.services.steps import lock, note_steps, step

__all__ = [
    "DueReport",
    "assign",
    "cancel_order",
    "change_order",
    "create_order",
    "default_date",
    "make_due",
    "record_delivery",
    "record_failure",
    "repeat_last",
    "start_delivery",
    "unassign",
]

SAME_DAY_UNTIL = dt.time(14)
EDITABLE = (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.FAILED)
TAKEN_BY_PEOPLE = (OrderSource.PHONED, OrderSource.TELEMETRY, OrderSource.FORECAST, OrderSource.OVERDUE)


def default_date() -> dt.date:
    """Today until the same-day cut-off of a working day, else the next working day."""
    now = clock.taipei(clock.now())
    if now.time() < SAME_DAY_UNTIL and calendar.is_working_day(now.date()):
        return now.date()
    return calendar.next_working_day(now.date())


@transaction.atomic
def create_order(
    customer: Customer,
    lines: Iterable[tuple[Product, int]],
    *,
    source: str = OrderSource.PHONED,
    scheduled_date: dt.date | None = None,
    latest_date: dt.date | None = None,
    slot: str = SlotPreference.ALL_DAY,
    window_start: dt.time | None = None,
    window_end: dt.time | None = None,
    is_urgent: bool = False,
    payment_method: str = "",
    note: str = "",
    client_key: uuid.UUID | None = None,
    actor: Actor,
) -> Order:
    """A confirmed order. The same ``client_key`` with the same content again gives the order it made, unchanged.

    A product without a price on the day comes in with an empty price. Refused, with nothing written: date past
    or over thirty days ahead, a quantity outside 0 … 100, no cylinder at all, a note over 500 characters, a
    customer whose contract ended or whose account is on hold, a ``client_key`` that made an order of other content.
    """
    lines = list(lines)
    if made := _made_before(client_key, customer, lines):
        return made
    if source not in TAKEN_BY_PEOPLE:
        raise Refused(
            _("Orders of the past come in with the history import only."), code="source", field="source"
        )
    date = scheduled_date or default_date()
    checks.check_date(date)
    wanted = checks.check_lines(lines)
    checks.check_window(window_start, window_end)
    order = Order(
        customer=customer,
        source=source,
        status=OrderStatus.CONFIRMED,
        scheduled_date=date,
        latest_date=max(latest_date, date) if latest_date else None,
        slot=checks.check_slot(slot),
        window_start=window_start,
        window_end=window_end,
        is_urgent=is_urgent,
        payment_method=payment_method or customer.payment_method,
        note=checks.check_note(note),
        client_key=client_key,
        created_by=actor.name,
    )
    checks.check_customer(customer)
    prices = prices_for(customer.pk, [product.pk for product, _quantity in wanted], date)
    order.total_amount = checks.total_of(customer, wanted, prices)
    order.lacks_price = len(prices) < len(wanted)
    try:
        with transaction.atomic():
            (order.number,) = numbers.take(clock.today())
            order.save(force_insert=True)
    except IntegrityError as error:
        # The same form was sent twice at once: the other one is committed now, and its order is the answer.
        if made := _made_before(client_key, customer, lines):
            return made
        raise Busy(_("Someone changed this a moment ago. Look again and repeat.")) from error
    _write_lines(order, wanted, prices)
    note_steps([order], "", OrderStatus.CONFIRMED, actor=actor)
    announcing.confirmed(order, actor=actor)
    return order


def _made_before(
    client_key: uuid.UUID | None, customer: Customer, lines: list[tuple[Product, int]]
) -> Order | None:
    """The order this form made; Refused when it was filled in anew since (a page gone back to)."""
    made = Order.objects.filter(client_key=client_key).first() if client_key is not None else None
    if made is None:
        return None
    wanted = {product.pk: number for product, number in lines if number}
    if made.customer_id != customer.pk or dict(made.lines.values_list("product_id", "quantity")) != wanted:
        raise Refused(
            _("This form made order %(number)s already; search the customer again for another one.")
            % {"number": made.number},
            code="form_used",
        )
    return made


@transaction.atomic
def change_order(
    order: Order,
    *,
    lines: Iterable[tuple[Product, int]] | None = None,
    scheduled_date: dt.date | None = None,
    slot: str | None = None,
    is_urgent: bool | None = None,
    note: str | None = None,
    reason: str = "",
    expected_version: int | None = None,
    actor: Actor,
) -> Order:
    """Change what was ordered or when, until the order is planned; a failed one is confirmed again by it.

    ``expected_version`` is the version the person saw: Busy when somebody changed the order since.
    """
    row = lock(order, expected_version)
    if row.status not in EDITABLE:
        raise Refused(
            _("Order %(number)s is “%(status)s” and cannot be changed any more; take it off its route first.")
            % {"number": row.number, "status": row.get_status_display()},
            code="not_editable",
        )
    if row.status == OrderStatus.FAILED and scheduled_date is None:
        raise Refused(_("Choose the day of the next try."), code="date_missing", field="scheduled_date")
    fields: dict[str, Any] = {}
    if scheduled_date is not None:
        checks.check_date(scheduled_date)
        fields["scheduled_date"] = scheduled_date
        if row.latest_date is not None:
            fields["latest_date"] = max(row.latest_date, scheduled_date)
    if slot is not None:
        fields["slot"] = checks.check_slot(slot)
    if is_urgent is not None:
        fields["is_urgent"] = is_urgent
    if note is not None:
        fields["note"] = checks.check_note(note)
    wanted = _lines_of(row) if lines is None else checks.check_lines(lines)
    date = fields.get("scheduled_date", row.scheduled_date)
    prices = prices_for(row.customer_id, [product.pk for product, _quantity in wanted], date)
    fields["total_amount"] = checks.total_of(row.customer, wanted, prices)
    fields["lacks_price"] = len(prices) < len(wanted)
    row.lines.all().delete()
    _write_lines(row, wanted, prices)
    if row.status == OrderStatus.FAILED:
        step(row, OrderStatus.CONFIRMED, actor=actor, reason=reason, failure="", **fields)
    else:
        fields["version"] = row.version + 1
        Order.objects.filter(pk=row.pk).update(**fields)
    order.refresh_from_db()
    return order


@transaction.atomic
def cancel_order(order: Order, *, reason: str, expected_version: int | None = None, actor: Actor) -> Order:
    """Cancel what is not on the way yet. Refused without a reason; cancelling a cancelled order again is no error."""
    row = lock(order, expected_version)
    if row.status != OrderStatus.CANCELLED:
        if not reason.strip():
            raise Refused(_("Say why the order is cancelled."), code="reason", field="reason")
        was = step(row, OrderStatus.CANCELLED, actor=actor, reason=reason)
        announcing.silence(row, _("The order was cancelled."))
        publish(OrderCancelled(row.pk, row.customer_id, was, clock.now()))
    order.refresh_from_db()
    return order


def repeat_last(
    customer: Customer,
    *,
    scheduled_date: dt.date | None = None,
    slot: str = SlotPreference.ALL_DAY,
    client_key: uuid.UUID | None = None,
    actor: Actor,
) -> Order:
    """A new order of what the customer got last."""
    _last, quantities = last_order_lines(customer.pk)
    if not quantities:
        raise Refused(
            _("%(customer)s has no earlier order to repeat; enter the quantities.") % {"customer": customer},
            code="nothing_to_repeat",
        )
    products = Product.objects.in_bulk(list(quantities))
    return create_order(
        customer,
        [(products[pk], number) for pk, number in quantities.items()],
        scheduled_date=scheduled_date,
        slot=slot,
        client_key=client_key,
        actor=actor,
    )


def assign(order_ids: Collection[int], *, actor: Actor) -> list[int]:
    """Confirmed orders are planned. Returns the ids that moved: the rest were cancelled or planned meanwhile."""
    return _move_many(order_ids, OrderStatus.CONFIRMED, OrderStatus.ASSIGNED, actor=actor)


def unassign(order_ids: Collection[int], *, reason: str = "", actor: Actor) -> list[int]:
    """Planned orders are to be planned again. Returns the ids that moved."""
    return _move_many(order_ids, OrderStatus.ASSIGNED, OrderStatus.CONFIRMED, reason=reason, actor=actor)


def start_delivery(order_ids: Collection[int], *, actor: Actor) -> list[int]:
    """Planned orders are on the way. Returns the ids that moved."""
    return _move_many(order_ids, OrderStatus.ASSIGNED, OrderStatus.IN_DELIVERY, actor=actor)


@transaction.atomic
def _move_many(
    order_ids: Collection[int], old: OrderStatus, new: OrderStatus, *, reason: str = "", actor: Actor
) -> list[int]:
    Order.MACHINE.check_allowed(old, new)
    rows = list(
        Order.objects.select_for_update()
        .filter(pk__in=list(order_ids), status=old, served_by=ServedBy.OURS)
        .order_by("pk")
        .only("pk", "status")
    )
    Order.objects.filter(pk__in=[row.pk for row in rows]).update(status=new, version=F("version") + 1)
    note_steps(rows, old, new, reason=reason, actor=actor)
    return [row.pk for row in rows]


def _write_lines(order: Order, wanted: Iterable[tuple[Product, int]], prices: dict[int, Decimal]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=product, quantity=quantity, unit_price=prices.get(product.pk))
        for product, quantity in wanted
    )


def _lines_of(order: Order) -> list[tuple[Product, int]]:
    return [(line.product, line.quantity) for line in order.lines.select_related("product") if line.quantity]
