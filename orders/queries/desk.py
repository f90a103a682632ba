"""What a clerk sees of a caller: who he is, what he owes, what stands there, what he got, what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count

from customers.kinds import CylinderKind
from customers.models import Customer
from customers.models.customer import CustomerKind
from customers.models.site import SlotPreference
from luckygas.core.clock import taipei
from orders.forecast.intervals import due_day
from orders.models import OPEN_STATUSES, Order, OrderLine, OrderSource, OrderStatus, Price, Product
from orders.queries.last import typical
from orders.queries.prices import rows_for
from orders.queries.stock import cylinders_out

RECENT = 5
REMEMBERED = 12
# A visit in vain waits for a new day: the caller who asks about it gets that order, not a second one.
UNSETTLED = (*OPEN_STATUSES, OrderStatus.FAILED)


@dataclass(frozen=True)
class Past:
    """An order as one line: ``what`` is 20公斤 × 2、…; ``amount`` None where nothing was charged."""

    order: Order
    what: str
    amount: Decimal | None


@dataclass(frozen=True)
class Offer:
    """A product on the form; ``last`` is the quantity of the last order."""

    product: Product
    price: Price | None
    quantity: int
    last: int
    usual: bool


@dataclass(frozen=True)
class Card:
    customer: Customer
    balance: Decimal
    limit: Decimal
    on_hold: bool
    credit_reason: str
    credit_by: str
    credit_at: dt.datetime | None
    standing: list[tuple[str, int]]
    last: Past | None
    recent: list[Past]
    open_orders: list[Past]
    expected: dt.date | None
    date: dt.date
    closed: str
    slots: list[tuple[str, str, int]]
    offers: list[Offer] = field(default_factory=list)

    @property
    def over_limit(self) -> bool:
        return self.balance > self.limit > 0

    @property
    def usual(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.usual]

    @property
    def others(self) -> list[Offer]:
        return [offer for offer in self.offers if not offer.usual]


def find(code: str) -> Customer | None:
    """The customer with everything the card shows of him."""
    rows = Customer.objects.select_related("area", "account", "availability").prefetch_related("phones")
    return rows.filter(code=code).first()


def card(customer: Customer, date: dt.date, quantities: dict[int, int] | None = None) -> Card:
    """All of the card in a fixed number of questions. ``quantities`` {product id: n} fill the form."""
    account = getattr(customer, "account", None)
    past = Order.objects.filter(customer=customer)
    delivered = list(past.filter(status=OrderStatus.DELIVERED).order_by("-delivered_at")[:REMEMBERED])
    waiting = list(past.filter(status__in=UNSETTLED).order_by("scheduled_date", "pk"))
    lines = _lines([*delivered[:RECENT], *waiting])
    standing = cylinders_out([customer.pk])[customer.pk]
    last = typical(lines.get(delivered[0].pk, [])) if delivered else {}
    recent = [_past(order, lines) for order in delivered[:RECENT]]
    return Card(
        customer=customer,
        balance=account.open_balance if account else Decimal(0),
        limit=account.credit_limit if account else Decimal(0),
        on_hold=bool(account and account.credit_hold),
        credit_reason=account.credit_reason if account else "",
        credit_by=account.credit_by if account else "",
        credit_at=account.credit_at if account else None,
        standing=_labelled(standing),
        last=recent[0] if recent else None,
        recent=recent,
        open_orders=[_past(order, lines) for order in waiting],
        expected=_expected(customer, [order.delivered_at for order in delivered if order.delivered_at]),
        date=date,
        closed=customer.closed_on(date),
        slots=slots_on(date),
        offers=_offers(customer, date, quantities or {}, last, set(standing)),
    )


def slots_on(date: dt.date) -> list[tuple[str, str, int]]:
    """(slot, label, orders that day which are not delivered yet)."""
    rows = Order.objects.filter(scheduled_date=date, status__in=OPEN_STATUSES)
    counts = dict(rows.values_list("slot").annotate(n=Count("pk")).order_by())
    return [(slot.value, str(slot.label), counts.get(slot.value, 0)) for slot in SlotPreference]


def described(lines: Iterable[OrderLine]) -> str:
    """20公斤 × 2、16公斤 × 1, as delivered where it was."""
    return "、".join(
        f"{line.product.name} × {line.quantity if line.delivered_quantity is None else line.delivered_quantity}"
        for line in lines
    )


def _lines(orders: list[Order]) -> dict[int, list[OrderLine]]:
    found: dict[int, list[OrderLine]] = {}
    rows = OrderLine.objects.filter(order__in=orders).select_related("product").order_by("product__position")
    for line in rows:
        found.setdefault(line.order_id, []).append(line)
    return found


def _past(order: Order, lines: dict[int, list[OrderLine]]) -> Past:
    charged = order.source != OrderSource.HISTORY
    return Past(order, described(lines.get(order.pk, [])), order.total_amount if charged else None)


def _labelled(standing: dict[str, int]) -> list[tuple[str, int]]:
    rank = {kind: position for position, kind in enumerate(CylinderKind.values)}
    ordered = sorted(standing.items(), key=lambda item: rank[item[0]])
    return [(str(CylinderKind(kind).label), number) for kind, number in ordered]


def _expected(customer: Customer, delivered: list[dt.datetime]) -> dt.date | None:
    """The day the next visit is due, by the same rules as the run of due visits."""
    days = [taipei(instant).date() for instant in delivered]
    if customer.kind == CustomerKind.RESIDENTIAL:
        return due_day(days) if days else None
    if not days or customer.max_cycle_days is None:
        return None
    return days[0] + dt.timedelta(days=customer.max_cycle_days)


def _offers(
    customer: Customer, date: dt.date, quantities: dict[int, int], last: dict[int, int], standing: set[str]
) -> list[Offer]:
    prices = rows_for(customer.pk, date)
    products = [row for row in Product.objects.all() if row.is_active or row.pk in quantities]
    usual = {row.pk for row in products if row.kind in standing or row.pk in last or row.pk in quantities}
    if not usual:
        usual = {row.pk for row in products if row.is_metered == customer.is_metered}
    return [
        Offer(row, prices.get(row.pk), quantities.get(row.pk, 0), last.get(row.pk, 0), row.pk in usual)
        for row in products
    ]


def usual_slot(customer: Customer) -> str:
    availability = getattr(customer, "availability", None)
    return str(availability.slot) if availability is not None else SlotPreference.ALL_DAY.value


def panel(customer: Customer, count: int) -> tuple[list[Past], list[tuple[str, int]]]:
    """The last ``count`` orders of any status, newest first, and the cylinders that stand there."""
    orders = list(Order.objects.filter(customer=customer).order_by("-scheduled_date", "-pk")[:count])
    lines = _lines(orders)
    standing = cylinders_out([customer.pk])[customer.pk]
    return [_past(order, lines) for order in orders], _labelled(standing)
