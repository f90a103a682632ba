"""What dispatch shows on pages of lower floors: the red list, the day's numbers, the day's verification."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.db import connection
from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext as _

from dispatch.models import DayPlan, Driver, ReviewItem, RouteStop, SheetSection, Vehicle
from dispatch.models.fleet import DriverStatus, VehicleStatus
from dispatch.models.plan import PlanStatus, RouteStatus, StopStatus
from dispatch.queries.driving import UNDONE
from luckygas.core import clock, extend
from luckygas.core.extend import Attention, Card, Figure
from orders.models import Order, OrderStatus, ServedBy

SOON = dt.timedelta(days=14)
LATE = dt.timedelta(minutes=15)


def attention(user: Any) -> list[Attention]:
    """Posts to review, late routes, orders nobody planned, failed plans, papers about to end."""
    if not user.has_perm("dispatch.view_dayplan"):
        return []
    return [*_reviews(), *_late_routes(), *_unplanned(), *_papers()]


def day_card(user: Any) -> Card | None:
    """Today's deliveries, and how many were finished in each hour."""
    if not user.has_perm("dispatch.view_route"):
        return None
    today = clock.today()
    every = RouteStop.objects.filter(route__plan__date=today, route__plan__status=PlanStatus.PUBLISHED)
    live = every.filter(order__served_by=ServedBy.OURS)
    foreign = every.exclude(order__served_by=ServedBy.OURS).exclude(status=StopStatus.MOVED).count()
    counts = Counter(live.values_list("status", flat=True))
    planned = sum(counts.values()) - counts[StopStatus.MOVED]
    hours = Counter(
        clock.taipei(at).hour
        for at in live.filter(status=StopStatus.DELIVERED).values_list("done_at", flat=True)
        if at is not None
    )
    plan = DayPlan.objects.filter(date=today, status=PlanStatus.PUBLISHED).first()
    url = reverse("admin:dispatch_dayplan_change", args=[plan.pk]) if plan else ""
    return Card(
        title=_("Deliveries today"),
        figures=[
            Figure(
                _("planned"),
                f"{planned:,}",
                note=_("and %(count)d of the old system") % {"count": foreign} if foreign else "",
                url=url,
            ),
            Figure(_("delivered"), f"{counts[StopStatus.DELIVERED]:,}"),
            Figure(_("not delivered"), f"{counts[StopStatus.FAILED]:,}"),
            Figure(_("distance"), f"{plan.distance_m / 1000:,.1f} km" if plan else "–"),
        ],
        series=[(f"{hour}", hours[hour]) for hour in range(7, 20)] if hours else [],
        series_label=_("Finished in each hour"),
    )


def verify_boards(date: dt.date) -> list[str]:
    """Vehicles whose routes of the date are all finished and that still have cylinders on board.

    Its own SQL over the raw movements: nothing of the services is used.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_ON_BOARD, [date, date])
        rows = cursor.fetchall()
    text = _("%(plate)s: %(count)d %(product)s (%(condition)s) on board after its last route")
    return [
        text % {"plate": plate, "count": count, "product": product, "condition": condition}
        for plate, product, condition, count in rows
    ]


_LEFT_ON_BOARD = """
WITH done AS (
    SELECT v.id, v.plate, v.place_id
      FROM dispatch_vehicle v JOIN dispatch_shift s ON s.vehicle_id = v.id
      JOIN dispatch_route r ON r.shift_id = s.id
     WHERE s.date = %s AND r.status IN ('in_progress', 'completed')
     GROUP BY v.id HAVING bool_and(r.status = 'completed')
), moved AS (
    SELECT d.plate, m.product_id, m.condition AS kept_as, m.quantity AS n
      FROM orders_cylindermovement m JOIN done d ON d.place_id = m.to_place_id
     UNION ALL
    SELECT d.plate, m.product_id, m.left_as, -m.quantity
      FROM orders_cylindermovement m JOIN done d ON d.place_id = m.from_place_id
)
SELECT moved.plate, p.name, moved.kept_as, sum(n)
  FROM moved JOIN orders_product p ON p.id = moved.product_id
 WHERE NOT EXISTS (SELECT 1 FROM dispatch_shift s JOIN dispatch_vehicle v ON v.id = s.vehicle_id
                    JOIN dispatch_route r ON r.shift_id = s.id
                    WHERE v.plate = moved.plate AND s.date > %s AND r.loaded_trips > 0)
 GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3
"""


def _reviews() -> list[Attention]:
    waiting = ReviewItem.objects.filter(resolved_at__isnull=True).count()
    url = reverse("admin:dispatch_reviewitem_changelist") + "?resolved_at__isempty=1"
    return [Attention(waiting, _("Drivers' posts to review"), url)]


def _late_routes() -> list[Attention]:
    now = clock.now()
    late = (
        RouteStop.objects.filter(
            route__status=RouteStatus.IN_PROGRESS,
            status__in=UNDONE,
            eta__lt=now - LATE,
            order__served_by=ServedBy.OURS,
        )
        .values("route_id", "route__plan_id", "route__section", "route__shift__driver__name")
        .annotate(first=Min("eta"))
        .order_by("first")[:10]
    )
    text = _("%(section)s %(driver)s is %(minutes)d minutes late")
    return [
        Attention(
            1,
            text
            % {
                "section": SheetSection(row["route__section"]).label,
                "driver": row["route__shift__driver__name"],
                "minutes": (now - row["first"]).total_seconds() // 60,
            },
            reverse("admin:dispatch_dayplan_change", args=[row["route__plan_id"]]),
        )
        for row in late
    ]


def _unplanned() -> list[Attention]:
    today = clock.today()
    found = []
    waiting = Order.objects.filter(
        status=OrderStatus.CONFIRMED, served_by=ServedBy.OURS, scheduled_date__lte=today
    ).count()
    url = reverse("admin:dispatch_dayplan_changelist")
    found.append(Attention(waiting, _("Orders of today that no route has"), url, "amber"))
    failed = DayPlan.objects.filter(date__gte=today, status=PlanStatus.FAILED).count()
    found.append(Attention(failed, _("Plans that failed"), f"{url}?status__exact=failed"))
    return found


def _papers() -> list[Attention]:
    soon = clock.today() + SOON
    vehicles = Vehicle.objects.filter(status=VehicleStatus.ACTIVE, permit_valid_to__lte=soon).count()
    drivers = Driver.objects.filter(status=DriverStatus.ACTIVE, hazmat_valid_to__lte=soon).count()
    return [
        Attention(
            vehicles,
            _("Passes that end within 14 days"),
            reverse("admin:dispatch_vehicle_changelist") + "?o=5",
            "amber",
        ),
        Attention(
            drivers,
            _("Training certificates that end within 14 days"),
            reverse("admin:dispatch_driver_changelist") + "?o=6",
            "amber",
        ),
    ]


extend.attention.register("dispatch", attention, order=20)
extend.home_cards.register("dispatch", day_card, order=20)
extend.verifiers.register("dispatch.boards", verify_boards)
