"""What a customer got last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import connection

from orders.models import Order, OrderLine, OrderStatus

# One index probe per customer: (customer, delivered_at DESC) WHERE status = 'delivered'.
LAST_DELIVERIES = """
SELECT wanted.id, last.id, last.delivered_at
  FROM unnest(%s::bigint[]) AS wanted(id)
 CROSS JOIN LATERAL (
    SELECT o.id, o.delivered_at
      FROM orders_order o
     WHERE o.customer_id = wanted.id AND o.status = 'delivered'
     ORDER BY o.delivered_at DESC
     LIMIT 1
 ) AS last
"""


def last_deliveries(customer_ids: Collection[int]) -> dict[int, tuple[int, dt.datetime]]:
    """Customer id → (order id, when) of the last delivery; customers without one are absent."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_DELIVERIES, [list(customer_ids)])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def last_order_lines(customer_id: int) -> tuple[Order | None, dict[int, int]]:
    """The order to repeat and its {product id: quantity}: the last delivery as delivered, else the last order."""
    rows = Order.objects.filter(customer_id=customer_id)
    last = rows.filter(status=OrderStatus.DELIVERED).order_by("-delivered_at").first()
    if last is None:
        last = rows.exclude(status=OrderStatus.CANCELLED).order_by("-scheduled_date", "-id").first()
    if last is None:
        return None, {}
    return last, typical(OrderLine.objects.filter(order=last, product__is_active=True))


def typical(lines: Iterable[OrderLine]) -> dict[int, int]:
    """Product id → what was delivered of it, or ordered where nothing was noted; nothing where it was zero."""
    quantities = {
        line.product_id: line.delivered_quantity if line.delivered_quantity is not None else line.quantity
        for line in lines
    }
    return {product_id: number for product_id, number in quantities.items() if number}
