"""The bank queue: what waits, and what each deposit may be for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from billing.models import BankDeposit, ClearingState, DepositClearing
from billing.services import balances, bank_matching
from billing.services.bank_clearing import Part
from customers.models import Customer
from customers.models.customer import CustomerStatus

SHOWN = 200
MOST_CANDIDATES = 6


@dataclass(frozen=True)
class Candidate:
    """What a deposit may be for: ``part`` would be posted, ``why`` says so in words.

    ``balance`` is what the customer has open, ``invoices`` the shown numbers that would be paid.
    """

    part: Part
    why: str
    balance: Decimal
    invoices: tuple[str, ...]

    @property
    def key(self) -> str:
        """Names the proposal in a form: the customer and the invoices."""
        return "-".join(
            str(number) for number in (self.part.customer.pk, *(lay[0] for lay in self.part.lays))
        )


def waiting() -> QuerySet[DepositClearing]:
    """Deposits that wait for a person, oldest first."""
    rows = DepositClearing.objects.filter(state=ClearingState.QUEUED)
    return rows.select_related("deposit__file", "deposit__profile").order_by("deposit__booked_on", "pk")


def candidates(deposit: BankDeposit, amount: Decimal) -> list[Candidate]:
    """Proposals for ``amount`` of a deposit, the likeliest first; empty for money that left."""
    if amount <= 0:
        return []
    found: dict[str, Candidate] = {}
    owner = bank_matching.customer_of(deposit)
    if owner is not None:
        _propose(found, owner, amount, _("has this virtual account"))
    if deposit.payer_name:
        for customer in Customer.objects.filter(short_name__startswith=deposit.payer_name).order_by("pk")[:3]:
            _propose(found, customer, amount, _("has the payer's name"))
    for customer in _owing_exactly(amount):
        _propose(found, customer, amount, _("has an invoice over exactly this amount open"))
    return list(found.values())[:MOST_CANDIDATES]


def _owing_exactly(amount: Decimal) -> QuerySet[Customer]:
    return Customer.objects.filter(status=CustomerStatus.ACTIVE, account__open_balance=amount).order_by(
        "account__oldest_due", "pk"
    )[:3]


def _propose(found: dict[str, Candidate], customer: Customer, amount: Decimal, why: str) -> None:
    if any(one.part.customer.pk == customer.pk for one in found.values()):
        return
    invoices = list(balances.open_invoices(customer.pk)[:50])
    pairs = [(invoice.pk, invoice.open_amount) for invoice in invoices]
    numbers = {invoice.pk: invoice.shown_number for invoice in invoices}
    balance, _oldest = balances.balance_of(customer.pk)
    lays = bank_matching.exact(pairs, amount)
    if lays is not None:
        text = _("%(why)s; it pays %(invoices)s exactly")
    elif amount > balance:
        lays, text = (), _("%(why)s; NT$ %(rest)s more than is open stays as credit")
    else:
        lays, text = (), _("%(why)s; it pays the oldest, NT$ %(rest)s stays open")
    names = tuple(numbers[invoice_id] for invoice_id, _amount in lays)
    words = {"why": why, "invoices": ", ".join(names), "rest": f"{abs(amount - max(balance, Decimal(0))):,}"}
    one = Candidate(Part(customer, amount, lays), text % words, balance, names)
    found[one.key] = one


def posted_lately(count: int = 20) -> QuerySet[DepositClearing]:
    """What was decided last, newest first, so that it can be taken back."""
    rows = DepositClearing.objects.filter(state__in=[ClearingState.POSTED, ClearingState.NOT_OURS])
    return rows.select_related("deposit").order_by(F("changed_at").desc(), "-pk")[:count]
