"""Prices: entered with the day from which they hold, and filled in where orders waited for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, OrderLine, OrderStatus, Price, Product
from orders.queries import prices_for
from orders.services import checks


def add_price(data: dict[str, Any], *, actor: Actor) -> Price:
    """``set_price`` with the cleaned form of the admin."""
    return set_price(
        data["product"], data["unit_price"], data["valid_from"], customer=data.get("customer"), actor=actor
    )


@transaction.atomic
def change_price(row: Price, data: dict[str, Any], *, actor: Actor) -> None:
    """Mend a price that does not hold yet; one that was in force stays as it was, a new one follows it."""
    row = Price.objects.select_for_update(of=("self",)).select_related("product").get(pk=row.pk)
    if row.valid_from <= clock.today():
        raise Refused(
            _(
                "This price holds since %(date)s and stays; enter a new one with the day from which it changes."
            )
            % {"date": row.valid_from.isoformat()},
            code="price_in_force",
        )
    unit_price = data.get("unit_price", row.unit_price)
    valid_from = data.get("valid_from", row.valid_from)
    _check(unit_price)
    if valid_from < clock.today():
        raise _past(valid_from)
    with _one_a_day(row.product, valid_from):
        Price.objects.filter(pk=row.pk).update(
            unit_price=unit_price, valid_from=valid_from, created_by=actor.name
        )
    fill_missing()


@transaction.atomic
def set_price(
    product: Product,
    unit_price: Decimal,
    valid_from: dt.date,
    *,
    customer: Customer | None = None,
    actor: Actor,
) -> Price:
    """A price from a day on: the list price, or one customer's by contract.

    Refused for an amount not above zero, for a day that has a price already, and for a past day, unless nothing
    was priced on it: a gap may be filled, the past is not priced anew.
    """
    _check(unit_price)
    if valid_from < clock.today() and prices_for(customer.pk if customer else None, [product.pk], valid_from):
        raise _past(valid_from)
    with _one_a_day(product, valid_from):
        made = Price.objects.create(
            product=product,
            customer=customer,
            unit_price=unit_price,
            valid_from=valid_from,
            created_by=actor.name,
        )
    fill_missing()
    return made


@contextmanager
def _one_a_day(product: Product, valid_from: dt.date) -> Iterator[None]:
    """Refused where the product has a price from that day already: the constraint decides."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Refused(
            _("%(product)s has a price from %(date)s already; change that one.")
            % {"product": product, "date": valid_from.isoformat()},
            code="price_exists",
            field="valid_from",
        ) from error


def fill_missing() -> int:
    """Price the lines of our orders that came in without one; returns how many orders are complete by it.

    The day that counts is the delivery's, or the planned one's while it is to come.
    """
    complete = 0
    waiting = Order.objects.filter(lacks_price=True).exclude(status=OrderStatus.CANCELLED)
    for order in waiting.select_for_update(of=("self",)).select_related("customer").order_by("pk"):
        complete += _fill(order)
    return complete


def _fill(order: Order) -> bool:
    lines = list(order.lines.select_related("product"))
    missing = [line for line in lines if line.unit_price is None]
    day = clock.taipei(order.delivered_at).date() if order.delivered_at else order.scheduled_date
    prices = prices_for(order.customer_id, [line.product_id for line in missing], day)
    for line in missing:
        line.unit_price = prices.get(line.product_id)
    if not prices:
        return False
    OrderLine.objects.bulk_update(missing, ["unit_price"])
    counts = [
        (line.product, line.quantity if line.delivered_quantity is None else line.delivered_quantity)
        for line in lines
    ]
    known = {line.product_id: line.unit_price for line in lines if line.unit_price is not None}
    complete = len(known) == len(lines)
    Order.objects.filter(pk=order.pk).update(
        total_amount=checks.total_of(order.customer, counts, known),
        lacks_price=not complete,
        version=order.version + 1,
    )
    return complete


def _check(unit_price: Decimal) -> None:
    if unit_price <= 0:
        raise Refused(_("A price is above zero."), code="price", field="unit_price")


def _past(date: dt.date) -> Refused:
    return Refused(
        _("%(date)s is past and has a price; a new one holds from today on.") % {"date": date.isoformat()},
        code="price_past",
        field="valid_from",
    )
