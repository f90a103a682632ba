"""Cash by driver and day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from billing.models import CashCount, Payment, PaymentKind
from billing.models.payments import INSTEAD
from dispatch.models import Driver

_ZERO = Decimal(0)


def collected(date: dt.date) -> dict[int, Decimal]:
    """Driver id → cash that his stops of the day say he took, less what was reversed, whole NT$."""
    rows = (
        Payment.objects.filter(received_on=date, kind=PaymentKind.CASH, driver__isnull=False)
        .order_by()
        .values_list("driver_id")
        .annotate(Sum("amount"))
    )
    return {driver_id: amount for driver_id, amount in rows if driver_id is not None}


def collected_otherwise(date: dt.date) -> dict[int, Decimal]:
    """Driver id → by how much persons corrected what his stops of the day say: reversals and what came instead."""
    rows = (
        Payment.objects.filter(
            Q(reverses__isnull=False) | Q(source__startswith=INSTEAD),
            received_on=date,
            kind=PaymentKind.CASH,
            driver__isnull=False,
        )
        .order_by()
        .values_list("driver_id")
        .annotate(Sum("amount"))
    )
    return {driver_id: amount for driver_id, amount in rows if driver_id is not None}


@dataclass(frozen=True)
class DriverCash:
    """A driver's day: what his stops say now, and what was counted (None while it was not)."""

    driver: Driver
    stops: int
    expected: Decimal
    count: CashCount | None

    @property
    def difference(self) -> Decimal | None:
        """Counted less expected as it is now: what came or was reversed after the count shows here."""
        return self.count.counted - self.expected if self.count is not None else None

    @property
    def came_later(self) -> bool:
        return self.count is not None and self.count.expected != self.expected


def day(date: dt.date) -> list[DriverCash]:
    """Every driver who took cash on the day or was counted for it, by staff number."""
    stops = dict(
        Payment.objects.filter(
            received_on=date,
            kind=PaymentKind.CASH,
            driver__isnull=False,
            reverses__isnull=True,
            reversal__isnull=True,
        )
        .order_by()
        .values_list("driver_id")
        .annotate(Count("pk"))
    )
    taken = collected(date)
    counts = {count.driver_id: count for count in CashCount.objects.filter(date=date)}
    drivers = Driver.objects.filter(pk__in=[*taken, *counts]).order_by("staff_no")
    return [
        DriverCash(driver, stops.get(driver.pk, 0), taken.get(driver.pk, _ZERO), counts.get(driver.pk))
        for driver in drivers
    ]
