"""Which customers live in both systems, and how far they have come."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.states import Machine, table


class Phase(models.TextChoices):
    """Where a customer stands on the way over. Each step can be gone back; ``STAGES`` has them in order.

    Enrolled is every phase but ``OFF``; an order is always served by one system alone (``Order.served_by``).
    """

    OFF = "off", _("not enrolled")
    SHADOW = "shadow", _("both know, the old one serves")
    DUAL = "dual", _("who takes an order serves it")
    OURS_LEADS = "ours_leads", _("this system serves")


STAGES = (Phase.OFF, Phase.SHADOW, Phase.DUAL, Phase.OURS_LEADS)


class Enrolment(models.Model):
    """A customer's phase, and who put him there and why. A customer without a row is not enrolled."""

    MACHINE: ClassVar[Machine] = Machine(
        Phase,
        table(
            {
                "off": ["shadow", "dual"],
                "shadow": ["off", "dual"],
                "dual": ["off", "shadow", "ours_leads"],
                # Back to "shadow" at once is the red switch.
                "ours_leads": ["dual", "shadow"],
            }
        ),
        field="phase",
    )

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="enrolment"
    )
    phase = models.CharField(_("phase"), max_length=10, choices=Phase.choices, default=Phase.OFF)
    since = models.DateTimeField(_("in this phase since"), default=clock.now)
    enrolled_at = models.DateTimeField(_("enrolled since"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["customer_id"]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="pilot_enrolment_phase"),
            models.CheckConstraint(
                condition=Q(phase="off") | Q(enrolled_at__isnull=False), name="pilot_enrolment_since"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} – {self.get_phase_display()}"


class EnrolmentChange(models.Model):
    """One step of one customer. Append only."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="enrolment_changes"
    )
    old = models.CharField(_("from"), max_length=10, choices=Phase.choices)
    new = models.CharField(_("to"), max_length=10, choices=Phase.choices)
    at = models.DateTimeField(_("time"), default=clock.now)
    reason = models.CharField(_("reason"), max_length=200)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_name = models.CharField(_("by"), max_length=150)

    class Meta:
        verbose_name = _("step of an enrolment")
        verbose_name_plural = _("steps of enrolments")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="pilot_enrolmentchange_reason")]
        triggers = [
            pgtrigger.Protect(
                name="enrolment_change_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_old_display()} → {self.get_new_display()}"
