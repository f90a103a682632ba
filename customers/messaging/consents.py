"""Who may be written to: every word a customer gave, and what counts now."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, CustomerPhone
from customers.models.messaging import ConsentKind, ConsentSource, MessageConsent
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.notify import sms

WITHDRAWN: Any = gettext_lazy("not sent: the customer wants no messages")
NUMBER_GONE: Any = gettext_lazy("not sent: the customer does not have this number any more")


def has(customer_id: int, kind: str = ConsentKind.SERVICE) -> bool:
    """Whether the customer's last word about this kind of message is yes; nothing said is no."""
    last = MessageConsent.objects.filter(customer_id=customer_id, kind=kind).order_by("-id")
    return bool(last.values_list("granted", flat=True).first())


def objection(customer_id: int, number: str) -> str:
    """Why a message that was made for a customer is not sent to this number now; empty when it is."""
    if not has(customer_id):
        return str(WITHDRAWN)
    if not CustomerPhone.objects.filter(customer_id=customer_id, number=number).exists():
        return str(NUMBER_GONE)
    return ""


def addressee(customer_id: int) -> str:
    """How the message rows name a customer."""
    return f"customer:{customer_id}"


def record(
    customer: Customer, kind: str, granted: bool, *, source: str, note: str = "", actor: Actor
) -> MessageConsent | None:
    """Write what the customer said; None when it says nothing new. A no stops what waits to be sent to him.

    Refused for an unknown kind or source.
    """
    if kind not in ConsentKind.values or source not in ConsentSource.values:
        raise Refused(_("Choose what the customer said and how."), code="choice", field="source")
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        known = MessageConsent.objects.filter(customer=customer, kind=kind).order_by("-id").first()
        if known is not None and known.granted == granted:
            return None
        if known is None and not granted and source != ConsentSource.PROVIDER:
            return None
        made = MessageConsent.objects.create(
            customer=customer,
            kind=kind,
            granted=granted,
            source=source,
            note=note[:200],
            actor_name=actor.name,
        )
        if not granted and kind == ConsentKind.SERVICE:
            sms.withdraw(addressee(customer.pk), because=str(WITHDRAWN))
        return made


def unsubscribed(customer_id: int, *, actor: Actor) -> None:
    """The customer told the provider to stop: no messages of any kind."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is not None:
        for kind in ConsentKind:
            record(customer, kind, False, source=ConsentSource.PROVIDER, actor=actor)
