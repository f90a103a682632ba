"""Areas of delivery."""

from __future__ import annotations

from django.contrib import admin

from customers.models import Area
from customers.services import areas as service
from luckygas.core.admin import ServiceAdmin


@admin.register(Area)
class AreaAdmin(ServiceAdmin):
    list_display = (
        "sheet_name",
        "code",
        "route_side",
        "lat",
        "lng",
        "detour_factor",
        "speed_kmh",
        "is_active",
    )
    list_filter = ("route_side", "is_active")
    search_fields = ("sheet_name", "code")
    ordering = ("code",)
    fields = (
        ("code", "name", "sheet_name"), ("route_side", "is_active"), ("lat", "lng"), ("detour_factor", "speed_kmh"),
    )  # fmt: skip
    add_service = staticmethod(service.add)
    change_service = staticmethod(service.change)
