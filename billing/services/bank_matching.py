"""Whose is a deposit? Exact answers are posted; everything below exact is a question to a person, with its reason.

Posted by itself: a booked deposit to the virtual account of an active customer, over exactly one open invoice, or over
exactly his oldest open invoices together (all of them included). Never: another amount, a bill paid already, an unknown
account, a closed customer, a second row for the same bill, money that left.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import structlog
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from billing.bank.virtual_accounts import Wrong, wrong_with
from billing.models import BankDeposit, ClearingState, DepositClearing, Invoice, PaymentAllocation
from billing.services import balances, bank_clearing, bank_profiles
from billing.services.bank_clearing import Part
from customers.models import Customer
from customers.models.customer import CustomerStatus
from luckygas.core.actor import Actor

log = structlog.get_logger(__name__)

#: A bill paid so long ago is not what a new transfer is about.
REMEMBERED = dt.timedelta(days=90)


@dataclass(frozen=True)
class Question:
    """Why a person is asked."""

    code: str
    values: dict[str, str]


def match_waiting(limit: int = 500) -> int:
    """Look at deposits nobody has looked at yet, oldest first, each in its own transaction; how many were posted.

    One whose customer is busy is left for the next time.
    """
    waiting = DepositClearing.objects.filter(state=ClearingState.NEW).order_by("pk")
    posted = 0
    for deposit in BankDeposit.objects.filter(clearing__in=list(waiting[:limit])).order_by("pk"):
        try:
            posted += match(deposit, actor=Actor.system(_("bank")))
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            log.info("deposit_waits_for_its_customer", deposit=deposit.pk)
    return posted


def match(deposit: BankDeposit, *, actor: Actor) -> bool:
    """Post the deposit or put it into the queue; True when it was posted. Run twice it changes nothing."""
    with transaction.atomic():
        customer = customer_of(deposit)
        clearing = bank_clearing.lock_for(deposit, [customer.pk] if customer else [])
        if clearing.state != ClearingState.NEW:
            return False
        answer = judge(clearing.deposit, customer)
        if isinstance(answer, Question):
            bank_clearing.queue_up(clearing, answer.code, answer.values)
            return False
        bank_clearing.post(clearing, [answer], reason=_("exact amount"), by_itself=True, actor=actor)
    return True


def customer_of(deposit: BankDeposit) -> Customer | None:
    """Whose virtual account it names."""
    if not deposit.virtual_account:
        return None
    return Customer.objects.filter(virtual_account=deposit.virtual_account).first()


def judge(deposit: BankDeposit, customer: Customer | None) -> Part | Question:
    """What to post, or why a person is asked. The caller holds the customer's account."""
    account = {"account": deposit.virtual_account}
    if deposit.amount < 0:
        return Question("money_left", {})
    if (deposit.status or " ") not in deposit.profile.booked_statuses:
        return Question("bank_status", {"status": deposit.status or "–"})
    if not deposit.virtual_account:
        return Question("no_account", {})
    wrong = wrong_with(bank_profiles.rule_of(deposit.profile), deposit.virtual_account, int(deposit.amount))
    if wrong is Wrong.CHECK_DIGIT:
        return Question("bad_check_digit", account)
    if wrong is not None:
        return Question("not_our_number", account)
    if customer is None:
        return Question("unknown_account", account)
    if customer.status != CustomerStatus.ACTIVE:
        return Question("closed_customer", {"customer": customer.code})
    return _by_amount(deposit, customer)


def _by_amount(deposit: BankDeposit, customer: Customer) -> Part | Question:
    invoices = list(balances.open_invoices(customer.pk))
    if not invoices:
        return _nothing_open(deposit, customer)
    lays = exact([(invoice.pk, invoice.open_amount) for invoice in invoices], deposit.amount)
    if lays is not None:
        return Part(customer, deposit.amount, lays)
    total = sum((invoice.open_amount for invoice in invoices), Decimal(0))
    code = "too_much" if deposit.amount > total else "too_little"
    return Question(code, {"amount": str(deposit.amount), "open": str(total)})


def exact(invoices: list[tuple[int, Decimal]], amount: Decimal) -> tuple[tuple[int, Decimal], ...] | None:
    """Which of the open (invoice id, open amount) pairs, oldest first, the amount pays exactly.

    One of them (the oldest such), else the oldest ones together; None when neither.
    """
    for invoice in invoices:
        if invoice[1] == amount:
            return (invoice,)
    sum_so_far = Decimal(0)
    for count, (_invoice, open_amount) in enumerate(invoices, start=1):
        sum_so_far += open_amount
        if sum_so_far == amount:
            return tuple(invoices[:count])
    return None


def _nothing_open(deposit: BankDeposit, customer: Customer) -> Question:
    since = deposit.booked_on - REMEMBERED
    paid = Invoice.objects.filter(customer=customer, total=deposit.amount, issued_at__date__gte=since)
    invoice = paid.order_by("-issued_at").first()
    if invoice is None:
        return Question("nothing_open", {"customer": customer.code})
    by_transfer = (
        PaymentAllocation.objects.filter(
            invoice=invoice, payment__bank_posting__isnull=False, payment__reversal__isnull=True
        )
        .select_related("payment")
        .first()
    )
    if by_transfer is None:
        return Question("paid_already", {"invoice": invoice.shown_number})
    date = f"{by_transfer.payment.received_on:%Y-%m-%d}"
    return Question("second_row", {"invoice": invoice.shown_number, "date": date})
