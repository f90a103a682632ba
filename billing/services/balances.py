"""What a customer owes: payments laid on invoices, oldest first, and the sum written down to his account."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db import connection
from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from billing.models import Invoice, Payment, PaymentAllocation
from customers.models import Customer, CustomerAccount
from customers.models.account import STARTING_LIMITS
from customers.services import accounts
from luckygas.core import clock

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

_ZERO = Decimal(0)


class _Open(TypedDict):
    open_amount: Decimal


if TYPE_CHECKING:
    OpenInvoice = WithAnnotations[Invoice, _Open]
    OpenPayment = WithAnnotations[Payment, _Open]

_WHOLE = DecimalField(max_digits=12, decimal_places=0)


def lock(customer_id: int) -> None:
    """Hold the customer's account until the transaction ends: one billing deed per customer at a time."""
    assert connection.in_atomic_block, "a lock belongs into a transaction"
    if not CustomerAccount.objects.select_for_update().filter(customer_id=customer_id).exists():
        kind = Customer.objects.values_list("kind", flat=True).get(pk=customer_id)
        limit = next((amount for name, amount in STARTING_LIMITS.items() if name == kind), _ZERO)
        CustomerAccount.objects.get_or_create(customer_id=customer_id, defaults={"credit_limit": limit})
        CustomerAccount.objects.select_for_update().get(customer_id=customer_id)


def open_invoices(customer_id: int) -> QuerySet[OpenInvoice]:
    """Invoices not fully paid, oldest first, each with its ``open_amount``."""
    paid = (
        PaymentAllocation.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    return (
        Invoice.objects.filter(customer_id=customer_id)
        .annotate(open_amount=F("total") - Coalesce(Subquery(paid), Value(_ZERO), output_field=_WHOLE))
        .filter(open_amount__gt=0)
        .order_by("issued_at", "pk")
    )


def open_payments(customer_id: int) -> QuerySet[OpenPayment]:
    """Payments not fully used, oldest first, each with its ``open_amount``; a reversed one has nothing left."""
    used = (
        PaymentAllocation.objects.filter(payment=OuterRef("pk"))
        .order_by()
        .values("payment")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    return (
        Payment.objects.filter(customer_id=customer_id, reverses__isnull=True, reversal__isnull=True)
        .annotate(open_amount=F("amount") - Coalesce(Subquery(used), Value(_ZERO), output_field=_WHOLE))
        .filter(open_amount__gt=0)
        .order_by("received_at", "pk")
    )


def settle(customer_id: int) -> None:
    """Lay unused payments on unpaid invoices and write the balance down. The caller holds ``lock``.

    Money collected for an order pays that order's invoice first; the rest goes to the oldest.
    """
    payments = list(open_payments(customer_id))
    invoices = list(open_invoices(customer_id).select_related("event"))
    left: dict[int, Decimal] = {invoice.pk: invoice.open_amount for invoice in invoices}
    made: list[PaymentAllocation] = []
    for payment in payments:
        rest = payment.open_amount
        first = [invoice for invoice in invoices if invoice.event.order_id == payment.order_id]
        for invoice in first + [invoice for invoice in invoices if invoice not in first]:
            amount = min(rest, left[invoice.pk])
            if amount > 0:
                made.append(PaymentAllocation(payment=payment, invoice=invoice, amount=amount))
                left[invoice.pk] -= amount
                rest -= amount
    PaymentAllocation.objects.bulk_create(made)
    write_down(customer_id)


def write_down(customer_id: int) -> None:
    """Tell the customers' floor what is open, in the caller's transaction."""
    balance, oldest = balance_of(customer_id)
    accounts.write_balance(customer_id, open_balance=balance, oldest_due=oldest)


def balance_of(customer_id: int) -> tuple[Decimal, dt.date | None]:
    """(what is open in whole NT$, negative when paid ahead; the day of the oldest unpaid invoice)."""
    invoiced = Invoice.objects.filter(customer_id=customer_id).aggregate(sum=Sum("total"))["sum"] or _ZERO
    paid = Payment.objects.filter(customer_id=customer_id).aggregate(sum=Sum("amount"))["sum"] or _ZERO
    oldest = open_invoices(customer_id).values_list("issued_at", flat=True).first()
    return invoiced - paid, clock.taipei(oldest).date() if oldest else None
