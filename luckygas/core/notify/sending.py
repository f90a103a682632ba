"""Handing a message to the provider, and finding out what became of one nobody told us about.

Twilio keeps no idempotency key of ours (decision 0009), so nothing is sent twice blindly:

* an answer that never came leaves the row ``unknown``; the list of that number's messages is read, and one with our
  text that no other row owns is ours;
* only when none is there, a while after the last try, the message goes again;
* a row with the provider's number is asked about, never sent, however it came to wait once more;
* the callback's address names the row, so the receipt of a lost answer finds it as well.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from luckygas.core import breakers, clock, outbound
from luckygas.core.events import publish
from luckygas.core.models.outbound import OutboundRow
from luckygas.core.models.sms import SmsMessage
from luckygas.core.notify import client, inapp, quiet, sms, wire
from luckygas.core.notify.events import RecipientUnsubscribed
from luckygas.core.outbound import Outcome

log = structlog.get_logger(__name__)

#: A message that was made is in the list at once; so long after the last try it would be there.
LOST_AFTER = dt.timedelta(seconds=60)
#: Clocks there and here may differ by less than this.
SKEW = dt.timedelta(days=1)
#: After so long a message the network took counts as sent, though nobody confirmed it.
NO_RECEIPT_AFTER = dt.timedelta(hours=24)
LOOK_AGAIN_SECONDS = 20
SET_UP_SECONDS = 300


def hand_over(row: SmsMessage) -> Outcome:
    """Send it. Accepted means waiting: the receipt, or the provider when asked, ends it.

    Looks once more at what may have changed since it was made or claimed: the provider's number that a receipt told,
    the hour, the time it is of use, and the addressee's own word.
    """
    if not client.is_configured():
        return outbound.later(_("no provider is set up"), SET_UP_SECONDS)
    row.refresh_from_db(fields=["provider_message_id", "not_after"])
    if row.provider_message_id:
        return look_for(row)
    now = clock.now()
    end = None if row.is_urgent else quiet.until(now)
    if end is not None:
        return outbound.later(quiet.reason(end), 0)  # the next round holds it
    if row.not_after is not None and row.not_after < now:
        return outbound.later(row.last_said, 0)  # the next round ends it
    against = sms.objection(row.addressee, row.recipient)
    if against:
        return outbound.refused(against)
    fields = wire.form(
        to=row.recipient, sender=settings.TWILIO_FROM, body=row.body, callback=callback_url(row)
    )
    try:
        answer = client.create(fields)
    except (breakers.Open, client.NotSent, client.Refused, client.Silent) as error:
        return _trouble(error)
    if isinstance(answer, wire.Refusal):
        return _refused(row, answer)
    SmsMessage.objects.filter(pk=row.pk, provider_message_id="").update(provider_message_id=answer.sid)
    return progress(row.pk, answer.status, answer.error) or outbound.waiting(
        _("taken, waiting for the receipt")
    )


def look_for(row: SmsMessage) -> Outcome:
    """What became of a message nobody has told us about. Never sends."""
    if not client.is_configured():
        return Outcome("unknown", _("no provider is set up"), SET_UP_SECONDS)
    try:
        return _ask_about(row) if row.provider_message_id else _search(row)
    except (breakers.Open, client.NotSent, client.Refused, client.Silent) as error:
        outcome = _trouble(error)
        # Whatever keeps us from asking says nothing about the message: it stays unknown.
        return Outcome("unknown", outcome.said, outcome.seconds)


def _ask_about(row: SmsMessage) -> Outcome:
    found = client.show(row.provider_message_id)
    if found is None:
        return outbound.refused(_("the provider does not know this message any more"))
    outcome = progress(row.pk, found.status, found.error)
    if outcome is not None:
        return outcome
    if (
        clock.now() - (row.inflight_since or row.created_at) > NO_RECEIPT_AFTER
        and wire.RANK.get(found.status, 0) >= wire.RANK["sent"]
    ):
        return outbound.done(_("sent; nobody confirmed it within a day"))
    said = _("taken (%(state)s), waiting for the receipt")
    return outbound.unknown(said % {"state": provider_state(found.status)})


def _search(row: SmsMessage) -> Outcome:
    """Our message among those to this number: same text, and no other row's."""
    since = row.created_at - SKEW
    candidates = [
        one
        for one in client.sent_to(row.recipient)
        if one.body == row.body and (one.created is None or one.created >= since)
    ]
    # Read after the list: a twin under way then either still is, or has its number by now.
    owned = set(
        SmsMessage.objects.filter(provider_message_id__in=[one.sid for one in candidates]).values_list(
            "provider_message_id", flat=True
        )
    )
    twins = SmsMessage.objects.filter(
        recipient=row.recipient, body=row.body, status="inflight", provider_message_id=""
    ).exclude(pk=row.pk)
    free = [one for one in candidates if one.sid not in owned]
    if free and twins.exists():
        return Outcome("unknown", _("another message with this text is under way"), LOOK_AGAIN_SECONDS)
    if free:
        ours = free[-1]
        SmsMessage.objects.filter(pk=row.pk, provider_message_id="").update(provider_message_id=ours.sid)
        said = _("found at the provider; not sent again")
        return progress(row.pk, ours.status, ours.error) or Outcome("unknown", said, LOOK_AGAIN_SECONDS)
    if row.inflight_since is not None and clock.now() - row.inflight_since < LOST_AFTER:
        return Outcome("unknown", _("not at the provider yet"), LOOK_AGAIN_SECONDS)
    return outbound.later(_("it never reached the provider; it goes again"), 0)


