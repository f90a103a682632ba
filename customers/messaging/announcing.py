"""Telling a customer: one call, committed with the change it tells of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext as _

from customers.messaging import consents, links, rendering
from customers.messaging.occasions import OCCASIONS
from customers.models import Customer
from customers.models.messaging import MessageTemplate, TemplateLanguage
from luckygas.core.actor import Actor
from luckygas.core.bucketing import bucket
from luckygas.core.errors import Refused
from luckygas.core.models import SmsMessage
from luckygas.core.notify import sms
from luckygas.core.notify.phones import is_mobile

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Announced:
    """The message that was made (or had been), or why there is none: a code for programs and a sentence."""

    message: SmsMessage | None
    code: str = ""
    why: str = ""


def announce(
    customer: Customer,
    occasion: str,
    *,
    once_key: str,
    context: Mapping[str, Any],
    not_after: dt.datetime,
    urgent: bool = False,
    subject: str = "",
    subject_label: str = "",
    actor: Actor,
) -> Announced:
    """Make the message of an occasion in the caller's transaction; the same ``once_key`` makes it once.

    ``context`` holds the occasion's placeholders as texts, and what a link needs beside them. The text is made now:
    what is sent later is what was true when it was announced. Never raises for a customer who cannot be told (no
    provider, no consent, no mobile number, five messages today); the answer says why.
    """
    if not sms.is_on():
        return Announced(None, "provider_off", _("Text messages are switched off."))
    made = SmsMessage.objects.filter(once_key=once_key).first()
    if made is not None:
        return Announced(made)
    if not consents.has(customer.pk):
        return Announced(None, "no_consent", _("The customer has not agreed to messages."))
    number = mobile_of(customer)
    if not number:
        return Announced(None, "no_mobile", _("The customer has no mobile number."))
    template = template_for(occasion, customer.code)
    if template is None:
        return Announced(None, "no_template", _("No text is in use for this occasion."))
    try:
        message = sms.make(
            number,
            rendering.render(template.body, _values(customer, occasion, context)),
            occasion=occasion,
            once_key=once_key,
            not_after=not_after,
            addressee=consents.addressee(customer.pk),
            subject=subject,
            subject_label=subject_label,
            is_urgent=urgent,
        )
    except Refused as refusal:
        log.info("not_announced", occasion=occasion, subject=subject, code=refusal.code, by=actor.name)
        return Announced(None, refusal.code, str(refusal))
    return Announced(message)


def mobile_of(customer: Customer) -> str:
    """The number messages go to: the main one when it is a mobile, else the first mobile; empty when there is none."""
    numbers = customer.phones.order_by("-is_primary", "id").values_list("number", flat=True)
    return next((number for number in numbers if is_mobile(number)), "")


def template_for(occasion: str, customer_code: str) -> MessageTemplate | None:
    """The customer's variant: always the same while the shares are, and so many customers to each as its share says."""
    templates = list(
        MessageTemplate.objects.filter(
            code=occasion, language=TemplateLanguage.CHINESE, is_active=True, weight__gt=0
        ).order_by("variant")
    )
    total = sum(template.weight for template in templates)
    if not total:
        return None
    place = bucket(f"template:{occasion}", customer_code) * total // 10_000
    for template in templates:
        place -= template.weight
        if place < 0:
            return template
    raise AssertionError("the shares add up to more than any place")


def _values(customer: Customer, occasion: str, context: Mapping[str, Any]) -> dict[str, str]:
    facts = OCCASIONS[occasion]
    values = {name: str(context.get(name) or "") for name in facts.samples}
    if "tracking_url" in values and not values["tracking_url"]:
        more = {**context, "customer": customer, "customer_code": customer.code}
        values["tracking_url"] = links.url(occasion, more)
    return values
