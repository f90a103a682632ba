"""The day's text messages: sent as it goes on, asked about until each has come to an end.

No web server need be running: where no receipt comes, the provider is asked. A house without a provider has no such part.
"""

# Put together from constants of this module.
# ruff: noqa: S608

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
from luckygas.workday.wall import Wall

PATIENCE = 120.0
BATCH = 200
#: A little more than the provider may take before it is asked.
STEP_SECONDS = 130
FIGURES = """
SELECT count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'held'),
       count(*) FILTER (WHERE status = 'expired'), count(*) FILTER (WHERE status = 'failed')
  FROM core_smsmessage
 WHERE (created_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s
"""
ON_THE_DAY = "(m.created_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s"
CHECKS: list[tuple[str, str]] = [
    (
        "message {0} was made {1} times",
        "SELECT once_key, count(*) FROM core_smsmessage GROUP BY 1 HAVING count(*) > 1",
    ),
    (
        "the provider's message {0} stands in {1} rows",
        """SELECT provider_message_id, count(*) FROM core_smsmessage WHERE provider_message_id <> ''
            GROUP BY 1 HAVING count(*) > 1""",
    ),
    (
        "{0} was announced {2} times as {1}",
        f"""SELECT m.subject_label, m.occasion, count(*) FROM core_smsmessage m
             WHERE m.subject <> '' AND m.resends_id IS NULL AND {ON_THE_DAY}
             GROUP BY m.subject, m.subject_label, m.occasion HAVING count(*) > 1""",
    ),
    (
        "order {0} is served by the old system and was announced by this one ({1})",
        """SELECT o.number, m.occasion FROM core_smsmessage m
             JOIN orders_order o ON m.subject = 'order:' || o.id
            WHERE o.served_by <> 'ours' AND m.status <> 'expired'""",
    ),
    (
        "message {0} is delivered and the provider never had it",
        "SELECT id FROM core_smsmessage WHERE status = 'done' AND provider_message_id = ''",
    ),
    (
        "message {0} went to a customer who had not agreed",
        f"""SELECT m.id FROM core_smsmessage m
             WHERE m.addressee LIKE 'customer:%%' AND {ON_THE_DAY}
               AND NOT coalesce((SELECT c.granted FROM customers_messageconsent c
                                  WHERE 'customer:' || c.customer_id = m.addressee AND c.kind = 'service'
                                    AND c.at <= m.created_at ORDER BY c.id DESC LIMIT 1), false)""",
    ),
    (
        "message {0} was sent at {1}, in the quiet hours",
        f"""SELECT m.id, (a.at AT TIME ZONE 'Asia/Taipei')::time(0) FROM core_smsmessage m
              JOIN core_outboundattempt a ON a.kind = 'core.SmsMessage' AND a.row_id = m.id AND a.deed = 'send'
             WHERE {ON_THE_DAY} AND NOT m.is_urgent AND a.outcome IN ('waiting', 'done')
               AND (extract(hour FROM a.at AT TIME ZONE 'Asia/Taipei') >= 21
                    OR extract(hour FROM a.at AT TIME ZONE 'Asia/Taipei') < 8)""",
    ),
    (
        "customer {0} got {1} messages in one day",
        f"""SELECT m.addressee, count(*) FROM core_smsmessage m
             WHERE m.addressee <> '' AND NOT m.is_urgent AND m.status <> 'expired' AND {ON_THE_DAY}
             GROUP BY 1 HAVING count(*) > 5""",
    ),
]


def is_there() -> bool:
    """Whether the day has messages at all."""
    return sms.is_on()


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
    """The day's messages by what became of them, with SQL of its own."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"date": date})
        delivered, held, expired, failed = cursor.fetchone()
    return {
        "messages_delivered": delivered,
        "messages_held": held,
        "messages_expired": expired,
        "messages_failed": failed,
    }
