"""The bank's side of the money: how its files are fetched, the files as they came, and the deposits in them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import append_only
from billing.models.payments import Payment
from luckygas.core import clock, outbound
from luckygas.core.history import track
from luckygas.core.models import OutboundRow
from luckygas.core.outbound import Outcome
from luckygas.core.states import Machine, table

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class SignOf(models.TextChoices):
    MOVEMENT = "movement", _("the movement")
    BALANCE = "balance", _("the balance")


class Padding(models.TextChoices):
    BLANKS = "blanks", _("with blanks")
    ZEROS = "zeros", _("with zeros on the left")


@track()
class BankProfile(models.Model):
    """One bank: where its files are, and what the contract says about them (docs/decisions/0010).

    The private key is the secret named ``secret_name``. ``stopped_because`` is not empty while nothing is fetched from
    it until a person says so; then ``offered_key`` may hold the host key the bank presented instead of a known one.
    """

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("bank's name"), max_length=60)
    host = models.CharField(_("host"), max_length=200)
    port = models.PositiveIntegerField(_("port"), default=22)
    username = models.CharField(_("user"), max_length=60)
    folder = models.CharField(_("folder"), max_length=200)
    name_pattern = models.CharField(_("file name"), max_length=60, default="FIRyyyymmdd.TXT")
    secret_name = models.CharField(_("secret of the key"), max_length=100, default="bank-first-key")
    account_number = models.CharField(_("own account"), max_length=11)
    largest_file = models.PositiveIntegerField(_("largest file (bytes)"), default=32 * 1024 * 1024)
    decimals = models.PositiveSmallIntegerField(
        _("decimals of amounts"), default=0, choices=[(0, _("none")), (2, _("two"))]
    )
    sign_of = models.CharField(
        _("the sign is that of"), max_length=8, choices=SignOf, default=SignOf.MOVEMENT
    )
    padding = models.CharField(
        _("virtual account filled up"), max_length=6, choices=Padding, default=Padding.BLANKS
    )
    booked_statuses = models.CharField(
        _("states that count as booked"), max_length=20, default="0", blank=True
    )
    virtual_company = models.CharField(_("company's digits"), max_length=8)
    virtual_length = models.PositiveSmallIntegerField(_("digits of a virtual account"), default=14)
    virtual_weights = models.CharField(_("weights of the check digit"), max_length=16, default="371")
    binds_amount = models.BooleanField(_("the check digit covers the amount"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    stopped_because = models.CharField(_("stopped because"), max_length=300, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    offered_key = models.TextField(_("host key it presented"), blank=True)

    if TYPE_CHECKING:
        host_keys: RelatedManager[BankHostKey]
        transfers: RelatedManager[BankTransfer]

    class Meta:
        verbose_name = _("bank")
        verbose_name_plural = _("banks")
        ordering = ["code"]
        permissions = [("trust_bankprofile", _("Can accept a bank's new host key"))]
        constraints = [
            models.CheckConstraint(condition=Q(decimals__in=[0, 2]), name="billing_bank_decimals"),
            models.CheckConstraint(condition=Q(sign_of__in=SignOf.values), name="billing_bank_sign_of"),
            models.CheckConstraint(condition=Q(padding__in=Padding.values), name="billing_bank_padding"),
            models.CheckConstraint(
                condition=Q(stopped_because="", stopped_at__isnull=True, offered_key="")
                | (~Q(stopped_because="") & Q(stopped_at__isnull=False)),
                name="billing_bank_stopped",
            ),
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9]{11}$", virtual_weights__regex=r"^[1-9]+$")
                & Q(virtual_company__regex=r"^[0-9]+$", virtual_length__gte=10, virtual_length__lte=16),
                name="billing_bank_numbers",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@track()
class BankHostKey(models.Model):
    """A host key that a person vouched for; several at once while the bank changes it."""

    profile = models.ForeignKey(
        BankProfile, verbose_name=_("bank"), on_delete=models.PROTECT, related_name="host_keys"
    )
    key = models.TextField(_("host key"))
    fingerprint = models.CharField(_("fingerprint"), max_length=80)
    reason = models.CharField(_("reason"), max_length=200)
    actor_name = models.CharField(_("accepted by"), max_length=150)
    added_at = models.DateTimeField(_("accepted at"), default=clock.now)
    retired_at = models.DateTimeField(_("not used since"), null=True, blank=True)

    class Meta:
        verbose_name = _("host key")
        verbose_name_plural = _("host keys")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "fingerprint"],
                condition=Q(retired_at__isnull=True),
                name="billing_bank_key_once",
            ),
        ]

    def __str__(self) -> str:
        return self.fingerprint


@outbound.register
class BankTransfer(OutboundRow):
    """One look into the bank's folder: what is new is fetched and imported. Looking again is harmless."""

    party: ClassVar[str] = "bank"
    queue: ClassVar[str] = "sftp"
    timeout: ClassVar[dt.timedelta] = dt.timedelta(minutes=10)
    backoff: ClassVar[tuple[int, ...]] = (30, 60, 120, 300, 600)
    # The bank may be away for days; the red list, not a count, calls a person.
    max_attempts: ClassVar[int] = 1_000_000

    profile = models.ForeignKey(
        BankProfile, verbose_name=_("bank"), on_delete=models.PROTECT, related_name="transfers"
    )
    files = models.PositiveIntegerField(_("files fetched"), default=0)

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        ordering = ["-id"]
        constraints = [
            *OutboundRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["profile"],
                condition=Q(status__in=["queued", "inflight", "unknown", "held", "failed"]),
                name="billing_transfer_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile} #{self.pk}"

    def send(self) -> Outcome:
        """Look into the folder."""
        from billing.services import bank_fetch

        return bank_fetch.look(self)

    def ask(self) -> Outcome:
        """The one who looked was never heard of again; nothing was sent, so it is looked at anew."""
        return outbound.later(gettext("looking again"), 0)


class BankFileStatus(models.TextChoices):
    IMPORTED = "imported", _("imported")
    REFUSED = "refused", _("refused")
    ASIDE = "aside", _("set aside")
    DISMISSED = "dismissed", _("dismissed")


@track(exclude=["content"])
class BankFile(models.Model):
    """A file as it came, with its bytes. The same bytes are imported once, under whatever name they come again.

    A file that was refused may be read again: what the contract says of it may have been written down wrongly.
    """

    MACHINE: ClassVar[Machine] = Machine(
        BankFileStatus,
        table(
            {
                "aside": ["imported", "refused", "dismissed"],
                "refused": ["imported", "dismissed"],
                "imported": [],
                "dismissed": ["imported", "aside"],
            }
        ),
    )

    profile = models.ForeignKey(
        BankProfile, verbose_name=_("bank"), on_delete=models.PROTECT, related_name="files"
    )
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("digest"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    content = models.BinaryField(_("content"))
    status = models.CharField(_("status"), max_length=10, choices=BankFileStatus)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    rows = models.PositiveIntegerField(_("deposits"), default=0)
    total = models.DecimalField(_("sum"), max_digits=16, decimal_places=0, default=0)
    fetched_at = models.DateTimeField(_("fetched"), default=clock.now)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_reason = models.CharField(_("reason"), max_length=200, blank=True)

    if TYPE_CHECKING:
        sightings: RelatedManager[BankSighting]

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        ordering = ["-id"]
        permissions = [("decide_bankfile", _("Can decide about a bank file that was set aside"))]
        constraints = [
            models.UniqueConstraint(fields=["profile", "sha256"], name="billing_bankfile_once"),
            models.CheckConstraint(
                condition=Q(status__in=BankFileStatus.values), name="billing_bankfile_status"
            ),
        ]
        indexes = [
            models.Index(fields=["profile", "name"], name="billing_bankfile_name"),
            models.Index(
                fields=["id"], condition=Q(status__in=["aside", "refused"]), name="billing_bankfile_open"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="bankfile_fixed", fields=["profile", "name", "sha256", "size", "content"]
            ),
            pgtrigger.Protect(name="bankfile_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name


class BankSighting(models.Model):
    """A file was there with this size and time, and was fetched: what its bytes turned out to be. Append only."""

    profile = models.ForeignKey(
        BankProfile, verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    transfer = models.ForeignKey(
        BankTransfer,
        verbose_name=_("bank transfer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sightings",
    )
    file = models.ForeignKey(
        BankFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="sightings"
    )
    name = models.CharField(_("file"), max_length=200)
    size = models.PositiveIntegerField(_("bytes"))
    modified = models.BigIntegerField(_("changed at the bank (s)"))
    said = models.CharField(_("what it was"), max_length=300)
    at = models.DateTimeField(_("time"), default=clock.now)

    class Meta:
        verbose_name = _("sighting")
        verbose_name_plural = _("sightings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "name", "size", "modified"], name="billing_sighting_once"
            ),
        ]
        triggers = [append_only("sighting_append_only")]

    def __str__(self) -> str:
        return self.name


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
