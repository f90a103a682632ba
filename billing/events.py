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


@event("billing.payment_reversed", version=1)
@dataclass(frozen=True)
class PaymentReversed:
    """A wrong payment was taken back; ``amount`` is what it was, whole NT$ above 0."""

    payment_id: int
    reversal_id: int
    customer_id: int
    amount: Decimal
