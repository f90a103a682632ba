"""The bank's verifier finds planted damage of every kind and names it; a sound day has none."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing import bank_verifier
from billing.models import BankDeposit
from billing.services import bank_clearing
from billing.tests import bank_world
from billing.tests.bank_world import account_of, came_in, deposit
from billing.tests.conftest import ACTOR
from luckygas.core import extend
from luckygas.core.testing import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(settings, today, customer, track, billed):
    """Three deposits: 0001 posted by itself, 0002 too much and waiting, 0003 not ours."""
    settings.LANGUAGE_CODE = "en"
    bank_world.profile()
    track()
    buyer = customer(payment_method="monthly")
    billed(buyer, C20=1)
    customer()
    rows = came_in(
        deposit(account_of(buyer), 810, 1), deposit(account_of(buyer), 4000, 2), deposit("", 55, 3)
    )
    bank_clearing.not_ours(rows[2], reason="利息", actor=ACTOR)
    return rows


def damage(*statements: str, rows: Sequence[BankDeposit] = ()) -> None:
    plant(*statements, values={name: row.pk for name, row in zip(("one", "two"), rows, strict=False)})


def test_a_sound_day_has_equal_sums_and_no_difference():
    sums, found = bank_verifier.differences(bank_world.DAY)
    assert found == []
    assert (sums.files, sums.rows, sums.postings, sums.queue) == (4865, 4865, 810, 4055)
    assert extend.verifiers["bank"](bank_world.DAY) == []
    out = StringIO()
    call_command("verify_bank", date=bank_world.DAY, stdout=out)
    assert "NT$ 4,865" in out.getvalue()
    assert bank_verifier.differences(bank_world.DAY.replace(day=22))[0].files == 0


PAY = """INSERT INTO billing_payment (customer_id, kind, amount, received_at, received_on, source, note, actor_name,
                                      recorded_at)
         SELECT customer_id, kind, amount, received_at, received_on, 'bank:' || %(one)s || ':9', '', 'x',
                '2026-11-23 18:00+08'
           FROM billing_payment ORDER BY id LIMIT 1"""
DAMAGES: list[tuple[str, list[str], str]] = [
    (
        "amount of a row",
        ["UPDATE billing_bankdeposit SET amount = 811 WHERE id = %(one)s"],
        "deposit 0001 of 2026-11-23: amount is 810 in the file, 811 in the row",
    ),
    (
        "virtual account of a row",
        ["UPDATE billing_bankdeposit SET virtual_account = '1' WHERE id = %(two)s"],
        "deposit 0002 of 2026-11-23: virtual account is",
    ),
    (
        "row deleted",
        [
            "DELETE FROM billing_depositclearing WHERE deposit_id = %(two)s",
            "DELETE FROM billing_bankdeposit WHERE id = %(two)s",
        ],
        "file FIR20261123.TXT, line 2: deposit 0002 of 2026-11-23 over NT$ 4,000 has no row",
    ),
    (
        "imported twice",
        [
            """INSERT INTO billing_bankdeposit (file_id, line, profile_id, account, booked_on, trade_no, occurrence,
                       trade_code, export, withdrawal, deposit, sign, balance, virtual_account, status, payer_name,
                       amount)
                SELECT file_id, 99, profile_id, account, booked_on, trade_no, 2, trade_code, export, withdrawal,
                       deposit, sign, balance, virtual_account, status, payer_name, amount
                  FROM billing_bankdeposit WHERE id = %(one)s"""
        ],
        "deposit 0001 of 2026-11-23 is in none of the files",
    ),
    (
        "byte of the file",
        ["UPDATE billing_bankfile SET content = set_byte(content, 60, 57)"],
        "file FIR20261123.TXT: its bytes are not those that came",
    ),
    (
        "file cut off",
        ["UPDATE billing_bankfile SET content = substring(content from 1 for 200)"],
        "file FIR20261123.TXT: line 2 cannot be read",
    ),
    (
        "figures of the file",
        ["UPDATE billing_bankfile SET total = 1"],
        "file FIR20261123.TXT: it has 3 lines over NT$ 4,865, the record says 3 over NT$ 1",
    ),
    (
        "file taken back",
        ["UPDATE billing_bankfile SET status = 'dismissed'"],
        "deposit 0001 of 2026-11-23 is of file FIR20261123.TXT, which is not imported",
    ),
    (
        "queue item lost",
        ["DELETE FROM billing_depositclearing WHERE deposit_id = %(two)s"],
        "deposit 0002 of 2026-11-23 is in no queue and nobody decided about it",
    ),
    (
        "open amount",
        ["UPDATE billing_depositclearing SET open_amount = 3999 WHERE deposit_id = %(two)s"],
        "deposit 0002 of 2026-11-23: NT$ 4000 came in, payments say NT$ 0 and NT$ 3999 is open",
    ),
    (
        "reason of the queue",
        ["UPDATE billing_depositclearing SET decided_reason = ' ' WHERE state = 'not_ours'"],
        "deposit 0003 of 2026-11-23 waits without a reason",
    ),
    (
        "posting missing",
        ["DELETE FROM billing_depositposting"],
        "payment bank:{0}:1 says it is a deposit's, and no posting says so",
    ),
    (
        "posted twice",
        [
            PAY,
            """INSERT INTO billing_depositposting (deposit_id, payment_id, by_itself, reason, at)
                SELECT %(one)s, max(id), false, 'x', '2026-11-23 18:00+08' FROM billing_payment""",
        ],
        "deposit 0001 of 2026-11-23: NT$ 810 came in, payments say NT$ 1620 and NT$ 0 is open",
    ),
    (
        "payment without posting",
        [PAY],
        "payment bank:{0}:9 says it is a deposit's, and no posting says so",
    ),
    (
        "amount of the payment",
        ["UPDATE billing_payment SET amount = 800"],
        "deposit 0001 of 2026-11-23: NT$ 810 came in, payments say NT$ 800 and NT$ 0 is open",
    ),
    (
        "wrong customer",
        ["UPDATE billing_payment SET customer_id = (SELECT max(id) FROM customers_customer)"],
        "payment bank:{0}:1 of customer 1500002 was matched by itself",
    ),
    (
        "not laid on its invoices",
        ["DELETE FROM billing_paymentallocation"],
        "payment bank:{0}:1 of NT$ 810 was matched by itself and pays invoices with NT$ 0",
    ),
    (
        "kind of the payment",
        ["UPDATE billing_payment SET kind = 'cash'"],
        "payment bank:{0}:1 is no bank transfer, or says another day than deposit 0001 of 2026-11-23",
    ),
    (
        "reversed, not returned to the queue",
        [
            """INSERT INTO billing_payment (customer_id, kind, amount, received_at, received_on, source, note,
                      actor_name, recorded_at, reverses_id)
               SELECT customer_id, kind, -amount, received_at, received_on, 'reversal:' || id, 'x', 'x',
                      '2026-11-23 18:00+08', id
                 FROM billing_payment"""
        ],
        "deposit 0001 of 2026-11-23: NT$ 810 came in, payments say NT$ 0 and NT$ 0 is open",
    ),
]


@pytest.mark.parametrize(("plant", "said"), [case[1:] for case in DAMAGES], ids=[case[0] for case in DAMAGES])
def test_planted_damage_is_found_and_named(world, plant, said):
    damage(*plant, rows=world)
    found = bank_verifier.verify()
    told = said.format(world[0].pk)
    assert [text for text in found if told in text], found
    with pytest.raises(CommandError, match=f"{len(found)} differences"):
        call_command("verify_bank", stdout=StringIO())


def test_a_long_list_is_cut_and_counted(world):
    damage("DELETE FROM billing_depositclearing")
    account = world[0].virtual_account
    came_in(*(deposit(account, 1 + n, 100 + n) for n in range(30)), name="FIR20261124.TXT")
    damage("UPDATE billing_depositclearing SET open_amount = open_amount + 1")
    found = bank_verifier.verify()
    assert "… and 12 more of this kind" in found
