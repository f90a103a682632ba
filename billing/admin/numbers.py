"""Number tracks: what is left of each range."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.models import NumberTrack
from luckygas.core.admin import ServiceAdmin


@admin.register(NumberTrack)
class NumberTrackAdmin(ServiceAdmin):
    """To look at; ranges come in with the platform's file."""

    list_display = (
        "period_label",
        "letters",
        "range",
        "next_number",
        "used",
        "remaining",
        "last_issued_at",
        "file_name",
    )
    list_filter = ("period",)
    ordering = ("-period", "letters", "first")
    change_list_template = "core/import_list.html"

    @admin.display(description=_("period"), ordering="period")
    def period_label(self, row: NumberTrack) -> str:
        return row.period_label

    @admin.display(description=_("numbers"), ordering="first")
    def range(self, row: NumberTrack) -> str:
        return f"{row.first:08d} – {row.last:08d}"

    @admin.display(description=_("used"))
    def used(self, row: NumberTrack) -> int:
        return row.used

    @admin.display(description=_("left"))
    def remaining(self, row: NumberTrack) -> int:
        return row.remaining
