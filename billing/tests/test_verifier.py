"""Every kind of damage, planted by hand with the triggers off, must be found and named."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from billing.services import payments
from billing.tests.conftest import ACTOR
from billing.verifiers import CHECKS, verify
from luckygas.core import clock
from luckygas.core.testing import plant

DAMAGE = [
    (
        "DELETE FROM billing_einvoicesubmission; DELETE FROM billing_paymentallocation; DELETE FROM billing_invoiceline;"
        "DELETE FROM billing_invoice; DELETE FROM billing_billableevent",
        "was delivered, and billing does not know of it",
    ),
    ("UPDATE orders_order SET served_by = 'legacy'", "is billed, though it is phoned and served by legacy"),
    ("UPDATE billing_billableevent SET state = 'pending'", "the event is pending, with 1 invoices"),
    (
        "UPDATE billing_billableevent SET state = 'cannot', reason_code = 'x'",
        "the event is cannot, with 1 invoices",
    ),
    (
        "UPDATE billing_invoice SET total = total + 1, sales = sales + 1",
        "came to NT$ 810, its invoice QA20000050 says NT$ 811",
    ),
    (
        "UPDATE billing_billableevent SET meter_from = 50 WHERE kind = 'reading'",
        "a reading is billed from 50.000 kg",
    ),
    (
        "UPDATE billing_billableevent SET meter_to = 120 WHERE meter_from = 100",
        "bills 10.000 kg, the meter went on by 20.000 kg",
    ),
    ("UPDATE billing_invoiceline SET amount = amount + 1", "its lines come to 811.0000000, sales say 810"),
    (
        "UPDATE billing_invoice SET tax = 7, sales = sales - 7, buyer_identifier = '04595257'",
        "tax 7 is not 5 % of",
    ),
    (
        "UPDATE billing_numbertrack SET next_number = next_number + 1",
        "3 numbers were given out, 2 invoices have one",
    ),
    (
        "UPDATE billing_numbertrack SET next_number = next_number - 1",
        "has a number that no track has given out",
    ),
    (
        "UPDATE billing_invoice SET issued_at = issued_at - interval '1 day' WHERE number = 'QA20000051'",
        "invoice QA20000051 was issued before QA20000050, whose number is lower",
    ),
    ("DELETE FROM billing_einvoicesubmission", "has 0 submissions of F0401"),
    (
        "UPDATE billing_einvoicesubmission SET xml = replace(convert_from(xml, 'UTF8'), 'QA2', 'QB2')::bytea",
        "its message has another number or total",
    ),
    (
        "UPDATE billing_paymentallocation SET amount = amount + 1",
        "payment desk:1 of NT$ 810 is laid out as NT$ 811",
    ),
    (
        "UPDATE billing_paymentallocation SET amount = amount + 1",
        "invoice QA20000050 of NT$ 810 is paid with NT$ 811",
    ),
    (
        "UPDATE billing_payment SET customer_id = (SELECT max(id) FROM customers_customer)",
        "payment desk:1 of customer 1500002 pays an invoice of customer 1500001",
    ),
    ("UPDATE customers_customeraccount SET open_balance = open_balance + 5", "the account says NT$ 5 open"),
]


@pytest.fixture
def healthy(billed, track, customer):
    """A paid delivery and a billed reading, with nothing to find."""
    track()
    buyer = customer()
    billed(buyer, C20=1)
    metered = customer(pricing_method="by_flow")
    billed(metered, reading="100", F20=1)
    billed(metered, reading="110", F20=1)
    payments.record_payment(buyer, Decimal(810), kind="transfer", source="desk:1", actor=ACTOR)
    assert verify() == []
    assert verify(clock.today()) == []


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_damage_is_found_and_named(healthy, damage, named):
    plant(*damage.split(";"))
    found = verify()
    assert [line for line in found if named in line], found
    with pytest.raises(CommandError, match="differences"):
        call_command("verify_invoices")


def test_the_command_says_that_all_is_well(healthy, capsys):
    call_command("verify_invoices", "--date", clock.today().isoformat())
    assert capsys.readouterr().out == "invoices: no difference\n"


def test_more_than_twenty_of_a_kind_are_counted(delivered, customer):
    buyer = customer()
    for _ in range(22):
        delivered(buyer, C04=1)
    found = verify()
    assert len(found) == 21
    assert found[-1] == "… and 2 more of this kind"
    assert verify(clock.today().replace(day=1)) == []


def test_every_check_holds_as_sql(db):
    assert len(CHECKS) == 25
    assert verify() == []
