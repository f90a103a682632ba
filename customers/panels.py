"""What this floor shows on a customer's page and on the home page about messages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers import masking
from customers.messaging.announcing import mobile_of
from customers.messaging.consents import addressee
from customers.models import ConsentKind, MessageConsent
from customers.privacy import is_masked
from customers.sheets.phones import national
from luckygas.core import clock, extend
from luckygas.core.extend import Attention, Panel
from luckygas.core.models import SmsMessage
from luckygas.core.notify import sending, sms

#: A message that failed longer ago is no news to anybody.
FRESH = dt.timedelta(days=2)


def panel(customer: Any, user: Any) -> Panel | None:
    """Who may be written to, on which number, and the last messages."""
    if not user.has_perm("customers.view_messageconsent"):
        return None
    said = MessageConsent.objects.filter(customer=customer).order_by("kind", "-id").distinct("kind")
    last = {word.kind: word for word in said}
    number = mobile_of(customer)
    shown = masking.tail(national(number)) if number and is_masked() else national(number) if number else ""
    rows = SmsMessage.objects.filter(addressee=addressee(customer.pk)).order_by("-created_at")[:5]
    return Panel(
        _("Messages"),
        "customers/messages_panel.html",
        {
            "customer": customer,
            "mobile": shown,
            "off": not sms.is_on(),
            "words": [(kind.label, last.get(kind.value)) for kind in ConsentKind],
            "sent": [(row, sending.state_label(row)) for row in rows]
            if user.has_perm("core.view_smsmessage")
            else [],
        },
    )


def attention(user: Any) -> list[Attention]:
    """Messages of the last two days that did not arrive and were not sent again."""
    if not user.has_perm("core.view_smsmessage"):
        return []
    failed = SmsMessage.objects.filter(
        status="failed", created_at__gte=clock.now() - FRESH, again__isnull=True
    ).count()
    label = ngettext("text message did not arrive", "text messages did not arrive", failed)
    return [Attention(failed, label, sending.log_page("failed"))]


extend.customer_panels.register("messages", panel, order=60)
extend.attention.register("messages", attention, order=60)
