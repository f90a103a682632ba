"""Making text messages, and what people do with them. What leaves is a row made with the business change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from luckygas.core import clock, outbound
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.extend import Registry
from luckygas.core.models.outbound import OutboundRow
from luckygas.core.models.sms import SmsMessage
from luckygas.core.notify import client, quiet, segments
from luckygas.core.notify.phones import is_mobile

PROVIDER = "twilio"
#: What a message takes at most: 1,600 characters of Twilio's, so eleven parts of the seven-bit alphabet.
MOST_PARTS = 11
#: kind of addressee (``customer``) -> why the one of this number may not get a message at this phone now; "" when he may
objections: Registry[Callable[[int, str], str]] = Registry("objections of the addressee")
#: No person gets more of the house's messages than this in one day of Taipei; urgent ones count and go all the same.
MOST_A_DAY = 5
LONGEST = 1600
NORMAL, URGENT = 50, 20


def is_on() -> bool:
    """Whether messages can be sent at all: a provider is configured."""
    return client.is_configured()


def make(
    number: str,
    body: str,
    *,
    occasion: str,
    once_key: str,
    not_after: dt.datetime,
    addressee: str = "",
    subject: str = "",
    subject_label: str = "",
    is_urgent: bool = False,
) -> SmsMessage:
    """A message in the caller's transaction; the same ``once_key`` again gives the one that was made.

    In quiet hours it is held until they end. Refused, with nothing written: no provider, no mobile number, no text
    or one that takes more than eleven parts, ``not_after`` past, five messages to this addressee today already.
    """
    made = SmsMessage.objects.filter(once_key=once_key).first()
    if made is not None:
        return made
    if not is_on():
        raise Refused(_("Text messages are switched off: no provider is set up."), code="provider_off")
    if not is_mobile(number):
        raise Refused(_("%(number)s is no mobile number of Taiwan.") % {"number": number}, code="no_mobile")
    size = segments.count(body)
    if not 1 <= size.parts <= MOST_PARTS or len(body) > LONGEST:
        text = _("A message has 1 to %(most)d characters, and of Chinese ones at most %(chinese)d.")
        most = {"most": LONGEST, "chinese": MOST_PARTS * segments.EACH[segments.UCS2]}
        raise Refused(text % most, code="text")
    now = clock.now()
    if not_after <= now:
        raise Refused(_("It is too late for this message."), code="too_late")
    with transaction.atomic():
        if addressee:
            _count_against_the_day(addressee, now, is_urgent=is_urgent)
        end = None if is_urgent else quiet.until(now)
        message, new = SmsMessage.objects.get_or_create(
            once_key=once_key,
            defaults={
                "recipient": number,
                "body": body,
                "encoding": size.encoding,
                "parts": size.parts,
                "occasion": occasion,
                "is_urgent": is_urgent,
                "addressee": addressee,
                "subject": subject,
                "subject_label": subject_label,
                "provider": PROVIDER,
                "cost_estimate": settings.SMS_COST_PER_PART * Decimal(size.parts),
                "not_after": not_after,
                "priority": URGENT if is_urgent else NORMAL,
                "created_at": now,
                "not_before": end or now,
                "status": OutboundRow.Status.HELD if end else OutboundRow.Status.QUEUED,
                "held_until": end,
                "held_reason": quiet.reason(end) if end else "",
            },
        )
        if new and not end:
            outbound.nudge(SmsMessage)
    return message


def _count_against_the_day(addressee: str, now: dt.datetime, *, is_urgent: bool) -> None:
    """Refused for a sixth message. Two at once wait for each other: the count is read under a lock of the addressee."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sms:{addressee}"])
    day = clock.taipei(now).date()
    today = SmsMessage.objects.filter(addressee=addressee, created_at__gte=clock.at(day, dt.time()))
    if not is_urgent and today.exclude(status=OutboundRow.Status.EXPIRED).count() >= MOST_A_DAY:
        raise Refused(
            _("%(most)d messages went there today already.") % {"most": MOST_A_DAY}, code="daily_limit"
        )


