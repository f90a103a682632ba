"""Days and amounts as people read them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django import template

from luckygas.core import clock

register = template.Library()
WEEKDAYS = "一二三四五六日"


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """11/23 (一), with the year when it is not this one."""
    if value is None:
        return "–"
    date = clock.taipei(value).date() if isinstance(value, dt.datetime) else value
    year = "" if date.year == clock.today().year else f"{date.year}/"
    return f"{year}{date:%m/%d} ({WEEKDAYS[date.weekday()]})"


@register.filter
def money(value: Decimal | None) -> str:
    """NT$ 1,234; a unit price keeps the decimals it has."""
    if value is None:
        return "–"
    text = f"{value:,f}"
    return f"NT$ {text.rstrip('0').rstrip('.') if '.' in text else text}"
