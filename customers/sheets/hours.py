"""Delivery windows out of the sheet's twelve hour flags and its slot code.

The slot is a wish, the flags are when somebody is there: where both speak, the window is what they share;
where they share nothing the flags win, because a closed door cannot be delivered to. Slots are those the
company plans by: morning 8–12, afternoon 12–17, evening 17–20.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

FIRST_HOUR, LAST_HOUR = 8, 19  # the first and last hour that has a column
HOUR = 3600

# (start, end) in seconds after midnight
Window = tuple[int, int]

SLOT_OF_CODE: Mapping[str, str] = MappingProxyType(
    {"0": "all_day", "1": "morning", "2": "afternoon", "3": "evening"}
)
SLOT_HOURS: Mapping[str, range] = MappingProxyType(
    {
        "all_day": range(8, 20),
        "morning": range(8, 12),
        "afternoon": range(12, 17),
        "evening": range(17, 20),
    }
)


def delivery_windows(slot: str, open_hours: Iterable[int]) -> list[Window]:
    """Windows in order, adjoining hours joined; never empty.

    ``slot`` is a key of ``SLOT_HOURS``, ``open_hours`` the flagged hours (8 means 8–9).
    """
    wished = set(SLOT_HOURS[slot])
    flagged = set(open_hours)
    hours = (wished & flagged) or flagged or wished
    windows: list[Window] = []
    for hour in sorted(hours):
        if windows and windows[-1][1] == hour * HOUR:
            windows[-1] = (windows[-1][0], (hour + 1) * HOUR)
        else:
            windows.append((hour * HOUR, (hour + 1) * HOUR))
    return windows
