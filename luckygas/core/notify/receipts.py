"""Receipts: the provider's status callbacks, kept as they came and read in the background."""

from __future__ import annotations

from urllib.parse import parse_qs
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from luckygas.core import clock, outbound, secrets
from luckygas.core.models.sms import SmsMessage, SmsReceipt
from luckygas.core.notify import client, sending
from luckygas.core.outbound import Outcome

log = structlog.get_logger(__name__)
MOST_BYTES = 16 * 1024
WRONG = "sms:receipts:refused"


@csrf_exempt
@require_POST
def twilio(request: HttpRequest, token: str) -> HttpResponse:
    """A status callback: 204 once it is kept, 403 without a word for a signature that is not Twilio's.

    The signature covers the public address, which behind a proxy is not the one this process sees.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    raw = request.body
    if not _is_signed(request):
        _count_wrong()
        log.warning("sms_receipt_refused", bytes=len(raw))
        return HttpResponse(status=403)
    SmsReceipt.objects.create(token=token, raw=raw.decode("utf-8", "replace"))
    outbound.nudge(SmsReceipt)
    return HttpResponse(status=204)


def _is_signed(request: HttpRequest) -> bool:
    given = request.headers.get("X-Twilio-Signature", "")
    if not (given and settings.PUBLIC_URL and client.is_configured()):
        return False
    validator = RequestValidator(secrets.secret(client.SECRET))
    return bool(validator.validate(settings.PUBLIC_URL + request.get_full_path(), request.POST, given))


def _count_wrong() -> None:
    cache.add(WRONG, 0, None)
    try:
        cache.incr(WRONG)
    except ValueError:  # emptied between the two
        cache.set(WRONG, 1, None)


def refused_count() -> int:
    """Callbacks with a wrong signature since the cache was last emptied."""
    return int(cache.get(WRONG) or 0)


def apply(receipt: SmsReceipt) -> Outcome:
    """Read a kept receipt: the message moves forward, or stays; a message we do not know is counted.

    Called in one transaction with the receipt's own row.
    """
    fields = {name: values[0] for name, values in parse_qs(receipt.raw, keep_blank_values=True).items()}
    status, sid = fields.get("MessageStatus", ""), fields.get("MessageSid", "")
    message = _message(receipt.token, sid)
    receipt.told = status[:20]
    if message is None:
        receipt.result = SmsReceipt.Result.STRANGER
        log.warning("sms_receipt_of_a_stranger", receipt=receipt.pk)
    else:
        if sid and not message.provider_message_id:
            # The answer to our request was lost: this is where its number comes from.
            SmsMessage.objects.filter(pk=message.pk).update(provider_message_id=sid)
            # What waits to go again, or until the morning, has been on its way all the time.
            SmsMessage.objects.filter(pk=message.pk, status__in=["queued", "held"]).update(
                status="unknown", not_before=clock.now(), held_until=None, held_reason=""
            )
        before = message.provider_status
        sending.progress(message.pk, status, fields.get("ErrorCode", ""))
        message.refresh_from_db(fields=["provider_status"])
        moved = message.provider_status != before
        receipt.result = SmsReceipt.Result.FORWARD if moved else SmsReceipt.Result.STALE
        receipt.message = message
    receipt.save(update_fields=["told", "result", "message"])
    return outbound.done(receipt.get_result_display())


def _message(token: str, sid: str) -> SmsMessage | None:
    """The message the address names, when it is the one the provider means."""
    try:
        key = UUID(hex=token)
    except ValueError:
        return None
    found = SmsMessage.objects.select_for_update().filter(key=key).first()
    if found is None or sid == found.provider_message_id:
        return found
    named = SmsMessage.objects.select_for_update().filter(provider=found.provider, provider_message_id=sid)
    owner = named.first() if sid else None
    if owner is not None:
        # Two rows of one text whose answers were lost may each have found the other's message: it is told of whose
        # number it is.
        return owner if (owner.recipient, owner.body) == (found.recipient, found.body) else None
    return None if found.provider_message_id else found
