"""What billing does when the floors below tell something."""

from __future__ import annotations

from billing.services import invoicing, payments
from dispatch.events import CashCollected
from luckygas.core.actor import Actor
from luckygas.core.events import subscribe
from orders.events import OrderDelivered

_ACTOR = Actor.system("billing")


@subscribe(OrderDelivered, "billing.invoice_delivery")
def invoice_delivery(happened: OrderDelivered) -> None:
    """Make the billable event of the delivery and invoice it; run twice it changes nothing."""
    invoicing.record_delivery(happened.order_id, actor=_ACTOR)


@subscribe(CashCollected, "billing.record_cash")
def record_cash(happened: CashCollected) -> None:
    """Write the payment of the stop; run twice it is one payment."""
    payments.record_cash(
        stop_id=happened.stop_id,
        order_id=happened.order_id,
        driver_id=happened.driver_id,
        amount=happened.amount,
        at=happened.at,
        actor=_ACTOR,
    )
