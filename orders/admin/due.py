"""The days whose due visits were made."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from luckygas.core.admin import ServiceAdmin
from orders.models import DueRun

COLUMNS = {
    "booked": _("appointments"),
    "forecast": _("forecast"),
    "overdue": _("overdue"),
    "resting": _("closed that day"),
    "without_quantity": _("without a quantity"),
}


@admin.register(DueRun)
class DueRunAdmin(ServiceAdmin):
    list_display = ("date", *COLUMNS, "actor_name", "finished_at")
    ordering = ("-date",)
    fields = ("date", *COLUMNS, "actor_name", "started_at", "finished_at")
    readonly_fields = fields


def _column(name: str, label: object) -> None:
    def counted(self: DueRunAdmin, run: DueRun) -> int:
        return int(run.counts.get(name, 0))

    counted.short_description = label  # type: ignore[attr-defined]
    setattr(DueRunAdmin, name, counted)


for _name, _label in COLUMNS.items():
    _column(_name, _label)