def objection(addressee: str, number: str) -> str:
    """Why this addressee may not get a message at this number now, in words; empty when nothing is against it."""
    kind, _colon, which = addressee.partition(":")
    return objections[kind](int(which), number) if kind in objections and which.isdigit() else ""


def withdraw(addressee: str, *, because: str) -> int:
    """Nothing that waits is sent to this addressee any more; how many were stopped. What is on its way goes on."""
    return _stop(SmsMessage.objects.filter(addressee=addressee), because)


def withdraw_about(subject: str, *, because: str) -> int:
    """Nothing that waits is said about this subject any more; how many were stopped. What is on its way goes on."""
    return _stop(SmsMessage.objects.filter(subject=subject), because)


def _stop(messages: QuerySet[SmsMessage], because: str) -> int:
    """What waits ends; what was handed over, and turns out never to have arrived, does not go again."""
    stopped = messages.filter(status__in=["queued", "held"]).update(
        status="expired", held_until=None, held_reason="", last_said=because
    )
    over = clock.now() - dt.timedelta(seconds=1)
    messages.filter(status__in=["inflight", "unknown"], not_after__gt=over).update(not_after=over)
    return stopped


def resend(message: SmsMessage, *, reason: str, actor: Actor) -> SmsMessage:
    """Send a failed or expired message anew: the same row when the provider never had it, else a new one.

    Refused without a reason, for a message that is not failed or expired, when its occasion is over by two days, and
    when its addressee wants none or has the number no more.
    """
    if not reason.strip():
        raise Refused(_("Say why it is sent again."), code="reason", field="reason")
    with transaction.atomic():
        row = SmsMessage.objects.select_for_update().get(pk=message.pk)
        if row.status not in ("failed", "expired"):
            text = _("“%(status)s”: only a message that failed or expired is sent again.")
            raise Refused(text % {"status": row.get_status_display()}, code="state")
        now = clock.now()
        if row.created_at < now - dt.timedelta(days=2):
            raise Refused(_("It is too late for this message."), code="too_late")
        against = objection(row.addressee, row.recipient)
        if against:
            raise Refused(against, code="objection")
        if row.status == "failed" and not row.provider_message_id:
            SmsMessage.objects.filter(pk=row.pk).update(not_after=now + dt.timedelta(hours=12))
            outbound.retry(row, actor=actor, reason=reason)
            return row
        again = make(
            row.recipient,
            row.body,
            occasion=row.occasion,
            once_key=f"again:{row.pk}",
            not_after=now + dt.timedelta(hours=12),
            addressee=row.addressee,
            subject=row.subject,
            subject_label=row.subject_label,
            is_urgent=row.is_urgent,
        )
        SmsMessage.objects.filter(pk=again.pk, resends=None).update(resends=row)
        record("sms.resend", actor=actor, subject=f"core.SmsMessage:{row.pk}", reason=reason, again=again.pk)
        return again


def hold(message: SmsMessage, *, reason: str, actor: Actor) -> None:
    """Keep a waiting message back until a person releases it. Refused without a reason."""
    if not reason.strip():
        raise Refused(_("Say why it is held back."), code="reason", field="reason")
    outbound.hold(message, actor=actor, reason=reason)


def release(message: SmsMessage, *, reason: str, actor: Actor) -> None:
    """Let a held message go; in quiet hours only with a reason, for it goes at once."""
    if not reason.strip():
        raise Refused(_("Say why it goes now."), code="reason", field="reason")
    with transaction.atomic():
        row = SmsMessage.objects.select_for_update().get(pk=message.pk)
        # The person decides against the clock: without this the next round would hold it again.
        SmsMessage.objects.filter(pk=row.pk, status="held").update(held_until=None, is_urgent=True)
        outbound.release(row, actor=actor, reason=reason)
