"""Deposits become payments, once: by themselves where nothing is in doubt, by a person's word else.

Locks are taken in one order everywhere: customers' accounts by their number, then the deposit. A payment is never
edited: what was assigned wrongly is reversed, and the deposit waits again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import BankDeposit, ClearingState, DepositClearing, DepositPosting, Payment, PaymentKind
from billing.services import balances, payments
from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from luckygas.core.windows import window

NOON = dt.time(12)


@dataclass(frozen=True)
class Part:
    """So much of a deposit is ``customer``'s; ``lays`` are (invoice id, amount) pairs within it.

    What is not laid on an invoice pays his oldest open ones, and the rest stays as credit on his account.
    """

    customer: Customer
    amount: Decimal
    lays: tuple[tuple[int, Decimal], ...] = ()


def assign(
    deposit: BankDeposit,
    parts: Sequence[Part],
    *,
    reason: str,
    actor: Actor,
    seen_open: Decimal | None = None,
) -> list[Payment]:
    """A person says whose the deposit is; several customers may share it, and a rest stays in the queue.

    ``seen_open`` is what was open of it when he decided: a form sent twice, or after somebody else's, is refused.

    Refused: no reason, nothing to assign, a part that is no amount, more than is open, a deposit that does not wait,
    an invoice that is not open by that much any more.
    """
    why = _reason(reason)
    if not parts:
        raise Refused(_("Say whose it is."), code="parts")
    with transaction.atomic():
        clearing = lock_for(deposit, [part.customer.pk for part in parts])
        if clearing.state != ClearingState.QUEUED:
            raise Busy(_("This deposit does not wait any more: look again."), code="state")
        _check_seen(clearing, seen_open)
        done = post(clearing, parts, reason=why, by_itself=False, actor=actor)
        record(
            "billing.deposit_assigned",
            actor=actor,
            subject=f"billing.BankDeposit:{deposit.pk}",
            reason=why,
            payments=[payment.pk for payment in done],
        )
    return done


def post(
    clearing: DepositClearing, parts: Sequence[Part], *, reason: str, by_itself: bool, actor: Actor
) -> list[Payment]:
    """Make the payments; the caller holds `lock_for` of the customers."""
    deposit, left = clearing.deposit, clearing.open_amount
    if any(part.amount <= 0 for part in parts) or sum((part.amount for part in parts), Decimal(0)) > left:
        text = _("Only NT$ %(open)s of this deposit is open.")
        raise Refused(text % {"open": f"{left:,}"}, code="amount", field="amount")
    count = DepositPosting.objects.filter(deposit=deposit).count()
    made = []
    with window("bank post"):
        for number, part in enumerate(parts, start=count + 1):
            payment = payments.record_payment(
                part.customer,
                part.amount,
                kind=PaymentKind.TRANSFER,
                source=f"bank:{deposit.pk}:{number}",
                received_at=min(clock.at(deposit.booked_on, NOON), clock.now()),
                note=_("bank deposit %(number)s of %(date)s")
                % {"number": deposit.trade_no, "date": deposit.booked_on},
                lays=part.lays,
                actor=actor,
            )
            DepositPosting.objects.create(
                deposit=deposit, payment=payment, by_itself=by_itself, reason=reason[:200]
            )
            left -= part.amount
            made.append(payment)
        _move(
            clearing,
            ClearingState.QUEUED if left else ClearingState.POSTED,
            open_amount=left,
            reason_code="rest" if left else "",
            reason_values={"open": str(left)} if left else {},
            decided_by=actor.name,
            decided_reason=reason[:200],
        )
    return made


def not_ours(deposit: BankDeposit, *, reason: str, actor: Actor, seen_open: Decimal | None = None) -> None:
    """A person says that what is open of it is none of our customers' money (a withdrawal, the bank's interest).

    ``seen_open`` as in `assign`.
    """
    why = _reason(reason)
    with transaction.atomic():
        clearing = lock_for(deposit, [])
        _check_seen(clearing, seen_open)
        _move(clearing, ClearingState.NOT_OURS, decided_by=actor.name, decided_reason=why)
        record(
            "billing.deposit_not_ours", actor=actor, subject=f"billing.BankDeposit:{deposit.pk}", reason=why
        )


def undo(deposit: BankDeposit, *, reason: str, actor: Actor) -> None:
    """Take back what was decided: standing payments of it are reversed, and it waits in the queue again."""
    why = _reason(reason)
    with transaction.atomic():
        standing = list(standing_payments(deposit))
        clearing = lock_for(deposit, [payment.customer_id for payment in standing])
        if list(standing_payments(deposit)) != standing:
            raise Busy(_("Someone changed this a moment ago. Look again and repeat."), code="changed")
        if clearing.state != ClearingState.NOT_OURS and not standing:
            raise Refused(_("Nothing was decided about this deposit."), code="nothing_decided")
        if clearing.state == ClearingState.NOT_OURS:
            _move(
                clearing,
                ClearingState.QUEUED,
                reason_code="reopened",
                reason_values={"reason": why},
                decided_by=actor.name,
                decided_reason=why,
            )
        for payment in standing:
            payments.reverse_payment(payment, reason=why, actor=actor)
        record("billing.deposit_undone", actor=actor, subject=f"billing.BankDeposit:{deposit.pk}", reason=why)


def standing_payments(deposit: BankDeposit) -> Any:
    """Payments made of it that nobody reversed."""
    return Payment.objects.filter(bank_posting__deposit=deposit, reversal__isnull=True).order_by("pk")


def queue_up(clearing: DepositClearing, code: str, values: dict[str, str]) -> None:
    """It waits for a person, because of that."""
    _move(clearing, ClearingState.QUEUED, reason_code=code, reason_values=values)


def lock_for(deposit: BankDeposit, customer_ids: Sequence[int]) -> DepositClearing:
    """The accounts and then the deposit, until the transaction ends."""
    for customer_id in sorted(set(customer_ids)):
        balances.lock(customer_id)
    rows = DepositClearing.objects.select_for_update(of=("self",))
    return rows.select_related("deposit__profile").get(pk=deposit.pk)


def _check_seen(clearing: DepositClearing, seen_open: Decimal | None) -> None:
    if seen_open is not None and seen_open != clearing.open_amount:
        text = _("NT$ %(open)s of this deposit is open by now: look again.")
        raise Busy(text % {"open": f"{clearing.open_amount:,}"}, code="open")


def _move(clearing: DepositClearing, new: str, **fields: Any) -> None:
    DepositClearing.MACHINE.move(clearing, new, changed_at=clock.now(), **fields)


def _reason(reason: str) -> str:
    why = reason.strip()[:200]
    if not why:
        raise Refused(_("Say why: it stands beside the deposit."), code="reason", field="reason")
    return why
