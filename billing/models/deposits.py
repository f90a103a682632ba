"""The deposits in the bank's files, where each stands, and the payments made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.bank import BankProfile
from billing.models.bank_files import BankFile
from billing.models.invoices import append_only
from billing.models.payments import Payment
from luckygas.core import clock
from luckygas.core.history import track
from luckygas.core.states import Machine, table

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class BankDeposit(models.Model):
    """One movement of the account, by the bank's own field names; whole NT$. Append only.

    A movement is known by account, day, trade number and ``occurrence`` (the bank used a number twice in a day);
    two equal deposits in a minute have two trade numbers. ``amount`` is what it brought in: below 0 for money that left.
    """

    file = models.ForeignKey(
        BankFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="deposits"
    )
    line = models.PositiveIntegerField(_("line"))
    profile = models.ForeignKey(
        BankProfile, verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    account = models.CharField(_("bank account"), max_length=11)
    booked_on = models.DateField(_("booked on"))
    trade_no = models.CharField(_("trade number"), max_length=4)
    occurrence = models.PositiveSmallIntegerField(_("occurrence"), default=1)
    trade_code = models.CharField(_("trade code"), max_length=4, blank=True)
    export = models.CharField(_("export"), max_length=7, blank=True)
    withdrawal = models.DecimalField(_("withdrawal"), max_digits=15, decimal_places=0)
    deposit = models.DecimalField(_("paid in"), max_digits=15, decimal_places=0)
    sign = models.CharField(_("sign"), max_length=1, blank=True)
    balance = models.DecimalField(_("balance"), max_digits=16, decimal_places=0)
    virtual_account = models.CharField(_("virtual account"), max_length=16, blank=True)
    status = models.CharField(_("bank's status"), max_length=1, blank=True)
    payer_name = models.CharField(_("payer"), max_length=13, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=0)

    if TYPE_CHECKING:
        clearing: DepositClearing
        postings: RelatedManager[DepositPosting]

    class Meta:
        verbose_name = _("bank deposit")
        verbose_name_plural = _("bank deposits")
        ordering = ["-id"]
        permissions = [("clear_bankdeposit", _("Can assign a bank deposit, or say that it is not ours"))]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "account", "booked_on", "trade_no", "occurrence"],
                name="billing_deposit_once",
            ),
            models.UniqueConstraint(fields=["file", "line"], name="billing_deposit_line"),
        ]
        indexes = [
            models.Index(fields=["booked_on"], name="billing_deposit_day"),
            models.Index(fields=["virtual_account", "amount"], name="billing_deposit_account"),
        ]
        triggers = [append_only("deposit_append_only")]

    def __str__(self) -> str:
        return f"{self.booked_on:%m/%d} {self.trade_no} NT$ {self.amount:,}"


class ClearingState(models.TextChoices):
    NEW = "new", _("not looked at yet")
    QUEUED = "queued", _("waits for a person")
    POSTED = "posted", _("posted")
    NOT_OURS = "not_ours", _("not ours")


@track()
class DepositClearing(models.Model):
    """Where a deposit stands. ``open_amount`` is what of it no standing payment covers; 0 exactly when posted.

    ``reason_code`` with ``reason_values`` says why a person is asked (``billing.bank_reasons``).
    """

    MACHINE: ClassVar[Machine] = Machine(
        ClearingState,
        table(
            {
                "new": ["queued", "posted"],
                "queued": ["posted", "not_ours", "queued"],
                "posted": ["queued"],
                "not_ours": ["queued"],
            }
        ),
        field="state",
    )

    deposit = models.OneToOneField(
        BankDeposit,
        verbose_name=_("bank deposit"),
        on_delete=models.PROTECT,
        related_name="clearing",
        primary_key=True,
    )
    state = models.CharField(_("state"), max_length=8, choices=ClearingState, default=ClearingState.NEW)
    open_amount = models.DecimalField(_("open"), max_digits=16, decimal_places=0)
    reason_code = models.CharField(_("reason code"), max_length=30, blank=True)
    reason_values = models.JSONField(_("reason values"), default=dict, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_reason = models.CharField(_("reason"), max_length=200, blank=True)
    changed_at = models.DateTimeField(_("changed at"), default=clock.now)

    class Meta:
        verbose_name = _("clearing")
        verbose_name_plural = _("clearings")
        ordering = ["deposit_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ClearingState.values), name="billing_clearing_state"
            ),
            models.CheckConstraint(
                condition=Q(state="posted", open_amount=0) | (~Q(state="posted") & ~Q(open_amount=0)),
                name="billing_clearing_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="queued") | ~Q(reason_code=""), name="billing_clearing_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="not_ours") | ~Q(decided_reason=""), name="billing_clearing_not_ours"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deposit"], condition=Q(state__in=["new", "queued"]), name="billing_clearing_waits"
            ),
        ]
        triggers = [pgtrigger.Protect(name="clearing_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.deposit_id} {self.get_state_display()}"


class DepositPosting(models.Model):
    """This payment came from that deposit. A payment has one deposit at most. Append only."""

    deposit = models.ForeignKey(
        BankDeposit, verbose_name=_("bank deposit"), on_delete=models.PROTECT, related_name="postings"
    )
    payment = models.OneToOneField(
        Payment, verbose_name=_("payment received"), on_delete=models.PROTECT, related_name="bank_posting"
    )
    by_itself = models.BooleanField(_("matched by itself"), default=False)
    reason = models.CharField(_("reason"), max_length=200)
    at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("posting of a deposit")
        verbose_name_plural = _("postings of deposits")
        ordering = ["id"]
        triggers = [append_only("posting_append_only")]

    def __str__(self) -> str:
        return f"{self.deposit_id} → {self.payment_id}"
