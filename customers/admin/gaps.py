"""What is missing about customers: counts on top, the rows below, each a click from the customer's form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from customers.models import DataGap
from customers.queries.finding import lookup_ids
from customers.queries.gaps import counts
from luckygas.core.admin import ServiceAdmin


@admin.register(DataGap)
class DataGapAdmin(ServiceAdmin):
    list_display = ("missing", "customer_link", "kind", "area", "noted_at")
    list_display_links = None
    list_filter = ("missing", "customer__kind")
    list_select_related = ("customer", "customer__area")
    ordering = ("missing", "customer_id")
    search_fields = ("customer__code",)
    search_help_text = gettext_lazy("Code, phone number, name or address")
    paginator = Paginator  # type: ignore[assignment]  # thousands, not millions: the count is exact
    list_before_template = "customers/gap_counts.html"

    class Media:
        css = {"all": ("customers/admin.css",)}

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"gap_counts": counts(), "chosen": request.GET.get("missing__exact", "")} | (
            extra_context or {}
        )
        return super().changelist_view(request, extra)

    @admin.display(description=gettext_lazy("customer"))
    def customer_link(self, gap: DataGap) -> SafeString:
        url = reverse("admin:customers_customer_change", args=[gap.customer_id])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, gap.customer
        )

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, gap: DataGap) -> str:
        return gap.customer.get_kind_display()

    @admin.display(description=gettext_lazy("area"))
    def area(self, gap: DataGap) -> str:
        return str(gap.customer.area or "")
