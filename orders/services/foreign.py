"""Orders that the old system serves: taken, changed, cancelled and delivered there, kept here to be planned around.

One owner for each deed: whoever serves an order dispatches, invoices and announces it, the other only looks. So
nothing here checks credit or looks up prices, moves cylinders, or tells billing and the customer; that was the old
system's to do. ``hand_over`` changes the owner while nobody has begun.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.models.site import SlotPreference
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from luckygas.core.events import publish
from orders.events import ForeignOrderDelivered, ForeignOrderMoved, OrderCancelled, OrderHandedOver
from orders.models import Order, OrderLine, OrderSource, OrderStatus, Product, ServedBy
from orders.queries import prices_for
from orders.services import announcing, checks, numbers
from orders.services.steps import lock_any, note_steps, step

LONGEST_NUMBER = 40


@transaction.atomic
def take(
    customer: Customer,
    lines: Iterable[tuple[Product, int]],
    *,
    number_there: str,
    scheduled_date: dt.date,
    slot: str = SlotPreference.ALL_DAY,
    is_urgent: bool = False,
    note: str = "",
    actor: Actor,
) -> Order:
    """An order that was taken in the old system, confirmed here as its; once for each ``number_there``.

    The same number again gives the order it made, unchanged. Any day is right, also one that is past: it was agreed
    there. Refused, with nothing written: no number or one over 40 characters, a number that belongs to another
    customer's order, a quantity outside 0 … 100, no cylinder at all, an unknown slot, a note over 500 characters.
    """
    number_there = number_there.strip()
    if not number_there or len(number_there) > LONGEST_NUMBER:
        raise Refused(
            _("An order of the old system has a number there of at most %(most)d characters.")
            % {"most": LONGEST_NUMBER},
            code="number_there",
            field="number_there",
        )
    if made := _made_before(customer, number_there):
        return made
    wanted = checks.check_lines(lines)
    order = Order(
        customer=customer,
        source=OrderSource.PHONED,
        status=OrderStatus.CONFIRMED,
        served_by=ServedBy.LEGACY,
        number_there=number_there,
        scheduled_date=scheduled_date,
        slot=checks.check_slot(slot),
        is_urgent=is_urgent,
        payment_method=customer.payment_method,
        note=checks.check_note(note),
        created_by=actor.name,
    )
    try:
        with transaction.atomic():
            (order.number,) = numbers.take(clock.today())
            order.save(force_insert=True)
    except IntegrityError as error:
        # Read twice at once: the other one is committed now, and its order is the answer.
        if made := _made_before(customer, number_there):
            return made
        raise Busy(_("Someone changed this a moment ago. Look again and repeat.")) from error
    _write_lines(order, wanted)
    note_steps([order], "", OrderStatus.CONFIRMED, actor=actor)
    return order


@transaction.atomic
def change(
    order: Order,
    *,
    lines: Iterable[tuple[Product, int]] | None = None,
    scheduled_date: dt.date | None = None,
    slot: str | None = None,
    is_urgent: bool | None = None,
    note: str | None = None,
    actor: Actor,
) -> Order:
    """What the old system changed about an order it serves; None leaves as it is.

    Moved to another day, it leaves the route it was planned on. Refused once delivered or cancelled.
    """
    row = _theirs(order)
    if row.status != OrderStatus.CONFIRMED:
        raise Refused(
            _("Order %(number)s is “%(status)s” and cannot be changed any more.")
            % {"number": row.number, "status": row.get_status_display()},
            code="not_editable",
        )
    fields: dict[str, Any] = {}
    if scheduled_date is not None and scheduled_date != row.scheduled_date:
        fields["scheduled_date"] = scheduled_date
        if row.latest_date is not None:
            fields["latest_date"] = max(row.latest_date, scheduled_date)
        publish(ForeignOrderMoved(row.pk, row.customer_id, scheduled_date))
    if slot is not None:
        fields["slot"] = checks.check_slot(slot)
    if is_urgent is not None:
        fields["is_urgent"] = is_urgent
    if note is not None:
        fields["note"] = checks.check_note(note)
    if lines is not None:
        wanted = checks.check_lines(lines)
        row.lines.all().delete()
        _write_lines(row, wanted)
    Order.objects.filter(pk=row.pk).update(version=row.version + 1, **fields)
    record("orders.foreign_changed", actor=actor, subject=f"Order:{row.pk}", fields=sorted(fields))
    order.refresh_from_db()
    return order


@transaction.atomic
def cancel(order: Order, *, reason: str, actor: Actor) -> Order:
    """The old system cancelled an order it serves. Cancelling a cancelled one again is no error."""
    row = _theirs(order)
    if row.status != OrderStatus.CANCELLED:
        if not reason.strip():
            raise Refused(_("Say why the order is cancelled."), code="reason", field="reason")
        was = step(row, OrderStatus.CANCELLED, actor=actor, reason=reason)
        publish(OrderCancelled(row.pk, row.customer_id, was, clock.now()))
    order.refresh_from_db()
    return order


@transaction.atomic
def delivered(order: Order, quantities: Mapping[int, int], *, at: dt.datetime, actor: Actor) -> Order:
    """The old system delivered an order it serves: {product id: cylinders}, as many empties taken back.

    Told again, it changes nothing. Its stop, if it has one, is completed. Refused for a product we do not know, a
    number outside 0 … 100, or a cancelled order.
    """
    row = _theirs(order)
    if row.status != OrderStatus.DELIVERED:
        Order.FOREIGN.check_allowed(row.status, OrderStatus.DELIVERED)
        products = Product.objects.in_bulk(quantities)
        unknown = set(quantities) - set(products)
        if unknown:
            raise Refused(
                _("There is no product %(ids)s.") % {"ids": ", ".join(map(str, sorted(unknown)))},
                code="product",
                field="lines",
            )
        left = {
            product.pk: number
            for product, number in checks.check_lines(
                (products[pk], number) for pk, number in quantities.items()
            )
        }
        lines = {line.product_id: line for line in row.lines.all()}
        for product_id in left.keys() - lines.keys():
            lines[product_id] = OrderLine(order=row, product_id=product_id, quantity=0)
        for product_id, line in lines.items():
            line.delivered_quantity = line.empties_returned = left.get(product_id, 0)
        fresh = [line for line in lines.values() if line.pk is None]
        told = [line for line in lines.values() if line.pk is not None]
        OrderLine.objects.bulk_create(fresh)
        OrderLine.objects.bulk_update(told, ["delivered_quantity", "empties_returned"])
        step(row, OrderStatus.DELIVERED, actor=actor, delivered_at=at)
        publish(ForeignOrderDelivered(row.pk, row.customer_id, at))
    order.refresh_from_db()
    return order


@transaction.atomic
def hand_over(order: Order, to: str, *, reason: str, actor: Actor) -> Order:
    """Let the other system serve the order; ``to`` is ours or legacy. To the one it is with already changes nothing.

    Refused, with nothing changed: no reason, or an order that is planned, on the way, failed, delivered or cancelled.
    Ours gets the prices of its day; a stop it had while the old system served it leaves its route.
    """
    if to not in ServedBy.values:
        raise Refused(
            _("“%(to)s” is no owner; there are: %(owners)s.")
            % {"to": to, "owners": ", ".join(ServedBy.values)},
            code="owner",
            field="to",
        )
    row = lock_any(order)
    if row.served_by != to:
        if not reason.strip():
            raise Refused(_("Say why the other system serves it now."), code="reason", field="reason")
        if row.status != OrderStatus.CONFIRMED:
            raise Refused(
                _("Order %(number)s is “%(status)s”: only one that nobody has begun can be handed over.")
                % {"number": row.number, "status": row.get_status_display()},
                code="begun",
            )
        fields: dict[str, Any] = {"served_by": to, "version": row.version + 1}
        if to == ServedBy.OURS:
            fields |= _priced(row)
        Order.objects.filter(pk=row.pk).update(**fields)
        if to == ServedBy.LEGACY:
            announcing.silence(row, _("The old system serves it now."))
        publish(OrderHandedOver(row.pk, row.customer_id, to, clock.now()))
        record("orders.handed_over", actor=actor, subject=f"Order:{row.pk}", reason=reason, to=to)
    order.refresh_from_db()
    return order


def _made_before(customer: Customer, number_there: str) -> Order | None:
    made = Order.objects.filter(number_there=number_there).first()
    if made is not None and made.customer_id != customer.pk:
        raise Refused(
            _("The old system's order %(there)s is %(number)s here and belongs to another customer.")
            % {"there": number_there, "number": made.number},
            code="number_taken",
            field="number_there",
        )
    return made


def _theirs(order: Order) -> Order:
    """The locked row of an order that the old system serves."""
    row = lock_any(order)
    if not row.is_foreign:
        raise Refused(
            _("Order %(number)s is served by this system; the old one cannot change it.")
            % {"number": row.number},
            code="ours",
        )
    return row


def _write_lines(order: Order, wanted: Iterable[tuple[Product, int]]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=product, quantity=number) for product, number in wanted
    )


def _priced(row: Order) -> dict[str, Any]:
    """The order's total at the prices of its day, written to its lines."""
    lines = list(row.lines.select_related("product"))
    prices = prices_for(row.customer_id, [line.product_id for line in lines], row.scheduled_date)
    for line in lines:
        line.unit_price = prices.get(line.product_id)
    OrderLine.objects.bulk_update(lines, ["unit_price"])
    counts = ((line.product, line.quantity) for line in lines)
    return {
        "total_amount": checks.total_of(row.customer, counts, prices),
        "lacks_price": len(prices) < len(lines),
    }
