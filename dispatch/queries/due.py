"""What a customer pays at the door."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from customers.models.customer import PaymentMethod
from luckygas.core.money import round_half_up
from orders.models import Order

AT_THE_DOOR = (PaymentMethod.CASH, PaymentMethod.COD)


def pays_at_the_door(order: Order) -> bool:
    """Whether the driver collects for us; a monthly account and a metered customer sign only."""
    return not order.is_foreign and order.payment_method in AT_THE_DOOR and not order.customer.is_metered


def amount_due(order: Order, quantities: Mapping[int, int] | None = None) -> Decimal:
    """Whole NT$ for the cylinders left, as ordered unless `quantities` {product id: n} says otherwise.

    Metered gas is billed by its readings and costs nothing at the door; so does a monthly account.
    """
    if not pays_at_the_door(order):
        return Decimal(0)
    total = Decimal(0)
    for line in order.lines.all():
        number = line.quantity if quantities is None else quantities.get(line.product_id, 0)
        if not line.product.is_metered and line.unit_price is not None:
            total += line.unit_price * number
    return round_half_up(total)
