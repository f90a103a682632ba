"""Order numbers: unique for their day, given out under the lock of the day's counter."""

from __future__ import annotations

import datetime as dt

from django.db import connection

TAKE = """
INSERT INTO orders_ordercounter (day, last) VALUES (%s, %s)
ON CONFLICT (day) DO UPDATE SET last = orders_ordercounter.last + excluded.last
RETURNING last
"""


def take(day: dt.date, count: int = 1) -> list[str]:
    """The next ``count`` numbers of a day. Other takers of the day wait for this transaction: take late."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [day, count])
        (last,) = cursor.fetchone()
    return [f"O-{day:%Y%m%d}-{serial:06d}" for serial in range(last - count + 1, last + 1)]
