"""A paginator for tables of a million rows: it never counts further than a person turns pages."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

CAP = 5000


class CappedPaginator(Paginator):
    """Counts at most ``CAP`` rows; a longer list says ``5,000+`` and its last page is the one that ends at the cap."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, one more than ``CAP`` standing for all above it."""
        rows: Any = self.object_list
        if not hasattr(rows, "query"):
            return len(rows)
        # A LIMITed subquery stops counting at the cap; ordering is useless work here.
        return rows.order_by().values("pk")[: CAP + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.counted, CAP)

    @property
    def is_capped(self) -> bool:
        return self.counted > CAP
