"""What a customer owes, as billing tells it; and the limit that holds his orders."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer, CustomerKind
from luckygas.core import clock
from luckygas.core.history import track

# Limits at which new accounts start, in whole NT$; a person changes them for one customer.
STARTING_LIMITS = {
    CustomerKind.COMMERCIAL: Decimal(30_000),
    CustomerKind.RESIDENTIAL: Decimal(10_000),
    CustomerKind.SCHOOL: Decimal(50_000),
}


@track()
class CustomerAccount(models.Model):
    """A projection written by billing in its own transaction, and the row that the credit check locks.

    ``open_balance`` in whole NT$, negative when the customer has paid ahead; ``oldest_due`` the date since
    which something is unpaid. ``credit_reason``, ``credit_by`` and ``credit_at`` tell of the last decision
    about limit and hold; empty while nobody decided.
    """

    customer = models.OneToOneField(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="account",
        primary_key=True,
    )
    open_balance = models.DecimalField(_("open balance"), max_digits=12, decimal_places=0, default=Decimal(0))
    oldest_due = models.DateField(_("unpaid since"), null=True, blank=True)
    credit_limit = models.DecimalField(_("credit limit"), max_digits=12, decimal_places=0, default=Decimal(0))
    credit_hold = models.BooleanField(_("on hold"), default=False)
    credit_reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")
    credit_by = models.CharField(_("decided by"), max_length=150, blank=True, default="", db_default="")
    credit_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(condition=Q(credit_limit__gte=0), name="customers_account_credit_limit"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
