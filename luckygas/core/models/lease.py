"""Leases for single-flight work (see luckygas.core.leases)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lease(models.Model):
    """Who works on what until when, in real time."""

    name = models.CharField(_("work"), max_length=100, primary_key=True)
    holder = models.CharField(_("holder"), max_length=200)
    until = models.DateTimeField(_("until"))
    renewed = models.DateTimeField(_("renewed"))

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.name
