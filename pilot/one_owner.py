"""Whether each order was dispatched, invoiced and announced by one system only: own SQL over the raw rows.

The services refuse these deeds, and a constraint keeps an order of the old system off our roads; what is found here
came in past them, or shows that one of them is wrong. What happened before an order was handed over is right.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.translation import gettext_lazy

from luckygas.core import clock

THEIRS = "o.served_by = 'legacy' AND o.source <> 'history'"
#: When the old system got the order: its last hand-over, else when it was taken.
SINCE = """coalesce((SELECT max(a.at) FROM core_auditevent a WHERE a.action = 'orders.handed_over'
                      AND a.subject = 'Order:' || o.id AND a.data ->> 'to' = 'legacy'), o.created_at)"""
CHECKS = (
    (
        gettext_lazy("order {} is the old system's and is “{}” here"),
        f"""SELECT o.number, o.status FROM orders_order o
             WHERE {THEIRS} AND o.status NOT IN ('confirmed', 'delivered', 'cancelled') ORDER BY o.id""",
    ),
    (
        gettext_lazy("order {} is the old system's, and our crew worked at its stop {}"),
        f"""SELECT o.number, s.id FROM orders_order o JOIN dispatch_routestop s ON s.order_id = o.id
             WHERE {THEIRS} AND s.status IN ('arrived', 'delivered')
               AND (s.arrived_at IS NOT NULL OR s.cash IS NOT NULL
                    OR EXISTS (SELECT 1 FROM dispatch_signature g WHERE g.stop_id = s.id)
                    OR EXISTS (SELECT 1 FROM dispatch_driverpost p WHERE p.stop_id = s.id AND p.outcome = 'done'))
             ORDER BY s.id""",
    ),
    (
        gettext_lazy("order {} is the old system's, and {} cylinders moved for it here"),
        f"""SELECT o.number, sum(m.quantity) FROM orders_order o JOIN orders_cylindermovement m ON m.order_id = o.id
             WHERE {THEIRS} GROUP BY o.id, o.number ORDER BY o.id""",
    ),
    (
        gettext_lazy("order {} is the old system's, and we issued invoice {} for it"),
        f"""SELECT o.number, i.number FROM orders_order o JOIN billing_billableevent e ON e.order_id = o.id
              JOIN billing_invoice i ON i.event_id = e.id WHERE {THEIRS} ORDER BY i.id""",
    ),
    (
        gettext_lazy("order {} is the old system's, and we took NT$ {} for it"),
        f"""SELECT o.number, p.amount FROM orders_order o JOIN dispatch_routestop s ON s.order_id = o.id
              JOIN billing_payment p ON p.source = 'stop:' || s.id WHERE {THEIRS} ORDER BY p.id""",
    ),
    (
        gettext_lazy("order {} is the old system's, and we announced it ({})"),
        f"""SELECT o.number, m.occasion FROM orders_order o JOIN core_smsmessage m ON m.subject = 'order:' || o.id
             WHERE {THEIRS} AND (m.status IN ('queued', 'held') OR m.status <> 'expired' AND m.created_at > {SINCE})
             ORDER BY m.id""",
    ),
    (
        gettext_lazy("order {} is ours, and the old system delivered it on {}"),
        """SELECT o.number, e.at FROM core_event e JOIN orders_order o ON o.id = (e.payload ->> 'order_id')::bigint
            WHERE e.name = 'orders.foreign_order_delivered' AND o.served_by <> 'legacy' ORDER BY e.id""",
    ),
)


def differences(date: dt.date) -> list[str]:
    """In words, each deed that both systems did, of any day; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for text, sql in CHECKS:
            cursor.execute(sql)
            found += [str(text).format(*map(_shown, row)) for row in cursor.fetchall()]
    return found


def _shown(value: object) -> str:
    return f"{clock.taipei(value):%Y-%m-%d}" if isinstance(value, dt.datetime) else str(value)
