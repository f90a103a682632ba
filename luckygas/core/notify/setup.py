"""Called at start-up: rows, breaker, secret and figures of the text messages."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from luckygas.core import breakers, extend, outbound, secrets
from luckygas.core.models.sms import SmsMessage, SmsReceipt
from luckygas.core.notify import client, receipts


def register() -> None:
    """Make the kinds of rows, the party and its gauges known."""
    outbound.register(SmsMessage)
    outbound.register(SmsReceipt)
    breakers.register(client.PARTY, _("Text messages (Twilio)"))
    secrets.require(client.PARTY, lambda: [client.SECRET] if client.is_configured() else [])
    extend.gauges.register("sms", _gauges)
    extend.live_kinds.register("notice", "")  # told without ids: each finds his own behind the bell


def _gauges() -> dict[str, tuple[str, Any]]:
    by_status = {
        (row["status"],): row["number"]
        for row in SmsMessage.objects.order_by().values("status").annotate(number=Count("pk"))
    }
    strangers = SmsReceipt.objects.filter(result=SmsReceipt.Result.STRANGER).count()
    return {
        "sms_messages": ("Text messages by status", (("status",), by_status)),
        "sms_receipts_refused": (
            "Receipts with a wrong signature since Redis was emptied",
            receipts.refused_count(),
        ),
        "sms_receipts_of_strangers": ("Receipts about messages we do not know", strangers),
    }
