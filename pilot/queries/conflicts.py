"""The list of conflicts: its chips, and whose records they are about."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.queries.messages import Chip
from pilot.models import SyncConflict


def chips(chosen: str) -> list[Chip]:
    """What waits, what was decided, what went away, and all of it."""
    counts = dict(SyncConflict.objects.order_by().values_list("state").annotate(Count("pk")))
    found = [
        Chip(label, f"state__exact={state}", f"{counts.get(state, 0):,}", chosen == state)
        for state, label in SyncConflict.State.choices
    ]
    return [Chip(_("All conflicts"), "", f"{sum(counts.values()):,}", not chosen), *found]


def remember_customers(rows: Iterable[SyncConflict]) -> None:
    """Give each row its ``shown_customer``, None where this house has none with that code; one question."""
    rows = list(rows)
    codes = {row.link.customer_code for row in rows}
    found = Customer.objects.only("code", "short_name", "kind").in_bulk(list(codes), field_name="code")
    for row in rows:
        row.shown_customer = found.get(row.link.customer_code)  # type: ignore[attr-defined]
