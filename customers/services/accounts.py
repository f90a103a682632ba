"""The account projection: billing writes it, the credit check locks it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import connection

from customers.models import CustomerAccount
from luckygas.core import clock


def write_balance(customer_id: int, *, open_balance: Decimal, oldest_due: dt.date | None) -> None:
    """What a customer owes now, in whole NT$; called by billing inside its own transaction.

    An account that is not there yet is made. Writing what stands there already writes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customeraccount AS a "
            "(customer_id, open_balance, oldest_due, credit_limit, credit_hold, updated_at) "
            "VALUES (%s, %s, %s, 0, false, %s) ON CONFLICT (customer_id) DO UPDATE SET "
            "open_balance = excluded.open_balance, oldest_due = excluded.oldest_due, "
            "updated_at = excluded.updated_at WHERE (a.open_balance, a.oldest_due) "
            "IS DISTINCT FROM (excluded.open_balance, excluded.oldest_due)",
            [customer_id, open_balance, oldest_due, clock.now()],
        )


def write_credit(
    customer_id: int, *, limit: Decimal, hold: bool, reason: str, decided_by: str, at: dt.datetime
) -> None:
    """What a person decided about limit (whole NT$) and hold; called by billing, which holds the lock."""
    CustomerAccount.objects.filter(pk=customer_id).update(
        credit_limit=limit,
        credit_hold=hold,
        credit_reason=reason,
        credit_by=decided_by,
        credit_at=at,
        updated_at=clock.now(),
    )


def locked(customer_id: int) -> CustomerAccount:
    """The account's row, locked until the transaction ends: two orders cannot pass one limit together."""
    return CustomerAccount.objects.select_for_update().get(pk=customer_id)
