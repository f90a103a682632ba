"""Residential visits as the plan has them, to read: a change comes with the next plan or as an order."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy

from customers import masking
from customers.kinds import KIND_FACTS, CylinderKind
from customers.models import PlannedVisit
from customers.privacy import is_masked
from customers.queries.finding import lookup_ids
from luckygas.core.admin import ServiceAdmin


@admin.register(PlannedVisit)
class PlannedVisitAdmin(ServiceAdmin):
    list_display = (
        "date", "customer", "what", "call_booked", "call_before", "cancelled", "moved_to", "put_off",
        "shown_note",
    )  # fmt: skip
    list_filter = ("cancelled", "put_off", "call_booked", "call_before")
    list_select_related = ("customer",)
    ordering = ("-date", "sequence", "id")
    exclude = ("note",)
    readonly_fields = ("shown_note",)
    search_fields = ("customer__code",)
    search_help_text = gettext_lazy("Code, phone number, name or address")

    @admin.display(description=gettext_lazy("note"))
    def shown_note(self, visit: PlannedVisit) -> str:
        return masking.hidden(visit.note) if is_masked() else visit.note

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text))

    @admin.display(description=gettext_lazy("quantities"))
    def what(self, visit: PlannedVisit) -> str:
        given = [(kind, visit.quantities[kind]) for kind in CylinderKind if kind in visit.quantities]
        return "、".join(f"{KIND_FACTS[kind].name}×{number}" for kind, number in given)
