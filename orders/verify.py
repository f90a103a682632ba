"""Whether a day's deliveries and cylinder movements tell the same story: own SQL over the raw rows.

What the old system delivers moves no cylinders here.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.translation import gettext as _

UNBALANCED = """
SELECT number, product, said_out, moved_out, said_back, moved_back
  FROM (
    SELECT o.number, p.name AS product,
           sum(side.said_out) AS said_out, sum(side.moved_out) AS moved_out,
           sum(side.said_back) AS said_back, sum(side.moved_back) AS moved_back
      FROM orders_order o
      JOIN (
        SELECT order_id, product_id, coalesce(delivered_quantity, 0) - full_returned AS said_out,
               coalesce(empties_returned, 0) AS said_back, 0 AS moved_out, 0 AS moved_back
          FROM orders_orderline
        UNION ALL
        SELECT m.order_id, m.product_id, 0, 0,
               CASE WHEN m.condition <> 'full' THEN 0 WHEN there.kind = 'customer' THEN m.quantity
                    ELSE -m.quantity END,
               CASE WHEN m.condition = 'empty' AND here.kind = 'customer' THEN m.quantity ELSE 0 END
          FROM orders_cylindermovement m
          JOIN orders_place here ON here.id = m.from_place_id
          JOIN orders_place there ON there.id = m.to_place_id
         WHERE m.order_id IS NOT NULL
      ) AS side ON side.order_id = o.id
      JOIN orders_product p ON p.id = side.product_id
     WHERE o.status = 'delivered' AND o.source <> 'history' AND o.served_by = 'ours'
       AND o.delivered_at >= %(start)s AND o.delivered_at < %(end)s
     GROUP BY o.number, p.name
  ) AS told
 WHERE said_out <> moved_out OR said_back <> moved_back
 ORDER BY number, product
"""
MOVED_WITHOUT_DELIVERY = """
SELECT DISTINCT o.number
  FROM orders_cylindermovement m JOIN orders_order o ON o.id = m.order_id
 WHERE m.occurred_at >= %(start)s AND m.occurred_at < %(end)s
   AND (o.status <> 'delivered' OR o.source = 'history' OR o.served_by <> 'ours')
 ORDER BY o.number
"""


def differences(date: dt.date) -> list[str]:
    """In words, each order of a Taipei date whose lines and movements disagree; empty when all is well."""
    start = f"{date.isoformat()} 00:00:00+08"
    end = f"{(date + dt.timedelta(days=1)).isoformat()} 00:00:00+08"
    found = []
    with connection.cursor() as cursor:
        cursor.execute(UNBALANCED, {"start": start, "end": end})
        for number, product, said_out, moved_out, said_back, moved_back in cursor.fetchall():
            found.append(
                _(
                    "%(number)s %(product)s: %(said_out)s handed over and %(said_back)s taken back by its lines, "
                    "%(moved_out)s and %(moved_back)s by the movements."
                )
                % {
                    "number": number,
                    "product": product,
                    "said_out": said_out,
                    "moved_out": moved_out,
                    "said_back": said_back,
                    "moved_back": moved_back,
                }
            )
        cursor.execute(MOVED_WITHOUT_DELIVERY, {"start": start, "end": end})
        found += [
            _("%(number)s moved cylinders and was not delivered by us.") % {"number": number}
            for (number,) in cursor.fetchall()
        ]
    return found
