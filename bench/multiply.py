"""More orders than the sample has: its history again, shifted into the past.

The copies are older than everything else, so their ids lie below the others' (and below zero): lists that begin
with the newest order begin with the day that was driven, as they would.
"""

from __future__ import annotations

import random

import psycopg

HISTORY_SETTING = "luckygas.history_import"
"""By which the importer tells the trigger that it may write history; without Django it cannot be imported."""

QUICK_TRIGGERS = "SELECT set_config('pgtrigger.ignore', '{}', false)"
"""A trigger asks which triggers are ignored. Where nobody ever said, that question fails and is caught, row by
row, in a subtransaction whose end looks through every deferred check of the transaction so far."""

_NAMES = (
    "number, customer_id, source, status, scheduled_date, slot, is_urgent, payment_method, note, total_amount,"
    " lacks_price, served_by, delivered_at, failure, version, occurrence, created_at, created_by"
)
ORDERS = f"""
INSERT INTO orders_order (id, {_NAMES})
SELECT o.id - %(below)s,
       'O-' || to_char(o.scheduled_date - %(days)s::integer, 'YYYYMMDD') || right(o.number, 7),
       customer_id, source, status, o.scheduled_date - %(days)s::integer, slot, is_urgent, payment_method, note,
       total_amount, lacks_price, served_by, delivered_at - make_interval(days => %(days)s), failure, version,
       occurrence, created_at - make_interval(days => %(days)s), created_by
  FROM orders_order o
 WHERE o.source = 'history' AND o.id > 0
 ORDER BY o.id
 LIMIT %(wanted)s
"""  # noqa: S608 - put together from constants
LINES = """
INSERT INTO orders_orderline (order_id, product_id, quantity, delivered_quantity, full_returned)
SELECT o.id, l.product_id, l.quantity, l.delivered_quantity, l.full_returned
  FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id + %(below)s
 WHERE o.id BETWEEN -%(below)s AND %(most)s - %(below)s
 ORDER BY l.id
"""


def shifts(span_days: int, copies: int, seed: int) -> list[int]:
    """Days by which each copy is older: whole weeks, so that weekdays stay, and no two copies overlap."""
    chance, found, weeks = random.Random(seed), [], 0
    for _copy in range(copies):
        weeks += span_days // 7 + 1 + chance.randrange(8)
        found.append(weeks * 7)
    return found


def repeat(address: str, wanted: int, seed: int) -> None:
    """Repeat the history until there are ``wanted`` orders, by plain INSERT … SELECT with every trigger on."""
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE source = 'history'), max(id),"
            " coalesce(max(scheduled_date) FILTER (WHERE source = 'history')"
            "        - min(scheduled_date) FILTER (WHERE source = 'history'), 0) FROM orders_order"
        ).fetchone()
        assert row is not None
        have, history, most, span = row
        copies = -(-max(wanted - have, 0) // history)
        connection.execute("SELECT set_config(%s, 'on', false)", [HISTORY_SETTING])
        connection.execute(QUICK_TRIGGERS)
        for number, days in enumerate(shifts(span, copies, seed), start=1):
            place = {"below": number * (most + 1), "days": days, "most": most, "wanted": wanted - have}
            have += connection.execute(ORDERS, place).rowcount
            connection.execute(LINES, place)
