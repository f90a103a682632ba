"""How much is missing, by what and by kind of customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from customers.models import Customer, DataGap
from customers.models.customer import CustomerKind, CustomerStatus
from customers.models.quality import Missing


@dataclass(frozen=True)
class GapCount:
    """``count`` of ``total`` active customers lack it; ``by_kind`` in words."""

    missing: str
    label: Any
    count: int
    total: int
    by_kind: list[tuple[Any, int]]

    @property
    def share(self) -> str:
        """In percent, rounded down, but never 0 where there are some."""
        percent = 100 * self.count // self.total if self.total else 0
        return "<1%" if self.count and not percent else f"{percent}%"


def counts() -> list[GapCount]:
    """One line for each thing that can be missing, the most frequent first."""
    total = Customer.objects.filter(status=CustomerStatus.ACTIVE).count()
    rows = DataGap.objects.values_list("missing", "customer__kind").annotate(number=Count("id"))
    found: dict[str, dict[str, int]] = {}
    for missing, kind, number in rows:
        found.setdefault(missing, {})[kind] = number
    lines = [
        GapCount(
            missing=entry.value,
            label=entry.label,
            count=sum(found.get(entry.value, {}).values()),
            total=total,
            by_kind=[
                (kind.label, found[entry.value][kind])
                for kind in CustomerKind
                if kind in found.get(entry.value, {})
            ],
        )
        for entry in Missing
    ]
    return sorted(lines, key=lambda line: -line.count)
