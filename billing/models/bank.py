"""The bank as a party: where its files are, what the contract says about them, which host keys are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.history import track

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from billing.models.bank_files import BankTransfer


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
