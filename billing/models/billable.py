"""What may have to be invoiced: a row per delivered order, invoiced once, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.reasons import explain, remedy
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.states import Machine, table
from orders.models import MeterReading, Order

if TYPE_CHECKING:
    from billing.models.invoices import Invoice


class EventKind(models.TextChoices):
    DELIVERY = "delivery", _("delivery")
    READING = "reading", _("meter reading")


class EventState(models.TextChoices):
    PENDING = "pending", _("to be invoiced")
    INVOICED = "invoiced", _("invoiced")
    NOTHING_DUE = "nothing_due", _("nothing due")
    REVIEW = "review", _("to be looked at")
    CANNOT = "cannot", _("cannot be invoiced yet")


class BillableEvent(models.Model):
    """A delivery, or the meter reading of a metered customer.

    ``reason_code`` and ``reason_values`` say in any language why nothing is due, what keeps it from being
    invoiced, or what a person should look at. For a reading, ``meter_from`` and ``meter_to`` are the
    kilograms between which it bills; ``meter_to`` may be a person's correction of what was read.
    """

    MACHINE = Machine(
        EventState,
        table(
            {
                "pending": ["invoiced", "nothing_due", "review", "cannot"],
                "cannot": ["invoiced", "nothing_due", "review", "cannot"],
                "review": ["invoiced", "nothing_due", "cannot", "review"],
                "invoiced": [],
                "nothing_due": [],
            }
        ),
        field="state",
    )

    kind = models.CharField(_("kind"), max_length=8, choices=EventKind)
    order = models.OneToOneField(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="billable_event"
    )
    reading = models.OneToOneField(
        MeterReading,
        verbose_name=_("meter reading"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="billable_event",
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="billable_events"
    )
    happened_at = models.DateTimeField(_("happened"))
    state = models.CharField(_("state"), max_length=11, choices=EventState, default=EventState.PENDING)
    reason_code = models.CharField(_("reason"), max_length=30, blank=True)
    reason_values = models.JSONField(_("details"), default=dict, blank=True)
    meter_from = models.DecimalField(_("from (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    meter_to = models.DecimalField(_("to (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    created_at = models.DateTimeField(_("recorded"), default=clock.now)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decision = models.CharField(_("why"), max_length=200, blank=True)

    if TYPE_CHECKING:
        invoice: Invoice

    class Meta:
        verbose_name = _("billable event")
        verbose_name_plural = _("billable events")
        ordering = ["-id"]
        permissions = [("issue_invoice", _("Can try to invoice an event again"))]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EventState.values), name="billing_event_state"),
            models.CheckConstraint(
                condition=Q(kind="reading", reading__isnull=False) | Q(kind="delivery", reading__isnull=True),
                name="billing_event_reading",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["review", "cannot", "nothing_due"]) | ~Q(reason_code=""),
                name="billing_event_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["pending", "cannot", "review"]),
                name="billing_event_open",
            ),
            models.Index(fields=["customer", "-happened_at"], name="billing_event_customer"),
        ]
        triggers = [pgtrigger.Protect(name="event_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.order_id} {self.get_kind_display()}"

    @property
    def reason(self) -> str:
        """Why it is where it is, in the reader's language; empty when there is nothing to say."""
        values: dict[str, Any] = self.reason_values
        return explain(self.reason_code, values)

    @property
    def remedy(self) -> tuple[str, str] | None:
        """(what to do, path of the page for it) for an event that waits; None when there is nothing."""
        return remedy(self.reason_code, self.reason_values, self.customer_id)
