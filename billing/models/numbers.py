"""Ranges of invoice numbers (字軌) that the tax platform assigned."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from billing.einvoice import periods
from luckygas.core import clock


class NumberTrack(models.Model):
    """Numbers ``first`` to ``last`` (both included) of one track and period; ``next_number`` comes next.

    The row is the lock under which a number is taken: without a gap, upwards only, and never earlier in time
    than the number before it (``last_issued_at``). It cannot be deleted once a number was used.
    """

    seller = models.CharField(_("seller"), max_length=8)
    period = models.CharField(_("period"), max_length=5)
    letters = models.CharField(_("track"), max_length=2)
    first = models.IntegerField(_("first number"))
    last = models.IntegerField(_("last number"))
    next_number = models.IntegerField(_("next number"))
    last_issued_at = models.DateTimeField(_("last issued"), null=True, blank=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    imported_by = models.CharField(_("imported by"), max_length=150, blank=True)
    imported_at = models.DateTimeField(_("imported at"), default=clock.now)

    class Meta:
        verbose_name = _("number track")
        verbose_name_plural = _("number tracks")
        ordering = ["-period", "letters", "first"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period__regex=r"^[0-9]{3}(0[2468]|1[02])$"), name="billing_track_period"
            ),
            models.CheckConstraint(condition=Q(letters__regex=r"^[A-Z]{2}$"), name="billing_track_letters"),
            models.CheckConstraint(condition=Q(seller__regex=r"^[0-9]{8}$"), name="billing_track_seller"),
            models.CheckConstraint(
                condition=Q(first__gte=0, last__lte=99_999_999, first__lt=F("last")),
                name="billing_track_range",
            ),
            models.CheckConstraint(
                condition=Q(next_number__gte=F("first"), next_number__lte=F("last") + 1),
                name="billing_track_next_in_range",
            ),
            ExclusionConstraint(
                name="billing_track_no_overlap",
                expressions=[
                    ("period", RangeOperators.EQUAL),
                    ("letters", RangeOperators.EQUAL),
                    (
                        Func(
                            F("first"),
                            F("last"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="track_range_fixed", fields=["seller", "period", "letters", "first", "last"]
            ),
            pgtrigger.Protect(
                name="track_only_upwards",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__next_number__lt=pgtrigger.F("old__next_number")),
            ),
            pgtrigger.Protect(
                name="track_kept_once_used",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__next_number__gt=pgtrigger.F("old__first")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_label} {self.letters}{self.first:08d}–{self.last:08d}"

    @property
    def period_label(self) -> str:
        return periods.label(self.period)

    @property
    def remaining(self) -> int:
        """How many numbers are left."""
        return self.last - self.next_number + 1

    @property
    def used(self) -> int:
        return self.next_number - self.first
