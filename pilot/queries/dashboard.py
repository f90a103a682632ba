"""The pilot on one page: who is where, what waits, how far the two systems are apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.models.customer import CustomerStatus
from luckygas.core import clock
from pilot.legacy.client import is_configured
from pilot.models import (
    STAGES,
    ConsistencyRun,
    Enrolment,
    Flag,
    LegacyWrite,
    Phase,
    SyncConflict,
    SyncCursor,
    SyncDirty,
    SyncLink,
    SyncPause,
    SyncRead,
)

#: A compare older than this says little about now.
STALE_AFTER = dt.timedelta(minutes=20)
LAST = dt.timedelta(hours=1)
REASONS = {
    "in flight": gettext_lazy("under way"),
    "conflict open": gettext_lazy("conflict not decided yet"),
    "paused": gettext_lazy("mirroring paused"),
    "not answering": gettext_lazy("the old system does not answer"),
}


@dataclass(frozen=True)
class Stage:
    """One phase on the bar; ``start`` and ``share`` in percent of its width."""

    phase: str
    label: str
    number: int
    start: float
    share: float


def stages() -> list[Stage]:
    """The enrolled customers by phase, in the order of the way over."""
    counts = dict(Enrolment.objects.values_list("phase").annotate(n=Count("pk")))
    every = sum(counts.get(phase, 0) for phase in STAGES if phase != Phase.OFF)
    found: list[Stage] = []
    for phase in STAGES[1:]:
        number = counts.get(phase, 0)
        start = found[-1].start + found[-1].share if found else 0.0
        found.append(
            Stage(str(phase), str(phase.label), number, start, 100 * number / every if every else 0.0)
        )
    return found if every else []


def pauses() -> dict[str, SyncPause]:
    return {row.scope: row for row in SyncPause.objects.all()}


def outward() -> dict[str, Any]:
    """What waits to be told: counts, the oldest, the next try."""
    by_status = dict(
        LegacyWrite.objects.filter(status__in=LegacyWrite.OPEN)
        .values_list("status")
        .annotate(Count("pk"))
        .order_by()
    )
    waiting = LegacyWrite.objects.filter(status__in=["queued", "inflight", "unknown", "held"])
    edges = waiting.aggregate(oldest=Min("created_at"), next=Min("not_before"))
    hour = clock.now() - LAST
    failed_rows = LegacyWrite.objects.filter(status="failed").select_related("link").order_by("pk")[:5]
    said = waiting.exclude(last_said="").order_by("created_at").values_list("last_said", flat=True).first()
    return {
        "marked": SyncDirty.objects.count(),
        "waiting": sum(number for status, number in by_status.items() if status != "failed"),
        "failed": by_status.get("failed", 0),
        "unknown": by_status.get("unknown", 0),
        "oldest": edges["oldest"],
        "next": edges["next"],
        "said": said or "",
        "failed_rows": list(failed_rows),
        "done_last_hour": LegacyWrite.objects.filter(status="done", done_at__gte=hour).count(),
    }


def inward() -> dict[str, Any]:
    """What was read, and since when nothing could be."""
    cursors = list(SyncCursor.objects.all())
    hour = clock.now() - LAST
    failing = [row for row in cursors if row.failing_since]
    return {
        "read_at": max((row.read_at for row in cursors if row.read_at), default=None),
        "failing_since": min((row.failing_since for row in failing if row.failing_since), default=None),
        "said": failing[0].said if failing else "",
        "taken_last_hour": SyncRead.objects.filter(read_at__gte=hour, outcome="taken").count(),
        "echoes_last_hour": SyncRead.objects.filter(read_at__gte=hour, outcome="echo").count(),
    }


def equality() -> dict[str, Any]:
    """The last full compare: one number, its age, and how far to trust it."""
    run = ConsistencyRun.objects.first()
    if run is None:
        return {"run": None, "level": "waiting"}
    old = clock.now() - run.started_at > STALE_AFTER
    level = "red" if run.unexplained else "amber" if old else "green"
    explained = [(REASONS.get(reason, reason), number) for reason, number in sorted(run.explained.items())]
    return {"run": run, "level": level, "old": old, "explained": explained}


def lags() -> list[tuple[str, float]]:
    """How long changes took in the hour before the last compare, in seconds."""
    run = ConsistencyRun.objects.first()
    if run is None or run.lag_p50 is None:
        return []
    known = (
        (_("50th percentile"), run.lag_p50),
        (_("95th percentile"), run.lag_p95),
        (_("99th percentile"), run.lag_p99),
    )
    return [(name, seconds) for name, seconds in known if seconds is not None]


def conflicts() -> dict[str, Any]:
    rows = SyncConflict.objects.filter(state="open").select_related("link").order_by("opened_at", "pk")
    return {"number": rows.count(), "first": list(rows[:8])}


def live() -> dict[str, Any]:
    """Everything that changes while the page is looked at."""
    held = pauses()
    records = SyncLink.objects.aggregate(
        agreed=Count("pk", filter=Q(state="agreed")),
        open=Count("pk", filter=Q(state="open")),
        contested=Count("pk", filter=Q(state="contested")),
    )
    return {
        "configured": is_configured(),
        "stages": stages(),
        "enrolled": Enrolment.objects.exclude(phase=Phase.OFF).count(),
        "active_customers": Customer.objects.filter(status=CustomerStatus.ACTIVE).count(),
        "records": records,
        "outward": outward(),
        "inward": inward(),
        "equality": equality(),
        "lags": lags(),
        "conflicts": conflicts(),
        "flags": list(Flag.objects.exclude(state="archived").order_by("name")[:12]),
        "paused_all": held.get("all"),
        "scopes": [
            (str(scope), str(scope.label), held.get(scope))
            for scope in (SyncPause.Scope.ALL, SyncPause.Scope.CUSTOMER, SyncPause.Scope.ORDER)
        ],
        "now": clock.now(),
    }


def roll_back_numbers() -> str:
    """What the red switch will do, in numbers."""
    moved = Enrolment.objects.filter(phase__in=[Phase.DUAL, Phase.OURS_LEADS])
    number = moved.count()
    unbegun = (
        Customer.objects.filter(enrolment__in=moved, orders__status="confirmed", orders__served_by="ours")
        .exclude(orders__source="history")
        .aggregate(n=Count("orders"))["n"]
    )
    return _(
        "%(customers)d customers go back, %(orders)d orders that nobody has begun go to the old system"
    ) % {
        "customers": number,
        "orders": unbegun,
    }
