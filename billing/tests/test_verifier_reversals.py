"""Damage to reversed payments, planted by hand, must be found and named."""

from decimal import Decimal

import pytest

from billing.models import Payment
from billing.services import cash, payments
from billing.tests.conftest import ACTOR
from billing.tests.test_payments import collect, pay
from billing.tests.test_verifier import plant
from billing.verifiers import verify
from luckygas.core import clock

ONCE = "ALTER TABLE billing_payment DROP CONSTRAINT billing_payment_reverses_id_key;"
COPY = (
    "INSERT INTO billing_payment (customer_id, kind, amount, received_at, received_on, driver_id, order_id,"
    " source, note, actor_name, recorded_at, reverses_id)"
    " SELECT customer_id, kind, amount, received_at, received_on, driver_id, order_id,"
    " 'again', note, actor_name, recorded_at, reverses_id FROM billing_payment WHERE reverses_id IS NOT NULL"
)
DAMAGE = [
    (
        "UPDATE billing_payment SET amount = amount - 1 WHERE reverses_id IS NOT NULL",
        "payment stop:1 is reversed by reversal:1, which is not its mirror",
    ),
    (
        "UPDATE billing_payment SET driver_id = NULL WHERE reverses_id IS NOT NULL",
        "payment stop:1 is reversed by reversal:1, which is not its mirror",
    ),
    (
        "UPDATE billing_payment SET received_on = received_on - 1 WHERE reverses_id IS NOT NULL",
        "payment stop:1 is reversed by reversal:1, which is not its mirror",
    ),
    (
        "UPDATE billing_payment SET received_on = received_on - 1 WHERE reverses_id IS NOT NULL",
        "counted against NT$ 810, his stops now say NT$ 8910",
    ),
    (ONCE + COPY, "payment stop:1 is reversed 2 times"),
    (ONCE + COPY, "counted against NT$ 810, his stops now say NT$ -7290"),
    (
        "ALTER TABLE billing_payment DROP CONSTRAINT billing_payment_amount;"
        "UPDATE billing_payment SET note = ' ' WHERE reverses_id IS NOT NULL",
        "payment reversal:1 of NT$ -8100 takes money back, of no payment or without a reason",
    ),
    (
        "ALTER TABLE billing_payment DROP CONSTRAINT billing_payment_amount;"
        "UPDATE billing_payment SET reverses_id = NULL",
        "payment reversal:1 of NT$ -8100 takes money back, of no payment or without a reason",
    ),
    (
        "DELETE FROM billing_paymentallocation WHERE amount < 0",
        "payment stop:1 is reversed, and NT$ 810 of it still pays invoice QA20000050",
    ),
    (
        "DELETE FROM billing_paymentallocation WHERE amount < 0",
        "invoice QA20000050 of NT$ 810 is paid with NT$ 1620",
    ),
    (
        "UPDATE billing_paymentallocation SET amount = amount - 8000 WHERE amount < 0",
        "payment reversal:1 of NT$ -8100 is laid out as NT$ -8810",
    ),
    (
        "DELETE FROM billing_paymentallocation WHERE payment_id IN"
        " (SELECT id FROM billing_payment WHERE reverses_id IS NOT NULL);"
        "DELETE FROM billing_payment WHERE reverses_id IS NOT NULL",
        "the account says NT$ 0 open, invoices less payments NT$ -8100",
    ),
]


@pytest.fixture
def reversed_cash(settings, billed, track, driver):
    """A driver typed a zero too many; the payment was reversed, the right one recorded, the day counted."""
    settings.LANGUAGE_CODE = "en"
    track()
    one, event = driver(), billed(C20=1)
    collect(event.order, one, 8100)
    wrong = Payment.objects.get()
    reversal = payments.reverse_payment(wrong, reason="多打一個零", right_amount=Decimal(810), actor=ACTOR)
    cash.count_cash(one, clock.today(), Decimal(810), actor=ACTOR)
    assert verify() == []
    return reversal


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_damage_is_found_and_named(reversed_cash, damage, named):
    plant(damage)
    named = named.replace("reversal:1", reversed_cash.source)
    found = verify()
    assert [line for line in found if named in line], found


def test_a_reversal_makes_nothing_look_wrong(reversed_cash, customer):
    buyer = customer()
    payments.reverse_payment(pay(buyer, 500), reason="錯", actor=ACTOR)
    assert verify() == []
    assert verify(clock.today()) == []
