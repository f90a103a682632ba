"""Invoices as they were issued. None of these rows is ever changed: what happens later is another row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.einvoice import periods
from billing.einvoice.mig.rules import CONSUMER
from billing.models.billable import BillableEvent
from billing.models.numbers import NumberTrack
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.money import round_half_up
from orders.models import Product

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from billing.models.filing import EInvoiceSubmission
    from billing.models.payments import PaymentAllocation


def append_only(name: str) -> pgtrigger.Protect:
    """A ledger refuses UPDATE and DELETE."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


class Handling(models.TextChoices):
    """What becomes of the proof: exactly one of the three."""

    PRINT = "print", _("printed")
    CARRIER = "carrier", _("on a carrier")
    DONATION = "donation", _("donated")


class Invoice(models.Model):
    """One uniform invoice. Amounts in whole NT$: ``total`` = ``sales`` + ``free`` + ``zero`` + ``tax``.

    A consumer's ``sales`` has the tax inside and ``tax`` is 0; a business's stand apart. ``number`` comes
    back in later years, so it is unique within its ``period``.
    """

    track = models.ForeignKey(
        NumberTrack, verbose_name=_("number track"), on_delete=models.PROTECT, related_name="invoices"
    )
    period = models.CharField(_("period"), max_length=5)
    number = models.CharField(_("invoice number"), max_length=10)
    issued_at = models.DateTimeField(_("issued"))
    event = models.OneToOneField(
        BillableEvent, verbose_name=_("billable event"), on_delete=models.PROTECT, related_name="invoice"
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="invoices",
        db_index=False,
    )
    buyer_identifier = models.CharField(_("buyer"), max_length=10)
    buyer_name = models.CharField(_("buyer's name"), max_length=60)
    buyer_address = models.CharField(_("buyer's address"), max_length=100, blank=True)
    handling = models.CharField(_("proof"), max_length=8, choices=Handling)
    carrier_type = models.CharField(_("carrier type"), max_length=6, blank=True)
    carrier_id = models.CharField(_("carrier"), max_length=64, blank=True)
    donation_code = models.CharField(_("donation code"), max_length=7, blank=True)
    random_number = models.CharField(_("random number"), max_length=4)
    sales = models.DecimalField(_("sales"), max_digits=12, decimal_places=0)
    free = models.DecimalField(_("exempt sales"), max_digits=12, decimal_places=0, default=0)
    zero = models.DecimalField(_("zero-rated sales"), max_digits=12, decimal_places=0, default=0)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=0)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=0)
    tax_type = models.CharField(_("tax type"), max_length=1, default="1")
    upload_due = models.DateField(_("to be filed by"))

    if TYPE_CHECKING:
        lines: RelatedManager[InvoiceLine]
        prints: RelatedManager[InvoicePrint]
        submissions: RelatedManager[EInvoiceSubmission]
        allocations: RelatedManager[PaymentAllocation]

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-id"]
        permissions = [("print_invoice", _("Can print invoices"))]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="billing_invoice_number"),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[A-Z]{2}[0-9]{8}$"), name="billing_invoice_number_shape"
            ),
            models.CheckConstraint(
                condition=Q(total=F("sales") + F("free") + F("zero") + F("tax"), total__gt=0),
                name="billing_invoice_total",
            ),
            models.CheckConstraint(
                condition=~Q(buyer_identifier=CONSUMER) | Q(tax=0), name="billing_invoice_consumer_tax"
            ),
            models.CheckConstraint(
                condition=Q(handling="print", carrier_type="", carrier_id="", donation_code="")
                | (Q(handling="carrier", donation_code="") & ~Q(carrier_type="") & ~Q(carrier_id=""))
                | (Q(handling="donation", carrier_type="", carrier_id="") & ~Q(donation_code="")),
                name="billing_invoice_one_handling",
            ),
            models.CheckConstraint(
                condition=Q(random_number__regex=r"^[0-9]{4}$"), name="billing_invoice_random"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "issued_at"], name="billing_invoice_customer"),
            models.Index(fields=["-issued_at"], name="billing_invoice_issued"),
            models.Index(fields=["id"], condition=Q(handling="print"), name="billing_invoice_to_print"),
        ]
        triggers = [append_only("invoice_append_only")]

    def __str__(self) -> str:
        return self.shown_number

    @property
    def shown_number(self) -> str:
        """How papers write the number: ``AB-12345678``."""
        return f"{self.number[:2]}-{self.number[2:]}"

    @property
    def is_business(self) -> bool:
        return self.buyer_identifier != CONSUMER

    @property
    def period_label(self) -> str:
        return periods.label(self.period)


class InvoiceLine(models.Model):
    """A line as it stands on the invoice: quantity in ``unit``, price and amount with up to 7 decimals."""

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    sequence = models.PositiveSmallIntegerField(_("line"))
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    description = models.CharField(_("description"), max_length=200)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit = models.CharField(_("unit"), max_length=6)
    unit_price = models.DecimalField(_("unit price"), max_digits=20, decimal_places=7)
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=7)
    tax_type = models.CharField(_("tax type"), max_length=1, default="1")

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["invoice_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "sequence"], name="billing_line_sequence"),
        ]
        triggers = [append_only("invoice_line_append_only")]

    def __str__(self) -> str:
        return f"{self.description} × {self.shown_quantity}"

    @property
    def shown_quantity(self) -> str:
        """Without zeros at the end, as papers show it."""
        return f"{self.quantity.normalize():f}"

    @property
    def shown_unit_price(self) -> str:
        """To the cent; a business's price without tax has more decimals than paper has room for."""
        return f"{round_half_up(self.unit_price, 2).normalize():f}"

    @property
    def shown_amount(self) -> str:
        return f"{round_half_up(self.amount, 2).normalize():f}"


class InvoicePrint(models.Model):
    """A printed proof. The first is the original, of which there is one; every other is a copy (補印)."""

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="prints"
    )
    is_original = models.BooleanField(_("original"))
    printed_at = models.DateTimeField(_("printed at"), default=clock.now)
    actor_name = models.CharField(_("by"), max_length=150)

    class Meta:
        verbose_name = _("printed proof")
        verbose_name_plural = _("printed proofs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(is_original=True), name="billing_print_one_original"
            ),
        ]
        triggers = [append_only("invoice_print_append_only")]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.printed_at:%Y-%m-%d %H:%M}"
