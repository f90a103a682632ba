"""The link with which a customer follows his delivery: opaque, signed, and over some hours after the day.

A token is twenty characters, because a text message is paid by its length: the order's id (4 bytes) and the hour at
which the link ends (3 bytes, hours since 2020 in UTC), hidden under a key stream, behind eight bytes of HMAC-SHA-256
over them. The HMAC also begins the key stream (as SIV does), so equal tokens mean equal links and nothing else shows.
Whoever guesses has one chance in 2^64 a try. Nothing is stored: an order that is cancelled ends its link by itself.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from customers.messaging import links
from customers.models import Occasion
from luckygas.core import clock, flags

FLAG = "real_time_tracking"
#: The link ends so long after the midnight that ends the delivery day.
AFTERWARDS = dt.timedelta(hours=4)
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ID_BYTES, HOUR_BYTES, TAG_BYTES = 4, 3, 8
LENGTH = 20


class NoLink(Exception):
    """The token was never given out."""


def make(order_id: int, date: dt.date) -> str:
    """The token of an order that is delivered on ``date``."""
    ends = clock.at(date + dt.timedelta(days=1), dt.time()) + AFTERWARDS
    hours = int((ends - EPOCH).total_seconds()) // 3600
    data = order_id.to_bytes(ID_BYTES, "big") + hours.to_bytes(HOUR_BYTES, "big")
    tag = _tag(data, settings.SECRET_KEY)
    return base64.urlsafe_b64encode(tag + _hide(data, tag, settings.SECRET_KEY)).decode()


def read(token: str) -> tuple[int, dt.datetime]:
    """The order's id and the instant at which the link ends; NoLink for anything that ``make`` did not write."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoLink from error
    if len(token) != LENGTH or len(raw) != TAG_BYTES + ID_BYTES + HOUR_BYTES:
        raise NoLink
    tag, hidden = raw[:TAG_BYTES], raw[TAG_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        data = _hide(hidden, tag, secret)
        if hmac.compare_digest(tag, _tag(data, secret)):
            hours = int.from_bytes(data[ID_BYTES:], "big")
            return int.from_bytes(data[:ID_BYTES], "big"), EPOCH + dt.timedelta(hours=hours)
    raise NoLink


def url(context: Mapping[str, Any]) -> str:
    """The address for a message that a crew has set out; empty without a public address or while the flag is off."""
    customer = context["customer"]
    if not settings.PUBLIC_URL or not is_on_for(customer):
        return ""
    return f"{settings.PUBLIC_URL}/t/{make(context['order_pk'], context['date'])}"


def is_on_for(customer: Any) -> bool:
    """Whether this customer may follow his deliveries."""
    area = customer.area.code if customer.area else ""
    return flags.is_on(FLAG, customer.code, kind=customer.kind, area=area)


def _tag(data: bytes, secret: str | bytes) -> bytes:
    return salted_hmac("dispatch.tracking.tag", data, secret=secret, algorithm="sha256").digest()[:TAG_BYTES]


def _hide(data: bytes, tag: bytes, secret: str | bytes) -> bytes:
    stream = salted_hmac("dispatch.tracking.stream", tag, secret=secret, algorithm="sha256").digest()
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


links.register(Occasion.OUT_FOR_DELIVERY, url)
