"""What a clerk entered: read as it came, kept to be shown again, checked before it goes to the service."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.models.site import SlotPreference
from luckygas.core.errors import Refused
from luckygas.core.numbers import whole
from orders.models import Order

QUANTITY = "q_"
LONGEST_DIGITS = 4
LONGEST_TEXT = 1000


def text_of(data: QueryDict, name: str) -> str:
    """A field without blanks around it; NUL, which PostgreSQL cannot store, is dropped, and no search is longer."""
    return data.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]


def day_of(text: str) -> dt.date | None:
    """2026-11-23 as a date, None for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


@dataclass
class Entry:
    """``quantities`` {product id: n}; ``problems`` what could not be read, in words; ``order`` the id to change."""

    quantities: dict[int, int] = field(default_factory=dict)
    date: dt.date | None = None
    slot: str = SlotPreference.ALL_DAY
    is_urgent: bool = False
    note: str = ""
    client_key: uuid.UUID | None = None
    order: str = ""
    number: str = ""
    version: int | None = None
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of_order(cls, order: Order) -> Entry:
        return cls(
            quantities={line.product_id: line.quantity for line in order.lines.all() if line.quantity},
            date=order.scheduled_date,
            slot=order.slot,
            is_urgent=order.is_urgent,
            note=order.note,
            order=str(order.pk),
            number=order.number,
            version=order.version,
        )

    def check(self) -> None:
        """Refused with everything that could not be read."""
        if self.problems:
            raise Refused(" ".join(self.problems), code="invalid")


def read_entry(data: QueryDict) -> Entry:
    entry = Entry(
        slot=text_of(data, "slot") or SlotPreference.ALL_DAY,
        is_urgent=bool(data.get("is_urgent")),
        note=text_of(data, "note"),
        order=text_of(data, "order"),
        number=text_of(data, "number"),
    )
    entry.version = whole(data.get("version", ""))
    _read_quantities(data, entry)
    day = data.get("day", "")
    text = data.get("other_day", "") if day in ("", "other") else day
    entry.date = day_of(text.strip())
    if entry.date is None:
        entry.problems.append(_("Choose the delivery day (“%(text)s” is no date).") % {"text": text[:20]})
    try:
        entry.client_key = uuid.UUID(data.get("client_key", ""))
    except ValueError:
        entry.client_key = None
        if not entry.order:
            entry.problems.append(_("The form is incomplete; search the customer again."))
    return entry


def _read_quantities(data: QueryDict, entry: Entry) -> None:
    for name, value in data.items():
        product = whole(name.removeprefix(QUANTITY))
        text = str(value).strip()
        if not name.startswith(QUANTITY) or product is None or text in ("", "0"):
            continue
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_DIGITS:
            entry.quantities[product] = int(text)
        else:
            entry.problems.append(_("“%(text)s” is not a whole number of cylinders.") % {"text": text[:20]})
