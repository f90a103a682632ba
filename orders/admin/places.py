"""Where cylinders are and how they came there: to read; they move by deliveries, loading and counts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.queries import lookup_ids
from luckygas.core.admin import ServiceAdmin
from luckygas.core.numbers import whole
from orders.models import CylinderMovement, MeterReading, Place
from orders.queries import stock

SEARCHED = 200


@admin.register(Place)
class PlaceAdmin(ServiceAdmin):
    list_display = ("named", "kind")
    list_filter = ("kind",)
    ordering = ("kind", "name")
    fields = ("kind", "named", "customer")
    readonly_fields = ("named",)
    search_fields = ("name",)
    search_help_text = _("Name of the place, or the customer's code, phone number or name")
    change_form_after_template = "orders/place_stock.html"

    @admin.display(description=_("place name"), ordering="name")
    def named(self, place: Place) -> str:
        return place.shown_name

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text, SEARCHED)) | Q(name__icontains=text, customer=None)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        place = Place.objects.filter(pk=whole(object_id) or 0).first()
        if place is not None:
            extra["stock"] = [(product, condition, n) for (product, condition), n in stock(place).items()]
        return super().changeform_view(request, object_id, form_url, extra)


@admin.register(CylinderMovement)
class CylinderMovementAdmin(ServiceAdmin):
    list_display = (
        "occurred_at", "product", "quantity", "condition", "from_place", "to_place", "order", "actor_name", "reason",
    )  # fmt: skip
    list_filter = ("condition", "product")
    list_select_related = ("product", "from_place", "to_place", "order")
    ordering = ("-id",)
    search_fields = ("order__number",)
    search_help_text = _("Customer: code, phone number or name")

    def two_step_search(self, text: str) -> Q:
        ids = list(
            Place.objects.filter(customer_id__in=lookup_ids(text, SEARCHED)).values_list("pk", flat=True)
        )
        return Q(to_place_id__in=ids) | Q(from_place_id__in=ids)


@admin.register(MeterReading)
class MeterReadingAdmin(ServiceAdmin):
    list_display = ("read_at", "customer", "value", "order", "actor_name")
    list_select_related = ("customer", "order")
    ordering = ("-id",)
    search_fields = ("customer__code",)
    search_help_text = _("Customer: code, phone number or name")

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text, SEARCHED))
