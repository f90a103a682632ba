"""Reads that are more than a queryset method."""

from orders.queries.last import last_deliveries, last_order_lines
from orders.queries.prices import price_on, prices_for
from orders.queries.stock import cylinders_out, stock

__all__ = ["cylinders_out", "last_deliveries", "last_order_lines", "price_on", "prices_for", "stock"]
