"""The mirrored fields and the old system's refusals in the words of the person who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pilot.legacy.errors import RefusedByLegacy
from pilot.legacy.wire import DoesNotFit, Meaningless, Unencodable, WireError

#: What each field is called where a person reads about it.
LABELS: Mapping[str, Any] = {
    "invoice_title": gettext_lazy("invoice title"),
    "short_name": gettext_lazy("short name"),
    "kind": gettext_lazy("kind"),
    "status": gettext_lazy("status"),
    "tax_id": gettext_lazy("tax number"),
    "phones": gettext_lazy("phone numbers"),
    "email": gettext_lazy("e-mail"),
    "address": gettext_lazy("address"),
    "area": gettext_lazy("area"),
    "slot": gettext_lazy("slot"),
    "payment": gettext_lazy("payment"),
    "notes": gettext_lazy("notes"),
    "customer": gettext_lazy("customer"),
    "served_by": gettext_lazy("served by"),
    "date": gettext_lazy("delivery day"),
    "delivered_at": gettext_lazy("delivered"),
    "invoice_no": gettext_lazy("invoice number"),
    "urgent": gettext_lazy("urgent"),
    "note": gettext_lazy("note"),
}


def label(field: str) -> str:
    """A field's name for a person; a kind of cylinder is its own."""
    return str(LABELS.get(field, field))


def explain(error: WireError | RefusedByLegacy) -> str:
    """Why the old system cannot have a record, for the person who can change it."""
    if isinstance(error, Unencodable):
        return _("%(field)s: the old system has no %(characters)s; write it another way.") % {
            "field": label(error.field),
            "characters": "、".join(error.characters),
        }
    if isinstance(error, DoesNotFit):
        return _("%(field)s: %(size)d bytes, and the old system has room for %(room)d; shorten it.") % {
            "field": label(error.field),
            "size": error.size,
            "room": error.room,
        }
    if isinstance(error, Meaningless):
        return _("%(field)s: the old system has no word for “%(value)s”.") % {
            "field": label(error.field),
            "value": error.value,
        }
    return _("The old system refuses it: %(text)s") % {"text": error}
