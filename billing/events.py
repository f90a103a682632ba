"""What billing tells the floors above."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from luckygas.core.events import event


@event("billing.invoice_issued", version=1)
@dataclass(frozen=True)
class InvoiceIssued:
    """An invoice has its number and waits to be filed; ``total`` in whole NT$."""

    invoice_id: int
    customer_id: int
    total: Decimal


@event("billing.payment_recorded", version=1)
@dataclass(frozen=True)
class PaymentRecorded:
    """Money came in from a customer, whole NT$."""

    payment_id: int
    customer_id: int
    amount: Decimal
