"""How many customers there are of each kind, for the chips over their list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.customer import CustomerKind, CustomerStatus


@dataclass(frozen=True)
class Chip:
    """A filter one click away: its label, the query that chooses it, how many it shows."""

    label: Any
    query: str
    count: int
    chosen: bool


def chips(chosen: dict[str, str]) -> list[Chip]:
    """All, each kind among the active, and the terminated; ``chosen`` is the page's present query."""
    rows = Customer.objects.values_list("status", "kind").annotate(number=Count("id")).order_by()
    numbers = {(status, kind): number for status, kind, number in rows}
    active, gone = CustomerStatus.ACTIVE.value, CustomerStatus.TERMINATED.value
    found = [Chip(_("All customers"), "", sum(numbers.values()), not chosen)]
    for kind in CustomerKind:
        query = {"status__exact": active, "kind__exact": kind.value}
        found.append(Chip(kind.label, _query(query), numbers.get((active, kind.value), 0), chosen == query))
    terminated = sum(number for (status, _kind), number in numbers.items() if status == gone)
    query = {"status__exact": gone}
    found.append(Chip(CustomerStatus.TERMINATED.label, _query(query), terminated, chosen == query))
    return found


def _query(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())
