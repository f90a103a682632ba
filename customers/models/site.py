"""What stands at a customer's site, how much it uses, and when it can be reached."""

from __future__ import annotations

import datetime as dt

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.kinds import CylinderKind
from customers.models.customer import Customer
from customers.sheets import rest
from customers.sheets.hours import FIRST_HOUR, LAST_HOUR, Window, delivery_windows
from luckygas.core import calendar
from luckygas.core.history import track

CLOSED = {
    "weekly": _("weekly rest day"),
    "monthly": _("rest day of the month"),
    "lunar": _("lunar rest day"),
    "holiday": _("closed on national holidays"),
}


class SlotPreference(models.TextChoices):
    ALL_DAY = "all_day", _("All day")
    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")
    EVENING = "evening", _("Evening")


@track()
class CustomerCylinder(models.Model):
    """How many of a kind stand at the site, connected or waiting."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="cylinders"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=CylinderKind.choices)
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("cylinders at the site")
        verbose_name_plural = _("cylinders at sites")
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind"], name="customers_cylinder_once"),
            models.CheckConstraint(condition=Q(quantity__range=(1, 500)), name="customers_cylinder_quantity"),
            models.CheckConstraint(condition=Q(kind__in=CylinderKind.values), name="customers_cylinder_kind"),
        ]

    def __str__(self) -> str:
        return f"{CylinderKind(self.kind).label} × {self.quantity}"


@track()
class Availability(models.Model):
    """When deliveries are possible: a preferred slot, twelve hours of the day, and rest days.

    ``rest_rule`` is what the sheet says (``6.7``, ``Red``, ``10.20.30``, ``初一十五``), already understood:
    only text that ``customers.sheets.rest.parse`` accepts is stored. ``weekly_rest`` repeats its weekdays
    (1 Monday … 7 Sunday) for queries.
    """

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="availability"
    )
    slot = models.CharField(
        _("preferred slot"), max_length=9, choices=SlotPreference.choices, default=SlotPreference.ALL_DAY
    )
    hour_8 = models.BooleanField("8–9", default=False)
    hour_9 = models.BooleanField("9–10", default=False)
    hour_10 = models.BooleanField("10–11", default=False)
    hour_11 = models.BooleanField("11–12", default=False)
    hour_12 = models.BooleanField("12–13", default=False)
    hour_13 = models.BooleanField("13–14", default=False)
    hour_14 = models.BooleanField("14–15", default=False)
    hour_15 = models.BooleanField("15–16", default=False)
    hour_16 = models.BooleanField("16–17", default=False)
    hour_17 = models.BooleanField("17–18", default=False)
    hour_18 = models.BooleanField("18–19", default=False)
    hour_19 = models.BooleanField("19–20", default=False)
    weekly_rest = models.CharField(
        _("weekly rest days"), max_length=7, blank=True, validators=[RegexValidator(r"^[1-7]*$")]
    )
    rest_rule = models.CharField(_("rest days"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availability")
        constraints = [
            models.CheckConstraint(
                condition=Q(slot__in=SlotPreference.values), name="customers_availability_slot"
            ),
            models.CheckConstraint(
                condition=Q(weekly_rest__regex=r"^[1-7]{0,7}$"), name="customers_availability_weekly_rest"
            ),
        ]

    def __str__(self) -> str:
        return self.get_slot_display()

    @property
    def open_hours(self) -> frozenset[int]:
        """The hours (8 … 19) flagged as possible; empty when the sheet says nothing."""
        return frozenset(h for h in range(FIRST_HOUR, LAST_HOUR + 1) if getattr(self, f"hour_{h}"))

    def windows(self) -> list[Window]:
        """(start, end) in seconds after midnight, in order."""
        return delivery_windows(self.slot, self.open_hours)

    def closed_on(self, date: dt.date) -> str:
        """Why the site is closed on a date, in the reader's language; empty when open."""
        rule = rest.parse(self.rest_rule)
        reason = rule.closed_on(date, rule.red_days and calendar.is_holiday(date))
        return str(CLOSED[reason]) if reason else ""


@track()
class Equipment(models.Model):
    """Regulators, meters and gauges at the site (columns 46 and 66 to 75 of the client workbook)."""

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="equipment"
    )
    switch_model = models.CharField(_("regulator model"), max_length=100, blank=True)
    site_declaration = models.CharField(_("declared connected-cylinder site"), max_length=200, blank=True)
    flow_meter = models.BooleanField(_("flow meter"), default=False)
    flow_meter_is_customers = models.BooleanField(_("the customer's own flow meter"), default=False)
    wired_flow_meter = models.BooleanField(_("wired flow meter"), default=False)
    changeover = models.BooleanField(_("change-over regulator"), default=False)
    wired_changeover = models.BooleanField(_("wired change-over regulator"), default=False)
    contact_gauge = models.BooleanField(_("contact pressure gauge"), default=False)
    pressure_switch = models.BooleanField(_("differential-pressure switch"), default=False)
    micro_switch = models.BooleanField(_("micro switch"), default=False)
    yongsheng = models.BooleanField(_("Yongsheng device"), default=False)
    smart_scale = models.BooleanField(_("smart scale"), default=False)

    class Meta:
        verbose_name = _("equipment")
        verbose_name_plural = _("equipment")
        constraints = [
            models.CheckConstraint(
                condition=Q(flow_meter_is_customers=False) | Q(flow_meter=True),
                name="customers_equipment_own_meter_is_a_meter",
            ),
        ]

    def __str__(self) -> str:
        return self.switch_model or str(_("equipment"))


@track()
class UsageArea(models.Model):
    """A place at the site where gas is used, first to fifth, with what is connected there."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="usage_areas"
    )
    sequence = models.PositiveSmallIntegerField(_("position"))
    description = models.CharField(_("place of use"), max_length=200)
    cylinder_config = models.CharField(_("connected cylinders"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("place of use")
        verbose_name_plural = _("places of use")
        ordering = ["customer_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "sequence"], name="customers_usage_area_once"),
            models.CheckConstraint(condition=Q(sequence__range=(1, 5)), name="customers_usage_area_sequence"),
        ]

    def __str__(self) -> str:
        return self.description


@track()
class UsageMetrics(models.Model):
    """What the sheet computed about a customer's use (columns 47 to 53 and 56), in kilograms."""

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="usage_metrics"
    )
    monthly_kg = models.DecimalField(
        _("delivered per month (kg)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    returned_kg = models.DecimalField(
        _("gas returned (kg)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    purchased_kg = models.DecimalField(
        _("really bought (kg)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    return_ratio = models.DecimalField(
        _("share returned"), max_digits=6, decimal_places=4, null=True, blank=True
    )
    daily_kg = models.DecimalField(
        _("average use per day (kg)"), max_digits=8, decimal_places=3, null=True, blank=True
    )
    connected_kg = models.DecimalField(
        _("connected stock (kg)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    reserve_kg = models.DecimalField(
        _("reserve stock (kg)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    urgency = models.DecimalField(_("urgency score"), max_digits=9, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = _("use of gas")
        verbose_name_plural = _("use of gas")
        constraints = [
            models.CheckConstraint(
                condition=(Q(monthly_kg__isnull=True) | Q(monthly_kg__gte=0))
                & (Q(daily_kg__isnull=True) | Q(daily_kg__gte=0)),
                name="customers_usage_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monthly_kg or 0} kg"
