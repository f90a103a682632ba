"""What this floor shows on the home page and on the customer's, and what it asks a person to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from luckygas.core import clock, extend
from luckygas.core.extend import Attention, Card, Figure, Panel
from orders.models import OPEN_STATUSES, Order, OrderStatus
from orders.queries import desk
from orders.templatetags.shown import WEEKDAYS

DAYS = 7
SHOWN = 8


def order_page(pk: int) -> str:
    """An order's page in the admin."""
    return reverse("admin:orders_order_change", args=[pk])


def home_card(user: Any) -> Card | None:
    """Today's orders by status, and how many were delivered on each day of the week that ends today."""
    if not user.has_perm("orders.view_order"):
        return None
    today = clock.today()
    rows = Order.objects.filter(scheduled_date=today)
    counts = dict(rows.values_list("status").annotate(n=Count("pk")).order_by())
    listed = f"{reverse('admin:orders_order_changelist')}?day=today&status__exact="
    shown = (
        (_("orders"), sum(n for status, n in counts.items() if status != OrderStatus.CANCELLED), ""),
        (_("to plan"), counts.get(OrderStatus.CONFIRMED, 0), OrderStatus.CONFIRMED),
        (
            _("planned"),
            counts.get(OrderStatus.ASSIGNED, 0) + counts.get(OrderStatus.IN_DELIVERY, 0),
            OrderStatus.ASSIGNED,
        ),
        (_("delivered"), counts.get(OrderStatus.DELIVERED, 0), OrderStatus.DELIVERED),
        (_("not delivered"), counts.get(OrderStatus.FAILED, 0), OrderStatus.FAILED),
    )
    week = [today - dt.timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    by_day = dict(
        Order.objects.filter(scheduled_date__range=(week[0], today), status=OrderStatus.DELIVERED)
        .values_list("scheduled_date")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return Card(
        title=_("Orders today"),
        figures=[
            Figure(label, f"{number:,}", url=f"{listed}{status}" if status else listed.partition("&")[0])
            for label, number, status in shown
        ],
        series=[(WEEKDAYS[day.weekday()], by_day.get(day, 0)) for day in week],
        series_label=_("delivered, the last seven days"),
    )


def attention(user: Any) -> list[Attention]:
    """Orders that stay where they are until a person decides."""
    if not user.has_perm("orders.view_order"):
        return []
    listed = reverse("admin:orders_order_changelist")
    today = clock.today()
    failed = Order.objects.filter(status=OrderStatus.FAILED).count()
    late = Order.objects.filter(status__in=OPEN_STATUSES, scheduled_date__lt=today).count()
    unpriced = Order.objects.filter(lacks_price=True).exclude(status=OrderStatus.CANCELLED).count()
    return [
        Attention(
            failed,
            ngettext("order could not be delivered", "orders could not be delivered", failed),
            f"{listed}?status__exact=failed",
        ),
        Attention(
            late,
            ngettext("order of an earlier day is open", "orders of earlier days are open", late),
            f"{listed}?day=late",
            "amber",
        ),
        Attention(
            unpriced,
            ngettext("order has no price", "orders have no price", unpriced),
            f"{listed}?lacks_price__exact=1",
        ),
    ]


def customer_panel(customer: Customer, user: Any) -> Panel | None:
    """The last orders, and the cylinders that stand there."""
    if not user.has_perm("orders.view_order"):
        return None
    orders, standing = desk.panel(customer, SHOWN)
    takes = user.has_perm("orders.add_order") and customer.is_active
    return Panel(
        title=_("Orders"),
        template="orders/customer_panel.html",
        context={
            "orders": orders,
            "standing": standing,
            "desk": f"{reverse('admin:orders_order_desk')}?customer={customer.code}" if takes else "",
        },
    )


def register() -> None:
    extend.home_cards.register("orders", home_card, order=10)
    extend.attention.register("orders", attention, order=10)
    extend.customer_panels.register("orders", customer_panel, order=10)
