"""The day's text messages: sent as it goes on, asked about until each has come to an end.

No web server need be running: where no receipt comes, the provider is asked. A house without a provider has no such part.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from luckygas.core import outbound
from luckygas.core.models import SmsMessage, SmsReceipt
from luckygas.core.notify import sms
from luckygas.workday.filing import NoAnswer, settle_events
from luckygas.workday.message_checks import CHECKS, UNTOLD
from luckygas.workday.wall import Wall

PATIENCE = 120.0
BATCH = 200
#: A little more than the provider may take before it is asked.
STEP_SECONDS = 130
FIGURES = """
SELECT count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'held'),
       count(*) FILTER (WHERE status = 'expired'), count(*) FILTER (WHERE status = 'failed'), coalesce(max(id), 0)
  FROM core_smsmessage
 WHERE (created_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s
"""


def is_there() -> bool:
    """Whether the day has messages at all."""
    return sms.is_on()


def checks() -> list[tuple[str, str]]:
    """What must hold of the messages when the day is over."""
    return [*CHECKS, UNTOLD] if is_there() else CHECKS


def go() -> int:
    """Send and ask about what is due now; how many rows that were."""
    return outbound.run_due(SmsMessage, limit=BATCH) + outbound.run_due(SmsReceipt, limit=BATCH)


def finish(wall: Wall, *, patience: float = PATIENCE) -> None:
    """Until nothing is on its way any more; what is held until the morning stays.

    When nothing moves, simulated time makes a step so that the provider may be asked. NoAnswer after ``patience``
    real seconds without an end.
    """
    started = time.monotonic()
    while on_the_way():
        if go():
            continue
        if time.monotonic() - started > patience:
            text = _("%(count)d text messages wait for the provider")
            raise NoAnswer(text % {"count": on_the_way()})
        wall.advance(STEP_SECONDS)
        time.sleep(0.05 if wall.is_simulated else 1)
    settle_events()


def on_the_way() -> int:
    return SmsMessage.objects.filter(status__in=["queued", "inflight", "unknown"]).count()


def figures(date: dt.date) -> dict[str, Any]:
    """The day's messages by what became of them, with SQL of its own, and the youngest one that was counted."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"date": date})
        delivered, held, expired, failed, youngest = cursor.fetchone()
    return {
        "messages_delivered": delivered,
        "messages_held": held,
        "messages_expired": expired,
        "messages_failed": failed,
        "messages_up_to": youngest,
    }
