"""What this floor tells those above: ids and what changed, no personal data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from luckygas.core.events import event


@event("orders.order_delivered", version=1)
@dataclass(frozen=True)
class OrderDelivered:
    """Cylinders were handed over, or a meter was read. ``date`` is the Taipei date of ``at``."""

    order_id: int
    customer_id: int
    date: dt.date
    at: dt.datetime
    meter_reading_id: int | None
    is_metered: bool

    @property
    def lane(self) -> str:
        """A customer's deliveries are told in order: a meter reading is billed against the one before."""
        return f"customer:{self.customer_id}"


@event("orders.order_failed", version=1)
@dataclass(frozen=True)
class OrderFailed:
    """A driver came and could not deliver; ``reason_code`` is a FailureReason."""

    order_id: int
    customer_id: int
    date: dt.date
    at: dt.datetime
    reason_code: str


@event("orders.order_cancelled", version=1)
@dataclass(frozen=True)
class OrderCancelled:
    """``was`` is the status before: a planned order leaves a gap in somebody's route."""

    order_id: int
    customer_id: int
    was: str
    at: dt.datetime


@event("orders.order_handed_over", version=1)
@dataclass(frozen=True)
class OrderHandedOver:
    """From now on the other system serves the order; ``to`` is ours or legacy."""

    order_id: int
    customer_id: int
    to: str
    at: dt.datetime


@event("orders.foreign_order_moved", version=1)
@dataclass(frozen=True)
class ForeignOrderMoved:
    """The old system put an order it serves off to another day."""

    order_id: int
    customer_id: int
    date: dt.date


@event("orders.foreign_order_delivered", version=1)
@dataclass(frozen=True)
class ForeignOrderDelivered:
    """The old system delivered an order it serves: there is nothing for us to invoice or to announce."""

    order_id: int
    customer_id: int
    at: dt.datetime
