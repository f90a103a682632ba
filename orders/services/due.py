"""The visits that are due on a day, made into orders.

Three kinds: appointments of the residential plan; customers with a cycle, whose last delivery was that many
days ago (beyond the days the visit may slip the source is 超過週期); residents, by the median of their last
five intervals. A customer with an open order gets none, a closed one is visited on the next day he is open,
and a day on which the company does not deliver has no visits: they fall on the next working day.

One run works on a date at a time, and keeps one row for it. Running it again finds everything made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.models import Customer, PlannedVisit
from customers.models.customer import CustomerStatus
from customers.models.site import SlotPreference
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy
from orders.forecast.intervals import due_day
from orders.models import DueRun, Order, OrderLine, OrderSource, OrderStatus, Product
from orders.queries.last import last_deliveries, typical
from orders.queries.prices import prices_for_many
from orders.services import checks, numbers
from orders.services.steps import note_steps

LOOK_BACK = 7  # days without a run that the next run makes good
LONGEST_SHIFT = 14  # days a visit is looked for behind rest days
BATCH = 1000
DATES_LOCK = 0x6C67_0002  # with the day, the advisory lock under which its visits are made

FREE = """
       AND c.status = 'active'
       AND NOT EXISTS (
             SELECT 1 FROM orders_order o
              WHERE o.customer_id = c.id AND o.status IN ('pending', 'confirmed', 'assigned', 'in_delivery'))
       AND NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.customer_id = c.id AND o.due_date = %(date)s)
       AND NOT EXISTS (
             SELECT 1 FROM orders_order o
              WHERE o.customer_id = c.id AND o.status = 'failed'
                AND o.scheduled_date > %(date)s::date - %(undecided)s::integer)
"""
# A visit that failed waits for a person, who gives it another day or cancels it. A second order at once would make
# two; but nobody runs dry because nobody decided.
UNDECIDED_DAYS = 3
CYCLES = f"""
SELECT c.id, last.on_day + c.max_cycle_days, coalesce(c.postpone_days, 0)
  FROM customers_customer c
 CROSS JOIN LATERAL (
    SELECT (o.delivered_at AT TIME ZONE 'Asia/Taipei')::date AS on_day
      FROM orders_order o
     WHERE o.customer_id = c.id AND o.status = 'delivered'
     ORDER BY o.delivered_at DESC
     LIMIT 1
 ) AS last
 WHERE c.kind <> 'residential' AND last.on_day + c.max_cycle_days <= %(date)s
{FREE}
"""  # noqa: S608
# Twelve deliveries hold six days unless somebody was served twice on many of them.
RESIDENTS = f"""
SELECT c.id, coalesce(c.postpone_days, 0), seen.days
  FROM customers_customer c
 CROSS JOIN LATERAL (
    SELECT array_agg((o.delivered_at AT TIME ZONE 'Asia/Taipei')::date) AS days
      FROM (SELECT delivered_at
              FROM orders_order
             WHERE customer_id = c.id AND status = 'delivered'
             ORDER BY delivered_at DESC
             LIMIT 12) AS o
 ) AS seen
 WHERE c.kind = 'residential' AND cardinality(seen.days) > 3
{FREE}
"""  # noqa: S608


@dataclass(frozen=True)
class DueReport:
    """What a run made and found. ``closed`` says why the company does not deliver on the date."""

    date: dt.date
    closed: str = ""
    booked: int = 0
    forecast: int = 0
    overdue: int = 0
    resting: int = 0
    without_quantity: int = 0
    order_ids: list[int] = field(default_factory=list)

    @property
    def made(self) -> int:
        return len(self.order_ids)


@dataclass(frozen=True)
class _Visit:
    customer: Customer
    source: str
    latest: dt.date | None
    quantities: dict[int, int] = field(default_factory=dict)
    note: str = ""


@dataclass
class _Search:
    """What is known while a run works; ``since`` is the last day that had its run."""

    date: dt.date
    since: dt.date
    customers: dict[int, Customer] = field(default_factory=dict)
    resting: int = 0

    def opens(self, customer: Customer, day: dt.date, works: Callable[[dt.date], bool]) -> dt.date | None:
        """The first day from ``day`` on that the customer is open and the company works, looked for up to D."""
        for days in range(LONGEST_SHIFT):
            candidate = day + dt.timedelta(days=days)
            if candidate > self.date:
                return None
            if works(candidate) and not customer.closed_on(candidate):
                return candidate
        return None


@transaction.atomic
def make_due(date: dt.date, *, actor: Actor) -> DueReport:
    """Make the orders that are due on a date, at most thirty days ahead. Busy while another run works on it."""
    checks.check_date(date)
    closed = calendar.closed_because(date)
    if closed:
        return DueReport(date, closed=closed)
    run = _claim(date, actor)
    search = _Search(date, since=_since(date))
    booked, spoken_for = _booked(search)
    due = {visit.customer.pk: visit for visit in _cycles(search)}
    due |= {visit.customer.pk: visit for visit in _residents(search)}
    visits = {pk: visit for pk, visit in due.items() if pk not in spoken_for} | booked
    orders, empty = _write(date, list(visits.values()), actor)
    report = DueReport(
        date,
        booked=sum(order.customer_id in booked for order in orders),
        forecast=sum(
            order.source == OrderSource.FORECAST and order.customer_id not in booked for order in orders
        ),
        overdue=sum(order.source == OrderSource.OVERDUE for order in orders),
        resting=search.resting,
        without_quantity=empty,
        order_ids=[order.pk for order in orders],
    )
    _note_run(run, report)
    return report


def _claim(date: dt.date, actor: Actor) -> DueRun:
    """The date's row under a lock of the date: a row not committed yet could only be waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [DATES_LOCK, date.toordinal()])
        (free,) = cursor.fetchone()
    if not free:
        raise Busy(
            _("The due visits of %(date)s are being made right now.") % {"date": date.isoformat()},
            code="busy",
        )
    return DueRun.objects.get_or_create(date=date, defaults={"actor_name": actor.name})[0]


