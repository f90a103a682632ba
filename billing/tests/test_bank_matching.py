"""Whose is a deposit: exact answers are posted once, everything else waits with its reason, and deeds are undone."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connections

from billing.models import BankDeposit, DepositClearing, DepositPosting, Payment
from billing.queries import bank as bank_queries
from billing.services import balances, bank_clearing, bank_matching, payments
from billing.services.bank_clearing import Part
from billing.tests import bank_world
from billing.tests.bank_world import account_of, came_in, deposit, open_amount, standing
from billing.tests.conftest import ACTOR
from billing.tests.test_reversals import laid_out
from billing.verifiers import verify
from customers.models import Customer
from luckygas.core.errors import Busy, Refused
from luckygas.core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(settings, today):
    settings.LANGUAGE_CODE = "en"
    return bank_world.profile()


@pytest.fixture
def buyer(customer, track, billed):
    """Owes 810 (oldest), 1,620 and 810 again."""
    track()
    one = customer(payment_method="monthly")
    for count in (1, 2, 1):
        billed(one, C20=count)
    return one


def no_differences() -> list[str]:
    from billing import bank_verifier

    return verify() + bank_verifier.verify()


@pytest.mark.parametrize(
    ("amount", "paid"),
    [
        (810, [("QA20000050", 810)]),
        (1620, [("QA20000051", 1620)]),
        (2430, [("QA20000050", 810), ("QA20000051", 1620)]),
        (3240, [("QA20000050", 810), ("QA20000051", 1620), ("QA20000052", 810)]),
    ],
)
def test_an_exact_amount_is_posted_to_exactly_those_invoices(buyer, amount, paid):
    [one] = came_in(deposit(account_of(buyer), amount))
    assert standing(one) == ("posted", 0, "")
    payment = Payment.objects.get()
    assert (payment.kind, payment.amount, payment.source) == ("transfer", amount, f"bank:{one.pk}:1")
    assert (payment.received_on, payment.note) == (bank_world.DAY, "bank deposit 0001 of 2026-11-23")
    assert laid_out() == [(payment.source, number, money) for number, money in paid]
    assert DepositPosting.objects.get().by_itself
    assert open_amount(buyer) == 3240 - amount
    assert bank_matching.match_waiting() == 0
    assert Payment.objects.count() == 1
    assert no_differences() == []


def test_two_equal_deposits_pay_two_equal_bills(buyer):
    came_in(deposit(account_of(buyer), 810, 1), deposit(account_of(buyer), 810, 2))
    assert [number for _source, number, _money in laid_out()] == ["QA20000050", "QA20000052"]
    assert open_amount(buyer) == 1620


def put(one: Customer, **more) -> None:
    Customer.objects.filter(pk=one.pk).update(**more)


@pytest.mark.parametrize(
    ("case", "amount", "code", "sentence"),
    [
        ("much", 4000, "too_much", "Too much: NT$ 4,000 came in, NT$ 3,240 is open."),
        (
            "little",
            1000,
            "too_little",
            "Too little: NT$ 1,000 came in and pays no invoice exactly; NT$ 3,240 is open.",
        ),
        ("unknown", 810, "unknown_account", "No customer has the virtual account 99218999999995."),
        ("check", 810, "bad_check_digit", "The check digit of 99218999999990 is wrong."),
        ("other", 810, "not_our_number", "12345678901234 is not one of our virtual accounts."),
        ("blank", 810, "no_account", "It names no virtual account."),
        ("closed", 810, "closed_customer", "The customer 1500001 is closed."),
        ("status", 810, "bank_status", "The bank marks it with the state “9”."),
        ("minus", 810, "money_left", "Money left the account: a withdrawal or a correction by the bank."),
        ("out", 0, "money_left", "Money left the account: a withdrawal or a correction by the bank."),
        ("taken back", 0, "money_left", "Money left the account: a withdrawal or a correction by the bank."),
    ],
)
def test_everything_below_exact_waits_with_its_reason(buyer, case, amount, code, sentence):
    from billing import bank_reasons

    account = account_of(buyer)
    if case == "closed":
        put(buyer, status="terminated")
    numbers = {"unknown": "99218999999995", "check": "99218999999990", "other": "12345678901234", "blank": ""}
    more: dict[str, dict[str, Any]] = {
        "status": {"status": "9"},
        "minus": {"sign": "-"},
        "out": {"withdrawal": 300, "sign": " "},
        "taken back": {"withdrawal": 810, "sign": "-"},
    }
    [one] = came_in(deposit(numbers.get(case, account), amount, **more.get(case, {})))
    expected = {"minus": -810, "out": -300, "taken back": -810}.get(case, amount)
    assert standing(one) == ("queued", expected, code)
    clearing = one.clearing
    assert bank_reasons.explain(clearing.reason_code, clearing.reason_values) == sentence
    assert Payment.objects.count() == 0
    assert open_amount(buyer) == 3240
    assert no_differences() == []


def test_a_bill_that_is_paid_already_is_never_paid_again(buyer):
    payments.record_payment(buyer, Decimal(3240), kind="cash", source="desk:1", actor=ACTOR)
    [one] = came_in(deposit(account_of(buyer), 1620))
    assert standing(one) == ("queued", 1620, "paid_already")
    [other] = came_in(deposit(account_of(buyer), 5, 2), name="FIR20261124.TXT")
    assert standing(other) == ("queued", 5, "nothing_open")
    assert Payment.objects.count() == 1


def test_the_second_row_for_the_same_bill_waits(buyer):
    came_in(deposit(account_of(buyer), 3240, 1))
    [_first, again] = came_in(
        deposit(account_of(buyer), 1620, 2), deposit(account_of(buyer), 1620, 3), name="FIR20261124.TXT"
    )
    assert standing(again) == ("queued", 1620, "second_row")
    assert again.clearing.reason_values == {"invoice": "QA-20000051", "date": "2026-11-23"}
    assert Payment.objects.count() == 1


def test_a_person_accepts_a_proposal(buyer):
    [one] = came_in(deposit(account_of(buyer), 4000))
    [first] = bank_queries.candidates(one, Decimal(4000))
    assert first.part.customer == buyer
    assert first.why == "has this virtual account; NT$ 760 more than is open stays as credit"
    bank_clearing.assign(one, [first.part], reason="電話確認", actor=ACTOR)
    assert standing(one) == ("posted", 0, "")
    assert open_amount(buyer) == -760
    deed = AuditEvent.objects.get(action="billing.deposit_assigned")
    assert (deed.actor_name, deed.reason) == ("test", "電話確認")
    with pytest.raises(Busy, match="does not wait any more"):
        bank_clearing.assign(one, [first.part], reason="again", actor=ACTOR)
    assert Payment.objects.count() == 1
    assert no_differences() == []


def test_a_deposit_is_split_over_customers_and_the_rest_waits(buyer, customer, billed):
    other = customer(payment_method="monthly")
    billed(other, C20=1)
    [one] = came_in(deposit("", 3000))
    mine = balances.open_invoices(buyer.pk).get(number="QA20000051")
    bank_clearing.assign(
        one,
        [Part(buyer, Decimal(1620), ((mine.pk, Decimal(1620)),)), Part(other, Decimal(810))],
        reason="同一老闆",
        actor=ACTOR,
    )
    assert standing(one) == ("queued", 570, "rest")
    assert [number for _source, number, _money in laid_out()] == ["QA20000051", "QA20000053"]
    with pytest.raises(Refused, match=r"Only NT\$ 570 of this deposit is open"):
        bank_clearing.assign(one, [Part(buyer, Decimal(571))], reason="x", actor=ACTOR)
    bank_clearing.not_ours(one, reason="利息", actor=ACTOR)
    assert standing(one)[:2] == ("not_ours", 570)
    assert no_differences() == []
    bank_clearing.undo(one, reason="全部弄錯", actor=ACTOR)
    assert standing(one) == ("queued", 3000, "reversed")
    assert (open_amount(buyer), open_amount(other)) == (3240, 810)
    assert no_differences() == []


@pytest.mark.parametrize(
    ("parts", "reason", "said"),
    [
        (lambda one: [], "x", "Say whose it is."),
        (lambda one: [Part(one, Decimal(0))], "x", "Only NT$ 4,000 of this deposit is open."),
        (lambda one: [Part(one, Decimal(4001))], "x", "Only NT$ 4,000 of this deposit is open."),
        (lambda one: [Part(one, Decimal("10.5"))], "x", "10.5 is not an amount in whole NT$ above 0."),
        (lambda one: [Part(one, Decimal(10))], "  ", "Say why: it stands beside the deposit."),
        (
            lambda one: [Part(one, Decimal(10), ((999_999, Decimal(10)),))],
            "x",
            "The invoice is not open by that amount any more: look again.",
        ),
    ],
)
def test_what_a_person_may_not_do_changes_nothing(buyer, parts, reason, said):
    [one] = came_in(deposit(account_of(buyer), 4000))
    with pytest.raises(Refused) as refused:
        bank_clearing.assign(one, parts(buyer), reason=reason, actor=ACTOR)
    assert str(refused.value) == said
    assert standing(one) == ("queued", 4000, "too_much")
    assert (Payment.objects.count(), DepositPosting.objects.count()) == (0, 0)


def test_undoing_reverses_the_payment_and_the_deposit_waits_again(buyer):
    [one] = came_in(deposit(account_of(buyer), 1620))
    with pytest.raises(Refused, match="Say why"):
        bank_clearing.undo(one, reason=" ", actor=ACTOR)
    bank_clearing.undo(one, reason="別家的錢", actor=ACTOR)
    assert standing(one) == ("queued", 1620, "reversed")
    assert [int(payment.amount) for payment in Payment.objects.order_by("pk")] == [1620, -1620]
    assert open_amount(buyer) == 3240
    with pytest.raises(Refused, match="Nothing was decided"):
        bank_clearing.undo(one, reason="again", actor=ACTOR)
    bank_clearing.assign(one, [Part(buyer, Decimal(1620))], reason="還是他的", actor=ACTOR)
    assert Payment.objects.filter(source=f"bank:{one.pk}:2").exists()
    assert no_differences() == []


def test_a_payment_reversed_on_its_own_page_gives_its_deposit_back(buyer):
    [one] = came_in(deposit(account_of(buyer), 1620))
    payment = Payment.objects.get()
    with pytest.raises(Refused, match="The bank says what came in"):
        payments.reverse_payment(payment, reason="弄錯", right_amount=Decimal(5), actor=ACTOR)
    assert standing(one)[0] == "posted"
    payments.reverse_payment(payment, reason="弄錯", actor=ACTOR)
    assert standing(one) == ("queued", 1620, "reversed")
    assert no_differences() == []


def test_not_ours_can_be_reopened(buyer):
    [one] = came_in(deposit("", 50))
    bank_clearing.not_ours(one, reason="銀行利息", actor=ACTOR)
    assert standing(one)[:2] == ("not_ours", 50)
    with pytest.raises(Refused):
        bank_clearing.not_ours(one, reason="again", actor=ACTOR)
    bank_clearing.undo(one, reason="是客戶的", actor=ACTOR)
    assert standing(one) == ("queued", 50, "reopened")


def test_a_movement_of_nothing_cannot_be_taken_back():
    [one] = came_in(deposit("", 0))
    with pytest.raises(Refused, match="Nothing was decided"):
        bank_clearing.undo(one, reason="x", actor=ACTOR)
    assert standing(one) == ("posted", 0, "")
    assert not AuditEvent.objects.filter(action="billing.deposit_undone").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_clerks_who_decide_at_once_about_a_deposit_post_it_once(buyer):
    """Some give it to the customer whole, some in part, one says it is not ours; all saw the same page."""
    [one] = came_in(deposit(account_of(buyer), 4000))
    told: list[str] = []
    together = threading.Barrier(6)

    def decide(amount: int) -> None:
        try:
            together.wait()
            saw: dict[str, Any] = {"reason": "x", "actor": ACTOR, "seen_open": Decimal(4000)}
            if amount:
                bank_clearing.assign(one, [Part(buyer, Decimal(amount))], **saw)
            else:
                bank_clearing.not_ours(one, **saw)
            told.append("done")
        except (Refused, OperationalError):  # too late, or the row was busy for too long
            told.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(n,)) for n in (4000, 4000, 1000, 1000, 0, 4000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", *["refused"] * 5]
    assert Payment.objects.count() == DepositPosting.objects.count() <= 1
    assert no_differences() == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_once_post_a_deposit_once(buyer):
    bank_world.put_in(*(deposit(account_of(buyer), 810, number) for number in range(1, 4)))
    problems: list[Exception] = []

    def run() -> None:
        try:
            bank_matching.match_waiting()
        except Exception as error:  # noqa: BLE001 - told by the test
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(DepositClearing.objects.values_list("state", flat=True)) == ["posted", "posted", "queued"]
    assert Payment.objects.count() == 2
    assert BankDeposit.objects.count() == 3
