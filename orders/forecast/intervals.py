"""The day a resident is due, from the days he was delivered to: the median of the last five intervals.

Pure: days in, a day out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise
from statistics import median

INTERVALS = 5
FEWEST = 3


def typical_interval(days: Collection[dt.date]) -> int | None:
    """The median number of days between the last six delivery days; None for fewer than three intervals.

    Two deliveries on one day are one. A median between two days is the earlier one: too early beats empty.
    """
    latest = sorted(set(days))[-(INTERVALS + 1) :]
    intervals = [(later - earlier).days for earlier, later in pairwise(latest)]
    return int(median(intervals)) if len(intervals) >= FEWEST else None


def due_day(days: Collection[dt.date]) -> dt.date | None:
    """The last day plus the typical interval; None where there is none."""
    interval = typical_interval(days)
    return None if interval is None else max(days) + dt.timedelta(days=interval)
