"""The telephone of the day: customers ring, the desk writes orders."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.models.customer import CustomerStatus
from luckygas.core import calendar
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.workday.chance import chance, key_of
from orders.models import OPEN_STATUSES, Order, OrderLine, OrderSource, Product
from orders.services import orders as desk

# A working day has about 220 deliveries, of which some 155 were phoned in, from 13,250 customers.
CALLS_PER_CUSTOMER = 155 / 13_250
USUAL = "GAS-C20-R"
LOW_DAYS, LOW_SHARE, TRIES = 5, 0.7, 40
RUNNING_LOW = """
SELECT c.id
  FROM customers_customer c
  JOIN LATERAL (SELECT o.scheduled_date FROM orders_order o
                 WHERE o.customer_id = c.id AND o.status = 'delivered'
                 ORDER BY o.delivered_at DESC LIMIT 1) last ON true
 WHERE c.status = 'active' AND c.max_cycle_days IS NOT NULL
   AND last.scheduled_date + c.max_cycle_days BETWEEN %(date)s::date + 1 AND %(date)s::date + %(days)s::int
 ORDER BY c.id
"""


def planned_calls(seed: int, date: dt.date) -> int:
    """How many ring that day; a tenth of it on a day the company is closed."""
    customers = Customer.objects.filter(status=CustomerStatus.ACTIVE).count()
    noise = chance(seed, date, "calls").uniform(0.9, 1.1)
    share = 1.0 if calendar.is_working_day(date) else 0.1
    return max(3, round(customers * CALLS_PER_CUSTOMER * noise * share))


def ring(seed: int, date: dt.date, number: int, low: Sequence[int]) -> Order | None:
    """Call ``number`` of the day becomes an order for the day, or for the next working day when we are closed.

    The same call again finds the order it made. None when the desk had to refuse (a customer on hold).
    """
    key = key_of(seed, date, "call", number)
    made = Order.objects.filter(client_key=key).first()
    if made is not None:
        return made
    stream = chance(seed, date, "call", number)
    customer = _caller(stream, low, date)
    if customer is None:
        return None
    for_date = date if calendar.is_working_day(date) else calendar.next_working_day(date)
    try:
        return desk.create_order(
            customer,
            _wanted(customer),
            source=OrderSource.PHONED,
            scheduled_date=for_date,
            note="先打電話" if stream.random() < 0.1 else "",
            client_key=key,
            actor=Actor.system(_("phone desk")),
        )
    except Refused:
        return None


def running_low(date: dt.date) -> list[int]:
    """Customers whose cycle ends within the next days: most callers are among them, and need no visit then."""
    with connection.cursor() as cursor:
        cursor.execute(RUNNING_LOW, {"date": date, "days": LOW_DAYS})
        return [row[0] for row in cursor.fetchall()]


def _caller(stream: random.Random, low: Sequence[int], date: dt.date) -> Customer | None:
    """Somebody who may order and has nothing open: mostly one who runs low, else anybody on the list."""
    everybody = Customer.objects.filter(status=CustomerStatus.ACTIVE).order_by("pk")
    total = everybody.count()
    if not total:
        return None
    from_low = bool(low) and stream.random() < LOW_SHARE
    draw = stream.randrange(1 << 30)
    for step in range(TRIES):
        if from_low and step < TRIES // 2:
            customer = everybody.filter(pk=low[(draw + step) % len(low)]).first()
        else:
            customer = everybody[(draw + step * 7919) % total]
        if customer is None or customer.closed_on(date):
            continue
        if not Order.objects.filter(customer=customer, status__in=OPEN_STATUSES).exists():
            return customer
    return None


def _wanted(customer: Customer) -> list[tuple[Product, int]]:
    """What they got last, else what stands there, else one household cylinder."""
    last = (
        Order.objects.filter(customer=customer, status="delivered")
        .order_by("-delivered_at")
        .values_list("pk", flat=True)
        .first()
    )
    if last is not None:
        lines = OrderLine.objects.filter(order_id=last).select_related("product")
        wanted = [(line.product, line.quantity) for line in lines if line.quantity > 0]
        if wanted:
            return wanted
    kinds = dict(customer.cylinders.filter(quantity__gt=0).values_list("kind", "quantity"))
    products = Product.objects.filter(kind__in=kinds or [USUAL])
    return [(product, min(kinds.get(product.kind, 1), 4)) for product in products]
