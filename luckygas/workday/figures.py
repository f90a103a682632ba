"""What the day came to, counted from the tables with SQL of its own: the services are not asked about themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from dispatch.models import UnservedStop
from dispatch.queries import reasons

ONE_DAY = "(%(date)s::date::timestamp AT TIME ZONE 'Asia/Taipei')"
NEXT_DAY = "((%(date)s::date + 1)::timestamp AT TIME ZONE 'Asia/Taipei')"
STOPS = """
  FROM dispatch_routestop s
  JOIN dispatch_route r ON r.id = s.route_id
  JOIN dispatch_dayplan p ON p.id = r.plan_id
  JOIN orders_order o ON o.id = s.order_id
 WHERE p.date = %(date)s AND p.status = 'published' AND s.status <> 'moved'
"""
THEIRS = f"{STOPS} AND o.served_by <> 'ours'"
STOPS += " AND o.served_by = 'ours' "


def _rows(sql: str, date: dt.date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"date": date})
        return cursor.fetchall()


def _number(sql: str, date: dt.date) -> int:
    return int(_rows(sql, date)[0][0] or 0)


def planning(date: dt.date) -> dict[str, Any]:
    """Planned stops, ours and the old system's, kilometres, and who was left out with the rule."""
    unplanned = _rows(
        """SELECT min(u.id), count(*) FROM dispatch_unservedstop u JOIN dispatch_dayplan p ON p.id = u.plan_id
           WHERE p.date = %(date)s AND p.status = 'published' GROUP BY u.rule ORDER BY 2 DESC, 1""",
        date,
    )
    metres = _number(
        """SELECT sum(r.distance_m) FROM dispatch_route r JOIN dispatch_dayplan p ON p.id = r.plan_id
           WHERE p.date = %(date)s AND p.status = 'published'""",
        date,
    )
    return {
        "planned": _number(f"SELECT count(*) {STOPS}", date),
        "foreign": _number(f"SELECT count(*) {THEIRS}", date),
        "unplanned": {
            reasons.unserved(stop): count
            for first, count in unplanned
            for stop in UnservedStop.objects.filter(pk=first)
        },
        "km": round(metres / 1000, 1),
    }


def driving(date: dt.date) -> dict[str, Any]:
    """Delivered and failed stops; cylinders left with customers and taken back, by size."""
    done = dict(_rows(f"SELECT s.status, count(*) {STOPS} GROUP BY s.status", date))
    by_size = _rows(
        f"""SELECT CASE WHEN pr.size_kg > 0 THEN pr.size_kg ELSE pr.net_kg END AS size,
                   sum(m.quantity) FILTER (WHERE t.kind = 'customer'),
                   sum(m.quantity) FILTER (WHERE f.kind = 'customer')
              FROM orders_cylindermovement m
              JOIN orders_product pr ON pr.id = m.product_id
              JOIN orders_place f ON f.id = m.from_place_id
              JOIN orders_place t ON t.id = m.to_place_id
             WHERE m.occurred_at >= {ONE_DAY} AND m.occurred_at < {NEXT_DAY}
               AND 'customer' IN (f.kind, t.kind)
             GROUP BY size ORDER BY size DESC""",
        date,
    )
    return {
        "delivered": done.get("delivered", 0),
        "failed": done.get("failed", 0),
        "cylinders": [[str(size), int(out or 0), int(back or 0)] for size, out, back in by_size],
    }


def invoicing(date: dt.date) -> dict[str, Any]:
    """Invoices of the day, how many were filed and confirmed, and the money they come to."""
    filed, confirmed, total = _rows(
        f"""SELECT count(*), count(*) FILTER (WHERE s.status = 'done'), coalesce(sum(i.total), 0)
              FROM billing_invoice i LEFT JOIN billing_einvoicesubmission s ON s.invoice_id = i.id
             WHERE i.issued_at >= {ONE_DAY} AND i.issued_at < {NEXT_DAY}""",
        date,
    )[0]
    return {"invoices_filed": filed, "invoices_confirmed": confirmed, "invoiced": int(total)}


def money(date: dt.date) -> dict[str, Any]:
    """Cash the stops say was taken, with what persons corrected since, and cash that was counted."""
    taken = _number(f"SELECT sum(s.cash) {STOPS}", date)
    taken += _number(
        """SELECT sum(amount) FROM billing_payment
            WHERE received_on = %(date)s AND kind = 'cash' AND driver_id IS NOT NULL
              AND (reverses_id IS NOT NULL OR source LIKE 'instead:%%')""",
        date,
    )
    counted = _number("SELECT sum(counted) FROM billing_cashcount WHERE date = %(date)s", date)
    return {"cash_expected": taken, "cash_counted": counted}
