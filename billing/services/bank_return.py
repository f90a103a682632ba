"""A payment that was made of a bank's deposit is reversed: the deposit waits for a person again."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _

from billing.models import ClearingState, DepositClearing, DepositPosting, Payment
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused


def check_right_amount(payment: Payment, right_amount: Decimal | None) -> None:
    """What a transfer brought in is the bank's word; Refused when a person names another amount for it."""
    if right_amount is not None and DepositPosting.objects.filter(payment=payment).exists():
        raise Refused(
            _("The bank says what came in. Reverse it, and assign the deposit anew in the bank queue."),
            code="bank_says",
            field="right_amount",
        )


def give_back(payment: Payment, *, reason: str, actor: Actor) -> None:
    """In the transaction of the reversal, with the account locked: its deposit is open by that much again."""
    posting = DepositPosting.objects.filter(payment=payment).first()
    if posting is None:
        return
    DepositClearing.objects.select_for_update().get(pk=posting.deposit_id)
    DepositClearing.objects.filter(pk=posting.deposit_id).update(
        state=ClearingState.QUEUED,
        open_amount=F("open_amount") + payment.amount,
        reason_code="reversed",
        reason_values={"reason": reason},
        decided_by=actor.name,
        decided_reason=reason,
        changed_at=clock.now(),
    )
