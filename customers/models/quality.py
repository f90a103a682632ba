"""What is missing about customers, row by row, so that somebody can fill it in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from luckygas.core import clock


class Missing(models.TextChoices):
    PHONE = "phone", _("Phone number")
    TAX_ID = "tax_id", _("Tax number")
    EMAIL = "email", _("E-mail")
    CARRIER = "carrier", _("Carrier or donation code")
    VIRTUAL_ACCOUNT = "virtual_account", _("Virtual account")
    PAYER_ACCOUNT = "payer_account", _("Payer account")
    POINT = "point", _("Coordinates")
    AREA = "area", _("Area")
    DAILY_USE = "daily_use", _("Daily use, though cylinders stand there")


class DataGap(models.Model):
    """One thing one active customer lacks; it goes away by itself when the thing is filled in."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="gaps"
    )
    missing = models.CharField(_("missing"), max_length=15, choices=Missing.choices)
    noted_at = models.DateTimeField(_("noted"), default=clock.now)

    class Meta:
        verbose_name = _("data gap")
        verbose_name_plural = _("data gaps")
        ordering = ["missing", "customer_id"]
        constraints = [
            models.UniqueConstraint(fields=["missing", "customer"], name="customers_gap_once"),
            models.CheckConstraint(
                condition=models.Q(missing__in=Missing.values), name="customers_gap_missing"
            ),
        ]

    def __str__(self) -> str:
        return self.get_missing_display()
