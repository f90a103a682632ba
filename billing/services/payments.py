"""Recording money that came in, and taking back what was recorded wrongly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.events import PaymentRecorded, PaymentReversed
from billing.models import Payment, PaymentAllocation, PaymentKind
from billing.models.payments import INSTEAD
from billing.services import balances, bank_return
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.events import publish
from luckygas.core.money import round_half_up
from orders.models import Order

_MOST = Decimal(10) ** 9


def record_payment(
    customer: Customer,
    amount: Decimal,
    *,
    kind: str,
    source: str,
    actor: Actor,
    received_at: dt.datetime | None = None,
    driver_id: int | None = None,
    order_id: int | None = None,
    note: str = "",
    lays: Sequence[tuple[int, Decimal]] = (),
) -> Payment:
    """Write a payment once (``source`` is unique), lay it on invoices and write the balance down.

    ``lays`` are (invoice id, amount) pairs that it pays before anything else; what is left over pays the oldest.

    The same ``source`` again answers the first payment; with another amount it is Refused. Raises Refused for
    an amount that is not whole NT$ between 1 and 1,000,000,000.
    """
    _check_amount(amount, "amount")
    moment = received_at or clock.now()
    if moment > clock.now() + dt.timedelta(minutes=5):
        raise Refused(_("A payment cannot come from the future."), code="future", field="received_at")
    with transaction.atomic():
        balances.lock(customer.pk)
        payment, made = Payment.objects.get_or_create(
            source=source,
            defaults={
                "customer": customer,
                "kind": kind,
                "amount": amount,
                "received_at": moment,
                "received_on": clock.taipei(moment).date(),
                "driver_id": driver_id,
                "order_id": order_id,
                "note": note[:200],
                "actor_name": actor.name,
            },
        )
        if not made:
            if (payment.amount, payment.customer_id) != (amount, customer.pk):
                raise Refused(
                    _("%(source)s is recorded already, with NT$ %(amount)s.")
                    % {"source": source, "amount": f"{payment.amount:,}"},
                    code="source",
                )
            return payment
        _lay(payment, lays)
        balances.settle(customer.pk)
        publish(PaymentRecorded(payment.pk, customer.pk, amount))
    return payment


def _lay(payment: Payment, lays: Sequence[tuple[int, Decimal]]) -> None:
    """The account is locked. Refused when an invoice is not the customer's, or not open by that much."""
    left = {invoice.pk: invoice for invoice in balances.open_invoices(payment.customer_id)}
    for invoice_id, amount in lays:
        invoice = left.get(invoice_id)
        if invoice is None or not 0 < amount <= invoice.open_amount:
            raise Refused(_("The invoice is not open by that amount any more: look again."), code="not_open")
        PaymentAllocation.objects.create(payment=payment, invoice=invoice, amount=amount)
        invoice.open_amount -= amount
    if sum((amount for _invoice, amount in lays), Decimal(0)) > payment.amount:
        raise Refused(_("More is laid on invoices than came in."), code="too_much")


def record_cash(
    *, stop_id: int, order_id: int, driver_id: int, amount: Decimal, at: dt.datetime, actor: Actor
) -> Payment | None:
    """The cash of a driver's stop; told twice it is one payment. Nothing collected is no payment."""
    if not amount:
        return None
    order = Order.objects.select_related("customer").get(pk=order_id)
    return record_payment(
        order.customer,
        amount,
        kind=PaymentKind.CASH,
        source=f"stop:{stop_id}",
        received_at=at,
        driver_id=driver_id,
        order_id=order_id,
        actor=actor,
    )


def reverse_payment(
    payment: Payment, *, reason: str, right_amount: Decimal | None = None, actor: Actor
) -> Payment:
    """Take a wrong payment back by a row that mirrors it, and answer that row.

    Nothing is changed or deleted: its invoices are open again, the cash expected of its driver's day and the
    customer's balance follow in the same transaction. ``right_amount`` (whole NT$) is what really came in: it
    is recorded in its place, of the same day and driver. Refused: no reason, a payment that was reversed
    already or is a reversal itself, a right amount that is none or is the wrong one. A payment made of a bank's
    deposit gives it back to the queue, and what really came in is what the bank says.
    """
    why = reason.strip()[:200]
    if not why:
        raise Refused(_("Say why the payment is reversed."), code="reason", field="reason")
    if right_amount is not None:
        _check_amount(right_amount, "right_amount")
        if right_amount == payment.amount:
            raise Refused(
                _("NT$ %(amount)s is what stands there already.") % {"amount": f"{right_amount:,}"},
                code="same_amount",
                field="right_amount",
            )
    with transaction.atomic():
        balances.lock(payment.customer_id)
        _check_stands(payment)
        bank_return.check_right_amount(payment, right_amount)
        reversal = Payment.objects.create(
            reverses=payment,
            amount=-payment.amount,
            source=f"reversal:{payment.pk}",
            note=why,
            actor_name=actor.name,
            **_circumstances(payment),
        )
        PaymentAllocation.objects.bulk_create(
            PaymentAllocation(payment=reversal, invoice_id=one.invoice_id, amount=-one.amount, undoes=one)
            for one in payment.allocations.order_by("pk")
        )
        if right_amount is not None:
            instead = Payment.objects.create(
                amount=right_amount,
                source=f"{INSTEAD}{payment.pk}",
                note=why,
                actor_name=actor.name,
                **_circumstances(payment),
            )
            publish(PaymentRecorded(instead.pk, instead.customer_id, right_amount))
        balances.settle(payment.customer_id)
        bank_return.give_back(payment, reason=why, actor=actor)
        publish(PaymentReversed(payment.pk, reversal.pk, payment.customer_id, payment.amount))
        record(
            "billing.payment_reversed",
            actor=actor,
            subject=f"billing.Payment:{payment.pk}",
            reason=why,
            right_amount=None if right_amount is None else str(right_amount),
        )
    return reversal


def _check_amount(amount: Decimal, field: str) -> None:
    if not amount.is_finite() or amount != round_half_up(amount) or not 0 < amount <= _MOST:
        raise Refused(
            _("%(amount)s is not an amount in whole NT$ above 0.") % {"amount": amount},
            code="amount",
            field=field,
        )


def _check_stands(payment: Payment) -> None:
    """The account is locked: nobody reverses it meanwhile."""
    if payment.is_reversal:
        raise Refused(
            _("This is a reversal. If it was a mistake, record the payment again."), code="is_reversal"
        )
    earlier = Payment.objects.filter(reverses=payment).first()
    if earlier is not None:
        raise Refused(
            _("%(name)s reversed this payment already on %(at)s: %(reason)s")
            % {
                "name": earlier.actor_name,
                "at": f"{clock.taipei(earlier.recorded_at):%Y-%m-%d %H:%M}",
                "reason": earlier.note,
            },
            code="reversed",
        )


def _circumstances(payment: Payment) -> dict[str, Any]:
    """What a reversal and a payment in its place have of the wrong one."""
    return {
        "customer_id": payment.customer_id,
        "kind": payment.kind,
        "received_at": payment.received_at,
        "received_on": payment.received_on,
        "driver_id": payment.driver_id,
        "order_id": payment.order_id,
    }
