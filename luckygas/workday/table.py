"""The one table of a working day, for a terminal."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.utils.translation import gettext as _

from luckygas.models import WorkDay


def lines(day: WorkDay) -> list[str]:
    """The table; only what is true: a line appears when its part of the day was done."""
    rows = _rows(day.figures)
    width = max(_width(label) for label, _value in rows)
    found = [f"  {label}{' ' * (width - _width(label))}  {value}" for label, value in rows]
    return [f"{_('Working day')} {day.date:%Y-%m-%d}", *found, *(f"  ✗ {text}" for text in day.differences)]


def _rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []

    def add(key: str, label: str, value: Any = None) -> None:
        if key in figures:
            rows.append((label, str(figures[key] if value is None else value)))

    add("customers", _("customers"), f"{figures.get('customers', 0):,}")
    add("closed", _("closed because of"))
    add("due", _("visits due"))
    add("calls", _("phone orders"))
    add("planned", _("planned"))
    if figures.get("foreign"):
        add("foreign", _("foreign stops"))
    unplanned = figures.get("unplanned", {})
    reasons = "  ".join(f"{reason} × {count}" for reason, count in unplanned.items())
    add("unplanned", _("unplanned"), f"{sum(unplanned.values())}  {reasons}".strip())
    add("km", _("km"), f"{figures.get('km', 0):,}")
    add("delivered", _("delivered"))
    add("failed", _("not delivered"))
    sizes = "  ".join(f"{float(size):g}kg {out}/{back}" for size, out, back in figures.get("cylinders", []))
    add("cylinders", _("cylinders out/back"), sizes or "–")
    add("invoices_filed", _("invoices filed"))
    add("invoices_confirmed", _("invoices confirmed"))
    add("invoiced", _("invoiced"), f"NT$ {figures.get('invoiced', 0):,}")
    add(
        "transfers",
        _("transfers fetched"),
        f"{figures.get('transfers')}  NT$ {figures.get('transferred', 0):,}",
    )
    add("matched", _("transfers matched"))
    add("queued", _("transfers queued"))
    add("messages_delivered", _("text messages delivered"))
    add("messages_held", _("text messages held"))
    add("messages_expired", _("text messages expired"))
    if figures.get("messages_failed"):
        add("messages_failed", _("text messages not delivered"))
    add("cash_expected", _("cash expected"), f"NT$ {figures.get('cash_expected', 0):,}")
    add("cash_counted", _("cash counted"), f"NT$ {figures.get('cash_counted', 0):,}")
    add("mirrored_out", _("told to the old system"))
    add("mirrored_in", _("taken from the old system"))
    add("conflicts", _("conflicts with the old system"))
    add("unexplained", _("unexplained differences"))
    add("differences", _("differences"))
    return rows


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
