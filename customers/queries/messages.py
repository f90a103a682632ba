"""The message log: its chips, and what a search in it means."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.identifiers import normalise_phone
from customers.messaging.consents import addressee
from customers.queries.finding import lookup_ids
from luckygas.core.models import SmsMessage

SEARCHED = 200
#: Chips count no further than a person reads.
MOST = 1000
#: chip -> (label, the statuses it stands for)
STATES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "waiting": (_("Being sent"), ("queued", "inflight", "unknown")),
    "held": (_("Held"), ("held",)),
    "failed": (_("Not delivered"), ("failed", "expired")),
    "delivered": (_("Delivered"), ("done",)),
}


@dataclass(frozen=True)
class Chip:
    """A state one click away; ``count`` is ready to read."""

    label: Any
    query: str
    count: str
    chosen: bool


def chips(chosen: str) -> list[Chip]:
    """All, then each state with how many there are."""
    found = [Chip(_("All messages"), "", "", not chosen)]
    for name, (label, statuses) in STATES.items():
        number = SmsMessage.objects.filter(status__in=statuses).order_by()[: MOST + 1].count()
        found.append(
            Chip(label, f"state={name}", f"{MOST:,}+" if number > MOST else f"{number:,}", chosen == name)
        )
    return found


def matching(text: str) -> Q:
    """Messages by number, by customer (code, name, phone), or by what they are about (an order's number)."""
    found = Q(subject_label=text.upper()) | Q(
        addressee__in=[addressee(pk) for pk in lookup_ids(text, SEARCHED)]
    )
    if re.fullmatch(r"[+0-9() \-]{8,20}", text):
        with suppress(ValueError):  # not a whole number: the customers it may belong to are asked for above
            found |= Q(recipient=normalise_phone(text))
    return found
