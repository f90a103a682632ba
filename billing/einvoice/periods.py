"""Two-month invoice periods (發票期別) and the days by which the platform must have a document.

Sources: 統一發票使用辦法 §7-4, §7-5 and 營業稅法 §32-1 (in force 2025-01-01). Whether a last day on a holiday
moves on is not settled, so it does not move here.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_TAIPEI = ZoneInfo("Asia/Taipei")
_KEY = re.compile(r"([0-9]{3})(0[2468]|1[02])")
_ROC = 1911
_BUSINESS_DAYS = timedelta(days=7)
_CONSUMER_DAYS = timedelta(days=2)


def period_key(day: date) -> str:
    """ROC year and even month of the period of a day of Taipei: 2026-09-01 → `11510`.

    Raises TypeError for an instant (use `period_at`) and ValueError outside ROC years 1 to 999.
    """
    if isinstance(day, datetime):
        raise TypeError("an instant has no period before it is a day of Taipei; use period_at")
    year = day.year - _ROC
    if not 1 <= year <= 999:
        raise ValueError(f"{day} has no invoice period")
    return f"{year:03d}{day.month + day.month % 2:02d}"


def period_at(moment: datetime) -> str:
    """The period of an aware instant, by the clock of Taipei."""
    if moment.tzinfo is None:
        raise ValueError("an instant without a time zone has no period")
    return period_key(moment.astimezone(_TAIPEI).date())


def first_day(period: str) -> date:
    """The first day of a period; ValueError when `period` is not three digits and an even month."""
    match = _KEY.fullmatch(period)
    if match is None:
        raise ValueError(f"{period!r} is not an invoice period such as 11510 (ROC year and even month)")
    return date(int(match[1]) + _ROC, int(match[2]) - 1, 1)


def last_day(period: str) -> date:
    """The last day of a period."""
    return first_day(next_period(period)) - timedelta(days=1)


def next_period(period: str) -> str:
    """The key of the period after this one."""
    return period_key(first_day(period) + timedelta(days=62))


def label(period: str) -> str:
    """How papers print a period: `115年09-10月`."""
    first = first_day(period)
    return f"{first.year - _ROC}年{first.month:02d}-{first.month + 1:02d}月"


def upload_deadline(day: date, *, business: bool) -> date:
    """The last day for uploading a document of `day`: 2 days for consumers, 7 for businesses."""
    return day + (_BUSINESS_DAYS if business else _CONSUMER_DAYS)


def blank_deadline(period: str) -> date:
    """The last day for reporting the unused numbers of a period (E0402): the 10th of the month after it."""
    return first_day(next_period(period)).replace(day=10)


def cancel_deadline(period: str) -> date:
    """The last day for cancelling an invoice of the period (F0501): the 13th of the month after it."""
    return first_day(next_period(period)).replace(day=13)
