"""One row for each day whose due visits were made: single flight, and where the next run begins."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class DueRun(models.Model):
    """``counts`` is what all runs of the date made, and whom the last one left out."""

    date = models.DateField(_("date"), unique=True)
    counts = models.JSONField(_("counts"), default=dict)
    actor_name = models.CharField(_("by"), max_length=150, blank=True)
    started_at = models.DateTimeField(_("started"), default=clock.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("run of due visits")
        verbose_name_plural = _("runs of due visits")
        ordering = ["-date"]

    def __str__(self) -> str:
        return str(self.date)
