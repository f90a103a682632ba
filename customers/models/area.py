"""Delivery areas of Taitung: what the client workbook calls 區域."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core.history import track


class RouteSide(models.TextChoices):
    SOUTH = "south", _("South plan")
    NORTH = "north", _("North plan")
    OUTSIDE = "outside", _("Outside line")
    NONE = "none", _("Not on a plan")


@track()
class Area(models.Model):
    """An area with its centre, where a site without a point is planned, and how the roads there drive.

    ``detour_factor`` is road kilometres per straight-line kilometre, ``speed_kmh`` the average on them.
    """

    code = models.CharField(_("code"), max_length=4, unique=True)
    name = models.CharField(_("area name"), max_length=20, unique=True)
    sheet_name = models.CharField(
        _("name in workbooks"), max_length=20, unique=True, help_text=_("As the workbooks write it: A-瑞光.")
    )
    route_side = models.CharField(
        _("plan section"), max_length=7, choices=RouteSide.choices, default=RouteSide.NONE
    )
    lat = models.DecimalField(
        _("latitude of the centre"),
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(Decimal("21.5")), MaxValueValidator(Decimal("26.5"))],
    )
    lng = models.DecimalField(
        _("longitude of the centre"),
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(Decimal(118)), MaxValueValidator(Decimal("122.5"))],
    )
    detour_factor = models.DecimalField(
        _("detour factor"),
        max_digits=4,
        decimal_places=2,
        default=Decimal("1.35"),
        help_text=_("Road distance divided by straight-line distance."),
    )
    speed_kmh = models.PositiveSmallIntegerField(_("average speed (km/h)"), default=25)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(route_side__in=RouteSide.values), name="customers_area_route_side"
            ),
            models.CheckConstraint(
                condition=models.Q(lat__range=(Decimal("21.5"), Decimal("26.5")))
                & models.Q(lng__range=(Decimal(118), Decimal("122.5"))),
                name="customers_area_in_taiwan",
            ),
            models.CheckConstraint(
                condition=models.Q(detour_factor__range=(Decimal(1), Decimal(5))),
                name="customers_area_detour_factor",
            ),
            models.CheckConstraint(
                condition=models.Q(speed_kmh__range=(5, 110)), name="customers_area_speed"
            ),
        ]

    def __str__(self) -> str:
        return self.sheet_name
