"""Residential visits as appointed: one row of the residential plan is one visit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from luckygas.core.history import track


@track(exclude=["note"])
class PlannedVisit(models.Model):
    """``quantities`` is {kind: number} with the values of ``CylinderKind``; ``sequence`` the row's 序號."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="planned_visits"
    )
    date = models.DateField(_("date"))
    sequence = models.PositiveSmallIntegerField(_("order on the day"), null=True, blank=True)
    quantities = models.JSONField(_("quantities"), default=dict)
    crew = models.CharField(_("delivered by"), max_length=40, blank=True)
    people = models.PositiveSmallIntegerField(_("visits served"), null=True, blank=True)
    call_booked = models.BooleanField(_("booked by phone"), default=False)
    call_before = models.BooleanField(_("call before coming"), default=False)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    moved_to = models.DateField(_("moved to"), null=True, blank=True)
    put_off = models.BooleanField(_("put off, day not agreed"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("planned visit")
        verbose_name_plural = _("planned visits")
        ordering = ["-date", "sequence", "id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "date"], name="customers_planned_visit_once"),
            models.CheckConstraint(
                condition=Q(cancelled=False, put_off=False)
                | Q(moved_to__isnull=True) & ~Q(cancelled=True, put_off=True),
                name="customers_planned_visit_moved_or_cancelled",
            ),
        ]
        indexes = [models.Index(fields=["date"], name="customers_planned_visit_date")]

    def __str__(self) -> str:
        return f"{self.date} {self.customer_id}"
