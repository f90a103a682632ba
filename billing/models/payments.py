"""Money that came in, what it paid for, and the cash that drivers brought home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice, append_only
from customers.models import Customer
from dispatch.models import Driver
from luckygas.core import clock
from luckygas.core.history import track
from orders.models import Order

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


INSTEAD = "instead:"
"""How the source of a payment begins that was recorded in the place of a reversed one; its id follows."""


class PaymentKind(models.TextChoices):
    CASH = "cash", _("cash")
    TRANSFER = "transfer", _("bank transfer")
    CHEQUE = "cheque", _("cheque")


class Payment(models.Model):
    """Money received from a customer, whole NT$. Append only.

    ``source`` names where it came from (``stop:17``, ``desk:…``) and is unique: what is told twice is one
    payment. A wrong one is taken back by a second row that mirrors it: ``reverses`` names the first,
    ``amount`` is the same below zero, customer, kind, order, driver and day are the same, so that every sum
    follows; ``note`` says why.
    """

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=8, choices=PaymentKind)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=0)
    received_at = models.DateTimeField(_("received at"))
    received_on = models.DateField(_("day"))
    driver = models.ForeignKey(
        Driver,
        verbose_name=_("driver"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,
    )
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    reverses = models.OneToOneField(
        "self",
        verbose_name=_("reverses"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversal",
    )
    source = models.CharField(_("source"), max_length=60, unique=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_name = models.CharField(_("recorded by"), max_length=150)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)

    if TYPE_CHECKING:
        allocations: RelatedManager[PaymentAllocation]
        reversal: Payment

    class Meta:
        verbose_name = _("payment received")
        verbose_name_plural = _("payments received")
        ordering = ["-id"]
        permissions = [("reverse_payment", _("Can reverse a wrong payment"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0)
                | (Q(reverses__isnull=False, amount__lt=0) & ~Q(note="")),
                name="billing_payment_amount",
            ),
            models.CheckConstraint(condition=Q(kind__in=PaymentKind.values), name="billing_payment_kind"),
        ]
        indexes = [
            models.Index(fields=["customer", "received_at"], name="billing_payment_customer"),
            models.Index(fields=["received_on", "driver"], name="billing_payment_day"),
        ]
        triggers = [append_only("payment_append_only")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} NT$ {self.amount:,}"

    @property
    def came_from(self) -> str:
        """Who brought it: the bank's deposit, or the driver."""
        posting = getattr(self, "bank_posting", None)
        if posting is not None:
            return str(posting.deposit)
        return str(self.driver) if self.driver_id else ""

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None

    @property
    def reversed_by(self) -> Payment | None:
        """The row that took this one back; None while it stands."""
        return getattr(self, "reversal", None)


class PaymentAllocation(models.Model):
    """How much of a payment paid for which invoice. Append only; written under the lock of the account.

    A reversed payment leaves its invoices again: a row of the reversal, below zero, ``undoes`` each of them.
    """

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment received"), on_delete=models.PROTECT, related_name="allocations"
    )
    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="allocations"
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=0)
    undoes = models.OneToOneField(
        "self",
        verbose_name=_("undoes"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="undone_by",
    )
    at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undoes__isnull=True, amount__gt=0) | Q(undoes__isnull=False, amount__lt=0),
                name="billing_allocation_amount",
            ),
        ]
        triggers = [append_only("allocation_append_only")]

    def __str__(self) -> str:
        return f"NT$ {self.amount:,}"


@track()
class CashCount(models.Model):
    """The cash a driver handed in for a day, against what his stops say he took.

    ``expected`` is frozen when counting; a recount writes the row anew, and row history keeps the older one.
    """

    driver = models.ForeignKey(
        Driver, verbose_name=_("driver"), on_delete=models.PROTECT, related_name="cash_counts", db_index=False
    )
    date = models.DateField(_("date"))
    expected = models.DecimalField(_("expected cash"), max_digits=12, decimal_places=0)
    counted = models.DecimalField(_("counted"), max_digits=12, decimal_places=0)
    difference = models.GeneratedField(
        expression=F("counted") - F("expected"),
        output_field=models.DecimalField(max_digits=12, decimal_places=0),
        db_persist=True,
        verbose_name=_("difference"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_name = models.CharField(_("counted by"), max_length=150)
    counted_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("cash count")
        verbose_name_plural = _("cash counts")
        ordering = ["-date", "driver_id"]
        constraints = [
            models.UniqueConstraint(fields=["driver", "date"], name="billing_cash_count_once"),
            models.CheckConstraint(
                condition=Q(counted__gte=0, expected__gte=0), name="billing_cash_count_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.driver_id}"
