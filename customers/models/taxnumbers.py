"""Tax numbers that break the check digit and are right all the same: a person saw them on paper."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class KnownTaxNumber(models.Model):
    """One such number (統一編號, eight digits), who vouches for it and what he saw.

    It is never edited or deleted: what was entered by mistake is withdrawn, with a reason, and counts no more.
    """

    number = models.CharField(_("tax number"), max_length=8)
    reason = models.CharField(_("seen where, and why it is right"), max_length=200)
    added_by = models.CharField(_("entered by"), max_length=150)
    added_at = models.DateTimeField(_("entered at"), default=clock.now)
    withdrawal = models.CharField(_("why it is withdrawn"), max_length=200, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("known tax number")
        verbose_name_plural = _("known tax numbers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(withdrawn_at__isnull=True), name="customers_known_ubn_once"
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9]{8}$") & ~Q(number="00000000"),
                name="customers_known_ubn_shape",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="customers_known_ubn_reason"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawal="", withdrawn_by="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal="")),
                name="customers_known_ubn_withdrawal",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="known_ubn_fixed", fields=["number", "reason", "added_by", "added_at"]),
            pgtrigger.Protect(name="known_ubn_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None
