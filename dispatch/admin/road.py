"""What happens on the road: routes, deliveries, drivers' posts, and those that wait for a person."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers import masking
from customers.privacy import is_masked
from customers.queries.finding import lookup_ids
from dispatch.models import DriverPost, ReviewItem, Route, RouteStop
from dispatch.queries import posted
from dispatch.services import routes, stops
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from orders.models import Order

SEARCHED = 500


@admin.register(Route)
class RouteAdmin(ServiceAdmin):
    list_display = ("day", "section", "driver", "vehicle", "status", "km", "start_km", "end_km")
    list_filter = ("status", "section")
    list_select_related = ("plan", "shift__driver", "shift__vehicle")
    ordering = ("-id",)
    fields = ("plan", "section", "shift", "status", "leaves_at", "back_at", "start_km", "end_km")
    readonly_fields = ("plan", "section", "shift", "status", "leaves_at", "back_at")

    @staticmethod
    def change_service(route: Route, data: dict[str, Any], *, actor: Actor) -> None:
        routes.mileage(
            route,
            post_uuid=uuid.uuid4(),
            start_km=data.get("start_km"),
            end_km=data.get("end_km"),
            actor=actor,
        )

    @admin.display(description=_("date"), ordering="plan__date")
    def day(self, route: Route) -> Any:
        return route.plan.date

    @admin.display(description=_("driver"))
    def driver(self, route: Route) -> str:
        return route.shift.driver.name

    @admin.display(description=_("vehicle"))
    def vehicle(self, route: Route) -> str:
        return route.shift.vehicle.plate

    @admin.display(description=_("planned (km)"))
    def km(self, route: Route) -> str:
        return f"{route.distance_m / 1000:,.1f}"


@admin.register(RouteStop)
class RouteStopAdmin(ServiceAdmin):
    list_display = ("order", "customer", "route_text", "eta", "status", "done_at", "cash", "failure_reason")
    list_filter = ("status",)
    list_select_related = ("order__customer", "route__shift__driver")
    ordering = ("-id",)
    search_fields = ("order__number",)
    search_help_text = _("Order number, or customer by code, phone number, name or address")
    exclude = ("is_live", "note")
    readonly_fields = ("shown_note",)

    def two_step_search(self, text: str) -> Q:
        if text.upper().startswith("O-"):
            return Q(order__in=list(Order.objects.filter(number=text.upper()).values_list("pk", flat=True)))
        found = Order.objects.filter(customer__in=lookup_ids(text, SEARCHED)).order_by("-id")
        return Q(order__in=list(found.values_list("pk", flat=True)[:SEARCHED]))

    @admin.display(description=_("note"))
    def shown_note(self, stop: RouteStop) -> str:
        return masking.hidden(stop.note) if is_masked() else stop.note

    @admin.display(description=_("customer"))
    def customer(self, stop: RouteStop) -> str:
        return stop.order.customer.shown_name

    @admin.display(description=_("route"))
    def route_text(self, stop: RouteStop) -> str:
        return str(stop.route)


class _ShowsPayload(ServiceAdmin):
    """A page that shows what was posted, readably."""

    @admin.display(description=_("what was posted"))
    def said(self, row: Any) -> SafeString:
        post = row if isinstance(row, DriverPost) else row.post
        return format_html_join("", "{}<br>", ((line,) for line in posted.words(post)))


@admin.register(DriverPost)
class DriverPostAdmin(_ShowsPayload):
    list_display = ("received_at", "kind", "driver", "stop_text", "occurred_at", "outcome", "message")
    list_filter = ("kind", "outcome")
    list_select_related = ("driver", "stop__order__customer", "route__shift__driver")
    ordering = ("-id",)
    fields = (
        "uuid", "kind", "driver", "stop", "route", "occurred_at", "received_at", "said", "outcome", "message",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("stop"))
    def stop_text(self, post: DriverPost) -> str:
        return post.stop.order.customer.shown_name if post.stop else str(post.route or "–")


@admin.register(ReviewItem)
class ReviewItemAdmin(_ShowsPayload):
    list_display = ("created_at", "customer", "driver", "cause", "message", "resolved_at", "resolved_by")
    list_filter = ("cause", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("stop__order__customer", "post__driver")
    ordering = ("-id",)
    fields = (
        "stop", "driver", "cause", "message", "said", "created_at", "resolution", "resolved_at", "resolved_by",
    )  # fmt: skip
    readonly_fields = tuple(name for name in fields if name != "resolution")

    @staticmethod
    def change_service(item: ReviewItem, data: dict[str, Any], *, actor: Actor) -> None:
        stops.settle_review(item, resolution=data.get("resolution", ""), actor=actor)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        rows: QuerySet[ReviewItem] = super().get_queryset(request)
        return rows.select_related("stop__order__customer", "post__driver")

    @admin.display(description=_("customer"))
    def customer(self, item: ReviewItem) -> str:
        return item.stop.order.customer.shown_name

    @admin.display(description=_("driver"))
    def driver(self, item: ReviewItem) -> str:
        return item.post.driver.name if item.post.driver else "–"
