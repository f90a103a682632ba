"""The row that shifts business time in a simulation (see luckygas.core.clock)."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _


class SimulatedClock(models.Model):
    """One row: time stands at ``frozen_at``, or else runs ``shift`` away from real time."""

    frozen_at = models.DateTimeField(_("stands at"), null=True, blank=True)
    shift = models.DurationField(_("shift"), default=dt.timedelta)

    class Meta:
        verbose_name = _("simulated clock")
        verbose_name_plural = _("simulated clock")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="core_clock_one_row")]

    def __str__(self) -> str:
        return str(self.frozen_at or self.shift)
