"""The telephone of a simulated day."""

from __future__ import annotations

import datetime as dt

from luckygas.workday import calls
from orders.models import Order

MONDAY = dt.date(2026, 11, 23)


def test_nobody_rings_a_company_without_customers(stand_at) -> None:
    stand_at("2026-11-23 06:00")

    rung = [
        calls.ring(1, MONDAY, number, calls.running_low(MONDAY))
        for number in range(calls.planned_calls(1, MONDAY))
    ]

    assert rung == [None, None, None]
    assert Order.objects.count() == 0
