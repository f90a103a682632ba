"""What dispatch tells the floors above."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from luckygas.core.events import event


@event("dispatch.cash_collected", version=1)
@dataclass(frozen=True)
class CashCollected:
    """A driver took cash for an order: whole NT$, change already given back."""

    stop_id: int
    order_id: int
    driver_id: int
    amount: Decimal
    at: dt.datetime