def _note_run(run: DueRun, report: DueReport) -> None:
    """Keep the counts: what all runs of the date made, and who was left out by the last one."""
    made = {
        name: run.counts.get(name, 0) + getattr(report, name) for name in ("booked", "forecast", "overdue")
    }
    left_out = {"resting": report.resting, "without_quantity": report.without_quantity}
    DueRun.objects.filter(pk=run.pk).update(finished_at=clock.now(), counts=made | left_out)


def _since(date: dt.date) -> dt.date:
    """The day after which visits belong to this run: the last run's, else the last working day."""
    before = DueRun.objects.filter(date__lt=date, finished_at__isnull=False).order_by("-date").first()
    last = before.date if before else calendar.working_days_before(date, 1)[0]
    return max(last, date - dt.timedelta(days=LOOK_BACK))


def _booked(search: _Search) -> tuple[dict[int, _Visit], set[int]]:
    """Appointments that fall on the date, and everybody about whom the plan has the last word."""
    rows = PlannedVisit.objects.select_related("customer__availability").filter(
        customer__status=CustomerStatus.ACTIVE
    )
    current = rows.filter(date__gt=search.since) | rows.filter(moved_to__gt=search.since)
    taken = _taken(search.date, current.values_list("customer_id", flat=True))
    kinds = dict(Product.objects.values_list("kind", "id"))
    visits: dict[int, _Visit] = {}
    spoken_for: set[int] = set()
    for row in current.order_by("date", "pk"):
        spoken_for.add(row.customer_id)
        day = row.moved_to or row.date
        if row.cancelled or row.put_off or not search.since < day <= search.date or row.customer_id in taken:
            continue
        quantities = {
            kinds[kind]: number for kind, number in row.quantities.items() if number and kind in kinds
        }
        note = f"{_('Call before coming.')} {row.note}".strip() if row.call_before else row.note
        visits[row.customer_id] = _Visit(row.customer, OrderSource.FORECAST, search.date, quantities, note)
    return visits, spoken_for


def _taken(date: dt.date, customer_ids: Iterable[int]) -> set[int]:
    """Those with an open order, or one made by this date's run."""
    rows = Order.objects.filter(customer_id__in=list(customer_ids))
    open_ones = rows.filter(status__in=["pending", "confirmed", "assigned", "in_delivery"])
    return set((open_ones | rows.filter(due_date=date)).values_list("customer_id", flat=True))


