"""Looks into the bank's folder, the files as they came, and where each was seen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models.bank import BankProfile
from billing.models.invoices import append_only
from luckygas.core import clock, outbound
from luckygas.core.history import track
from luckygas.core.models import OutboundRow
from luckygas.core.outbound import Outcome
from luckygas.core.states import Machine, table

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


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
