"""What happened at the door: cylinders change places, a meter is read, or nobody opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.events import publish
from luckygas.core.money import round_half_up
from orders.events import OrderDelivered, OrderFailed
from orders.models import (
    Condition,
    FailureReason,
    MeterReading,
    Order,
    OrderLine,
    OrderStatus,
    Place,
    Product,
)
from orders.queries import prices_for
from orders.services import announcing, checks, movements, places
from orders.services.movements import Move
from orders.services.steps import lock, step

HIGHEST_READING = Decimal("9999999.999")


@transaction.atomic
def record_delivery(
    order: Order,
    *,
    quantities: Mapping[int, int],
    empties: Mapping[int, int] | None = None,
    full_returned: Mapping[int, int] | None = None,
    meter_reading: Decimal | None = None,
    vehicle_place: Place,
    at: dt.datetime | None = None,
    actor: Actor,
) -> Order:
    """Write what was really handed over and taken back, move the cylinders, and tell the floors above.

    The mappings are {product id: number}; a product that is absent counts 0, one that was not ordered gets a
    line of its own. Prices that were missing are looked up again. Refused, with nothing written: the order is
    not planned or on the way, a number outside 0 … 100, nothing handed over, taken back or read at all, a
    reading for a customer without a meter.
    """
    row = lock(order)
    when = at or clock.now()
    Order.MACHINE.check_allowed(row.status, OrderStatus.DELIVERED)
    delivered, back, returned = _counted(quantities), _counted(empties or {}), _counted(full_returned or {})
    reading = _checked_reading(row, meter_reading)
    if not (delivered or back or returned) and reading is None:
        raise Refused(
            _("Nothing was delivered, taken back or read; record why the visit failed instead."), code="empty"
        )
    products = Product.objects.in_bulk({*delivered, *back, *returned})
    unknown = {*delivered, *back, *returned} - set(products)
    if unknown:
        raise Refused(
            _("There is no product %(ids)s.") % {"ids": ", ".join(map(str, sorted(unknown)))},
            code="product",
            field="lines",
        )
    total = _write_lines(row, products, delivered, back, returned, clock.taipei(when).date())
    _move_cylinders(row, products, delivered, back, returned, vehicle_place, when, actor)
    reading_id = None
    if reading is not None:
        reading_id = MeterReading.objects.create(
            customer_id=row.customer_id, order=row, read_at=when, value=reading, actor_name=actor.name
        ).pk
    step(
        row, OrderStatus.DELIVERED, actor=actor,
        delivered_at=when, total_amount=total, lacks_price=row.lines.filter(unit_price=None).exists(),
    )  # fmt: skip
    publish(
        OrderDelivered(
            order_id=row.pk,
            customer_id=row.customer_id,
            date=clock.taipei(when).date(),
            at=when,
            meter_reading_id=reading_id,
            is_metered=row.customer.is_metered,
        )
    )
    announcing.delivered(row, at=when, actor=actor)
    order.refresh_from_db()
    return order


@transaction.atomic
def record_failure(
    order: Order, *, reason_code: str, note: str = "", at: dt.datetime | None = None, actor: Actor
) -> Order:
    """A driver came in vain. ``reason_code`` is a FailureReason; the order waits for another day."""
    if reason_code not in FailureReason.values:
        raise Refused(
            _("“%(code)s” is no reason; there are: %(codes)s.")
            % {"code": reason_code, "codes": ", ".join(FailureReason.values)},
            code="reason",
            field="reason_code",
        )
    row = lock(order)
    when = at or clock.now()
    words = f"{FailureReason(reason_code).label} {checks.check_note(note)}".strip()
    step(row, OrderStatus.FAILED, actor=actor, reason=words, failure=reason_code)
    publish(OrderFailed(row.pk, row.customer_id, clock.taipei(when).date(), when, reason_code))
    order.refresh_from_db()
    return order


def _counted(numbers: Mapping[int, int]) -> dict[int, int]:
    """{product id: number} without the zeros."""
    for number in numbers.values():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= checks.MOST_OF_ONE:
            raise Refused(
                _("“%(number)s” is not a whole number from 0 to %(most)d.")
                % {"number": number, "most": checks.MOST_OF_ONE},
                code="quantity",
                field="lines",
            )
    return {pk: number for pk, number in numbers.items() if number}


def _checked_reading(order: Order, value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if not order.customer.is_metered:
        raise Refused(
            _("%(customer)s has no meter; leave the reading empty.") % {"customer": order.customer},
            code="no_meter",
            field="meter_reading",
        )
    if not value.is_finite() or not 0 <= value <= HIGHEST_READING:
        raise Refused(
            _("“%(value)s” is not a meter reading; it is kilograms from 0 to %(most)s.")
            % {"value": value, "most": HIGHEST_READING},
            code="reading",
            field="meter_reading",
        )
    return round_half_up(value, 3)


def _write_lines(
    order: Order,
    products: dict[int, Product],
    delivered: dict[int, int],
    back: dict[int, int],
    returned: dict[int, int],
    date: dt.date,
) -> Decimal:
    """Fill the lines, add those that came up at the door, and return the total as delivered."""
    lines = {line.product_id: line for line in order.lines.select_related("product")}
    for product_id in products.keys() - lines.keys():
        lines[product_id] = OrderLine(order=order, product=products[product_id], quantity=0)
    unpriced = [product_id for product_id, line in lines.items() if line.unit_price is None]
    prices = prices_for(order.customer_id, unpriced, date) if unpriced else {}
    for product_id, line in lines.items():
        line.delivered_quantity = delivered.get(product_id, 0)
        line.empties_returned = back.get(product_id, 0)
        line.full_returned = returned.get(product_id, 0)
        if line.unit_price is None:
            line.unit_price = prices.get(product_id)
    ordered = [line for line in lines.values() if line.pk is not None]
    OrderLine.objects.bulk_create([line for line in lines.values() if line.pk is None])
    OrderLine.objects.bulk_update(
        ordered, ["delivered_quantity", "empties_returned", "full_returned", "unit_price"]
    )
    known = {pk: line.unit_price for pk, line in lines.items() if line.unit_price is not None}
    counts = ((line.product, delivered.get(pk, 0)) for pk, line in lines.items())
    return checks.total_of(order.customer, counts, known)


def _move_cylinders(
    order: Order,
    products: dict[int, Product],
    delivered: dict[int, int],
    back: dict[int, int],
    returned: dict[int, int],
    vehicle: Place,
    at: dt.datetime,
    actor: Actor,
) -> None:
    if not (delivered or back or returned):
        return
    site = places.of_customer(order.customer)
    # What stands at a customer's counts as full until it leaves, so an empty one leaves as full.
    moves = [Move(products[pk], number, Condition.FULL, vehicle, site) for pk, number in delivered.items()]
    moves += [
        Move(products[pk], number, Condition.EMPTY, site, vehicle, left_as=Condition.FULL)
        for pk, number in back.items()
    ]
    moves += [Move(products[pk], number, Condition.FULL, site, vehicle) for pk, number in returned.items()]
    movements.move_all(moves, order=order, at=at, actor=actor)
