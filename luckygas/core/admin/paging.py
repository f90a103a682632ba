"""A paginator for tables of a million rows: it never counts further than a person turns pages."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

CAP = 5000


class CappedPaginator(Paginator):
    """Counts at most ``CAP`` rows; beyond that the count reads as CAP and the last page is the capped one."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if not hasattr(rows, "query"):
            return len(rows)
        # A LIMITed subquery stops counting at the cap; ordering is useless work here.
        return rows.order_by().values("pk")[: CAP + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > CAP
