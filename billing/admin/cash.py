"""Counting cash: the day's drivers on one page."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import CashCount
from billing.queries import cash as cash_queries
from billing.services import cash
from dispatch.models import Driver
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.errors import Refused


class CountForm(forms.Form):
    """What one driver handed in."""

    driver = forms.ModelChoiceField(queryset=Driver.objects.all())
    counted = forms.DecimalField(max_digits=10, decimal_places=0, min_value=Decimal(0))
    note = forms.CharField(max_length=200, required=False)


@admin.register(CashCount)
class CashCountAdmin(ServiceAdmin):
    list_display = ("date", "driver", "expected", "counted", "difference", "note", "actor_name", "counted_at")
    list_filter = ("date",)
    list_select_related = ("driver",)
    ordering = ("-date", "driver__staff_no")

    def get_urls(self) -> list[URLPattern]:
        own = [path("day/", self.admin_site.admin_view(self.day), name="billing_cashcount_day")]
        return own + super().get_urls()

    def day(self, request: HttpRequest) -> HttpResponse:
        """Every driver of a day: expected, counted, difference; a form in each row."""
        if not request.user.has_perm("billing.view_cashcount"):
            raise PermissionDenied
        date = _date(request.GET.get("date", "")) or clock.today()
        may_count = request.user.has_perm("billing.change_cashcount")
        if request.method == "POST":
            if not may_count:
                raise PermissionDenied
            self._count(request, date)
            return HttpResponseRedirect(f"{reverse('admin:billing_cashcount_day')}?date={date.isoformat()}")
        rows = cash_queries.day(date)
        context = self.admin_site.each_context(request) | {
            "title": _("Cash count"),
            "opts": self.model._meta,
            "date": date,
            "earlier": date - dt.timedelta(days=1),
            "later": date + dt.timedelta(days=1) if date < clock.today() else None,
            "rows": rows,
            "may_count": may_count,
            "expected": sum((row.expected for row in rows), Decimal(0)),
            "counted": sum((row.count.counted for row in rows if row.count), Decimal(0)),
            "open_count": sum(1 for row in rows if row.count is None),
        }
        return TemplateResponse(request, "billing/cash_day.html", context)

    def _count(self, request: HttpRequest, date: dt.date) -> None:
        form = CountForm(request.POST)
        if not form.is_valid():
            for field, errors in form.errors.items():
                messages.error(request, f"{_(field)}: {' '.join(map(str, errors))}")
            return
        data: dict[str, Any] = form.cleaned_data
        try:
            row = cash.count_cash(
                data["driver"], date, data["counted"], note=data["note"], actor=Actor.of(request.user)
            )
        except Refused as refusal:
            messages.error(request, f"{data['driver']}: {refusal}")
            return
        text = gettext_lazy("%(driver)s: NT$ %(counted)s counted, difference NT$ %(difference)s.")
        shown = {"driver": row.driver, "counted": f"{row.counted:,}", "difference": f"{row.difference:,}"}
        messages.success(request, str(text) % shown)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
