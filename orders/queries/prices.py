"""What a product costs on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core.errors import Refused
from orders.models import Price, Product


def price_on(product: Product, date: dt.date, customer: Customer | None = None) -> Decimal:
    """NT$ per cylinder, or per kg where metered, on a date; Refused ``no_price`` when there is none.

    A contract price of the customer beats the list price; of each the youngest whose day has come holds.
    """
    found = prices_for(customer.pk if customer else None, [product.pk], date).get(product.pk)
    if found is None:
        raise Refused(
            _("%(product)s has no price on %(date)s. Add one under Prices.")
            % {"product": product, "date": date.isoformat()},
            code="no_price",
            product=product.sku,
        )
    return found


def prices_for(
    customer_id: int | None, product_ids: Collection[int] | None, date: dt.date
) -> dict[int, Decimal]:
    """Product id → unit price on a date for one customer (or by the list); products without one are absent."""
    return prices_for_many([customer_id] if customer_id else [], product_ids, date)[customer_id]


def prices_for_many(
    customer_ids: Collection[int], product_ids: Collection[int] | None, date: dt.date
) -> dict[int | None, dict[int, Decimal]]:
    """``prices_for`` of many customers in one query; the key None holds the list prices."""
    rows = Price.objects.filter(
        Q(customer__isnull=True) | Q(customer_id__in=list(customer_ids)), valid_from__lte=date
    )
    if product_ids is not None:
        rows = rows.filter(product_id__in=list(product_ids))
    youngest = (
        rows.order_by("customer_id", "product_id", "-valid_from")
        .distinct("customer_id", "product_id")
        .values_list("customer_id", "product_id", "unit_price")
    )
    by_customer: dict[int | None, dict[int, Decimal]] = {}
    for customer_id, product_id, unit_price in youngest:
        by_customer.setdefault(customer_id, {})[product_id] = unit_price
    listed = by_customer.get(None, {})
    answer: dict[int | None, dict[int, Decimal]] = {None: listed}
    for wanted in customer_ids:
        answer[wanted] = listed | by_customer.get(wanted, {})
    return answer


def rows_for(customer_id: int, date: dt.date) -> dict[int, Price]:
    """Product id → the price row that holds on a date for a customer, to show where the price comes from."""
    rows = (
        Price.objects.filter(Q(customer__isnull=True) | Q(customer_id=customer_id), valid_from__lte=date)
        .order_by("customer_id", "product_id", "-valid_from")
        .distinct("customer_id", "product_id")
    )
    found: dict[int, Price] = {}
    for row in sorted(rows, key=lambda price: price.customer_id is not None):
        found[row.product_id] = row
    return found
