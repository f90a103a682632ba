"""What a person decided about a customer's credit: each decision a row, the last one holds."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import append_only
from customers.models import Customer
from luckygas.core import clock


class CreditDecision(models.Model):
    """Limit (whole NT$, 0 for none) and hold of a customer from here on, who decided it and why. Append only.

    The customers' floor decides by its own account row, to which each decision is written down at once.
    """

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="credit_decisions",
        db_index=False,
    )
    credit_limit = models.DecimalField(_("credit limit"), max_digits=12, decimal_places=0)
    credit_hold = models.BooleanField(_("on hold"))
    reason = models.CharField(_("reason"), max_length=200)
    actor_name = models.CharField(_("decided by"), max_length=150)
    decided_at = models.DateTimeField(_("decided at"), default=clock.now)

    class Meta:
        verbose_name = _("credit decision")
        verbose_name_plural = _("credit decisions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(credit_limit__gte=0), name="billing_credit_limit"),
            models.CheckConstraint(condition=~Q(reason=""), name="billing_credit_reason"),
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="billing_credit_customer")]
        triggers = [append_only("credit_append_only")]

    def __str__(self) -> str:
        return f"{self.customer_id} NT$ {self.credit_limit:,}"