def _cycles(search: _Search) -> Iterable[_Visit]:
    found = _ask(CYCLES, search.date)
    customers = _load(row[0] for row in found)
    for customer_id, due, slip in found:
        customer = customers[customer_id]
        if customer.closed_on(search.date):
            search.resting += 1
            continue
        latest = due + dt.timedelta(days=slip)
        late = search.date > latest
        yield _Visit(customer, OrderSource.OVERDUE if late else OrderSource.FORECAST, latest)


def _residents(search: _Search) -> Iterable[_Visit]:
    earliest = search.since - dt.timedelta(days=LONGEST_SHIFT)
    found = {}
    for customer_id, slip, days in _ask(RESIDENTS, search.date):
        due = due_day(days)
        if due is not None and earliest < due <= search.date:
            found[customer_id] = (due, slip)
    customers = _load(found)
    works = _company_days()
    for customer_id, (due, slip) in found.items():
        customer = customers[customer_id]
        opens = search.opens(customer, due, works)
        if opens is None and due > search.since:
            search.resting += 1
        if opens is not None and opens > search.since:
            latest = max(due + dt.timedelta(days=slip), search.date)
            yield _Visit(customer, OrderSource.FORECAST, latest)


def _company_days() -> Callable[[dt.date], bool]:
    known: dict[dt.date, bool] = {}

    def works(day: dt.date) -> bool:
        if day not in known:
            known[day] = calendar.is_working_day(day)
        return known[day]

    return works


def _ask(sql: str, date: dt.date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"date": date, "undecided": UNDECIDED_DAYS})
        return cursor.fetchall()


def _load(customer_ids: Iterable[int]) -> dict[int, Customer]:
    return Customer.objects.select_related("availability").in_bulk(list(customer_ids))


def _write(date: dt.date, visits: list[_Visit], actor: Actor) -> tuple[list[Order], int]:
    """The orders of the visits, and how many had no quantity to go by."""
    wanted = _with_quantities(visits)
    prices = prices_for_many([visit.customer.pk for visit, _quantities in wanted], None, date)
    products = Product.objects.in_bulk()
    orders, lines = [], []
    if not wanted:
        return [], len(visits)
    for number, (visit, quantities) in zip(numbers.take(clock.today(), len(wanted)), wanted, strict=True):
        customer = visit.customer
        sold = [(products[pk], count) for pk, count in quantities.items()]
        order = Order(
            number=number,
            customer=customer,
            source=visit.source,
            status=OrderStatus.CONFIRMED,
            scheduled_date=date,
            latest_date=visit.latest,
            slot=_slot(customer),
            payment_method=customer.payment_method,
            note=visit.note[: checks.LONGEST_NOTE],
            total_amount=checks.total_of(customer, sold, prices[customer.pk]),
            lacks_price=not quantities.keys() <= prices[customer.pk].keys(),
            due_date=date,
            created_by=actor.name,
        )
        orders.append(order)
        lines += [
            OrderLine(
                order=order, product=product, quantity=count, unit_price=prices[customer.pk].get(product.pk)
            )
            for product, count in sold
        ]
    Order.objects.bulk_create(orders, batch_size=BATCH)
    OrderLine.objects.bulk_create(lines, batch_size=BATCH)
    note_steps(orders, "", OrderStatus.CONFIRMED, actor=actor)
    return orders, len(visits) - len(wanted)


def _slot(customer: Customer) -> str:
    availability = getattr(customer, "availability", None)
    return availability.slot if availability is not None else SlotPreference.ALL_DAY


def _with_quantities(visits: list[_Visit]) -> list[tuple[_Visit, dict[int, int]]]:
    """Each visit with what the plan says, else what the customer got last; those with neither are left out."""
    last = last_deliveries([visit.customer.pk for visit in visits if not visit.quantities])
    lines: dict[int, list[OrderLine]] = {}
    order_ids = [order_id for order_id, _at in last.values()]
    for line in OrderLine.objects.filter(order_id__in=order_ids, product__is_active=True):
        lines.setdefault(line.order_id, []).append(line)
    found = []
    for visit in visits:
        order_id = last.get(visit.customer.pk, (0, None))[0]
        quantities = visit.quantities or typical(lines.get(order_id, []))
        if quantities:
            found.append((visit, quantities))
    return found
