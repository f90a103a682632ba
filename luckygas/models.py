"""The roof's own table: the simulated working days and how far each has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class WorkDay(models.Model):
    """A day driven by ``manage.py run_day``. ``done`` names the finished steps, ``figures`` what they found."""

    class Status(models.TextChoices):
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    date = models.DateField(_("date"), unique=True)
    seed = models.PositiveBigIntegerField(_("seed"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.RUNNING)
    done = models.JSONField(_("finished steps"), default=list)
    figures = models.JSONField(_("figures"), default=dict)
    differences = models.JSONField(_("differences"), default=list)
    started_at = models.DateTimeField(_("started"), default=clock.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("simulated day")
        verbose_name_plural = _("simulated days")
        ordering = ["-date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["running", "done", "failed"]), name="roof_workday_status"
            )
        ]

    def __str__(self) -> str:
        return str(self.date)
