"""Dates as the documents write them, and the two-month invoice periods. ROC year = year − 1911."""

from datetime import date

FIRST_YEAR, LAST_YEAR = 1912, 2910  # ROC years of one to three digits


def day(text: str) -> date | None:
    """``YYYYMMDD`` → date; None for a day the calendar does not have (the schema lets 20260231 pass)."""
    try:
        found = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def period_of(on: date) -> str:
    """The invoice period: ROC year in three digits and the even month, ``11510`` for September 2026."""
    return f"{on.year - 1911:03d}{on.month + on.month % 2:02d}"


def last_day_to_cancel(issued: date) -> date:
    """Until when an invoice can be cancelled: the 13th of the odd month behind its period."""
    month = issued.month + issued.month % 2 + 1
    return date(issued.year + month // 13, (month - 1) % 12 + 1, 13)
