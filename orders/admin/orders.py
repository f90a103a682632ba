"""Orders: a list that stays quick at a million rows, a page that tells an order's whole life, the desk."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from customers import masking
from customers.privacy import is_masked
from customers.queries import lookup_ids
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, ServiceInline, service_action
from orders.models import CylinderMovement, Order, OrderLine, OrderStatus, OrderStatusChange
from orders.services import orders as service
from orders.services.orders import EDITABLE
from orders.templatetags.shown import day, money
from orders.views import desk

SEARCHED = 200
# Grey waits, blue is under way, green is done, red needs a person.
# Every state has its entry: the theme shows the bare value of one that is missing.
COLOURS = dict.fromkeys(OrderStatus.values, "") | {
    OrderStatus.ASSIGNED: "info",
    OrderStatus.IN_DELIVERY: "info",
    OrderStatus.DELIVERED: "success",
    OrderStatus.FAILED: "danger",
}
_NUMBER = re.compile(r"[oO]?-?(2[0-9]{7})(?:-([0-9]{1,6}))?")


class DayFilter(admin.SimpleListFilter):
    """The days people ask for; each is one range of the index (day, status)."""

    title = gettext_lazy("delivery day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("Today")),
            ("next", _("Next working day")),
            ("week", _("Seven days from today")),
            ("late", _("Earlier and still open")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        today = clock.today()
        chosen = self.value()
        if chosen == "today":
            return queryset.filter(scheduled_date=today)
        if chosen == "next":
            return queryset.filter(scheduled_date=calendar.next_working_day(today))
        if chosen == "week":
            return queryset.filter(scheduled_date__range=(today, today + dt.timedelta(days=6)))
        if chosen == "late":
            open_ones = ["pending", "confirmed", "assigned", "in_delivery"]
            return queryset.filter(scheduled_date__lt=today, status__in=open_ones)
        return queryset


class LineInline(ServiceInline):
    model = OrderLine
    fields = (
        "product", "quantity", "shown_price", "delivered_quantity", "empties_returned", "full_returned",
    )  # fmt: skip
    readonly_fields = fields
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        rows: QuerySet[OrderLine] = super().get_queryset(request)
        return rows.select_related("product").order_by("product__position")

    @admin.display(description=gettext_lazy("unit price"))
    def shown_price(self, line: OrderLine) -> str:
        return money(line.unit_price)


class StatusInline(ServiceInline):
    model = OrderStatusChange
    fields = ("at", "old", "new", "actor_name", "reason")
    readonly_fields = fields
    hide_title = True


class MovementInline(ServiceInline):
    model = CylinderMovement
    fields = ("product", "quantity", "condition", "from_place", "to_place", "occurred_at")
    readonly_fields = fields
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[CylinderMovement]:
        rows: QuerySet[CylinderMovement] = super().get_queryset(request)
        return rows.select_related("product", "from_place", "to_place").order_by("pk")


@admin.register(Order)
class OrderAdmin(ServiceAdmin):
    list_display = (
        "number", "named", "shown_day", "slot", "state", "urgent", "source", "shown_total", "created_by",
    )  # fmt: skip
    list_display_links = ("number",)
    list_filter = (DayFilter, "status", "source", "lacks_price")
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("number",)
    search_help_text = gettext_lazy("Order number, customer code, phone number, name or address")
    actions = ("cancel_orders",)
    empty_text = gettext_lazy("Orders come from the order desk, the due visits and the imported history.")
    inlines = (LineInline, StatusInline, MovementInline)
    change_form_before_template = "orders/order_before.html"
    fields = (
        ("number", "status", "source"),
        ("customer", "payment_method", "shown_total"),
        ("scheduled_date", "latest_date", "slot"),
        ("window_start", "window_end", "urgent"),
        ("delivered_at", "failure", "served_by"),
        ("created_at", "created_by"),
        "shown_note",
    )

    readonly_fields = ("shown_total", "urgent", "shown_note")

    def two_step_search(self, text: str) -> Q:
        if match := _NUMBER.fullmatch(text):
            start = f"O-{match[1]}-{match[2] or ''}"
            # A range, because the index on the number serves no LIKE.
            return Q(number__gte=start, number__lt=f"{start}:")
        return Q(customer_id__in=lookup_ids(text, SEARCHED))

    def get_urls(self) -> list[URLPattern]:
        return [*desk.urls(), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = {"editable_statuses": EDITABLE, "desk": reverse("admin:orders_order_desk")}
        return super().changeform_view(request, object_id, form_url, extra | (extra_context or {}))

    @admin.display(description=gettext_lazy("customer"))
    def named(self, order: Order) -> SafeString:
        return format_html(
            '<span class="lg-name" title="{}">{} {}</span>',
            order.customer.shown_title,
            order.customer.code,
            order.customer.shown_name,
        )

    @admin.display(description=gettext_lazy("note"))
    def shown_note(self, order: Order) -> str:
        return masking.hidden(order.note) if is_masked() else order.note

    @admin.display(description=gettext_lazy("delivery day"), ordering="scheduled_date")
    def shown_day(self, order: Order) -> str:
        return day(order.scheduled_date)

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def state(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @admin.display(description=gettext_lazy("urgent"), ordering="is_urgent")
    def urgent(self, order: Order) -> SafeString | str:
        return format_html('<span class="lg-red">● {}</span>', _("urgent")) if order.is_urgent else ""

    @admin.display(description=gettext_lazy("total"))
    def shown_total(self, order: Order) -> SafeString | str:
        if order.lacks_price:
            return format_html('<span class="lg-amber">▲ {}</span>', _("no price"))
        return money(order.total_amount) if order.total_amount else "–"

    @service_action(description=gettext_lazy("Cancel the orders"), permission="orders.change_order")
    def cancel_orders(self, request: HttpRequest, order: Order, actor: Actor) -> None:
        service.cancel_order(order, reason=_("Cancelled from the list of orders"), actor=actor)
