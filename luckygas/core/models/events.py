"""What one floor tells another: one immutable row for what happened, one for each who wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.models.outbound import OutboundRow

if TYPE_CHECKING:
    from luckygas.core.outbound import Outcome


class Event(models.Model):
    """Something that happened: a name, a version and ids. No personal data."""

    name = models.CharField(_("event"), max_length=80)
    version = models.PositiveSmallIntegerField(_("version"))
    payload = models.JSONField(_("payload"))
    at = models.DateTimeField(_("time"), default=clock.now, db_index=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["name", "id"], name="core_event_name")]
        triggers = [
            pgtrigger.Protect(name="event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class EventDelivery(OutboundRow):
    """One event on its way to one subscriber, who runs once, in one transaction with this row."""

    party: ClassVar[str] = "subscriber"
    in_transaction: ClassVar[bool] = True
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("event")
    )
    subscriber = models.CharField(_("subscriber"), max_length=80)

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints = [
            *OutboundRow.Meta.constraints,
            models.UniqueConstraint(fields=["event", "subscriber"], name="core_eventdelivery_once"),
        ]

    def send(self) -> Outcome:
        from luckygas.core import events, outbound

        events.deliver(self.event, self.subscriber)
        return outbound.done()
