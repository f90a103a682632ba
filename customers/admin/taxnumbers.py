"""Tax numbers that break the check digit: entered with a reason, withdrawn with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.models import KnownTaxNumber
from customers.services import taxnumbers
from luckygas.core.admin import ServiceAdmin


@admin.register(KnownTaxNumber)
class KnownTaxNumberAdmin(ServiceAdmin):
    list_display = (
        "number", "reason", "added_by", "added_at", "withdrawal", "withdrawn_by", "withdrawn_at",
    )  # fmt: skip
    search_fields = ("number",)
    ordering = ("-id",)
    add_service = staticmethod(taxnumbers.vouch)
    change_service = staticmethod(taxnumbers.withdraw)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A withdrawn number is history."""
        return (obj is None or obj.stands) and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("number", "reason") if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return tuple(name for name in self.list_display if name != "withdrawal" or not obj.stands)
