"""Depots, vehicles and drivers, and who drives what in which half of which day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from luckygas.core.history import track
from luckygas.core.models import User
from orders.models import Place

TAIWAN_LAT = (Decimal("21.5"), Decimal("26.5"))
TAIWAN_LNG = (Decimal(118), Decimal("122.5"))


class Half(models.TextChoices):
    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")


class CrewSection(models.TextChoices):
    """What a driver does by habit; with the half of the day it gives the section of the dispatch sheet."""

    SOUTH = "south", _("South plan")
    NORTH = "north", _("North plan")
    OUTSIDE = "outside", _("Outside line")
    CALL_IN = "call_in", _("Call-in")
    CALL_IN_MOTORCYCLE = "call_in_motorcycle", _("Call-in, motorcycle")


@track()
class Depot(models.Model):
    """Where vehicles load, `load_minutes` before every trip, from the cylinders at its place."""

    code = models.CharField(_("code"), max_length=10, unique=True)
    name = models.CharField(_("depot name"), max_length=40)
    address = models.CharField(_("address"), max_length=200, blank=True)
    lat = models.DecimalField(
        _("latitude"),
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(TAIWAN_LAT[0]), MaxValueValidator(TAIWAN_LAT[1])],
    )
    lng = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(TAIWAN_LNG[0]), MaxValueValidator(TAIWAN_LNG[1])],
    )
    place = models.OneToOneField(
        Place, verbose_name=_("place"), on_delete=models.PROTECT, related_name="depot", editable=False
    )
    load_minutes = models.PositiveSmallIntegerField(_("minutes to load a trip"), default=15)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("depot")
        verbose_name_plural = _("depots")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lat__range=TAIWAN_LAT) & Q(lng__range=TAIWAN_LNG),
                name="dispatch_depot_in_taiwan",
            ),
            models.CheckConstraint(condition=Q(load_minutes__lte=180), name="dispatch_depot_load_minutes"),
        ]

    def __str__(self) -> str:
        return self.name


class VehicleKind(models.TextChoices):
    TRUCK = "truck", _("Truck")
    MOTORCYCLE = "motorcycle", _("Motorcycle")


class VehicleStatus(models.TextChoices):
    ACTIVE = "active", _("In service")
    MAINTENANCE = "maintenance", _("In maintenance")
    RETIRED = "retired", _("Retired")


@track()
class Vehicle(models.Model):
    """A truck or a heavy motorcycle; the cylinders on board are at its place.

    A truck with more than 50 kg of gas needs a pass in force, a motorcycle never carries more than 60 kg
    (road safety rules 道路交通安全規則 §84).
    """

    plate = models.CharField(_("plate"), max_length=12, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=VehicleKind.choices)
    capacity_kg = models.PositiveSmallIntegerField(
        _("capacity (kg)"), validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    permit_no = models.CharField(_("pass number"), max_length=30, blank=True)
    permit_valid_to = models.DateField(_("pass valid until"), null=True, blank=True)
    depot = models.ForeignKey(
        Depot, verbose_name=_("depot"), on_delete=models.PROTECT, related_name="vehicles"
    )
    place = models.OneToOneField(
        Place, verbose_name=_("place"), on_delete=models.PROTECT, related_name="vehicle", editable=False
    )
    status = models.CharField(
        _("status"), max_length=11, choices=VehicleStatus.choices, default=VehicleStatus.ACTIVE
    )

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        ordering = ["plate"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=VehicleKind.values), name="dispatch_vehicle_kind"),
            models.CheckConstraint(
                condition=Q(status__in=VehicleStatus.values), name="dispatch_vehicle_status"
            ),
            models.CheckConstraint(
                condition=Q(capacity_kg__range=(1, 10_000)), name="dispatch_vehicle_capacity"
            ),
            models.CheckConstraint(
                condition=Q(permit_no="") | Q(permit_valid_to__isnull=False),
                name="dispatch_vehicle_permit_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.plate

    def permit_on(self, date: dt.date) -> bool:
        """Whether a pass is in force on the date."""
        return bool(self.permit_no and self.permit_valid_to and self.permit_valid_to >= date)


class DriverStatus(models.TextChoices):
    ACTIVE = "active", _("On duty")
    ON_LEAVE = "on_leave", _("On leave")
    LEFT = "left", _("Left the company")


@track(exclude=["name", "phone", "hazmat_cert_no"])
class Driver(models.Model):
    """A member of a crew with his usual vehicle and hours, a lunch break between the halves.

    `hazmat_cert_no` is the training certificate that a driver of more than 50 kg of gas carries.
    """

    user = models.OneToOneField(
        User,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="driver",
    )
    staff_no = models.CharField(_("staff number"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    hazmat_cert_no = models.CharField(_("training certificate"), max_length=30, blank=True)
    hazmat_valid_to = models.DateField(_("certificate valid until"), null=True, blank=True)
    section = models.CharField(_("section"), max_length=20, choices=CrewSection.choices)
    vehicle = models.ForeignKey(
        Vehicle,
        verbose_name=_("usual vehicle"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="drivers",
    )
    works_from = models.TimeField(_("starts"), default=dt.time(7, 30))
    lunch_from = models.TimeField(_("lunch from"), default=dt.time(12))
    lunch_to = models.TimeField(_("lunch until"), default=dt.time(13))
    works_to = models.TimeField(_("ends"), default=dt.time(18))
    status = models.CharField(
        _("status"), max_length=8, choices=DriverStatus.choices, default=DriverStatus.ACTIVE
    )

    class Meta:
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        ordering = ["staff_no"]
        permissions = [("drive", _("Can drive a route"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(section__in=CrewSection.values), name="dispatch_driver_section"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DriverStatus.values), name="dispatch_driver_status"
            ),
            models.CheckConstraint(
                condition=Q(works_from__lt=F("lunch_from"))
                & Q(lunch_from__lte=F("lunch_to"))
                & Q(lunch_to__lt=F("works_to")),
                name="dispatch_driver_hours_in_order",
            ),
            models.CheckConstraint(
                condition=Q(hazmat_cert_no="") | Q(hazmat_valid_to__isnull=False),
                name="dispatch_driver_certificate_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def certificate_on(self, date: dt.date) -> bool:
        """Whether the training certificate is in force on the date."""
        return bool(self.hazmat_cert_no and self.hazmat_valid_to and self.hazmat_valid_to >= date)


class Shift(models.Model):
    """A driver with a vehicle for one half of a day, without a break in it."""

    driver = models.ForeignKey(
        Driver, verbose_name=_("driver"), on_delete=models.PROTECT, related_name="shifts"
    )
    vehicle = models.ForeignKey(
        Vehicle, verbose_name=_("vehicle"), on_delete=models.PROTECT, related_name="shifts"
    )
    date = models.DateField(_("date"))
    half = models.CharField(_("half of the day"), max_length=9, choices=Half.choices)
    start = models.TimeField(_("starts"))
    end = models.TimeField(_("ends"))

    class Meta:
        verbose_name = _("work shift")
        verbose_name_plural = _("work shifts")
        ordering = ["-date", "half", "driver_id"]
        constraints = [
            models.UniqueConstraint(fields=["date", "half", "driver"], name="dispatch_shift_one_per_driver"),
            models.UniqueConstraint(
                fields=["date", "half", "vehicle"], name="dispatch_shift_one_per_vehicle"
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="dispatch_shift_start_before_end"),
            models.CheckConstraint(condition=Q(half__in=Half.values), name="dispatch_shift_half"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%m/%d} {self.get_half_display()} {self.driver}"

    def may_carry_over_50kg(self) -> bool:
        """Whether the papers for more than 50 kg of gas are in force: the vehicle's pass, the driver's
        certificate (§84)."""
        return self.vehicle.permit_on(self.date) and self.driver.certificate_on(self.date)
