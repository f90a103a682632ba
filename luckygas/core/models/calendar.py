"""The company's own word about a day, over the public calendar."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core.history import track


@track()
class CalendarDay(models.Model):
    """A day that differs from the public calendar, or a typhoon day. The last word in every question about it."""

    class Kind(models.TextChoices):
        TYPHOON = "typhoon", _("typhoon day")
        CLOSED = "closed", _("company closed")
        BANK_CLOSED = "bank_closed", _("banks closed")
        MAKE_UP = "make_up", _("make-up working day")
        OPEN = "open", _("company open")

    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(fields=["date", "kind"], name="core_calendarday_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["typhoon", "closed", "bank_closed", "make_up", "open"]),
                name="core_calendarday_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"
