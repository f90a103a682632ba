"""What this house and the old system tell each other about: one record in words both of them have.

An image is the canonical text of a record's mirrored fields. It is the *coarser* of the two vocabularies: where one
side knows more (the old system tells a restaurant from a factory, this house an evening from "any time"), that side
keeps its finer value as long as the other side's word stands for the same. Pure: no Django, no input or output.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

#: Canonical text per field; "" means empty. Every field of ``FIELDS[entity]`` is present.
Image = dict[str, str]

ENTITIES = ("customer", "order")

#: The old system's quantity columns in the order of its upload list (上傳清單), as this house's kinds of cylinder.
QUANTITIES = (
    "GAS-C50-R", "GAS-C20-CM", "GAS-C16-CM", "GAS-C20-R", "GAS-C16-R", "GAS-C10-R", "GAS-C04-R", "GAS-C16-H",
    "GAS-C10-P", "GAS-C00-X", "GAS-C20-H", "GAS-F50-R", "GAS-F20-R", "GAS-F16-R", "GAS-F20-H", "GAS-F16-H",
)  # fmt: skip

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customer": (
            "invoice_title",
            "short_name",
            "kind",  # commercial, residential, school
            "status",  # active, terminated
            "tax_id",
            "phones",  # up to three numbers in E.164, "|" between them, the main one first
            "email",
            "address",
            "area",  # the area's code, "A"
            "slot",  # any, morning, afternoon
            "payment",  # cash, monthly
            "notes",
        ),
        "order": (
            "customer",  # the customer's code
            "served_by",  # ours, legacy: who delivers, invoices and announces it
            "status",  # open, delivered, cancelled
            "date",  # the day of the visit, 2026-11-24
            "delivered_at",  # 2026-11-24 14:05, Taipei; empty until delivered
            "invoice_no",  # AB12345678, of an order this house serves; the other's invoices are its own
            *QUANTITIES,  # whole numbers, empty for none: as ordered, once delivered as delivered
            "slot",  # any, morning, afternoon, evening
            "urgent",  # Y or empty
            "note",
        ),
    }
)

#: Group → fields that are merged as one, because they are only right together: quantities, day, state and who serves
#: an order belong to one decision about it; an urgent order has its hour.
GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "customer": MappingProxyType({name: (name,) for name in FIELDS["customer"]}),
        "order": MappingProxyType(
            {
                "deed": (
                    "customer", "served_by", "status", "date", "delivered_at", "invoice_no", *QUANTITIES,
                ),
                "slot": ("slot", "urgent"),
                "note": ("note",),
            }
        ),
    }
)  # fmt: skip

#: A code of the old system that this house has no word for: "?07" is its code 07. It is written back as it came.
UNKNOWN = "?"

#: Stands before the hex of bytes that are no text. It is not in cp950, so it cannot be written back by mistake.
DAMAGED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Record:
    """A record of the old system as it is at one revision.

    ``id`` is the customer's code or the order's number there. ``revision`` grows with every change of any record
    and is never used twice. ``changed_at`` is aware UTC by the old system's clock, ``changed_by`` its user's name.
    ``image`` is None when the record is deleted (DELETE_FLAG Y). ``damaged`` has the hex of what is not cp950, by
    field; the image has the same hex behind ``DAMAGED``. ``incomplete`` says that the head is there and its lines
    are not (yet): not to be merged; a later revision completes it.
    """

    entity: str
    id: str
    revision: int
    changed_at: dt.datetime
    changed_by: str
    image: Image | None
    damaged: Mapping[str, str] = field(default_factory=dict)
    incomplete: bool = False


def empty(entity: str) -> Image:
    """An image with nothing in it."""
    return dict.fromkeys(FIELDS[entity], "")


def unknown_codes(image: Image) -> dict[str, str]:
    """Field → the old system's code, for those that this house has no word for."""
    return {name: value[1:] for name, value in image.items() if value.startswith(UNKNOWN) and name in CODED}


#: The fields whose values are words of a table; only they can hold a code without a word.
CODED = frozenset({"kind", "status", "slot", "payment", "served_by", "urgent"})
