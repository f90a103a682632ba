"""Depots, vehicles, drivers and shifts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget

from dispatch.models import Depot, Driver, Shift, Vehicle
from dispatch.services import fleet, shifts
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin

SOON = dt.timedelta(days=30)
MAKES_ACCOUNTS = "core.change_user"


def until(date: dt.date | None) -> SafeString | str:
    """A paper's last day, marked when it is over or near."""
    if date is None:
        return "–"
    if date < clock.today():
        return format_html('<span class="lg-red">✗ {} {}</span>', date.strftime("%Y/%m/%d"), _("expired"))
    if date <= clock.today() + SOON:
        days = (date - clock.today()).days
        text = _("%(days)d days left") % {"days": days}
        return format_html('<span class="lg-amber">⚠ {} {}</span>', date.strftime("%Y/%m/%d"), text)
    return date.strftime("%Y/%m/%d")


@admin.register(Depot)
class DepotAdmin(ServiceAdmin):
    list_display = ("code", "name", "address", "load_minutes", "is_active")
    search_fields = ("code", "name")
    add_service = staticmethod(fleet.add_depot)
    change_service = staticmethod(fleet.change_depot)


@admin.register(Vehicle)
class VehicleAdmin(ServiceAdmin):
    list_display = ("plate", "kind", "capacity_kg", "permit_no", "permit_until", "depot", "status")
    list_filter = ("status", "kind", "depot")
    list_select_related = ("depot",)
    search_fields = ("plate",)
    add_service = staticmethod(fleet.add_vehicle)
    change_service = staticmethod(fleet.change_vehicle)

    @admin.display(description=gettext_lazy("pass valid until"), ordering="permit_valid_to")
    def permit_until(self, vehicle: Vehicle) -> str:
        return until(vehicle.permit_valid_to)


class DriverForm(forms.ModelForm):
    """A driver; who may change users can also give him a password to sign in."""

    new_password = forms.CharField(
        label=gettext_lazy("password for signing in"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("He signs in with his staff number. Leave empty to change nothing."),
    )

    class Meta:
        model = Driver
        fields = (
            "staff_no", "name", "phone", "section", "vehicle", "works_from", "lunch_from", "lunch_to",
            "works_to", "hazmat_cert_no", "hazmat_valid_to", "status",
        )  # fmt: skip


@admin.register(Driver)
class DriverAdmin(ServiceAdmin):
    form = DriverForm
    list_display = ("staff_no", "name", "section", "vehicle", "hours", "certificate_until", "status")
    list_filter = ("status", "section")
    list_select_related = ("vehicle",)
    search_fields = ("staff_no", "name")

    @staticmethod
    def add_service(data: dict[str, Any], *, actor: Actor) -> Driver:
        password = data.pop("new_password", "")
        driver = fleet.add_driver(data, actor=actor)
        if password:
            fleet.give_account(driver, password=password, actor=actor)
        return driver

    @staticmethod
    def change_service(driver: Driver, data: dict[str, Any], *, actor: Actor) -> None:
        password = data.pop("new_password", "")
        fleet.change_driver(driver, data, actor=actor)
        if password:
            fleet.give_account(driver, password=password, actor=actor)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [*DriverForm.Meta.fields]
        return [*names, "new_password"] if request.user.has_perm(MAKES_ACCOUNTS) else names

    @admin.display(description=gettext_lazy("working hours"))
    def hours(self, driver: Driver) -> str:
        first = f"{driver.works_from:%H:%M}–{driver.lunch_from:%H:%M}"
        return f"{first}、{driver.lunch_to:%H:%M}–{driver.works_to:%H:%M}"

    @admin.display(description=gettext_lazy("certificate valid until"), ordering="hazmat_valid_to")
    def certificate_until(self, driver: Driver) -> str:
        return until(driver.hazmat_valid_to)


@admin.register(Shift)
class ShiftAdmin(ServiceAdmin):
    list_display = ("date", "half", "driver", "vehicle", "start", "end")
    list_filter = ("half",)
    list_select_related = ("driver", "vehicle")
    search_fields = ("driver__name", "vehicle__plate")
    add_service = staticmethod(shifts.add)
    change_service = staticmethod(shifts.change)
    delete_service = staticmethod(shifts.remove)
