"""What goes to the tax platform, and what comes back from it."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice, append_only
from luckygas.core import clock, outbound
from luckygas.core.models import OutboundRow
from luckygas.core.outbound import Outcome


@outbound.register
class EInvoiceSubmission(OutboundRow):
    """One message about one invoice, filed by a file in the Turnkey folder.

    ``file_name`` and ``xml`` are made with the row and never change: the name is what keeps a document from
    being filed twice. Handed over is not accepted: the row is done when the platform's result says so.
    """

    party: ClassVar[str] = "turnkey"
    timeout: ClassVar[dt.timedelta] = dt.timedelta(minutes=15)
    backoff: ClassVar[tuple[int, ...]] = (30, 60, 120, 300, 600)
    # The platform may be down for days; the deadline of the invoice, not a count, calls a person.
    max_attempts: ClassVar[int] = 1_000_000

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="submissions"
    )
    message = models.CharField(_("message"), max_length=5)
    file_name = models.CharField(_("file"), max_length=80, unique=True)
    xml = models.BinaryField(_("message text"))
    handed_at = models.DateTimeField(_("handed over"), null=True, blank=True)

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("e-invoice submission")
        verbose_name_plural = _("e-invoice submissions")
        constraints = [
            *OutboundRow.Meta.constraints,
            models.UniqueConstraint(fields=["invoice", "message"], name="billing_submission_once"),
        ]
        indexes = [
            *OutboundRow.Meta.indexes,
            models.Index(fields=["status"], condition=~Q(status="done"), name="billing_submission_open"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="submission_fixed", fields=["invoice", "message", "file_name", "xml", "key"]
            ),
            pgtrigger.Protect(name="submission_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.invoice}"

    def send(self) -> Outcome:
        """Put the file where Turnkey takes it, unless it is or was there."""
        from billing.services import filing

        return filing.hand_over(self)

    def ask(self) -> Outcome:
        """Look for the file and for results about it; never writes one."""
        from billing.services import filing

        return filing.look_for(self)


class FileStatus(models.TextChoices):
    APPLIED = "applied", _("read in")
    UNREADABLE = "unreadable", _("cannot be read")


class TurnkeyFile(models.Model):
    """A file that the platform or Turnkey left for us, as it came. Each (name, content) is read once."""

    kind = models.CharField(_("kind"), max_length=20)
    path = models.CharField(_("path"), max_length=300)
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("digest"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    modified_ns = models.BigIntegerField(_("changed on disk (ns)"))
    content = models.BinaryField(_("content"))
    status = models.CharField(_("status"), max_length=10, choices=FileStatus)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    read_at = models.DateTimeField(_("read at"), default=clock.now)

    class Meta:
        verbose_name = _("platform file")
        verbose_name_plural = _("platform files")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "sha256"], name="billing_file_once"),
            models.CheckConstraint(condition=Q(status__in=FileStatus.values), name="billing_file_status"),
        ]
        indexes = [models.Index(fields=["path"], name="billing_file_path")]
        triggers = [append_only("turnkey_file_append_only")]

    def __str__(self) -> str:
        return self.name


class PlatformVerdict(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    UNCLEAR = "unclear", _("unclear")


class PlatformFinding(models.Model):
    """One verdict of a file over one document. Without ``submission`` it is about a document we do not know.

    ``settled``: it decided the submission; a verdict that came after another one did not.
    """

    file = models.ForeignKey(
        TurnkeyFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="findings"
    )
    submission = models.ForeignKey(
        EInvoiceSubmission,
        verbose_name=_("e-invoice submission"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="findings",
    )
    message = models.CharField(_("message"), max_length=5, blank=True)
    reference = models.CharField(_("document"), max_length=40, blank=True)
    date = models.CharField(_("date"), max_length=8, blank=True)
    verdict = models.CharField(_("verdict"), max_length=8, choices=PlatformVerdict)
    code = models.CharField(_("code"), max_length=20, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)
    settled = models.BooleanField(_("settled it"), default=False)
    at = models.DateTimeField(_("read at"), default=clock.now)

    class Meta:
        verbose_name = _("platform result")
        verbose_name_plural = _("platform results")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(submission__isnull=True), name="billing_finding_unknown"),
        ]
        triggers = [append_only("finding_append_only")]

    def __str__(self) -> str:
        return f"{self.message} {self.reference} {self.get_verdict_display()}"
