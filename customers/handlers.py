"""What customers do on events of the cellar."""

from __future__ import annotations

from django.utils.translation import gettext as _

from customers.messaging import consents
from luckygas.core.actor import Actor
from luckygas.core.events import subscribe
from luckygas.core.models import SmsMessage
from luckygas.core.notify.events import RecipientUnsubscribed


@subscribe(RecipientUnsubscribed, "customers.opt_out")
def opt_out(event: RecipientUnsubscribed) -> None:
    """Who told the provider to stop is asked by nobody again; hearing it twice is once."""
    message = SmsMessage.objects.filter(pk=event.message_id).first()
    kind, _colon, number = (message.addressee if message else "").partition(":")
    if kind == "customer" and number.isdigit():
        consents.unsubscribed(int(number), actor=Actor.system(_("text message provider")))
