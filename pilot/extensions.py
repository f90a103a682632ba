"""What this floor asks a person to do, tells monitoring, and has verified at the end of a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from luckygas.core import clock, extend
from luckygas.core.extend import Attention, Health, Panel
from pilot.models import (
    ConsistencyRun,
    Enrolment,
    LegacyWrite,
    Phase,
    SyncConflict,
    SyncCursor,
    SyncLink,
    SyncPause,
)
from pilot.services import consistency

#: Longer than this the old system may not keep rows waiting before the health check says so.
LATE = dt.timedelta(minutes=5)


def attention(user: Any) -> list[Attention]:
    """Conflicts, writes that failed for good, and differences nobody can explain."""
    found: list[Attention] = []
    if user.has_perm("pilot.view_syncconflict"):
        open_ones = SyncConflict.objects.filter(state="open").count()
        text = ngettext("conflict with the old system", "conflicts with the old system", open_ones)
        found.append(
            Attention(open_ones, text, f"{reverse('admin:pilot_syncconflict_changelist')}?state__exact=open")
        )
    if user.has_perm("pilot.see_pilot"):
        run = ConsistencyRun.objects.first()
        number = run.unexplained if run is not None else 0
        text = ngettext(
            "unexplained difference between both systems",
            "unexplained differences between both systems",
            number,
        )
        found.append(Attention(number, text, reverse("admin:pilot_dashboard")))
        paused = SyncPause.objects.count()
        text = ngettext("part of the mirroring is paused", "parts of the mirroring are paused", paused)
        found.append(Attention(paused, text, reverse("admin:pilot_dashboard"), "amber"))
    return found


def customer_panel(customer: Customer, user: Any) -> Panel | None:
    """Where the customer stands on the way over."""
    if not user.has_perm("pilot.see_pilot"):
        return None
    row = Enrolment.objects.filter(customer=customer).first()
    if row is None:
        return None
    counts = dict(
        SyncLink.objects.filter(customer_code=customer.code)
        .values_list("state")
        .annotate(Count("pk"))
        .order_by()
    )
    return Panel(
        title=_("Pilot"), template="pilot/customer_panel.html", context={"enrolment": row, "records": counts}
    )


def health() -> Health:
    """Degraded while the old system does not answer or rows wait long; never down: the house works without it."""
    failing = SyncCursor.objects.aggregate(since=Min("failing_since"))["since"]
    if failing is not None:
        return Health("degraded", f"not answering since {failing:%Y-%m-%d %H:%M}")
    oldest = LegacyWrite.objects.filter(status__in=["queued", "unknown"]).aggregate(at=Min("created_at"))[
        "at"
    ]
    if oldest is not None and clock.now() - oldest > LATE:
        return Health("degraded", f"writes wait since {oldest:%Y-%m-%d %H:%M}")
    return Health("ok")


def gauges() -> dict[str, tuple[str, Any]]:
    """Figures for monitoring."""
    waiting = dict.fromkeys(LegacyWrite.OPEN, 0)
    waiting |= dict(
        LegacyWrite.objects.filter(status__in=LegacyWrite.OPEN)
        .values_list("status")
        .annotate(Count("pk"))
        .order_by()
    )
    run = ConsistencyRun.objects.first()
    return {
        "legacy_writes_open": (
            "Writes to the old system that are not done, by state",
            (("state",), {(state,): number for state, number in waiting.items()}),
        ),
        "sync_conflicts_open": (
            "Conflicts with the old system nobody has decided",
            SyncConflict.objects.filter(state="open").count(),
        ),
        "consistency_unexplained": (
            "Unexplained differences at the last full compare",
            run.unexplained if run is not None else 0,
        ),
        "pilot_customers": (
            "Customers who live in both systems",
            Enrolment.objects.exclude(phase=Phase.OFF).count(),
        ),
    }


def register() -> None:
    extend.attention.register("pilot", attention, order=40)
    extend.customer_panels.register("pilot", customer_panel, order=40)
    extend.health_checks.register("pilot", health)
    extend.gauges.register("pilot", gauges)
    extend.verifiers.register("consistency", consistency.differences)
    extend.live_kinds.register("sync", "pilot.see_pilot")
    extend.live_kinds.register("flags", "pilot.view_flag")
