"""Quiet hours: nobody's phone rings between 21:00 and 08:00, unless it is urgent."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.core.models.sms import SmsMessage

BEGIN, END = dt.time(21), dt.time(8)


def until(instant: dt.datetime) -> dt.datetime | None:
    """When the quiet hours around an instant end (Taipei's 08:00); None outside of them."""
    there = clock.taipei(instant)
    if there.time() >= BEGIN:
        return clock.at(there.date() + dt.timedelta(days=1), END)
    if there.time() < END:
        return clock.at(there.date(), END)
    return None


def reason(end: dt.datetime) -> str:
    """What a person reads beside a message that waits for ``end``."""
    return _("quiet hours, until %(time)s") % {"time": f"{clock.taipei(end):%m/%d %H:%M}"}


def keep() -> None:
    """Hold what is due in quiet hours, and let go what was held for them when they are over."""
    now = clock.now()
    SmsMessage.objects.filter(status="held", held_until__lte=now).update(
        status="queued", held_until=None, held_reason="", not_before=now
    )
    end = until(now)
    if end is not None:
        due = Q(status="queued", is_urgent=False, not_before__lt=end)
        SmsMessage.objects.filter(due).update(status="held", held_until=end, held_reason=reason(end))
