"""Recording money that came in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.events import PaymentRecorded
from billing.models import Payment, PaymentKind
from billing.services import balances
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
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
) -> Payment:
    """Write a payment once (``source`` is unique), lay it on invoices and write the balance down.

    The same ``source`` again answers the first payment; with another amount it is Refused. Raises Refused for
    an amount that is not whole NT$ between 1 and 1,000,000,000.
    """
    if not amount.is_finite() or amount != round_half_up(amount) or not 0 < amount <= _MOST:
        raise Refused(
            _("%(amount)s is not an amount in whole NT$ above 0.") % {"amount": amount},
            code="amount",
            field="amount",
        )
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
        balances.settle(customer.pk)
        publish(PaymentRecorded(payment.pk, customer.pk, amount))
    return payment


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
