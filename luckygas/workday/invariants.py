"""What must hold when the day is over, each checked with SQL of its own over raw rows."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from luckygas.core import extend, outbound
from luckygas.workday import messages
from luckygas.workday.figures import NEXT_DAY, ONE_DAY, STOPS

DAY = f"occurred_at >= {ONE_DAY} AND occurred_at < {NEXT_DAY}"
CHECKS: list[tuple[str, str]] = [
    (
        "vehicle {0}, product {1}: {2} full cylinders went out, {3} were delivered and {4} came back",
        f"""WITH moves AS (
              SELECT m.product_id, m.quantity, m.condition, f.id AS f, f.kind AS fk, t.id AS t, t.kind AS tk
                FROM orders_cylindermovement m
                JOIN orders_place f ON f.id = m.from_place_id
                JOIN orders_place t ON t.id = m.to_place_id
               WHERE {DAY}),
            per AS (
              SELECT v.name, x.product_id,
                     coalesce(sum(x.quantity) FILTER (WHERE x.t = v.id AND x.condition = 'full'
                                                        AND x.fk <> 'customer'), 0) AS out,
                     coalesce(sum(x.quantity) FILTER (WHERE x.f = v.id AND x.tk = 'customer'), 0) AS delivered,
                     coalesce(sum(x.quantity) FILTER (WHERE x.f = v.id AND x.condition = 'full'
                                                        AND x.tk <> 'customer'), 0)
                   - coalesce(sum(x.quantity) FILTER (WHERE x.t = v.id AND x.condition = 'full'
                                                        AND x.fk = 'customer'), 0) AS back
                FROM orders_place v JOIN moves x ON v.id IN (x.f, x.t)
               WHERE v.kind = 'vehicle' GROUP BY v.name, x.product_id)
            SELECT name, product_id, out, delivered, back FROM per WHERE out <> delivered + back""",
    ),
    (
        "vehicle {0} still has {1} cylinders on board",
        """SELECT v.name, sum(CASE WHEN m.to_place_id = v.id THEN m.quantity ELSE -m.quantity END)
             FROM orders_place v JOIN orders_cylindermovement m ON v.id IN (m.from_place_id, m.to_place_id)
            WHERE v.kind = 'vehicle' GROUP BY v.name
           HAVING sum(CASE WHEN m.to_place_id = v.id THEN m.quantity ELSE -m.quantity END) <> 0""",
    ),
    (
        "order {0} was delivered and has {1} billable events",
        f"""SELECT o.number, count(b.id) FROM orders_order o LEFT JOIN billing_billableevent b ON b.order_id = o.id
             WHERE o.served_by = 'ours' AND o.delivered_at >= {ONE_DAY} AND o.delivered_at < {NEXT_DAY}
             GROUP BY o.number HAVING count(b.id) <> 1""",
    ),
    (
        "billable event {0} ({1}) has {2} invoices",
        f"""SELECT b.id, b.state, count(i.id) FROM billing_billableevent b
              LEFT JOIN billing_invoice i ON i.event_id = b.id
             WHERE b.happened_at >= {ONE_DAY} AND b.happened_at < {NEXT_DAY}
             GROUP BY b.id, b.state HAVING count(i.id) <> CASE WHEN b.state = 'invoiced' THEN 1 ELSE 0 END""",
    ),
    (
        "after invoice {0} the number {1} of its range is missing",
        """SELECT number, next FROM (
             SELECT i.number, left(i.number, 2) || lpad((right(i.number, 8)::int + 1)::text, 8, '0') AS next,
                    i.track_id, i.period, lead(i.number) OVER (PARTITION BY i.track_id ORDER BY i.number) AS after
               FROM billing_invoice i) numbered
            WHERE after IS NOT NULL AND after <> next""",
    ),
    (
        "stop {0} took NT$ {1} in cash, its payment says NT$ {2}",
        f"""SELECT x.id, x.cash, coalesce(x.paid, 0) FROM (
              SELECT s.id, s.cash, (SELECT sum(y.amount) FROM billing_payment y WHERE y.source = 'stop:' || s.id) AS paid
              {STOPS}) x
             WHERE coalesce(x.cash, 0) <> coalesce(x.paid, 0)""",
    ),
    (
        "driver {0}: NT$ {1} expected, NT$ {2} counted",
        """SELECT d.staff_no, c.expected, c.counted FROM billing_cashcount c
             JOIN dispatch_driver d ON d.id = c.driver_id
            WHERE c.date = %(date)s AND c.counted <> c.expected""",
    ),
]


def broken(date: dt.date) -> list[str]:
    """Every difference in words; empty when the day is sound."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for text, sql in (*CHECKS, *messages.checks()):
            cursor.execute(sql, {"date": date})
            found += [text.format(*row) for row in cursor.fetchall()]
    for model in outbound.kinds():
        failed = () if model.failed_is_final else ("failed",)
        left = model._base_manager.filter(status__in=["queued", "inflight", "unknown", *failed]).count()
        if left:
            found.append(f"{model._meta.label}: {left} rows are not final")
    for name, verify in extend.verifiers.items():
        found += [f"{name}: {difference}" for difference in verify(date)]
    return found