def progress(message_id: int, status: str, error: str) -> Outcome | None:
    """Write a state the provider reports, if it is further along; the outcome when it is a last one, else None.

    Whoever comes first, the answer, a receipt or the poll, moves the message; the others find it moved.
    """
    with transaction.atomic():
        row = SmsMessage.objects.select_for_update().get(pk=message_id)
        if wire.RANK.get(status, 0) > wire.RANK.get(row.provider_status, 0):
            row.provider_status, row.provider_error = status, error[:10]
            row.save(update_fields=["provider_status", "provider_error"])
        outcome = _end(row)
        if outcome is not None and outbound.settle(row, outcome) and outcome.kind == "refused":
            _tell_staff(row)
        return outcome


def _end(row: SmsMessage) -> Outcome | None:
    if row.provider_status in wire.ARRIVED:
        return outbound.done(_("delivered"))
    if row.provider_status in wire.LOST:
        return outbound.refused(_("not delivered, code %(code)s") % {"code": row.provider_error or "–"})
    return None


def _refused(row: SmsMessage, refusal: wire.Refusal) -> Outcome:
    """Refused for what it is: nobody sends it again as it is, and who wants none gets none."""
    with transaction.atomic():
        SmsMessage.objects.filter(pk=row.pk).update(provider_error=str(refusal.code or ""))
        if refusal.code == wire.UNSUBSCRIBED:
            publish(RecipientUnsubscribed(message_id=row.pk, at=clock.now()))
        _tell_staff(row)
    return outbound.refused(refusal.words)


def _trouble(error: Exception) -> Outcome:
    match error:
        case breakers.Open(seconds=seconds):
            return outbound.later(_("the provider is left alone for a while"), max(seconds, 1))
        case client.Refused(refusal=refusal) if refusal.whose == "provider":
            day = clock.today().isoformat()
            inapp.tell(
                permission="core.view_smsmessage",
                title=gettext_lazy("The text message provider refuses us; look at its account"),
                url=log_page("waiting"),
                once_key=f"sms:provider:{refusal.code}:{day}",
            )
            return outbound.later(
                _("the provider refuses us: %(words)s") % {"words": refusal.words}, SET_UP_SECONDS
            )
        case client.Refused(refusal=refusal):
            return outbound.later(refusal.words)
        case client.NotSent():
            return outbound.later(_("the provider cannot be reached: %(words)s") % {"words": error})
        case _:
            return outbound.unknown(_("no answer that can be read: %(words)s") % {"words": error})


def _tell_staff(row: SmsMessage) -> None:
    """One notice a day, however many fail."""
    inapp.tell(
        permission="core.view_smsmessage",
        title=gettext_lazy("Text messages did not arrive today"),
        url=log_page("failed"),
        once_key=f"sms:failed:{clock.today().isoformat()}",
    )


def log_page(state: str) -> str:
    """The address of the message log, on the chip of a state; empty in a house without pages."""
    try:
        return f"{reverse('admin:core_smsmessage_changelist')}?state={state}"
    except NoReverseMatch:
        return ""


def callback_url(row: SmsMessage) -> str:
    """Where the provider reports: the public address with the row's key; empty when the house has none."""
    return f"{settings.PUBLIC_URL}/hooks/twilio/{row.key.hex}" if settings.PUBLIC_URL else ""


_STATES: dict[str, Any] = {
    "accepted": gettext_lazy("taken"),
    "scheduled": gettext_lazy("taken"),
    "queued": gettext_lazy("taken"),
    "sending": gettext_lazy("being sent"),
    "sent": gettext_lazy("sent"),
    "delivered": gettext_lazy("delivered"),
    "read": gettext_lazy("delivered"),
    "undelivered": gettext_lazy("not delivered"),
    "failed": gettext_lazy("failed"),
    "canceled": gettext_lazy("called off"),
}


def provider_state(status: str) -> str:
    """The provider's word for a state, in the reader's."""
    return str(_STATES.get(status, status)) or "–"


def state_label(row: SmsMessage) -> str:
    """Where a message stands, in words."""
    status = OutboundRow.Status(row.status)
    if status is OutboundRow.Status.DONE:
        return _("delivered") if row.provider_status in wire.ARRIVED else _("sent, not confirmed")
    if row.provider_message_id and status in (OutboundRow.Status.INFLIGHT, OutboundRow.Status.UNKNOWN):
        return _("sent, waiting for the receipt")
    return str(status.label)
