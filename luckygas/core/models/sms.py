"""Text messages on their way out, and what the provider reports about them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.models.outbound import OutboundRow

if TYPE_CHECKING:
    from luckygas.core.outbound import Outcome


class SmsMessage(OutboundRow):
    """One text message to one number. Made once (``once_key``), sent once (``provider_message_id``).

    ``queued`` waits to be handed over, ``held`` for the end of the quiet hours (``held_until``) or for a person;
    ``inflight`` and ``unknown`` with a ``provider_message_id`` were taken and wait for the receipt; ``done`` is
    delivered, ``failed`` is not. ``addressee`` and ``subject`` say what of a higher floor it is about
    (``customer:12``, ``order:345``), ``cost_estimate`` is NT$ for all its parts.
    """

    party: ClassVar[str] = "twilio"
    # Handed over, the receipt mostly comes within seconds; after so long the provider is asked.
    timeout: ClassVar[dt.timedelta] = dt.timedelta(minutes=2)
    backoff: ClassVar[tuple[int, ...]] = (5, 15, 60, 300, 900, 3600)
    # ``not_after`` ends the tries, not a count: the provider may be away for hours.
    max_attempts: ClassVar[int] = 1_000_000
    failed_is_final: ClassVar[bool] = True

    recipient = models.CharField(_("number"), max_length=16)
    body = models.TextField(_("text"), max_length=1600)
    encoding = models.CharField(_("alphabet"), max_length=5)
    parts = models.PositiveSmallIntegerField(_("parts"))
    occasion = models.CharField(_("occasion"), max_length=40)
    is_urgent = models.BooleanField(_("also in quiet hours"), default=False)
    addressee = models.CharField(_("addressee"), max_length=60, blank=True)
    subject = models.CharField(_("about"), max_length=60, blank=True)
    subject_label = models.CharField(_("about (number)"), max_length=60, blank=True)
    provider = models.CharField(_("provider"), max_length=20)
    provider_message_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    provider_status = models.CharField(_("provider's state"), max_length=20, blank=True)
    provider_error = models.CharField(_("provider's code"), max_length=10, blank=True)
    cost_estimate = models.DecimalField(
        _("estimated cost"), max_digits=12, decimal_places=4, default=Decimal(0)
    )
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    once_key = models.CharField(_("made once as"), max_length=150, unique=True)
    resends = models.ForeignKey(
        "self",
        verbose_name=_("sent again for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="again",
    )

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("text message")
        verbose_name_plural = _("text messages")
        permissions = [("resend_smsmessage", _("Can send a text message again, hold and release it"))]
        constraints = [
            *OutboundRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["provider", "provider_message_id"],
                condition=~Q(provider_message_id=""),
                name="core_smsmessage_sent_once",
            ),
            models.CheckConstraint(
                condition=Q(recipient__regex=r"^\+8869[0-9]{8}$"), name="core_smsmessage_mobile"
            ),
            models.CheckConstraint(condition=Q(parts__range=(1, 11)), name="core_smsmessage_parts"),
        ]
        indexes = [
            *OutboundRow.Meta.indexes,
            models.Index(fields=["recipient", "-id"], name="core_smsmessage_recipient"),
            models.Index(fields=["addressee", "-created_at"], name="core_smsmessage_addressee"),
            models.Index(fields=["subject"], condition=~Q(subject=""), name="core_smsmessage_subject"),
            models.Index(
                fields=["subject_label"], condition=~Q(subject_label=""), name="core_smsmessage_label"
            ),
            models.Index(
                fields=["held_until"], condition=Q(status="held"), name="core_smsmessage_held_until"
            ),
            models.Index(fields=["status", "-id"], name="core_smsmessage_status"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="sms_fixed",
                fields=[
                    "recipient",
                    "body",
                    "encoding",
                    "parts",
                    "occasion",
                    "addressee",
                    "subject",
                    "once_key",
                    "key",
                ],
            ),
            pgtrigger.Protect(name="sms_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.subject_label or f"#{self.pk}"

    @classmethod
    def before_round(cls) -> None:
        """Quiet hours: what may not go now is held until they end, and what was held for them goes."""
        from luckygas.core.notify import quiet

        quiet.keep()

    def send(self) -> Outcome:
        """Hand it to the provider."""
        from luckygas.core.notify import sending

        return sending.hand_over(self)

    def ask(self) -> Outcome:
        """Ask the provider what became of it; never sends."""
        from luckygas.core.notify import sending

        return sending.look_for(self)


class SmsReceipt(OutboundRow):
    """One status callback as it came, its signature checked; read in the background.

    ``token`` is the part of the address that names the message, ``raw`` the form's bytes as text.
    """

    class Result(models.TextChoices):
        WAITING = "waiting", _("not read yet")
        FORWARD = "forward", _("moved the message on")
        STALE = "stale", _("said nothing new")
        STRANGER = "stranger", _("about a message we do not know")

    party: ClassVar[str] = "twilio"
    in_transaction: ClassVar[bool] = True

    token = models.CharField(_("part of the address"), max_length=64)
    raw = models.TextField(_("as it came"))
    message = models.ForeignKey(
        SmsMessage,
        verbose_name=_("text message"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    result = models.CharField(_("result"), max_length=8, choices=Result, default=Result.WAITING)
    told = models.CharField(_("state it tells"), max_length=20, blank=True)

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("receipt of a text message")
        verbose_name_plural = _("receipts of text messages")
        constraints = [
            *OutboundRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(result__in=["waiting", "forward", "stale", "stranger"]),
                name="core_smsreceipt_result",
            ),
        ]
        indexes = [
            *OutboundRow.Meta.indexes,
            models.Index(fields=["id"], condition=Q(result="stranger"), name="core_smsreceipt_stranger"),
        ]
        triggers = [pgtrigger.ReadOnly(name="sms_receipt_fixed", fields=["token", "raw"])]

    def __str__(self) -> str:
        return f"{self.told or self.token} {clock.taipei(self.created_at):%m/%d %H:%M:%S}"

    def send(self) -> Outcome:
        """Apply it, in one transaction with this row."""
        from luckygas.core.notify import receipts

        return receipts.apply(self)
