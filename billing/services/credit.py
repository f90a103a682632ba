"""How much a customer may owe, and whether he may order at all: decided by a person, with a reason."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.models import CreditDecision
from billing.services import balances
from customers.models import Customer
from customers.services import accounts
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from luckygas.core.history import acting
from luckygas.core.money import round_half_up

_MOST = Decimal(10) ** 9


def decide(
    customer: Customer,
    *,
    limit: Decimal,
    hold: bool,
    reason: str,
    actor: Actor,
    seen: int | None = None,
) -> CreditDecision:
    """Set limit (whole NT$, 0 for none) and hold of a customer, or lift the hold, from now on.

    The account is locked, so an order taken at the same moment sees either all of it or nothing. ``seen`` is
    the last decision that the person looked at (0 for none): Busy when another came since. Refused: no
    reason, a limit that is no amount, nothing that changes.
    """
    why = reason.strip()[:200]
    if not why:
        raise Refused(_("Say why."), code="reason", field="reason")
    if not limit.is_finite() or limit != round_half_up(limit) or not 0 <= limit <= _MOST:
        raise Refused(
            _("%(amount)s is not an amount in whole NT$.") % {"amount": limit},
            code="amount",
            field="credit_limit",
        )
    with transaction.atomic(), acting(actor):
        balances.lock(customer.pk)
        if seen is not None and seen != last_id(customer.pk):
            raise Busy(
                _("Someone decided about this customer's credit a moment ago. Look again and repeat."),
                code="changed_meanwhile",
            )
        account = accounts.locked(customer.pk)
        if (account.credit_limit, account.credit_hold) == (limit, hold):
            raise Refused(_("Limit and hold stand like that already."), code="unchanged")
        row = CreditDecision.objects.create(
            customer_id=customer.pk,
            credit_limit=limit,
            credit_hold=hold,
            reason=why,
            actor_name=actor.name,
        )
        accounts.write_credit(
            customer.pk, limit=limit, hold=hold, reason=why, decided_by=actor.name, at=row.decided_at
        )
        record(
            "billing.credit_decided",
            actor=actor,
            subject=f"customers.Customer:{customer.pk}",
            reason=why,
            credit_limit=str(limit),
            credit_hold=hold,
        )
    return row


def last_id(customer_id: int) -> int:
    """The last decision about a customer, 0 while there is none."""
    rows = CreditDecision.objects.filter(customer_id=customer_id).order_by("-id")
    return rows.values_list("pk", flat=True).first() or 0
